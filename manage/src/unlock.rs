//! `cargo manage unlock USER`: forgets the wrong passwords of an account, which keeps the one that it has.

use clap::Args as ClapArgs;
use portico::throttle;

use crate::console::Console;
use crate::site::{Site, Target};
use crate::{Finished, Outcome};

/// Whom.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// The account: its address, its user name or its id.
    #[arg(value_name = "USER")]
    pub whom: String,
}

/// Lets the account be tried again, also one that has used up `LOGIN_ACCOUNT_FAILURE_MAX`. Whether anything was counted
/// is not asked: an account without a wrong password is as good as one whose wrong passwords are forgotten.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let user = site.find(&args.whom).await?;
    throttle::forgive_account(site.store(), user.id).await?;
    console.say(&format!("The wrong passwords of {} are forgotten.", user.email.as_str()));
    Ok(Finished::Whole)
}
