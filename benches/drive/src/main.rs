//! Asks sites for the same work, in turns, and tells what it costs them: `drive http` over HTTP, `drive lambda` by the
//! runtime's API of Lambda; `drive samples` starts functions with an event each.
//!
//! What is asked is described in JSON ([`description`]), so nothing here knows which site it talks to. Every answer is
//! judged, and before anything is timed the site has to show that it refuses what it must ([`guards`]): one that answers
//! everything with 200 would be fast. Nothing but this machine is asked, and every loop has an end.
#![forbid(unsafe_code)]

mod cold;
mod connection;
mod description;
mod event;
mod flood;
mod function;
mod guards;
mod http;
mod lambda;
mod load;
mod message;
mod process;
mod samples;
mod site;
mod soak;
mod statistics;
mod visitor;
mod wire;

use std::fs;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde_json::Value;

/// Why something could not be measured, for whoever measures.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

#[derive(Parser)]
#[command(about = "What a site costs, over HTTP or as Lambda functions")]
struct Arguments {
    #[command(subcommand)]
    mode: Mode,
    /// Where the results go, as JSON.
    #[arg(long, global = true, default_value = "/dev/stdout")]
    out: PathBuf,
}

#[derive(Subcommand)]
enum Mode {
    /// Servers that listen on this machine.
    Http(http::Arguments),
    /// Functions that are started here, as Lambda does.
    Lambda(lambda::Arguments),
    /// The same, each with one event alone.
    Samples(samples::Arguments),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let results: Value = match arguments.mode {
        Mode::Http(arguments) => http::measure(&arguments)?,
        Mode::Lambda(arguments) => lambda::measure(&arguments)?,
        Mode::Samples(arguments) => samples::measure(&arguments)?,
    };
    fs::write(&arguments.out, format!("{results:#}\n"))?;
    Ok(())
}

/// A line of what is going on, to be read while it does.
#[expect(clippy::print_stderr, reason = "a program for the command line")]
fn tell(what: &str) {
    eprintln!("{what}");
}
