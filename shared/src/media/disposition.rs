//! What a browser does with a file, and how it names it: `Content-Disposition` (RFC 6266) of a name that somebody gave.
//!
//! The name is a stranger's. In a header it must not become another header, on a disk it must not become another folder,
//! and to an eye it must not look like another type.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::name::visible;

/// What stands for a name of which nothing is left.
const NAMELESS: &str = "file";

/// The most bytes of a name that file systems take.
const MOST: usize = 255;

/// The most bytes of an ending that is kept where a name is cut.
const MOST_OF_ENDING: usize = 20;

/// `attr-char` of RFC 8187: all else is escaped.
const ATTRIBUTE: AsciiSet = NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A `Content-Disposition`. Whatever the name was, it is one line of visible ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentDisposition(String);

impl ContentDisposition {
    /// Shown in place; kept under this name where somebody keeps it.
    pub fn inline(name: &str) -> Self {
        Self::new("inline", name)
    }

    /// Kept as a file of this name, and never shown in place.
    pub fn attachment(name: &str) -> Self {
        Self::new("attachment", name)
    }

    fn new(kind: &str, name: &str) -> Self {
        let name = plain(name);
        // Old programs read no other. In quotes, and without what could end them or be taken for an escape.
        let ascii: String = name
            .chars()
            .map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
            .collect();
        let mut header = format!("{kind}; filename=\"{ascii}\"");
        if ascii != name {
            let _ = write!(header, "; filename*=UTF-8''{}", utf8_percent_encode(&name, &ATTRIBUTE));
        }
        Self(header)
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name alone, as long as a file's name may be.
fn plain(name: &str) -> String {
    // `C:` is a drive, a name with another colon a stream of another file; Windows has no name that ends in a dot.
    let visible: String = visible(name).map(|c| if c == ':' { '_' } else { c }).collect();
    let visible = visible.trim().trim_end_matches(['.', ' ']);
    if visible.is_empty() { NAMELESS.to_owned() } else { cut(visible) }
}

/// Shortens what is too long, and keeps the ending: it says what the file is.
fn cut(name: &str) -> String {
    if name.len() <= MOST {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.len() <= MOST_OF_ENDING { ending } else { "" };
    let stem = &name[..name.floor_char_boundary(MOST - ending.len())];
    format!("{stem}{ending}")
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;

    use super::*;

    /// The name that a browser takes: `filename*` before `filename`.
    fn taken(header: &str) -> String {
        let extended = header.split_once("; filename*=UTF-8''").map(|(_, name)| percent_decode_str(name));
        match extended {
            Some(name) => name.decode_utf8().unwrap().into_owned(),
            None => header.split_once("filename=\"").unwrap().1.trim_end_matches('"').to_owned(),
        }
    }

    #[test]
    fn a_plain_name_stays_as_it_is() {
        let header = ContentDisposition::attachment("report 2026.pdf");
        assert_eq!(header.as_str(), "attachment; filename=\"report 2026.pdf\"");
        assert_eq!(ContentDisposition::inline("a.png").as_str(), "inline; filename=\"a.png\"");
    }

    #[test]
    fn a_name_in_another_script_comes_whole_and_old_programs_get_something() {
        let header = ContentDisposition::attachment("보고서 1.pdf");
        let encoded = "%EB%B3%B4%EA%B3%A0%EC%84%9C%201.pdf";
        assert_eq!(header.as_str(), format!("attachment; filename=\"___ 1.pdf\"; filename*=UTF-8''{encoded}"));
        // RFC 6266, 5.
        let header = ContentDisposition::attachment("€ rates");
        assert_eq!(header.as_str(), "attachment; filename=\"_ rates\"; filename*=UTF-8''%E2%82%AC%20rates");
    }

    #[test]
    fn a_name_is_safe_whatever_it_is() {
        for (name, expected) in [
            ("a\"; filename=\"b.exe", "a\"; filename=\"b.exe"),
            ("100%20.txt", "100%20.txt"),
            ("a'b;c,d*e=f.txt", "a'b;c,d*e=f.txt"),
            ("a\r\nSet-Cookie: x=1", "aSet-Cookie_ x=1"),
            ("a\u{85}b\u{2028}c\u{b}.txt", "abc.txt"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\Users\\kim\\me.png", "me.png"),
            ("C:me.png", "C_me.png"),
            ("me.png:hidden.exe", "me.png_hidden.exe"),
            ("a\0.png", "a.png"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("\u{200f}\u{2067}a\u{2069}.png", "a.png"),
            ("\u{feff}a.txt", "a.txt"),
            ("  a.txt . ", "a.txt"),
            (".htaccess", ".htaccess"),
            ("", "file"),
            ("..", "file"),
            ("../", "file"),
            ("\r\n\0", "file"),
        ] {
            for header in [ContentDisposition::inline(name), ContentDisposition::attachment(name)] {
                let header = header.as_str();
                assert_eq!(taken(header), expected, "{name:?}");
                assert!(header.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{header:?}");
                let quoted = header.split_once("filename=\"").unwrap().1.split_once('"').unwrap();
                assert!(quoted.1.is_empty() || quoted.1.starts_with("; filename*="), "{header:?}");
                assert!(!quoted.0.contains(['\\', '%', '/']), "{header:?}");
            }
        }
    }

    #[test]
    fn every_single_character_is_safe() {
        for c in (0..=u32::from(char::MAX)).step_by(1).take(0x3000).filter_map(char::from_u32) {
            let header = ContentDisposition::attachment(&format!("a{c}b.txt"));
            assert!(header.as_str().bytes().all(|byte| matches!(byte, b' '..=b'~')), "{c:?}");
        }
    }

    #[test]
    fn a_thousand_characters_are_cut_and_the_ending_stays() {
        for (name, ending) in [("x".repeat(1_000) + ".pdf", ".pdf"), ("가".repeat(1_000) + ".webp", ".webp")] {
            let name = taken(ContentDisposition::attachment(&name).as_str());
            assert!(name.ends_with(ending) && (MOST - 3..=MOST).contains(&name.len()), "{name}");
        }
        assert_eq!(taken(ContentDisposition::attachment(&format!("a.{}", "x".repeat(1_000))).as_str()).len(), MOST);
    }
}
