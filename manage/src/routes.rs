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
    let rows = table(&site::read(&root, "http://localhost:8000")?);
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

/// Four columns, each as wide as its widest cell.
fn lines(rows: &[Row]) -> Vec<String> {
    let head = ["PATH", "METHODS", "FUNCTION", "CSRF"].map(str::to_owned);
    let all: Vec<_> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| all.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let (path, methods, function) = (width(0), width(1), width(2));
    all.iter().map(|[a, b, c, d]| format!("{a:path$}  {b:methods$}  {c:function$}  {d}")).collect()
}

fn cells(row: &Row) -> [String; 4] {
    let csrf = row.reason.map_or_else(|| row.csrf.to_owned(), |reason| format!("{}: {reason}", row.csrf));
    [row.path.clone(), row.methods.join(", "), row.function.clone(), csrf]
}
