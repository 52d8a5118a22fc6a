//! What was taken over and what was not: counted for a summary, and told row by row in a file.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::Failure;
use crate::console::{Console, printable};
use crate::file::PrivateFile;
use crate::rows::Place;

/// Something about a row: a code for programs, words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

impl Remark {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Somebody is left without a name to log in by.
    pub(super) fn no_name() -> Self {
        let detail = "AUTHENTICATION_BACKENDS has no email, and this user has no user name to log in by";
        Self::new("cannot_log_in", detail)
    }
}

/// Which row.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    pub(super) place: Place,
    pub(super) pk: Value,
}

/// What became of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Imported(Vec<Remark>),
    There,
    Skipped(Remark),
}

/// Counts and tells.
pub(super) struct Report {
    file: Option<PrivateFile>,
    pub(super) imported: u64,
    pub(super) there: u64,
    skipped: BTreeMap<&'static str, Tally>,
    changed: BTreeMap<&'static str, Tally>,
}

/// How many rows, and the first of them.
#[derive(Default)]
struct Tally {
    rows: u64,
    first: Vec<String>,
}

/// How many rows a summary names of a kind.
const NAMED: usize = 3;

impl Report {
    pub(super) fn new(path: Option<&Path>) -> Result<Self, Failure> {
        let file = path.map(PrivateFile::create).transpose()?;
        Ok(Self { file, imported: 0, there: 0, skipped: BTreeMap::new(), changed: BTreeMap::new() })
    }

    pub(super) fn note(&mut self, whose: &Whose, fate: Fate) -> Result<(), Failure> {
        match fate {
            Fate::There => self.there += 1,
            Fate::Imported(notes) => {
                self.imported += 1;
                for note in notes {
                    self.write("changed", whose, &note)?;
                    count(&mut self.changed, whose, &note);
                }
            }
            Fate::Skipped(why) => {
                self.write("skipped", whose, &why)?;
                count(&mut self.skipped, whose, &why);
            }
        }
        Ok(())
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped.values().map(|some| some.rows).sum()
    }

    /// Tells all of it to `console`, and closes the file.
    pub(super) fn finish(self, console: &mut dyn Console) -> Result<(), Failure> {
        let skipped = self.skipped();
        for (title, remarks) in [
            (format!("Skipped: {skipped}"), &self.skipped),
            ("Taken over with a change, each of these:".to_owned(), &self.changed),
        ] {
            if remarks.is_empty() {
                continue;
            }
            console.say(&title);
            for (code, Tally { rows, first }) in remarks {
                let more = if *rows > first.len() as u64 { ", .." } else { "" };
                console.say(&format!("{rows:>9}  {code}: {}{more}", first.join("; ")));
            }
        }
        self.file.map_or(Ok(()), PrivateFile::finish)
    }

    fn write(&mut self, result: &str, whose: &Whose, Remark { code, detail }: &Remark) -> Result<(), Failure> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let Whose { place, pk } = whose;
        let line = json!({ "line": place.line, "byte": place.offset, "pk": pk, "result": result, "code": code, "detail": detail });
        writeln!(file, "{line}").map_err(|error| Failure::new(format!("the report cannot be written: {error}")))
    }
}

fn count(remarks: &mut BTreeMap<&'static str, Tally>, whose: &Whose, remark: &Remark) {
    let some = remarks.entry(remark.code).or_default();
    some.rows += 1;
    if some.first.len() < NAMED {
        let Whose { place, pk } = whose;
        some.first.push(printable(&format!("line {} (pk {pk}): {}", place.line, remark.detail)));
    }
}

/// A stranger's text in a sentence, and no more of it than a sentence takes.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { format!("{short:?}..") } else { format!("{short:?}") }
}
