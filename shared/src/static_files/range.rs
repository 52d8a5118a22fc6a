//! `Range` (RFC 9110, 14.2): the one part of a file that somebody asks for.

use http::HeaderMap;
use http::header::RANGE;

/// What is to be sent of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// All of it: nothing else was asked for, or nothing that is heard.
    Whole,
    /// From the first byte to the last one, both counted from 0 and sent.
    Part(u64, u64),
    /// Nothing of what was asked for is there: 416.
    Unsatisfiable,
}

impl Span {
    /// Reads the header for a file of `length` bytes.
    ///
    /// What is malformed or in another unit is not heard, and several ranges are not either (14.2 leaves that to the
    /// server): a request of many small parts would be answered with more bytes than the file has.
    pub(super) fn read(headers: &HeaderMap, length: u64) -> Self {
        let mut lines = headers.get_all(RANGE).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return Self::Whole };
        let Some(wanted) = line.to_str().ok().and_then(one_range) else { return Self::Whole };
        match wanted {
            Wanted::From(first, _) if first >= length => Self::Unsatisfiable,
            Wanted::From(first, last) => Self::Part(first, last.unwrap_or(u64::MAX).min(length - 1)),
            Wanted::Last(0) => Self::Unsatisfiable,
            // The last bytes of nothing are there and cannot be numbered: the whole, which is empty.
            Wanted::Last(_) if length == 0 => Self::Whole,
            Wanted::Last(count) => Self::Part(length.saturating_sub(count), length - 1),
        }
    }
}

enum Wanted {
    From(u64, Option<u64>),
    Last(u64),
}

/// The range, if it is one in bytes and well-formed.
fn one_range(header: &str) -> Option<Wanted> {
    let (unit, ranges) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    // A list may have empty members (5.6.1).
    let mut members =
        ranges.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty());
    let (Some(range), None) = (members.next(), members.next()) else { return None };
    match range.split_once('-')? {
        ("", count) => Some(Wanted::Last(number(count)?)),
        (first, "") => Some(Wanted::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Wanted::From(first, Some(last)))
        }
    }
}

/// Digits alone. What is beyond any file is as good as the largest number.
fn number(digits: &str) -> Option<u64> {
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn span(value: &str, length: u64) -> Span {
        let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_str(value).unwrap())]);
        Span::read(&headers, length)
    }

    #[test]
    fn one_range_is_cut_to_what_there_is() {
        for (value, expected) in [
            ("bytes=0-0", (0, 0)),
            ("bytes=9-9", (9, 9)),
            ("bytes=0-", (0, 9)),
            ("bytes=4-", (4, 9)),
            ("bytes=4-5", (4, 5)),
            ("bytes=4-99", (4, 9)),
            ("bytes=-1", (9, 9)),
            ("bytes=-10", (0, 9)),
            ("bytes=-99", (0, 9)),
            ("BYTES=1-2", (1, 2)),
            ("bytes= 1-2 ", (1, 2)),
            ("bytes=,1-2,", (1, 2)),
            ("bytes=0-18446744073709551615", (0, 9)),
            ("bytes=0-99999999999999999999999", (0, 9)),
            ("bytes=-99999999999999999999999", (0, 9)),
            ("bytes=00000000000000000000000000-1", (0, 1)),
        ] {
            assert_eq!(span(value, 10), Span::Part(expected.0, expected.1), "{value}");
        }
    }

    #[test]
    fn what_is_malformed_or_more_than_one_range_is_not_heard() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=2-1",
            "bytes=+1-2",
            "bytes=1- 2",
            "bytes=--1",
            "bytes=1-2-3",
            "bytes=0x1-2",
            "bytes 1-2",
            "lines=1-2",
            "bytes=0-0,5-6",
            "bytes=0-,0-",
            "bytes:0-1",
            "bytes=1.0-2",
            "bytes=9999999999999999999999-1",
        ] {
            assert_eq!(span(value, 10), Span::Whole, "{value}");
        }
        let two = [(RANGE, HeaderValue::from_static("bytes=0-0")), (RANGE, HeaderValue::from_static("bytes=5-6"))];
        let mut headers = HeaderMap::new();
        for (name, value) in two {
            headers.append(name, value);
        }
        assert_eq!(Span::read(&headers, 10), Span::Whole);
        assert_eq!(Span::read(&HeaderMap::new(), 10), Span::Whole);
        let odd = HeaderMap::from_iter([(RANGE, HeaderValue::from_bytes(b"bytes=0-\xff").unwrap())]);
        assert_eq!(Span::read(&odd, 10), Span::Whole);
    }

    #[test]
    fn what_begins_beyond_the_end_is_unsatisfiable() {
        for (value, length) in [
            ("bytes=10-", 10),
            ("bytes=10-11", 10),
            ("bytes=99999999999999999999999-", 10),
            ("bytes=18446744073709551615-", 10),
            ("bytes=-0", 10),
            ("bytes=0-", 0),
            ("bytes=0-0", 0),
            ("bytes=-0", 0),
        ] {
            assert_eq!(span(value, length), Span::Unsatisfiable, "{value} of {length}");
        }
        assert_eq!(span("bytes=-5", 0), Span::Whole);
    }
}
