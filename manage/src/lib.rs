//! `cargo manage COMMAND`: Django's management commands.
//!
//! A command is a file: its options, and a `run` that takes where to work ([`site::Site`]) and whom to talk to
//! ([`console::Console`]), so that a test can be both.

pub mod audit;
mod calibrate_argon2;
pub mod changepassword;
pub mod collectstatic;
pub mod console;
pub mod createsuperuser;
pub mod deactivate;
pub mod doctor;
pub mod export;
mod feeder;
mod file;
pub mod findstatic;
pub mod groups;
pub mod import;
pub mod import_django;
pub mod mails;
pub mod media;
mod near;
mod outcome;
mod own_fields;
mod passwords;
pub mod permissions;
mod privileges;
mod progress;
mod project;
pub mod reindex;
pub mod routes;
mod rows;
mod runserver;
pub mod sessions;
pub mod site;
pub mod stack;
pub mod unlock;
pub mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use outcome::{Failure, Finished, Outcome};

use console::Terminal;

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
    /// Creates an account that may do everything.
    Createsuperuser(createsuperuser::Args),
    /// Gives an account another password, and ends its sessions.
    Changepassword(changepassword::Args),
    /// Keeps an account from logging in, and ends its sessions; or lets it in again.
    Deactivate(deactivate::Args),
    /// Forgets the wrong passwords of an account, which keeps the one that it has.
    Unlock(unlock::Args),
    /// Takes over the users and groups of a Django site, with their passwords.
    ImportDjango(import_django::Args),
    /// Lists and ends somebody's sessions, and says why one has ended.
    #[command(visible_alias = "session", arg_required_else_help = true)]
    Sessions(sessions::Args),
    /// Shows what an account may do, and changes it.
    #[command(arg_required_else_help = true)]
    User(user::Args),
    /// Lists, makes and deletes groups, and says who is in them.
    #[command(arg_required_else_help = true)]
    Groups(groups::Args),
    /// Gives groups the permissions that permissions.toml says.
    #[command(arg_required_else_help = true)]
    Permissions(permissions::Args),
    /// Lists and writes out what was done to accounts and groups, by whom and when.
    #[command(arg_required_else_help = true)]
    Audit(audit::Args),
    /// Puts right what lists of accounts and groups follow from: once for the data of an earlier version.
    Reindex(reindex::Args),
    /// Compares what people have uploaded with what is noted of it.
    #[command(arg_required_else_help = true)]
    Media(media::Args),
    /// Writes everything that is kept for good into a file.
    Export(export::Args),
    /// Reads what export wrote.
    Import(import::Args),
    /// Gathers the static files, named by their content, rewritten and compressed.
    Collectstatic(collectstatic::Args),
    /// Tells where the folders of static files have a name.
    Findstatic(findstatic::Args),
    /// Tells why something does not work, and what to do.
    #[command(arg_required_else_help = true)]
    Doctor(doctor::Args),
    /// Lists every path with its methods, whom it answers, its function and its CSRF policy.
    Routes(routes::Args),
    /// Lists the mails that were promised and not sent, or has them tried once more.
    Mails(mails::Args),
    /// Measures Argon2id on this machine and suggests the `ARGON2_*` settings.
    CalibrateArgon2(calibrate_argon2::Args),
}

/// Runs the command that was given.
pub fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let command = match command {
        Command::Runserver(args) => return runserver::run(args),
        Command::CalibrateArgon2(args) => return calibrate_argon2::run(&args),
        other => other,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(error.to_string()).tell(),
    };
    let outcome = runtime.block_on(administer(command));
    runtime.shutdown_background();
    match outcome {
        Ok(finished) => finished.into(),
        Err(failure) => failure.tell(),
    }
}

async fn administer(command: Command) -> Outcome {
    let terminal = &mut Terminal;
    match command {
        Command::Runserver(_) | Command::CalibrateArgon2(_) => Ok(Finished::Whole),
        Command::Routes(args) => routes::run(&args, terminal),
        Command::Collectstatic(args) => collectstatic::run(&args, terminal).await,
        Command::Findstatic(args) => findstatic::run(&args, terminal),
        Command::Doctor(args) => doctor::run(&args, terminal).await,
        Command::Createsuperuser(args) => {
            let site = args.target.open_or_create().await?;
            createsuperuser::run(&args, &site, terminal).await
        }
        Command::Changepassword(args) => {
            let site = args.target.open().await?;
            changepassword::run(&args, &site, terminal).await
        }
        Command::Deactivate(args) => {
            let site = args.target.open().await?;
            deactivate::run(&args, &site, terminal).await
        }
        Command::Unlock(args) => {
            let site = args.target.open().await?;
            unlock::run(&args, &site, terminal).await
        }
        Command::Mails(args) => {
            let site = args.target.open().await?;
            mails::run(&args, &site, terminal).await
        }
        Command::ImportDjango(args) => {
            let site = args.target.open_or_create().await?;
            import_django::run(&args, &site, terminal).await
        }
        Command::Sessions(args) => {
            let site = args.target.open().await?;
            sessions::run(&args, &site, terminal).await
        }
        Command::Groups(args) => {
            let site = args.target.open().await?;
            groups::run(&args, &site, terminal).await
        }
        Command::User(args) => {
            let site = args.target.open().await?;
            user::run(&args, &site, terminal).await
        }
        Command::Permissions(args) => permissions::open_and_run(&args, terminal).await,
        Command::Audit(args) => {
            let site = args.target.open().await?;
            audit::run(&args, &site, terminal).await
        }
        Command::Reindex(args) => {
            let site = args.target.open().await?;
            reindex::run(&args, &site, terminal).await
        }
        Command::Media(args) => {
            let site = args.target.open_with_media().await?;
            media::run(&args, &site, terminal).await
        }
        Command::Export(args) => {
            let site = args.target.open().await?;
            export::run(&args, &site, terminal).await
        }
        Command::Import(args) => {
            let site = args.target.open_or_create().await?;
            import::run(&args, &site, terminal).await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;

    use super::*;

    /// Where `sessions` is told to work.
    fn target(line: &str) -> Result<site::Target, clap::Error> {
        let cli = Cli::try_parse_from(["cargo manage"].into_iter().chain(line.split(' ')))?;
        let Command::Sessions(args) = cli.command else { panic!("{line} is another command") };
        Ok(args.target)
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn where_to_work_may_stand_before_or_after_what_to_do() {
        for line in [
            "sessions --data there list kim@example.com",
            "sessions list kim@example.com --data there",
            "sessions list --data there kim@example.com --all",
            "sessions end kim@example.com 0123 --data there",
            "sessions end-all --data there kim@example.com",
            "session why 0123 --user kim@example.com --data there",
        ] {
            assert_eq!(target(line).unwrap().data.as_deref(), Some(Path::new("there")), "{line}");
        }
        let target = target("sessions list kim --stack site --region eu-west-1 --profile work").unwrap();
        let deployed = target.deployed;
        assert_eq!(deployed.stack.as_deref(), Some("site"));
        assert_eq!((deployed.region.as_deref(), deployed.profile.as_deref()), (Some("eu-west-1"), Some("work")));
    }

    #[test]
    fn two_places_are_none() {
        assert!(target("sessions list kim --data there --stack site").is_err());
        assert!(target("sessions list kim --region eu-west-1").is_err(), "of no stack");
    }
}
