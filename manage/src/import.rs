//! `cargo manage import FILE`: what an export holds, into an empty site or one that has some of it already.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use portico::store::bundles::{Bundle, Placed};
use portico::store::records::{Kind, Record};
use portico::store::{Store, StoreError};

use crate::console::{Console, printable};
use crate::export::HEADER;
use crate::feeder::{Carry, Feeder, patiently};
use crate::progress::Progress;
use crate::rows::Rows;
use crate::site::{Site, Target};
use crate::{Failure, Finished, Outcome};

/// What to import.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// What `cargo manage export FILE` wrote.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// What became of an item.
enum Fate {
    Written,
    There,
    Not(&'static str),
}

/// How many items are named that were not written for one reason.
const NAMED: u64 = 10;

/// Imports. Nothing that is there is changed.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let failed = |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", args.file.display()));
    let file = File::open(&args.file).map_err(failed)?;
    let mut progress = Progress::of_bytes(file.metadata().map_err(failed)?.len());
    let mut rows = Rows::new(BufReader::with_capacity(1 << 16, file));
    let mut row = Vec::new();
    let first = rows.next(&mut row).map_err(|broken| Failure::new(format!("{}: {broken}", args.file.display())))?;
    if first.is_none() || row.trim_ascii() != HEADER.as_bytes() {
        return Err(Failure::new(format!(
            "{} is no export of this version: its first line is not {HEADER}. Users of Django come with import-django",
            args.file.display()
        )));
    }
    let mut feeder = Feeder::new(carry(site.store().clone()));
    let mut tally = Tally::default();
    let accepted = &site.config().passwords.hashers;
    let mut costs = site.hasher().expected();
    let known = site.store().hash_costs().await?;
    let broken = loop {
        let at = match rows.next(&mut row) {
            Ok(Some(at)) => at,
            Ok(None) => break None,
            Err(broken) => break Some(broken),
        };
        let record = Record::from_line(&row).and_then(|record| {
            let (name, kind, hash) = (record.name(), record.kind(), record.hash_costs(accepted));
            Ok((name, kind, hash, site.store().restore(record, site.now())?))
        });
        match record {
            Ok((name, kind, hash, bundle)) => {
                if costs.or_more(hash) != costs {
                    costs = costs.or_more(hash);
                    // Before the first such hash is there: a process that starts in between must know of it.
                    patiently(|| site.store().note_hash_costs(hash)).await?;
                }
                if kind == Kind::HashCosts {
                    // It is no item to be put beside others: what it says is merged with what is known here.
                    tally.count(&name, if known.or_more(hash) == known { &Fate::There } else { &Fate::Written });
                    continue;
                }
                for (name, fate) in feeder.add(bundle, (name, kind)).await? {
                    tally.count(&name, &fate);
                }
            }
            Err(why) => {
                tally.count(&format!("line {}: {why}", at.place.line), &Fate::Not("the line is broken"));
            }
        }
        progress.tell(rows.offset(), || format!("{} items", tally.written + tally.there));
    };
    for (name, fate) in feeder.finish().await? {
        tally.count(&name, &fate);
    }
    drop(progress);
    console.say(&format!("Imported: items {}. There already: items {}.", tally.written, tally.there));
    for (why, (items, names)) in &tally.not {
        console.say(&format!("Not imported: items {items}, {why}: {}", names.join("; ")));
    }
    match broken {
        Some(broken) => Err(Failure::new(format!("{}: {broken}. What was before it is imported", args.file.display()))),
        None if tally.not.is_empty() => Ok(Finished::Whole),
        None => Ok(Finished::InPart),
    }
}

#[derive(Default)]
struct Tally {
    written: u64,
    there: u64,
    not: BTreeMap<&'static str, (u64, Vec<String>)>,
}

impl Tally {
    fn count(&mut self, name: &str, fate: &Fate) {
        match fate {
            Fate::Written => self.written += 1,
            Fate::There => self.there += 1,
            Fate::Not(why) => {
                let (items, names) = self.not.entry(why).or_default();
                *items += 1;
                if *items <= NAMED {
                    names.push(printable(name));
                }
            }
        }
    }
}

fn carry(store: Store) -> Carry<(String, Kind), (String, Fate)> {
    Box::new(move |batch| {
        let store = store.clone();
        Box::pin(async move { write(&store, batch).await })
    })
}

async fn write(store: &Store, batch: Vec<(Bundle, (String, Kind))>) -> Result<Vec<(String, Fate)>, StoreError> {
    let (bundles, what): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let placed = patiently(|| store.put_bundles(&bundles)).await?;
    let mut fates = Vec::with_capacity(what.len());
    for ((bundle, (name, kind)), placed) in bundles.iter().zip(what).zip(placed) {
        let fate = match placed {
            Placed::New => Fate::Written,
            Placed::Refused(_) => Fate::Not("the tables refuse it"),
            Placed::There(there) if kind == Kind::User && !there.contains(&0) => {
                Fate::Not("its address or user name is another account's")
            }
            Placed::There(_) if patiently(|| store.holds(bundle)).await? => Fate::There,
            Placed::There(_) => Fate::Not("it is there with other content, which stays"),
        };
        fates.push((name, fate));
    }
    Ok(fates)
}
