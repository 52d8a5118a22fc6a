//! Every name that a template asks `static()` for is in a folder of static files: a misspelt one fails here, and never
//! before a visitor.

use std::fs;
use std::path::PathBuf;

use collectstatic::{Source, locate};

use super::*;
use crate::site::root;

/// What a template asks for: the argument of each `static(..)`, and the line it stands in.
fn asked(template: &str) -> Vec<(usize, &str)> {
    let mut asked = Vec::new();
    for (at, _) in template.match_indices("static") {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let call = template[at + "static".len()..].trim_start();
        let inside = template[..at].rfind("{{").max(template[..at].rfind("{%")) > template[..at].rfind('}');
        if let Some(argument) = call.strip_prefix('(').filter(|_| inside && !template[..at].ends_with(part)) {
            asked.push((template[..at].matches('\n').count() + 1, argument.split(')').next().unwrap().trim()));
        }
    }
    asked
}

/// The name in a literal of either quotes, without query and fragment.
fn literal(argument: &str) -> Option<&str> {
    let quote = argument.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let name = argument.strip_prefix(quote)?.strip_suffix(quote)?;
    (!name.contains(quote)).then(|| name.split(['?', '#']).next().unwrap())
}

fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { templates(&path, found) } else { found.push(path) }
    }
}

#[tokio::test]
async fn every_name_that_a_template_asks_for_is_there() {
    let site = Site::start().await;
    let dirs = &site.stack.app().config().static_files.dirs;
    let source = |dir: &portico::config::StaticDir| Source { dir: root().join(&dir.path), prefix: dir.prefix.clone() };
    let sources: Vec<_> = dirs.iter().map(source).collect();
    let mut paths = Vec::new();
    templates(&root().join("shared/templates"), &mut paths);
    let mut names = 0;
    for path in paths {
        for (line, argument) in asked(&fs::read_to_string(&path).unwrap()) {
            let place = format!("{}:{line}", path.display());
            // What is computed is known to nobody before a visitor sees it.
            let name = literal(argument).unwrap_or_else(|| panic!("{place}: static({argument}) names no literal"));
            assert!(!locate(&sources, name).paths.is_empty(), "{place}: no folder of static files has {name}");
            names += 1;
        }
    }
    assert!(names >= 4, "{names}");
}

#[test]
fn a_name_is_seen_however_it_is_written() {
    for (template, expected) in [
        ("{{ static('a.css') }}", Some("a.css")),
        ("{{static(\"a.css\")}}", Some("a.css")),
        ("<a href=\"{{ static( 'a.svg?v=1#x' ) }}\">", Some("a.svg")),
        ("{% set x = static ('a.css') %}", Some("a.css")),
        ("{{ static(name) }}", None),
        ("{{ static('a' ~ b) }}", None),
    ] {
        let asked = asked(template);
        assert_eq!(asked.len(), 1, "{template}");
        assert_eq!(literal(asked[0].1), expected, "{template}");
    }
    assert!(asked("{{ ecstatic('a') }} static('b')").is_empty());
}
