//! The references of a module: `import`, `export .. from`, and `import()` of a literal.

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::{SourceType, Span};

use crate::reference::{Form, Reference};

/// The specifiers of a script, in the order of their places; or what the parser says, with its place, of a text that it
/// cannot read.
pub(crate) fn references(js: &str) -> Result<Vec<Reference>, (usize, String)> {
    if !may_import(js) {
        return Ok(Vec::new());
    }
    if let Some(at) = too_deep(js) {
        return Err((at, "it is nested too deep".to_owned()));
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, js, SourceType::unambiguous()).parse();
    if parsed.panicked {
        let first = parsed.diagnostics.first();
        let at = first.and_then(|error| error.labels.first().map(|label| label.offset() as usize));
        return Err((at.unwrap_or(0), first.map_or_else(String::new, |error| error.message.to_string())));
    }
    let modules = &parsed.module_record.requested_modules;
    let mut references: Vec<_> = modules
        .iter()
        .flat_map(|(name, requests)| requests.iter().map(|request| (request.span, name.as_str().to_owned())))
        .chain(
            parsed
                .module_record
                .dynamic_imports
                .iter()
                .filter_map(|import| Some((import.module_request, literal(js, import.module_request)?.to_owned()))),
        )
        .filter_map(|(span, url)| {
            let span = span.start as usize..span.end as usize;
            let quote = js.get(span.clone())?.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
            Some(Reference { span, url, form: Form::Specifier(quote) })
        })
        .collect();
    references.sort_by_key(|reference| reference.span.start);
    Ok(references)
}

/// The deepest that the parser, which recurses, is asked to go; scripts of people and of bundlers have some hundred.
const DEEPEST: usize = 4_000;

/// Where more brackets are open than that, those of strings and comments counted too.
fn too_deep(js: &str) -> Option<usize> {
    let mut depth = 0_usize;
    js.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// The address in `import('./a.js')`. What is computed (`import(name)`, a template with a hole, an escape) is not known
/// before it runs.
fn literal(js: &str, span: Span) -> Option<&str> {
    let text = js.get(span.start as usize..span.end as usize)?;
    let inner = ['"', '\'', '`'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))?;
    (!inner.contains(['\\', '"', '\'', '`', '\n']) && !inner.contains("${")).then_some(inner)
}

/// Whether a word of the text is `import`, or one is `export` and one is `from`: most scripts are spared the parser.
fn may_import(js: &str) -> bool {
    has_word(js, "import") || (has_word(js, "export") && has_word(js, "from"))
}

fn has_word(js: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    js.match_indices(word).any(|(at, _)| {
        let behind = js[at + word.len()..].chars().next();
        !js[..at].ends_with(part) && !behind.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(js: &str) -> Vec<(&str, String)> {
        references(js).unwrap().into_iter().map(|reference| (&js[reference.span], reference.url)).collect()
    }

    #[test]
    fn every_way_to_import_is_found() {
        for (js, span, url) in [
            ("import './a.js'", "'./a.js'", "./a.js"),
            ("import a, {b as c} from\n\"./a.js\"", "\"./a.js\"", "./a.js"),
            ("import*as a from'./a.js';", "'./a.js'", "./a.js"),
            ("import d from './d.json' with { type: 'json' };", "'./d.json'", "./d.json"),
            ("export * from './a.js'", "'./a.js'", "./a.js"),
            ("export{a,b}from'./a.js'", "'./a.js'", "./a.js"),
            ("export * as a from './a.js'", "'./a.js'", "./a.js"),
            ("const a = await import('./a.js')", "'./a.js'", "./a.js"),
            ("import(/* webpackChunkName: 'x' */ './a.js')", "'./a.js'", "./a.js"),
            ("import(`./a.js`)", "`./a.js`", "./a.js"),
            ("import '\\u002e/a.js'", "'\\u002e/a.js'", "./a.js"),
        ] {
            assert_eq!(found(js), [(span, url.to_owned())], "{js}");
        }
    }

    #[test]
    fn what_only_looks_like_an_import_is_none() {
        for js in [
            "// import './a.js'",
            "/* export * from './a.js' */",
            "const a = \"import './a.js'\"",
            "const a = `import './a.js'`",
            "const r = /import '.\\/a.js'/",
            "import(name)",
            "import(`./${name}.js`)",
            "import('./' + name)",
            "a.import('./a.js')",
            "export const from = './a.js'",
            "import.meta.url",
            "const important = 1, exported = 2",
        ] {
            assert_eq!(found(js), [], "{js}");
        }
    }

    #[test]
    fn a_hundred_thousand_brackets_end_no_process() {
        for open in ["[", "(", "{", "f("] {
            let (_, why) = references(&format!("import './b.js';{}", open.repeat(100_000))).unwrap_err();
            assert!(why.contains("too deep"), "{why}");
        }
    }

    #[test]
    fn a_text_that_is_no_script_is_told_with_its_place() {
        let (at, why) = references("import a from './a.js'; const = 1").unwrap_err();
        assert!(at >= 24 && !why.is_empty(), "{at} {why}");
    }
}
