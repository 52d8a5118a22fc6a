//! `cargo manage reindex`: one pass over the table of accounts, that puts right what follows from the accounts.

use clap::Args as ClapArgs;
use portico::store::reindex::Reindexed;

use crate::console::{Console, printable};
use crate::site::{Site, Target};
use crate::{Finished, Outcome};

/// Where.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
}

/// Does it. It can be cut off anywhere and run again; a second run finds nothing to do.
pub async fn run(_: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let (mut all, mut position) = (Reindexed::default(), None);
    loop {
        let (page, end) = site.store().reindex(position).await?;
        for key in &page.unreadable {
            console.warn(&format!("{} cannot be read, and was left as it is.", printable(key)));
        }
        all.add(page);
        position = end;
        if position.is_none() {
            break;
        }
    }
    console.say(&format!(
        "Looked at: {}, listed: {}, memberships entered: {}, removed: {}.",
        all.items, all.listed, all.entered, all.removed
    ));
    if all.overtaken > 0 {
        console.warn(&format!("{} were changed meanwhile: run it once more.", all.overtaken));
    }
    Ok(if all.overtaken > 0 || !all.unreadable.is_empty() { Finished::InPart } else { Finished::Whole })
}
