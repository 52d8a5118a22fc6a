//! `cargo manage deactivate USER`: an account that nobody can log in to, with everything in it kept.

use clap::Args as ClapArgs;

use crate::console::Console;
use crate::site::{Site, Target};
use crate::{Failure, Finished, Outcome};

/// Whom.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// The account: its address, its user name or its id.
    #[arg(value_name = "USER")]
    pub whom: String,
    /// Lets the account log in again.
    #[arg(long)]
    pub activate: bool,
}

/// Clears or sets `is_active`. The sessions of an account that is deactivated end.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let user = site.find(&args.whom).await?;
    let email = user.email.as_str();
    let said = if user.is_active == args.activate {
        if args.activate { "is active already" } else { "is inactive already" }
    } else {
        match user.change_privileges(site.store(), &site.author(), |to| to.is_active = args.activate).await {
            Ok(_) if args.activate => "may log in again",
            Ok(_) => "cannot log in any more, and its sessions have ended",
            Err(error) if error.is_condition() => return Err(Failure::new(format!("{email} is gone by now"))),
            Err(error) => return Err(error.into()),
        }
    };
    console.say(&format!("{email} {said}."));
    Ok(Finished::Whole)
}
