//! `cargo manage routes`: which path answers what, in which function, and what protects it: Django's `show_urls`, with
//! the CSRF policy.

use clap::Args as ClapArgs;
use local::routes::{Row, table};

use crate::console::Console;
use crate::{Failure, Finished, Outcome, project, site};

/// In which form.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// As JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// Tells what `template.yaml` and the functions' routes say. Nothing is run, and no table is read.
pub fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    let root = project::root().map_err(Failure::new)?;
    // With those of the administration, whether it is on or not.
    let rows = table(&site::read_with(&root, "http://localhost:8000", &[("Admin", "on")])?);
    if args.json {
        let text = serde_json::to_string_pretty(&rows).map_err(|error| Failure::new(error.to_string()))?;
        console.say(&text);
    } else {
        for line in lines(&rows) {
            console.say(&line);
        }
    }
    Ok(Finished::Whole)
}

/// Five columns, each as wide as its widest cell.
fn lines(rows: &[Row]) -> Vec<String> {
    let head = ["PATH", "METHODS", "ALLOW", "FUNCTION", "CSRF"].map(str::to_owned);
    let all: Vec<_> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| all.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let (path, methods, allow, function) = (width(0), width(1), width(2), width(3));
    all.iter().map(|[a, b, c, d, e]| format!("{a:path$}  {b:methods$}  {c:allow$}  {d:function$}  {e}")).collect()
}

fn cells(row: &Row) -> [String; 5] {
    let csrf = row.reason.map_or_else(|| row.csrf.to_owned(), |reason| format!("{}: {reason}", row.csrf));
    [row.path.clone(), row.methods.join(", "), allow(row), row.function.clone(), csrf]
}

/// Once, where every method answers the same people; else a word for each method.
fn allow(row: &Row) -> String {
    let answered = row.methods.iter().zip(&row.allow).filter(|(method, _)| *method != "HEAD");
    let mut words: Vec<_> = answered.map(|(_, word)| word.as_str()).collect();
    words.dedup();
    words.join(" / ")
}
