//! `cargo manage audit export|list`: what was done to accounts and groups, by whom and when.

mod export;
mod list;

use clap::Subcommand;
use portico::accounts::UserId;
use portico::audit::Subject;

use crate::console::Console;
use crate::site::{ActionArgs, Site};
use crate::{Failure, Outcome};
pub use export::Which;

/// Where to work, and what to do.
pub type Args = ActionArgs<Action>;

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub enum Action {
    /// Writes events out, a line of JSON each, the oldest first.
    Export(Which),
    /// Lists what was done to an account, the latest first.
    List {
        /// The account: its address, its user name or its id, which is good also when it is deleted.
        #[arg(value_name = "USER")]
        whom: String,
        /// All of it, not the latest hundred alone.
        #[arg(long)]
        all: bool,
    },
}

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    match &args.action {
        Action::Export(which) => export::export(site, which, console).await,
        Action::List { whom, all } => list::list(site, &subject(site, whom).await?, *all, console).await,
    }
}

/// Whose events they are: an identifier needs no account, whose events outlive it.
async fn subject(site: &Site, whom: &str) -> Result<Subject, Failure> {
    match UserId::parse(whom) {
        Some(id) => Ok(Subject::User(id)),
        None => Ok(Subject::User(site.find(whom).await?.id)),
    }
}
