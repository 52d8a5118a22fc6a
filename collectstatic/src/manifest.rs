//! Writes `staticfiles.json` as Django does, byte for byte but for the order of its entries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portico::static_files::Manifest;

use crate::digest::Digest;

/// The text of the manifest for names with their hashed names, and the [`hash`] of them.
pub(crate) fn render(paths: &BTreeMap<&str, &str>, hash: &str) -> String {
    let mut text = String::from("{\"paths\": {");
    for (at, (name, hashed)) in paths.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{}: {}", quoted(name), quoted(hashed));
    }
    let _ = write!(text, "}}, \"version\": \"{}\", \"hash\": \"{hash}\"}}", Manifest::VERSION);
    text
}

/// Django's `manifest_hash`: of the sorted pairs, as Python's `json.dumps` writes them.
pub(crate) fn hash(paths: &BTreeMap<&str, &str>) -> String {
    let pairs: Vec<_> = paths.iter().map(|(name, hashed)| format!("[{}, {}]", quoted(name), quoted(hashed))).collect();
    Digest::of(format!("[{}]", pairs.join(", ")).as_bytes()).short()
}

/// A string of Python's JSON: ASCII alone.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            ' '..='~' => quoted.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_written_as_python_writes_it() {
        let paths = BTreeMap::from([("b.css", "b.1.css"), ("a/\"한\u{1f600}\u{7f}.png", "a/x.png")]);
        let text = render(&paths, &hash(&paths));
        // python3 -c 'import json,hashlib; p={..}; print(hashlib.md5(json.dumps(sorted(p.items())).encode()).hexdigest()[:12])'
        assert_eq!(
            text,
            "{\"paths\": {\"a/\\\"\\ud55c\\ud83d\\ude00\\u007f.png\": \"a/x.png\", \"b.css\": \"b.1.css\"}, \
             \"version\": \"1.1\", \"hash\": \"85a838c2a22a\"}"
        );
        assert_eq!(Manifest::parse(&text).unwrap().get("a/\"한\u{1f600}\u{7f}.png"), Some("a/x.png"));
        assert_eq!(hash(&BTreeMap::new()), "d751713988987e9331980363e24189ce"[..12]);
    }
}
