//! `cargo manage doctor WHAT`: tells why something does not work, and what to do. Nothing is changed.

mod finding;
mod http;
pub mod site;
pub mod static_files;
pub mod template;

use clap::{Args as ClapArgs, Subcommand};

use crate::console::{Console, printable_json, printable_whole};
use crate::{Failure, Finished, Outcome};
pub use finding::Check;
use finding::Finding;

/// What to look at.
#[derive(ClapArgs, Debug, Clone)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug, Clone)]
enum What {
    /// Tells why a static file is not found, or not as it should be.
    Static(static_files::Args),
    /// Tells what is wrong with template.yaml, before it is deployed.
    Template(template::Args),
    /// Tells what is wrong with a site that runs, and with its stack in AWS.
    Site(site::Args),
}

/// Looks, and tells.
pub async fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    match &args.what {
        What::Static(args) => static_files::run(args, console).await,
        What::Template(args) => template::run(args, console),
        What::Site(args) => site::run(args, console).await,
    }
}

/// Tells each finding in a line, or that there is none; or all of them as JSON.
fn tell(findings: &[Finding], well: &str, json: bool, console: &mut dyn Console) -> Outcome {
    if json {
        let text = serde_json::to_string_pretty(findings).map_err(|error| Failure::new(error.to_string()))?;
        console.say(&printable_json(&text));
    } else if findings.is_empty() {
        console.say(well);
    }
    for finding in findings.iter().filter(|_| !json) {
        console.say(&printable_whole(&finding.to_string()));
    }
    Ok(if findings.is_empty() { Finished::Whole } else { Finished::InPart })
}
