//! `cargo manage media reconcile`: whether the bucket and the tables say the same, and what to do where they do not.

mod counts;
mod finding;
mod notes;
mod objects;
mod shares;
mod sweep;

use clap::{Args as ClapArgs, Subcommand};
use jiff::SignedDuration;

use crate::console::Console;
use crate::site::{ActionArgs, Site};
use crate::{Failure, Finished, Outcome};
use sweep::Sweep;

/// Where to work, and what to do with the uploads.
pub type Args = ActionArgs<Action>;

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub enum Action {
    /// Compares bucket and tables, tells what one has that the other does not know, and with --fix mends it.
    Reconcile(Reconcile),
}

/// How to compare.
#[derive(ClapArgs, Debug, Clone)]
pub struct Reconcile {
    /// Mends what is found; without it nothing is written.
    #[arg(long)]
    pub fix: bool,
    /// Leaves alone what is younger, since it may be under way: minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=10_080))]
    pub min_age: u32,
}

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let Action::Reconcile(how) = &args.action;
    let min_age = SignedDuration::from_mins(how.min_age.into());
    let mut sweep = Sweep::new(site.store(), site.media()?, site.now(), min_age, how.fix, console);
    // The objects first: a file that is published after they were listed is looked for once more before it is missed.
    sweep.objects().await?;
    sweep.items().await?;
    sweep.counts().await?;
    match sweep.end() {
        0 => Ok(Finished::Whole),
        left => Err(Failure::new(format!("bucket and tables differ in {left} places; --fix mends them"))),
    }
}
