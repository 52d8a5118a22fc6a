//! Conditional requests (RFC 9110, 13): whether somebody already has the file, or asks for one that is gone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName, HeaderValue};

/// When a file was changed, to the second, as HTTP writes it.
#[derive(Debug, Clone)]
pub struct Modified {
    at: SystemTime,
    text: HeaderValue,
}

/// What archives put where they keep no time is before this (1980 is where ZIP begins): each version would have it.
const NO_TIME: Duration = Duration::from_hours(87_696);
/// The last second that has four digits of a year.
const END_OF_TIME: Duration = Duration::from_secs(253_402_300_799);

impl Modified {
    /// Of the time that a file system gives; `None` for one that says nothing.
    pub fn new(at: SystemTime) -> Option<Self> {
        let since = at.duration_since(UNIX_EPOCH).ok().filter(|since| (NO_TIME..=END_OF_TIME).contains(since))?;
        let at = UNIX_EPOCH + Duration::from_secs(since.as_secs());
        let text = HeaderValue::from_str(&httpdate::fmt_http_date(at)).ok()?;
        Some(Self { at, text })
    }

    /// `Last-Modified`.
    pub fn header(&self) -> &HeaderValue {
        &self.text
    }
}

/// What is to be done before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it.
    Go,
    /// 304: they have it.
    NotModified,
    /// 412: it is not what they think.
    Failed,
}

/// Evaluates the preconditions of a GET or HEAD in the order of 13.2.2. `etag` is the strong one of the representation
/// that would be sent.
pub(super) fn evaluate(headers: &HeaderMap, etag: &HeaderValue, modified: Option<&Modified>) -> Verdict {
    if headers.contains_key(IF_MATCH) {
        if !lists(headers, &IF_MATCH, etag, false) {
            return Verdict::Failed;
        }
    } else if let (Some(since), Some(modified)) = (date(headers, &IF_UNMODIFIED_SINCE), modified)
        && modified.at > since
    {
        return Verdict::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        // A date beside it is not looked at, whatever it says.
        return if lists(headers, &IF_NONE_MATCH, etag, true) { Verdict::NotModified } else { Verdict::Go };
    }
    match (date(headers, &IF_MODIFIED_SINCE), modified) {
        (Some(since), Some(modified)) if modified.at <= since => Verdict::NotModified,
        _ => Verdict::Go,
    }
}

/// Whether `Range` is to be heard (13.1.5): without `If-Range`, or with one that names exactly what is there. A weak tag
/// never does, and a date only where the file cannot have changed twice in its second.
pub(super) fn may_range(headers: &HeaderMap, etag: &HeaderValue, modified: Option<&Modified>, now: SystemTime) -> bool {
    let mut lines = headers.get_all(IF_RANGE).iter();
    match (lines.next(), lines.next()) {
        (None, _) => true,
        (Some(line), None) if line.as_bytes().trim_ascii().ends_with(b"\"") => {
            line.as_bytes().trim_ascii() == etag.as_bytes()
        }
        (Some(_), None) => modified.is_some_and(|modified| {
            date(headers, &IF_RANGE) == Some(modified.at) && now >= modified.at + Duration::from_secs(1)
        }),
        (Some(_), Some(_)) => false,
    }
}

/// Whether somebody already has what this strong or weak tag stands for: `If-None-Match` (13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = etag.as_bytes().strip_prefix(b"W/").unwrap_or(etag.as_bytes());
    HeaderValue::from_bytes(opaque).is_ok_and(|etag| lists(headers, &IF_NONE_MATCH, &etag, true))
}

/// Whether the list names `etag`, over all of its lines. Compared weakly, `W/"x"` is `"x"`; strongly it is never anything.
fn lists(headers: &HeaderMap, name: &HeaderName, etag: &HeaderValue, weakly: bool) -> bool {
    headers.get_all(name).iter().any(|line| {
        let mut rest = line.as_bytes().trim_ascii();
        if rest == b"*" {
            return true;
        }
        while let Some((weak, tag, after)) = next_tag(rest) {
            if tag == etag.as_bytes() && (weakly || !weak) {
                return true;
            }
            rest = after;
        }
        false
    })
}

/// The first tag of a list, with its quotes, and what follows it. A comma may stand within a tag, so it is read letter by
/// letter; what is no tag ends the list.
fn next_tag(list: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let begin = list.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
    let list = &list[begin..];
    let (weak, quoted) = list.strip_prefix(b"W/").map_or((false, list), |quoted| (true, quoted));
    let inner = quoted.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    Some((weak, &quoted[..end + 2], &inner[end + 1..]))
}

/// A date in any of HTTP's three forms; one that is malformed, or stands there twice, is not there.
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    let mut lines = headers.get_all(name).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    httpdate::parse_http_date(line.to_str().ok()?.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"abc\"";
    /// Sun, 06 Nov 1994 08:49:37 GMT: the RFC's own example.
    const MODIFIED: u64 = 784_111_777;
    const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const FUTURE: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn verdict(lines: &[(HeaderName, &str)]) -> Verdict {
        let modified = Modified::new(UNIX_EPOCH + Duration::new(MODIFIED, 999)).unwrap();
        evaluate(&headers(lines), &HeaderValue::from_static(ETAG), Some(&modified))
    }

    #[test]
    fn if_none_match_is_a_list_that_is_compared_weakly() {
        for (value, has_it) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("*", true),
            (" * ", true),
            ("\"x\", \"abc\"", true),
            ("\"x\",W/\"abc\",\"y\"", true),
            ("\"x\"  ,, \"abc\"", true),
            ("\"a,b\", \"abc\"", true),
            ("\"x\"", false),
            ("\"abc", false),
            ("abc", false),
            ("\"abc\"-gzip", true),
            ("\"abc-gzip\"", false),
            ("\"x,\"abc\"\"", false),
            ("w/\"abc\"", false),
            ("", false),
            ("\"x\", *", false),
            ("\"\u{e9}\", \"abc\"", true),
        ] {
            let expected = if has_it { Verdict::NotModified } else { Verdict::Go };
            assert_eq!(verdict(&[(IF_NONE_MATCH, value)]), expected, "{value}");
        }
        assert_eq!(verdict(&[(IF_NONE_MATCH, "\"x\""), (IF_NONE_MATCH, "\"abc\"")]), Verdict::NotModified);
    }

    #[test]
    fn if_modified_since_takes_dates_in_three_forms_and_ignores_the_rest() {
        for (value, has_it) in [
            (THEN, true),
            (AFTER, true),
            ("Sunday, 06-Nov-94 08:49:37 GMT", true),
            ("Sun Nov  6 08:49:37 1994", true),
            (BEFORE, false),
            // Of RFC 2616 was the rule that such a date is none; 13.1.3 has it no more.
            (FUTURE, true),
            ("Sun, 06 Nov 1994 08:49:37", false),
            ("Mon, 06 Nov 1994 08:49:37 GMT", false),
            ("784111777", false),
            ("", false),
            ("yesterday", false),
            ("Sun, 31 Feb 2020 00:00:00 GMT", false),
        ] {
            let expected = if has_it { Verdict::NotModified } else { Verdict::Go };
            assert_eq!(verdict(&[(IF_MODIFIED_SINCE, value)]), expected, "{value}");
        }
        assert_eq!(verdict(&[(IF_MODIFIED_SINCE, THEN), (IF_MODIFIED_SINCE, THEN)]), Verdict::Go);
    }

    #[test]
    fn the_order_is_that_of_the_rfc() {
        let cases: &[(&[(HeaderName, &str)], Verdict)] = &[
            (&[], Verdict::Go),
            (&[(IF_MATCH, "\"abc\"")], Verdict::Go),
            (&[(IF_MATCH, "*")], Verdict::Go),
            (&[(IF_MATCH, "\"x\", \"abc\"")], Verdict::Go),
            (&[(IF_MATCH, "\"x\"")], Verdict::Failed),
            (&[(IF_MATCH, "W/\"abc\"")], Verdict::Failed),
            (&[(IF_MATCH, "")], Verdict::Failed),
            (&[(IF_UNMODIFIED_SINCE, THEN)], Verdict::Go),
            (&[(IF_UNMODIFIED_SINCE, BEFORE)], Verdict::Failed),
            (&[(IF_UNMODIFIED_SINCE, "nonsense")], Verdict::Go),
            // The tag decides where both are there.
            (&[(IF_MATCH, "\"abc\""), (IF_UNMODIFIED_SINCE, BEFORE)], Verdict::Go),
            (&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, AFTER)], Verdict::Go),
            (&[(IF_NONE_MATCH, "\"abc\""), (IF_MODIFIED_SINCE, BEFORE)], Verdict::NotModified),
            // What fails first fails.
            (&[(IF_MATCH, "\"x\""), (IF_NONE_MATCH, "\"abc\"")], Verdict::Failed),
            (&[(IF_UNMODIFIED_SINCE, BEFORE), (IF_NONE_MATCH, "\"abc\"")], Verdict::Failed),
            (&[(IF_MATCH, "\"abc\""), (IF_NONE_MATCH, "\"abc\"")], Verdict::NotModified),
            (&[(IF_UNMODIFIED_SINCE, THEN), (IF_MODIFIED_SINCE, THEN)], Verdict::NotModified),
        ];
        for (lines, expected) in cases {
            assert_eq!(verdict(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn a_range_is_heard_if_the_file_is_still_the_one_it_is_part_of() {
        let modified = Modified::new(UNIX_EPOCH + Duration::from_secs(MODIFIED)).unwrap();
        let later = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let may = |value: &str, now| {
            may_range(&headers(&[(IF_RANGE, value)]), &HeaderValue::from_static(ETAG), Some(&modified), now)
        };
        for (value, expected) in [
            ("\"abc\"", true),
            ("W/\"abc\"", false),
            ("\"x\"", false),
            ("\"x\", \"abc\"", false),
            ("*", false),
            (THEN, true),
            (BEFORE, false),
            (AFTER, false),
            ("nonsense", false),
            ("", false),
        ] {
            assert_eq!(may(value, later), expected, "{value}");
        }
        assert!(!may(THEN, UNIX_EPOCH + Duration::from_secs(MODIFIED)), "it may change again in this second");
        let none = HeaderValue::from_static(ETAG);
        assert!(may_range(&HeaderMap::new(), &none, None, later));
        assert!(!may_range(&headers(&[(IF_RANGE, THEN)]), &none, None, later));
    }

    #[test]
    fn a_time_that_an_archive_made_up_is_none() {
        for (seconds, known) in [(0, false), (315_532_800, false), (MODIFIED, true), (u64::from(u32::MAX), true)] {
            assert_eq!(Modified::new(UNIX_EPOCH + Duration::from_secs(seconds)).is_some(), known, "{seconds}");
        }
        assert!(Modified::new(UNIX_EPOCH + Duration::from_secs(300_000_000_001)).is_none());
        assert!(Modified::new(UNIX_EPOCH - Duration::from_secs(1)).is_none());
        assert_eq!(Modified::new(UNIX_EPOCH + Duration::from_secs(MODIFIED)).unwrap().header(), THEN);
    }
}
