//! `cargo manage permissions plan|apply|list`: what each group is permitted, kept in a file beside the code.

mod apply;
mod file;
mod plan;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use portico::i18n::Language;
use portico::permissions::Permission;

use crate::console::Console;
use crate::site::{ActionArgs, Site};
use crate::{Failure, Finished, Outcome, project};
pub(crate) use file::unknown;
use plan::Plan;

/// Where to work, and what to do.
pub type Args = ActionArgs<Action>;

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub enum Action {
    /// Tells what apply would do: status 0 if that is nothing, 2 if it is something.
    Plan(What),
    /// Gives each group of the file the permissions that it says there, and no other that is declared.
    Apply(What),
    /// Lists every permission that is declared, and what it permits.
    List,
}

/// Which groups.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct What {
    /// The file [default: permissions.toml beside template.yaml].
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
    /// Deletes groups that the file does not name, if nobody is in them and nothing is shared with them, and takes from
    /// those that it names what is not declared here.
    #[arg(long)]
    pub prune: bool,
}

/// Opens the tables, as far as they are needed, and does it. Whoever applies a file may do so before anything else.
pub(crate) async fn open_and_run(args: &Args, console: &mut dyn Console) -> Outcome {
    let site = match &args.action {
        Action::List => return Ok(list(console)),
        Action::Plan(_) => args.target.open().await?,
        Action::Apply(_) => args.target.open_or_create().await?,
    };
    run(args, &site, console).await
}

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let (what, apply) = match &args.action {
        Action::List => return Ok(list(console)),
        Action::Plan(what) => (what, false),
        Action::Apply(what) => (what, true),
    };
    let path = match &what.file {
        Some(path) => path.clone(),
        None => project::root().map_err(Failure::new)?.join("permissions.toml"),
    };
    let declared = file::read(&path, site.config().groups.permissions, console)?;
    let plan = Plan::make(site, &declared, what.prune).await?;
    if apply {
        return apply::apply(site, &declared, plan, what.prune, console).await;
    }
    for line in plan.lines() {
        console.say(&line);
    }
    Ok(plan.told())
}

fn list(console: &mut dyn Console) -> Finished {
    let width = Permission::all().map(|permission| permission.as_str().len()).max().unwrap_or_default();
    for permission in Permission::all() {
        console.say(&format!("{:width$}  {}", permission.as_str(), permission.label(Language::En)));
    }
    Finished::Whole
}
