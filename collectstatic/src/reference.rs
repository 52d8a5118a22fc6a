//! A reference of one static file to another: where it stands in the text, what it says, and how it is written anew.

use std::fmt::Write as _;
use std::ops::Range;

use percent_encoding::percent_decode_str;

/// A place in a file that names another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Which bytes are replaced.
    pub(crate) span: Range<usize>,
    /// The address, its escapes taken off.
    pub(crate) url: String,
    /// How the address is written.
    pub(crate) form: Form,
}

/// What stands around an address. Where Django has a form for it, it is written in that one: the same bytes have the same
/// hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `url("..")` of a stylesheet, whatever the quotes were.
    Url,
    /// `@import ".."`, which becomes `@import url("..")`.
    Import,
    /// The string of an `image-set()`.
    Text,
    /// `/*# sourceMappingURL=.. */`, with the mark that it has (`#`, or `@` of old).
    MapBlock(char),
    /// `//# sourceMappingURL=..`
    MapLine(char),
    /// The specifier of a module, in its quotes.
    Specifier(char),
}

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Somewhere else: another site, another part of this one, a place in the same file.
    Elsewhere,
    /// To a static file, if there is one of this name.
    File(FileTarget),
}

/// A name, and what stands around it in the address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileTarget {
    /// The name from the root of all static files; `None` above it.
    pub(crate) name: Option<String>,
    /// The address up to its last slash, which is kept as it is.
    folder: String,
    /// Query and fragment, with their marks.
    tail: String,
}

impl Reference {
    /// Where the reference leads, from the file `from`; `static_path` is the path of `STATIC_URL`, where it has no host.
    pub(crate) fn target(&self, from: &str, static_path: Option<&str>) -> Target {
        let url = self.url.trim_matches(|c: char| c.is_ascii_whitespace());
        let is_module = matches!(self.form, Form::Specifier(_));
        let relative = url.starts_with("./") || url.starts_with("../");
        // `vue` is for an import map to say.
        if url.starts_with("//") || has_scheme(url) || (is_module && !relative && !url.starts_with('/')) {
            return Target::Elsewhere;
        }
        let (path, tail) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let (below, base) = match (path.strip_prefix('/'), static_path) {
            (None, _) => (path, from.rsplit_once('/').map_or("", |(folder, _)| folder)),
            (Some(_), Some(root)) if path.starts_with(root) => (&path[root.len()..], ""),
            (Some(_), _) => return Target::Elsewhere,
        };
        // A folder has no hash, and what names no path is a place in this file.
        if path.is_empty() || path.ends_with('/') || below.is_empty() {
            return Target::Elsewhere;
        }
        let folder = path.rfind('/').map_or("", |at| &path[..=at]);
        Target::File(FileTarget { name: join(base, below), folder: encode(&decode(folder)), tail: tail.to_owned() })
    }

    /// The new text, with `name` (of the same folder) in the place of the file's.
    pub(crate) fn render(&self, target: &FileTarget, name: &str) -> String {
        let last = name.rsplit('/').next().unwrap_or_default();
        let url = format!("{}{}{}", target.folder, encode(last), target.tail);
        match self.form {
            Form::Url => format!("url(\"{}\")", escape(&url, '"')),
            Form::Import => format!("@import url(\"{}\")", escape(&url, '"')),
            Form::Text => format!("\"{}\"", escape(&url, '"')),
            Form::MapBlock(mark) => format!("/*{mark} sourceMappingURL={url} */"),
            Form::MapLine(mark) => format!("//{mark} sourceMappingURL={url}"),
            Form::Specifier(quote) => format!("{quote}{}{quote}", escape(&url, quote)),
        }
    }

    /// Whether only developers' tools follow it: that its target is missing harms nobody.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.form, Form::MapBlock(_) | Form::MapLine(_))
    }
}

/// RFC 3986, 3.1; in any case, where Django knows small letters alone.
pub(crate) fn has_scheme(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    })
}

/// The name of `path`, as an address writes it, from the folder `base`; `None` where it leads above the root.
fn join(base: &str, path: &str) -> Option<String> {
    let mut segments: Vec<String> = base.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    for segment in path.split('/') {
        match decode(segment).as_str() {
            "" | "." => {}
            ".." => _ = segments.pop()?,
            // An encoded slash parts nothing, and is in no name.
            name if name.contains('/') => segments.push(segment.to_owned()),
            name => segments.push(name.to_owned()),
        }
    }
    Some(segments.join("/"))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// What an address cannot have as it is stands there in percents; other letters stay legible, as in Django.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_control() || matches!(c, '%' | '#' | '?' | '\\') {
            let _ = write!(encoded, "%{:02X}", u32::from(c));
        } else {
            encoded.push(c);
        }
    }
    encoded
}

/// What would end a string, or begin an escape in it, stands there as RFC 3986 has it.
fn escape(url: &str, quote: char) -> String {
    let mut escaped = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '"' if quote == c => escaped.push_str("%22"),
            '\'' if quote == c => escaped.push_str("%27"),
            '`' if quote == c => escaped.push_str("%60"),
            '$' if quote == '`' => escaped.push_str("%24"),
            '\\' => escaped.push_str("%5C"),
            '\n' | '\r' | '\u{c}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(form: Form, url: &str, from: &str) -> Option<(String, String)> {
        let reference = Reference { span: 0..0, url: url.to_owned(), form };
        match reference.target(from, Some("/static/")) {
            Target::Elsewhere => None,
            Target::File(target) => {
                let name = target.name.clone().unwrap_or_else(|| "(above)".to_owned());
                let hashed = name.rsplit_once('.').map_or(format!("{name}.H"), |(stem, end)| format!("{stem}.H.{end}"));
                Some((name, reference.render(&target, &hashed)))
            }
        }
    }

    #[test]
    fn addresses_lead_where_browsers_follow_them() {
        for (url, name, text) in [
            ("a.png", "css/a.png", "url(\"a.H.png\")"),
            (" ./a.png\n", "css/a.png", "url(\"./a.H.png\")"),
            ("../img/a.png?v=1#x", "img/a.png", "url(\"../img/a.H.png?v=1#x\")"),
            ("f.eot?#iefix", "css/f.eot", "url(\"f.H.eot?#iefix\")"),
            ("/static/img/a.png", "img/a.png", "url(\"/static/img/a.H.png\")"),
            ("my%20dir/a%20b.png", "css/my dir/a b.png", "url(\"my dir/a b.H.png\")"),
            ("100%25%23.png", "css/100%#.png", "url(\"100%25%23.H.png\")"),
            ("한.png", "css/한.png", "url(\"한.H.png\")"),
            ("../../a.png", "(above)", ""),
            ("..%2fa.png", "css/..%2fa.png", ""),
            ("%2e%2e/a.png", "a.png", "url(\"../a.H.png\")"),
        ] {
            let (found, rendered) = rewritten(Form::Url, url, "css/site.css").unwrap_or_default();
            assert_eq!(found, name, "{url}");
            assert!(text.is_empty() || rendered == text, "{url}: {rendered}");
        }
        for url in [
            "",
            "#a",
            "?x",
            "data:image/png,a",
            "HTTPS://x/a",
            "//x/a",
            "/media/a.png",
            "/static/",
            "img/",
            "about:blank",
        ] {
            assert_eq!(rewritten(Form::Url, url, "css/site.css"), None, "{url}");
        }
    }

    #[test]
    fn a_bare_specifier_is_left_to_the_import_map() {
        let quoted = Form::Specifier('\'');
        assert_eq!(rewritten(quoted, "vue", "js/a.js"), None);
        assert_eq!(rewritten(quoted, "@scope/x.js", "js/a.js"), None);
        assert_eq!(rewritten(quoted, "../b's.js", "js/a.js").map(|(_, text)| text), Some("'../b%27s.H.js'".to_owned()));
        assert_eq!(rewritten(quoted, "/static/b.js", "js/a.js").map(|(name, _)| name), Some("b.js".to_owned()));
    }
}
