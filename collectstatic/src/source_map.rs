//! Where a script says its source map is (ECMA-426, "extracting source map URLs without parsing").

use crate::reference::{Form, Reference};

/// What a comment says before the address.
const NAME: &str = "sourceMappingURL=";

/// The mark and the address of a comment whose text, without its delimiters, is `inner`.
pub(crate) fn directive(inner: &str) -> Option<(char, &str)> {
    let mark = inner.chars().next().filter(|c| matches!(c, '#' | '@'))?;
    let rest = inner[1..].strip_prefix([' ', '\t'])?.trim_start_matches([' ', '\t']);
    let url = rest.strip_prefix(NAME)?.trim_ascii_end();
    // A quote ends the string that this only looks like a comment in.
    let sound = !url.is_empty() && !url.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    sound.then_some((mark, url))
}

/// The last such comment of a script, where nothing but comments comes behind it: what developers' tools follow.
pub(crate) fn find(js: &str) -> Option<Reference> {
    let mut end = js.len();
    while let Some(at) = js[..end].rfind(NAME) {
        let comment = js[..at].trim_ascii_end().strip_suffix(['#', '@']).map_or(at, str::len);
        let found = match js[..comment].get(comment.saturating_sub(2)..) {
            Some("//") => line(js, comment - 2),
            Some("/*") => block(js, comment - 2, end),
            _ => None,
        };
        if let Some(reference) = found {
            // What is behind this one is behind those before it too.
            return only_comments(&js[reference.span.end..]).then_some(reference);
        }
        end = at;
    }
    None
}

fn line(js: &str, start: usize) -> Option<Reference> {
    let length = js[start..].find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(js.len() - start);
    let (mark, url) = directive(&js[start + 2..start + length])?;
    Some(Reference { span: start..start + length, url: url.to_owned(), form: Form::MapLine(mark) })
}

/// The comment ends before `end`, or it has another of its kind in it.
fn block(js: &str, start: usize, end: usize) -> Option<Reference> {
    let length = js[start + 2..end].find("*/")?;
    let (mark, url) = directive(&js[start + 2..start + 2 + length])?;
    Some(Reference { span: start..start + 4 + length, url: url.to_owned(), form: Form::MapBlock(mark) })
}

/// Whether a text is whitespace and comments, and so nothing that would put what is before it inside of a string or of a
/// longer comment.
fn only_comments(mut text: &str) -> bool {
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix("//") {
            text = rest.split_once('\n').map_or("", |(_, next)| next);
        } else if let Some(rest) = text.strip_prefix("/*") {
            let Some((_, next)) = rest.split_once("*/") else { return false };
            text = next;
        } else {
            return text.is_empty();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_comment_of_a_script_is_found() {
        for (js, span, url) in [
            ("a();\n//# sourceMappingURL=a.js.map\n", "//# sourceMappingURL=a.js.map", "a.js.map"),
            ("a();//@ sourceMappingURL=a.map", "//@ sourceMappingURL=a.map", "a.map"),
            ("a();\r\n//# sourceMappingURL=a.map\r\n", "//# sourceMappingURL=a.map", "a.map"),
            ("a();\n/*# sourceMappingURL=a.map */", "/*# sourceMappingURL=a.map */", "a.map"),
            ("//# sourceMappingURL=old.map\n//# sourceMappingURL=a.map\n// end", "//# sourceMappingURL=a.map", "a.map"),
            ("//# sourceMappingURL=a.map \t\n", "//# sourceMappingURL=a.map \t", "a.map"),
            (
                "//# sourceMappingURL=data:application/json,x",
                "//# sourceMappingURL=data:application/json,x",
                "data:application/json,x",
            ),
        ] {
            let reference = find(js).unwrap_or_else(|| panic!("{js}"));
            assert_eq!((&js[reference.span], reference.url.as_str()), (span, url), "{js}");
        }
    }

    #[test]
    fn what_stands_in_strings_and_before_code_is_none() {
        for js in [
            "const a = '//# sourceMappingURL=a.map';",
            "const a = '\\\n//# sourceMappingURL=a.map'",
            "const a = `\n//# sourceMappingURL=a.map\n`;",
            "/*\n//# sourceMappingURL=a.map\n*/",
            "//# sourceMappingURL=a.map\nmore();",
            "//# sourcemappingurl=a.map",
            "//#sourceMappingURL=a.map",
            "sourceMappingURL=a.map",
            "//# sourceMappingURL=",
            "",
        ] {
            assert_eq!(find(js), None, "{js}");
        }
    }
}
