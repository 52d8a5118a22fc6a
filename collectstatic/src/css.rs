//! The references of a stylesheet: `url()`, `@import`, the strings of `image-set()`, and the address of its source map.
//!
//! Read by a tokenizer (CSS Syntax, level 3), so that comments and strings are none, and escapes and capitals are right.
//! What it says is rewritten, and every byte around it stays.

use std::ops::Range;

use cssparser::{Parser, Token};

use crate::reference::{Form, Reference};

/// Something of a stylesheet that cannot be read: where, and what.
pub(crate) type Mistake = (usize, &'static str);

/// The references in the order of their places, or everything that is wrong.
pub(crate) fn references(css: &str) -> Result<Vec<Reference>, Vec<Mistake>> {
    let mut reader =
        Reader { css, references: Vec::new(), mistakes: Vec::new(), open: Vec::new(), before: Before::Nothing };
    tokens(css, |token, span| reader.see(token, span));
    if reader.mistakes.is_empty() { Ok(reader.references) } else { Err(reader.mistakes) }
}

/// All tokens, those inside of blocks too, without a level of recursion for each block: a parser that is at the start of
/// a block is left, and another one begins behind the bracket.
fn tokens<'a>(css: &'a str, mut see: impl FnMut(&Token<'a>, Range<usize>)) {
    let mut base = 0;
    loop {
        let mut parser = Parser::new(&css[base..]);
        loop {
            let start = base + parser.position().byte_index();
            let Ok(token) = parser.next_including_whitespace_and_comments().cloned() else { return };
            let end = base + parser.position().byte_index();
            see(&token, start..end);
            if matches!(
                token,
                Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock
            ) {
                base = end;
                break;
            }
        }
    }
}

/// Whether what stands in an `url()` begins with a scheme or a host.
fn leads_elsewhere(text: &str) -> bool {
    let text = text.trim_ascii_start();
    text.starts_with("//") || crate::reference::has_scheme(text)
}

struct Reader<'a> {
    css: &'a str,
    references: Vec<Reference>,
    mistakes: Vec<Mistake>,
    /// What the brackets are that are open.
    open: Vec<Bracket>,
    before: Before,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    ImageSet,
    Other,
}

/// What came before the token, apart from whitespace and comments.
enum Before {
    Nothing,
    /// `@import`, at this place.
    Import(usize),
    /// `@namespace`: the addresses up to its end are names, not files.
    Namespace,
    /// `url(`, at this place.
    UrlOpen(usize),
    /// `url("..`
    UrlText {
        start: usize,
        text: Range<usize>,
        url: String,
    },
}

impl Reader<'_> {
    fn see(&mut self, token: &Token<'_>, span: Range<usize>) {
        match token {
            Token::WhiteSpace(_) => return,
            Token::Comment(_) => return self.comment(span),
            // Unquoted data with a bracket or a quote in it: browsers drop it, and nothing in it would be rewritten.
            Token::BadUrl(text) if leads_elsewhere(text) => {}
            Token::BadUrl(_) => self.mistakes.push((span.start, "has an url() that browsers drop: put it in quotes")),
            Token::BadString(_) => self.mistakes.push((span.start, "has a string that does not end in its line")),
            _ => {}
        }
        let before = std::mem::replace(&mut self.before, Before::Nothing);
        match (before, token) {
            (Before::Namespace, token) if !matches!(token, Token::Semicolon | Token::CurlyBracketBlock) => {
                self.before = Before::Namespace;
            }
            (Before::UrlOpen(start), Token::QuotedString(url)) if self.ends(&span) => {
                self.before = Before::UrlText { start, text: span.clone(), url: url.as_ref().to_owned() };
            }
            (Before::UrlText { start, url, .. }, Token::CloseParenthesis) => self.push(start..span.end, url, Form::Url),
            // With modifiers behind it: only the string is replaced.
            (Before::UrlText { text, url, .. }, _) => self.push(text, url, Form::Text),
            (Before::Import(start), Token::QuotedString(url)) if self.ends(&span) => {
                self.import(start, span.clone(), url);
            }
            (_, Token::UnquotedUrl(url)) => {
                if self.css[span.clone()].ends_with(')') {
                    self.push(span.clone(), url.as_ref().to_owned(), Form::Url);
                } else {
                    self.mistakes.push((span.start, "has an url() that does not end"));
                }
            }
            (_, Token::Function(name)) if name.eq_ignore_ascii_case("url") => self.before = Before::UrlOpen(span.start),
            (_, Token::QuotedString(url)) if self.ends(&span) && self.open.last() == Some(&Bracket::ImageSet) => {
                self.push(span.clone(), url.as_ref().to_owned(), Form::Text);
            }
            (_, Token::AtKeyword(name)) if name.eq_ignore_ascii_case("import") => {
                self.before = Before::Import(span.start);
            }
            (_, Token::AtKeyword(name)) if name.eq_ignore_ascii_case("namespace") => self.before = Before::Namespace,
            _ => {}
        }
        self.bracket(token);
    }

    fn bracket(&mut self, token: &Token<'_>) {
        match token {
            Token::Function(name)
                if name.eq_ignore_ascii_case("image-set") || name.eq_ignore_ascii_case("-webkit-image-set") =>
            {
                self.open.push(Bracket::ImageSet);
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => {
                self.open.push(Bracket::Other);
            }
            Token::CloseParenthesis | Token::CloseSquareBracket | Token::CloseCurlyBracket => _ = self.open.pop(),
            _ => {}
        }
    }

    /// `@import ".."` is written as Django writes it; what stands between the two stays.
    fn import(&mut self, start: usize, text: Range<usize>, url: &str) {
        let between = &self.css[start + "@import".len()..text.start];
        if between.trim_ascii().is_empty() {
            self.push(start..text.end, url.to_owned(), Form::Import);
        } else {
            self.push(text, url.to_owned(), Form::Url);
        }
    }

    /// `/*# sourceMappingURL=site.css.map */` (ECMA-426)
    fn comment(&mut self, span: Range<usize>) {
        let Some(inner) = self.css[span.clone()].strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")) else {
            self.mistakes.push((span.start, "has a comment that does not end"));
            return;
        };
        if let Some((mark, url)) = crate::source_map::directive(inner) {
            self.push(span, url.to_owned(), Form::MapBlock(mark));
        }
    }

    /// Whether a string ends with its quote, and not with the file.
    fn ends(&mut self, span: &Range<usize>) -> bool {
        let text = &self.css[span.clone()];
        let ends = text.len() >= 2 && text.ends_with(&text[..1]);
        if !ends {
            self.mistakes.push((span.start, "has a string that does not end"));
        }
        ends
    }

    fn push(&mut self, span: Range<usize>, url: String, form: Form) {
        self.references.push(Reference { span, url, form });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is replaced, and the address in it.
    fn found(css: &str) -> Vec<(&str, String)> {
        let references = references(css).unwrap();
        references.into_iter().map(|reference| (&css[reference.span], reference.url)).collect()
    }

    #[test]
    fn every_way_to_write_a_reference_is_found() {
        for (css, span, url) in [
            ("a{b:url(x.png)}", "url(x.png)", "x.png"),
            ("a{b:url( 'x.png' )}", "url( 'x.png' )", "x.png"),
            ("a{b:URL(\"x y.png\")}", "URL(\"x y.png\")", "x y.png"),
            ("a{b:url(x\\ y\\29.png)}", "url(x\\ y\\29.png)", "x y).png"),
            ("a{b:u\\72l('x.png')}", "u\\72l('x.png')", "x.png"),
            ("a{b:url(\"x\\\ny.png\")}", "url(\"x\\\ny.png\")", "xy.png"),
            ("@import 'x.css';", "@import 'x.css'", "x.css"),
            ("@IMPORT\n\"x.css\" layer(a) screen;", "@IMPORT\n\"x.css\"", "x.css"),
            ("@import/**/'x.css';", "'x.css'", "x.css"),
            ("@import url(x.css) supports(display: grid);", "url(x.css)", "x.css"),
            ("a{b:image-set('x.png' 1x, type('image/png'))}", "'x.png'", "x.png"),
            ("a{b:-webkit-image-set(url(x.png) 1x)}", "url(x.png)", "x.png"),
            ("@font-face{src:url(x.eot?#iefix) format('e')}", "url(x.eot?#iefix)", "x.eot?#iefix"),
            ("a{--b:url(x.png)}", "url(x.png)", "x.png"),
            ("a{b:url('x.png' foo)}", "'x.png'", "x.png"),
            ("a{}\n/*# sourceMappingURL=x.css.map */", "/*# sourceMappingURL=x.css.map */", "x.css.map"),
            ("a{}/*@\tsourceMappingURL=x.map*/", "/*@\tsourceMappingURL=x.map*/", "x.map"),
        ] {
            assert_eq!(found(css), [(span, url.to_owned())], "{css}");
        }
    }

    #[test]
    fn what_only_looks_like_a_reference_is_none() {
        for css in [
            "/* url(x.png) @import 'x'; */",
            "a{content:'url(x.png)'}",
            "a::after{content:\"@import 'x'\"}",
            "@charset 'x';",
            "a{b:url(data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg'/>)}",
            "@namespace svg url(http://www.w3.org/2000/svg);@namespace 'x';",
            "a{b:curl(x.png)}",
            "a{background-url:x}",
            "/* # sourceMappingURL=x */",
            "/*# sourceMappingURL=x y */",
            "",
        ] {
            assert_eq!(found(css), [], "{css}");
        }
    }

    #[test]
    fn broken_syntax_is_told_with_its_place() {
        for (css, at) in [
            ("a{b:url(x y.png)}", 4),
            ("a{b:url(x.png", 4),
            ("a{b:url('x.png", 8),
            ("a{b:'x\n'}", 4),
            ("a{}/* b", 3),
            ("@import 'x", 8),
        ] {
            assert_eq!(references(css).unwrap_err()[0].0, at, "{css}");
        }
    }

    #[test]
    fn brackets_a_hundred_thousand_deep_are_read() {
        let css = format!("{}a{{b:url(x.png)}}{}", "@media{(".repeat(100_000), ")}".repeat(99_999));
        assert_eq!(found(&css), [("url(x.png)", "x.png".to_owned())]);
    }

    #[test]
    fn a_byte_order_mark_moves_nothing() {
        assert_eq!(found("\u{feff}a{b:url(x.png)}"), [("url(x.png)", "x.png".to_owned())]);
    }
}
