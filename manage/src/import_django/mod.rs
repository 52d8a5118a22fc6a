//! `cargo manage import-django FILE`: the users and groups of a Django site, from its `dumpdata`. People keep their
//! passwords. It can be stopped at any moment and run again: each user is written as a whole under an id that follows from
//! the row, so that a second run meets the work of the first.

mod person;
mod price;
mod report;
mod survey;
mod writing;

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use portico::accounts::password::Costs;

use crate::console::{Console, printable};
use crate::feeder::Feeder;
use crate::progress::Progress;
use crate::rows::{Broken, Rows};
use crate::site::{Site, Target};
use crate::{Failure, Finished, Outcome};
use person::{Entry, Reader};
use report::{Fate, Remark, Report, Whose};
use survey::Survey;
use writing::Writer;

/// What to import.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// What `manage.py dumpdata auth contenttypes -o FILE` wrote, as JSON or JSONL.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The model of the users [default: the only one with passwords].
    #[arg(long, value_name = "APP.MODEL")]
    pub user_model: Option<String>,
    /// Counts all addresses as confirmed; without it those that allauth's rows (account.emailaddress) say are.
    #[arg(long)]
    pub verified: bool,
    /// Tells the users of several Django sites apart, whose primary keys are the same.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Writes a line of JSON for each row that was skipped or changed.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Tells what would be done, and writes nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Imports. Rows that cannot be taken over are told, and do not hold up the others.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let survey = Survey::of(open(&args.file)?);
    let user_model = survey.user_model(args.user_model.as_deref())?;
    let mut report = Report::new(args.report.as_deref())?;
    let writer = Writer::new(site, args.dry_run);
    let (groups, mut complaints) = survey.groups();
    let groups = writer.groups(groups, &mut complaints).await?;

    let mut reader = Reader {
        site,
        survey: &survey,
        source: args.source.as_deref(),
        verified: args.verified,
        unknown_fields: BTreeSet::new(),
    };
    let mut costs = Costs::default();
    let end = users(args, &user_model, &mut reader, &writer, &mut report, &mut costs).await;
    let done = if args.dry_run { "Would be imported" } else { "Imported" };
    console.say(&format!(
        "{done}: users {}, groups {}. There already: users {}, groups {}.",
        report.imported, groups.written, report.there, groups.there
    ));
    for complaint in &complaints {
        console.say(&printable(complaint));
    }
    let in_part = report.skipped() > 0 || !complaints.is_empty();
    let unknown: Vec<_> = reader.unknown_fields.into_iter().collect();
    if !unknown.is_empty() {
        console.say(&printable(&format!("Fields without a place here: {}", unknown.join(", "))));
    }
    let others = survey.others(&user_model);
    if !others.is_empty() {
        console.say(&printable(&format!("Rows that are not about users: {others}")));
    }
    report.finish(console)?;
    price::tell(costs, console);
    match end? {
        Some(broken) => Err(Failure::new(format!(
            "{}: {broken}. What was read before it was handled as told above; with the whole file, run this again.",
            args.file.display()
        ))),
        None => Ok(if in_part { Finished::InPart } else { Finished::Whole }),
    }
}

/// Reads and writes all users. Gives where the file breaks, if it does.
async fn users(
    args: &Args,
    user_model: &str,
    reader: &mut Reader<'_>,
    writer: &Writer,
    report: &mut Report,
    costs: &mut Costs,
) -> Result<Option<Broken>, Failure> {
    let site = reader.site;
    let mut feeder = Feeder::new(writer.carry());
    let mut rows = Rows::new(open(&args.file)?);
    let mut progress = Progress::of_bytes(length(&args.file)?);
    let mut row = Vec::new();
    // Sixteen bytes a user: a row that repeats a key would else be taken for one that is there already.
    let mut seen = HashSet::new();
    let broken = loop {
        let at = match rows.next(&mut row) {
            Ok(Some(at)) => at,
            Ok(None) => break None,
            Err(broken) => break Some(broken),
        };
        let mut whose = Whose { place: at.place, pk: serde_json::Value::Null };
        let entry = if at.is_whole { Entry::read(&row) } else { Err(Remark::new("too_large", "the row is too large")) };
        let person = match entry {
            Ok(entry) if !entry.is_of(user_model) => continue,
            Ok(entry) => {
                whose.pk = entry.name().clone();
                reader.person(entry)
            }
            Err(why) => Err(why),
        };
        let person = person.and_then(|person| {
            let is_new = seen.insert(person.user.id);
            is_new
                .then_some(person)
                .ok_or_else(|| Remark::new("key_duplicate", "an earlier row of the file has this key"))
        });
        match person {
            Err(why) => report.note(&whose, Fate::Skipped(why))?,
            Ok(person) => {
                if costs.or_more(person.costs) != *costs {
                    *costs = costs.or_more(person.costs);
                    // Before the first such hash is there: a process that starts in between must know of it.
                    if !args.dry_run {
                        site.store().note_hash_costs(*costs).await?;
                    }
                }
                let bundle = site.store().new_user(&person.user, site.now())?;
                for (whose, fate) in feeder.add(bundle, (whose, person)).await? {
                    report.note(&whose, fate)?;
                }
            }
        }
        progress.tell(rows.offset(), || format!("{} users", report.imported + report.there));
    };
    for (whose, fate) in feeder.finish().await? {
        report.note(&whose, fate)?;
    }
    Ok(broken)
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Failure::new(format!("{} is not a file; it is read twice", path.display())));
    }
    Ok(BufReader::with_capacity(1 << 16, file))
}

fn length(path: &Path) -> Result<u64, Failure> {
    path.metadata().map(|about| about.len()).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
