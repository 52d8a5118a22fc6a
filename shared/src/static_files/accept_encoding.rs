//! `Accept-Encoding` (RFC 9110, 12.5.3): which codings of a file somebody takes, and which of them rather.

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// How a file's bytes are written; the first of them is preferred where nothing else decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// Brotli, as `collectstatic` leaves beside a file under `.br`.
    Brotli,
    /// gzip, under `.gz`.
    Gzip,
    /// As they are.
    Identity,
}

impl Encoding {
    /// The codings that a file may have beside itself.
    pub const COMPRESSED: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// What `Content-Encoding` says.
    pub fn token(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// What the name of a file in this coding ends in.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }

    /// The file that one of this name would be a coding of, as `site.css` for `site.css.br`, and which coding.
    pub fn of_sibling(name: &str) -> Option<(&str, Self)> {
        Self::COMPRESSED.into_iter().find_map(|encoding| Some((name.strip_suffix(encoding.suffix())?, encoding)))
    }
}

/// What somebody takes: a weight in thousandths for each coding, 0 for what is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    brotli: u16,
    gzip: u16,
    /// In halves of a thousandth: what is not listed is acceptable, and less than whatever is.
    identity: u16,
}

impl Accepted {
    /// Reads all lines of the header. Without one, or with nothing in it, only the bytes as they are: the RFC would allow
    /// any coding, but whoever says nothing is a program that decodes nothing.
    ///
    /// The distribution reads it in the same way (`StaticEncoding` in `template.yaml`): one table of cases holds them
    /// together, `tests/fixtures/accept-encoding.json`.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut listed = Listed::default();
        for line in headers.get_all(ACCEPT_ENCODING) {
            for member in line.as_bytes().split(|byte| *byte == b',') {
                listed.add(member);
            }
        }
        let other = listed.any.unwrap_or(0);
        // The star can refuse the bytes as they are (12.5.3). It does not prefer them: whoever takes anything, and br less
        // than that, wants no more bytes than need be.
        let identity = match (listed.identity, listed.any) {
            (Some(weight), _) => weight * 2,
            (None, Some(0)) => 0,
            (None, _) => 1,
        };
        Self { brotli: listed.brotli.unwrap_or(other), gzip: listed.gzip.unwrap_or(other), identity }
    }

    /// How much this coding is wanted; 0 where it is not acceptable. Only comparable with others of the same request.
    pub(super) fn weight(self, encoding: Encoding) -> u16 {
        match encoding {
            Encoding::Brotli => self.brotli * 2,
            Encoding::Gzip => self.gzip * 2,
            Encoding::Identity => self.identity,
        }
    }
}

/// The weights as they stand there. Of a coding that stands there twice the smaller counts: a refusal is never
/// overruled.
#[derive(Default)]
struct Listed {
    brotli: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    any: Option<u16>,
}

impl Listed {
    fn add(&mut self, member: &[u8]) {
        let mut parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let coding = parts.next().unwrap_or_default();
        let is = |token: &str| coding.eq_ignore_ascii_case(token.as_bytes());
        let place = if is("br") {
            &mut self.brotli
        } else if is("gzip") || is("x-gzip") {
            &mut self.gzip
        } else if is("identity") {
            &mut self.identity
        } else if is("*") {
            &mut self.any
        } else {
            return;
        };
        let weight = weight(parts.filter(|part| !part.is_empty()));
        *place = Some(place.map_or(weight, |before| before.min(weight)));
    }
}

/// The weight of a coding with these parameters: a coding has no other (12.5.3). One that is malformed, that stands there
/// twice or beside another parameter asks for nothing that can be told: 0.
fn weight<'a>(mut parameters: impl Iterator<Item = &'a [u8]>) -> u16 {
    match (parameters.next(), parameters.next()) {
        (None, _) => 1_000,
        (Some(parameter), None) => qvalue(parameter).unwrap_or(0),
        (Some(_), Some(_)) => 0,
    }
}

/// `q=0.5` in thousandths (12.4.2): at most 1, at most three digits.
fn qvalue(parameter: &[u8]) -> Option<u16> {
    let [b'q' | b'Q', b'=', digits @ ..] = parameter else { return None };
    let (whole, fraction) = match digits {
        [whole] | [whole, b'.'] => (*whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (*whole, fraction),
        _ => return None,
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut thousandths = 0;
    for place in 0..3 {
        thousandths = thousandths * 10 + fraction.get(place).map_or(0, |digit| u16::from(digit - b'0'));
    }
    match whole {
        b'0' => Some(thousandths),
        b'1' if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    /// What both who read the header are held to. `expected` is what `Content-Encoding` says of a file that has both
    /// forms.
    #[derive(Deserialize)]
    struct Case {
        header: String,
        expected: String,
        rule: String,
    }

    fn accepted(lines: &[&str]) -> Accepted {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        Accepted::read(&headers)
    }

    /// What is taken, the most wanted first; codings of one weight in their own order.
    fn taken(lines: &[&str]) -> Vec<Encoding> {
        let accepted = accepted(lines);
        let mut all = vec![Encoding::Brotli, Encoding::Gzip, Encoding::Identity];
        all.retain(|encoding| accepted.weight(*encoding) > 0);
        all.sort_by_key(|encoding| std::cmp::Reverse(accepted.weight(*encoding)));
        all
    }

    #[test]
    fn what_is_wanted_most_is_what_the_distribution_chooses() {
        let text = include_str!("../../../tests/fixtures/accept-encoding.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        assert!(cases.len() > 80);
        for Case { header, expected, rule } in cases {
            let wanted = taken(&[&header]).first().and_then(|encoding| encoding.token()).unwrap_or_default();
            assert_eq!(wanted, expected, "{header:?}: {rule}");
        }
    }

    #[test]
    fn what_is_not_acceptable_is_not_taken_in_the_second_place_either() {
        const BR: Encoding = Encoding::Brotli;
        const GZ: Encoding = Encoding::Gzip;
        const ID: Encoding = Encoding::Identity;
        let cases: &[(&[&str], &[Encoding])] = &[
            (&[], &[ID]),
            (&["gzip, deflate, br, zstd"], &[BR, GZ, ID]),
            (&["br;q=0.5", "gzip"], &[GZ, BR, ID]),
            (&["gzip;q=0", "gzip"], &[ID]),
            (&["gzip;q=0, *"], &[BR, ID]),
            (&["*;q=0"], &[]),
            (&["identity;q=0"], &[]),
            (&["br, identity;q=0"], &[BR]),
            (&["br, *;q=0"], &[BR]),
            (&["*;q=0, identity"], &[ID]),
            (&["identity, br;q=0.5"], &[ID, BR]),
            (&["gzip;q=0.5, *;q=0.8"], &[BR, GZ, ID]),
            (&["br;q=1.5, gzip"], &[GZ, ID]),
        ];
        for (lines, expected) in cases {
            assert_eq!(taken(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_harm_nothing() {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_bytes(b"\xff, gzip").unwrap())]);
        assert!(Accepted::read(&headers).weight(Encoding::Gzip) > 0);
    }
}
