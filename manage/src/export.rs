//! `cargo manage export FILE`: everything that is kept for good, a line of JSON an item.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use portico::store::records::Kind;

use crate::console::Console;
use crate::file::PrivateFile;
use crate::site::{Site, Target};
use crate::{Failure, Finished, Outcome};

/// Where to write it.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// The file; - for standard output.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The first line of an export: what follows, and in which form.
pub(crate) const HEADER: &str = r#"{"format":"portico-accounts","version":1}"#;

/// Exports. The file is readable by its owner alone: it holds addresses and hashes.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let counts = if args.file == Path::new("-") {
        let mut out = io::BufWriter::new(io::stdout());
        let counts = write(site, &mut out).await?;
        out.flush().map_err(|error| Failure::new(format!("standard output: {error}")))?;
        counts
    } else {
        let mut file = PrivateFile::create(&args.file)?;
        let counts = write(site, &mut file).await?;
        file.finish()?;
        counts
    };
    console.warn(&format!("Exported from {}: {counts}.", site.name()));
    Ok(Finished::Whole)
}

async fn write(site: &Site, out: &mut impl Write) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::new(format!("the export cannot be written: {error}"));
    writeln!(out, "{HEADER}").map_err(failed)?;
    let (mut users, mut groups, mut others) = (0_u64, 0_u64, 0_u64);
    let mut position = None;
    loop {
        let (records, end) = site.store().scan(position).await?;
        for record in records {
            match record.kind() {
                Kind::User => users += 1,
                Kind::Group => groups += 1,
                Kind::HashCosts | Kind::Other => others += 1,
            }
            writeln!(out, "{}", record.to_line()).map_err(failed)?;
        }
        position = end;
        if position.is_none() {
            return Ok(format!("users {users}, groups {groups}, other items {others}"));
        }
    }
}
