//! `cargo manage mails`: the mails that were promised and not sent, and another try for them.

use clap::Args as ClapArgs;
use portico::store::outbox::Unsent;

use crate::console::{Console, printable_whole};
use crate::site::{Site, Target};
use crate::{Finished, Outcome};

/// What to do with them.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// Has each tried once more: for when what kept them from being sent is mended.
    #[arg(long)]
    pub retry: bool,
}

/// Lists them, the oldest first. To whom they go is not shown: it is not known before they are sent.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let mut unsent = Vec::new();
    let mut position = None;
    loop {
        let (page, next) = site.store().unsent_mails(position).await?;
        unsent.extend(page);
        if next.is_none() {
            break;
        }
        position = next;
    }
    unsent.sort_by_key(|mail| mail.promise.created_at);
    for mail in &unsent {
        console.say(&told(mail));
        if args.retry {
            site.store().retry_mail(mail.promise.id, site.now()).await?;
        }
    }
    console.say(&match (unsent.len(), args.retry) {
        (0, _) => "Every mail was sent.".to_owned(),
        (count, false) => format!("Mails that wait: {count}."),
        (count, true) => format!("Mails that are tried once more: {count}."),
    });
    Ok(Finished::Whole)
}

fn told(mail: &Unsent) -> String {
    let Unsent { promise, attempts, error } = mail;
    // What a provider says is not ours to have obeyed by a terminal.
    let error = printable_whole(error);
    let why = if error.is_empty() { String::new() } else { format!(": {error}") };
    format!("{} {} {} tries {attempts}{why}", promise.id, promise.created_at, promise.letter.kind())
}
