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
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// What somebody takes: a weight in thousandths for each coding, 0 for what is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    brotli: u16,
    gzip: u16,
    /// In halves of a thousandth: what nobody speaks of is acceptable, and less than whatever somebody speaks of.
    identity: u16,
}

impl Accepted {
    /// Reads all lines of the header. Without one, or with nothing in it, only the bytes as they are: the RFC would allow
    /// any coding, but whoever says nothing is a program that decodes nothing.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut listed = Listed::default();
        for line in headers.get_all(ACCEPT_ENCODING) {
            for member in line.as_bytes().split(|byte| *byte == b',') {
                listed.add(member);
            }
        }
        let other = listed.any.unwrap_or(0);
        let identity = listed.identity.or(listed.any).map_or(1, |weight| weight * 2);
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
        let (coding, weight) = match member.iter().position(|byte| *byte == b';') {
            Some(end) => (&member[..end], weight(&member[end + 1..])),
            None => (member, 1_000),
        };
        let coding = coding.trim_ascii();
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
        *place = Some(place.map_or(weight, |before| before.min(weight)));
    }
}

/// `q=0.5` in thousandths: at most 1, at most three digits. Anything else asks for nothing that can be told: 0.
fn weight(parameter: &[u8]) -> u16 {
    let [b'q' | b'Q', b'=', digits @ ..] = parameter.trim_ascii() else { return 0 };
    let (whole, fraction) = match digits {
        [whole] | [whole, b'.'] => (*whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (*whole, fraction),
        _ => return 0,
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let mut thousandths = 0;
    for place in 0..3 {
        thousandths = thousandths * 10 + fraction.get(place).map_or(0, |digit| u16::from(digit - b'0'));
    }
    match whole {
        b'0' => thousandths,
        b'1' if thousandths == 0 => 1_000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// What is taken, the most wanted first; codings of one weight in their own order.
    fn taken(lines: &[&str]) -> Vec<Encoding> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        let accepted = Accepted::read(&headers);
        let mut all = vec![Encoding::Brotli, Encoding::Gzip, Encoding::Identity];
        all.retain(|encoding| accepted.weight(*encoding) > 0);
        all.sort_by_key(|encoding| std::cmp::Reverse(accepted.weight(*encoding)));
        all
    }

    #[test]
    fn what_is_taken_follows_the_weights() {
        const BR: Encoding = Encoding::Brotli;
        const GZ: Encoding = Encoding::Gzip;
        const ID: Encoding = Encoding::Identity;
        let cases: &[(&[&str], &[Encoding])] = &[
            (&[], &[ID]),
            (&[""], &[ID]),
            (&["gzip, deflate, br, zstd"], &[BR, GZ, ID]),
            (&["gzip"], &[GZ, ID]),
            (&["GZip"], &[GZ, ID]),
            (&["x-gzip"], &[GZ, ID]),
            (&["BR;Q=1"], &[BR, ID]),
            (&["br;q=0.5, gzip"], &[GZ, BR, ID]),
            (&["br;q=0.5", "gzip"], &[GZ, BR, ID]),
            (&["br ; q=0.5 ,gzip ;q=0.501"], &[GZ, BR, ID]),
            (&["gzip;q=0.001"], &[GZ, ID]),
            // Refused, in each way of writing it.
            (&["gzip;q=0"], &[ID]),
            (&["gzip;q=0.000, br"], &[BR, ID]),
            (&["gzip;q=0, gzip"], &[ID]),
            (&["gzip, gzip;q=0"], &[ID]),
            (&["gzip;q=0, *"], &[BR, ID]),
            (&["*;q=0"], &[]),
            (&["identity;q=0"], &[]),
            (&["br, identity;q=0"], &[BR]),
            (&["br, *;q=0"], &[BR]),
            (&["*;q=0, identity"], &[ID]),
            (&["identity, br;q=0.5"], &[ID, BR]),
            // The star is every coding that is not spoken of.
            (&["*"], &[BR, GZ, ID]),
            (&["*;q=0.5, gzip"], &[GZ, BR, ID]),
            (&["gzip;q=0.5, *;q=0.8"], &[BR, ID, GZ]),
            (&["identity;q=0.5, *;q=0"], &[ID]),
            // What is malformed, or asks for more than all, asks for nothing.
            (&["br;q=1.5, gzip"], &[GZ, ID]),
            (&["br;q=1.001"], &[ID]),
            (&["br;q=2"], &[ID]),
            (&["br;q=0.1234"], &[ID]),
            (&["br;q=.5"], &[ID]),
            (&["br;q=-1"], &[ID]),
            (&["br;q="], &[ID]),
            (&["br;q=a"], &[ID]),
            (&["br;level=9"], &[ID]),
            (&["br;q=0.5;q=1"], &[ID]),
            (&["br;"], &[ID]),
            (&[",,br,, "], &[BR, ID]),
            // A name that has another in it is another.
            (&["brotli, xgzip, gzip-9"], &[ID]),
            (&["br;q=1., gzip;q=0."], &[BR, ID]),
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
