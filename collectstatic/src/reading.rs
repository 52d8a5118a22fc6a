//! Reads one file: its hash, and what it refers to.

use std::fs;

use crate::digest::Digest;
use crate::error::{Place, Places, Problem};
use crate::finders::Found;
use crate::reference::Reference;
use crate::{css, javascript, source_map};

/// What a file is, for the pipeline.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) digest: Digest,
    /// What may have to be rewritten, in the order of its places.
    pub(crate) references: Vec<Placed>,
    pub(crate) warnings: Vec<Problem>,
}

/// A reference with its line and column, which are known while the text is at hand.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) reference: Reference,
    pub(crate) place: Place,
}

/// What is larger is not looked into, bytes: a text takes several times its size while it is read.
const LARGEST: u64 = 64 << 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stylesheet,
    Script,
    Other,
}

/// Reads a file. `modules` says whether imports of scripts are looked for.
pub(crate) fn read(file: &Found, modules: bool) -> Result<Reading, Vec<Problem>> {
    let failed = |error: std::io::Error| vec![Problem::io(&file.path, &error)];
    let kind = kind(&file.name, modules);
    let is_too_large = file.stat.size > LARGEST;
    if kind == Kind::Other || is_too_large {
        let digest = Digest::of_file(&file.path).map_err(failed)?;
        let why = format!("has over {LARGEST} bytes: its references stay as they are");
        let told = is_too_large && kind != Kind::Other;
        let warnings = told.then(|| Problem::in_file(&file.name, why)).into_iter().collect();
        return Ok(Reading { digest, references: Vec::new(), warnings });
    }
    let bytes = fs::read(&file.path).map_err(failed)?;
    let digest = Digest::of(&bytes);
    let text = match str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let why = format!("is not UTF-8 (byte {}), so its references cannot be read", error.valid_up_to());
            return Err(vec![Problem::in_file(&file.name, why)]);
        }
    };
    let mut warnings = Vec::new();
    let references = match kind {
        Kind::Stylesheet => css::references(text).map_err(|mistakes| {
            let mut places = Places::new(text);
            mistakes.into_iter().map(|(at, what)| places.problem(&file.name, at, what)).collect::<Vec<_>>()
        })?,
        _ => script(file, text, modules, &mut warnings),
    };
    let mut seen = Places::new(text);
    let placed = references.into_iter().map(|reference| Placed { place: seen.of(reference.span.start), reference });
    Ok(Reading { digest, references: placed.collect(), warnings })
}

/// A script that the parser cannot read is taken as it is: what it imports is for its browser to say.
fn script(file: &Found, text: &str, modules: bool, warnings: &mut Vec<Problem>) -> Vec<Reference> {
    let mut references = Vec::new();
    if modules {
        match javascript::references(text) {
            Ok(found) => references = found,
            Err((at, why)) => {
                let why = format!("cannot be read as JavaScript ({why}): its imports stay as they are");
                warnings.push(Places::new(text).problem(&file.name, at, why));
            }
        }
    }
    references.extend(source_map::find(text));
    references
}

/// Django looks into `*.css` and `*.js`; into modules only where it is told to.
fn kind(name: &str, modules: bool) -> Kind {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match end.as_str() {
        "css" => Kind::Stylesheet,
        "js" => Kind::Script,
        "mjs" if modules => Kind::Script,
        _ => Kind::Other,
    }
}
