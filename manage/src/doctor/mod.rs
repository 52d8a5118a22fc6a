//! `cargo manage doctor WHAT`: tells why something does not work, and what to do. Nothing is changed.

pub mod static_files;

use clap::{Args as ClapArgs, Subcommand};

use crate::Outcome;
use crate::console::Console;

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
}

/// Looks, and tells.
pub async fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    match &args.what {
        What::Static(args) => static_files::run(args, console).await,
    }
}
