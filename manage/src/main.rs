//! `cargo manage COMMAND`: Django's management commands.

mod runserver;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Portico's management commands.
#[derive(Parser)]
#[command(name = "cargo manage", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole site on this machine: functions, DynamoDB, S3, static files.
    Runserver(runserver::Args),
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    match command {
        Command::Runserver(args) => runserver::run(args),
    }
}
