//! `cargo manage deactivate USER`: an account that nobody can log in to, with everything in it kept.

use clap::Args as ClapArgs;

use crate::console::Console;
use crate::site::{Site, Target};
use crate::{Finished, Outcome, privileges};

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
    /// Also the last active superuser.
    #[arg(long)]
    pub force: bool,
}

/// Clears or sets `is_active`. The sessions of an account that is deactivated end.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let user = site.find(&args.whom).await?;
    let email = user.email.as_str();
    let said = if user.is_active == args.activate {
        if args.activate { "is active already" } else { "is inactive already" }
    } else {
        privileges::change(site, &user, args.force, |to| to.is_active = args.activate).await?;
        if args.activate { "may log in again" } else { "cannot log in any more, and its sessions have ended" }
    };
    console.say(&format!("{email} {said}."));
    Ok(Finished::Whole)
}
