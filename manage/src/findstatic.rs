//! `cargo manage findstatic NAME`: where the folders of static files have a name, as Django's command tells it.

use std::path::Path;

use clap::{ArgAction, Args as ClapArgs};
use collectstatic::{locate, names};

use crate::collectstatic::Sources;
use crate::console::{Console, printable_whole};
use crate::near::near;
use crate::{Failure, Finished, Outcome, project, site};

/// What to look for.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Names of static files, as css/site.css.
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Tells only the file that is collected.
    #[arg(long)]
    pub first: bool,
    /// Where to look.
    #[command(flatten)]
    pub sources: Sources,
    /// Tells where it looks, too.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

/// Looks, with the settings of `template.yaml`.
pub fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    let root = project::root().map_err(Failure::new)?;
    let sources = args.sources.list(&site::settings(&root)?.static_files, &root);
    if args.verbose > 0 {
        console.say("Looking in:");
        for source in &sources {
            let prefix = if source.prefix.is_empty() { String::new() } else { format!(" as {}/", source.prefix) };
            console.say(&format!("  {}{prefix}", absolute(&source.dir)));
        }
    }
    let mut missing = Vec::new();
    for name in &args.names {
        let located = locate(&sources, name).map_err(|problem| Failure::new(problem.to_string()))?;
        for problem in &located.problems {
            console.warn(&format!("warning: {problem}"));
        }
        if located.hits.is_empty() {
            missing.push(name.as_str());
            continue;
        }
        console.say(&format!("Found {} here:", printable_whole(name)));
        for hit in located.hits.iter().take(if args.first { 1 } else { usize::MAX }) {
            let ignored = hit.ignored.as_ref();
            let ignored = ignored.map(|pattern| format!(" (collectstatic leaves it out: {pattern})"));
            console.say(&format!("  {}{}", absolute(&hit.path), ignored.unwrap_or_default()));
        }
    }
    if missing.is_empty() {
        return Ok(Finished::Whole);
    }
    let names = names(&sources);
    let missing = missing.into_iter().map(|name| match near(name, &names).as_slice() {
        [] => printable_whole(name),
        near => printable_whole(&format!("{name} (perhaps it is {})", near.join(", or "))),
    });
    Err(Failure::new(format!("no folder of static files has {}", missing.collect::<Vec<_>>().join(", "))))
}

fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    printable_whole(&path.display().to_string())
}
