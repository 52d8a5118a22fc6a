//! `cargo manage groups list|create|delete|add|remove`: groups, and who is in them.

use clap::Subcommand;
use portico::accounts::User;
use portico::permissions::{Group, GroupName, groups};
use portico::store::StoreError;
use portico::store::listing::{Listing, Order};

use crate::console::{Console, printable};
use crate::site::{ActionArgs, Site};
use crate::{Failure, Finished, Outcome};

/// Where to work, and what to do.
pub type Args = ActionArgs<Action>;

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub enum Action {
    /// Lists the groups, and how many are in each.
    List,
    /// Makes a group that nobody is in.
    Create {
        /// Its name.
        name: String,
    },
    /// Deletes a group: nobody is in it any more, and what was shared with it is so no more.
    Delete {
        /// Its name.
        name: String,
    },
    /// Puts an account into a group.
    Add {
        /// The group's name.
        name: String,
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
    },
    /// Takes an account out of a group.
    Remove {
        /// The group's name.
        name: String,
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
    },
}

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    match &args.action {
        Action::List => list(site, console).await,
        Action::Create { name } => create(site, name, console).await,
        Action::Delete { name } => delete(site, name, console).await,
        Action::Add { name, whom } => add(site, name, whom, console).await,
        Action::Remove { name, whom } => remove(site, name, whom, console).await,
    }
}

async fn list(site: &Site, console: &mut dyn Console) -> Outcome {
    let (mut count, mut after) = (0_usize, None::<String>);
    loop {
        let (page, more) = site.store().listed(Listing::Groups, "", after.as_deref(), PAGE, Order::First).await?;
        let names: Vec<_> = page.into_iter().map(|entry| entry.name).collect();
        for group in site.store().get_groups(&names).await? {
            count += 1;
            console.say(&format!("{}  {} in it", printable(&group.name), members(site, &group.name).await?));
        }
        after = names.last().cloned();
        if !more || after.is_none() {
            break;
        }
    }
    if count == 0 {
        console.say("There is no group.");
    }
    Ok(Finished::Whole)
}

/// How many groups, and how many members, are asked about at once.
const PAGE: usize = 1_000;

async fn members(site: &Site, name: &str) -> Result<usize, Failure> {
    let (mut count, mut after) = (0, None);
    loop {
        let (page, more) = site.store().members(name, after, PAGE).await?;
        count += page.len();
        after = page.last().copied();
        if !more || after.is_none() {
            return Ok(count);
        }
    }
}

async fn create(site: &Site, name: &str, console: &mut dyn Console) -> Outcome {
    let Some(parsed) = GroupName::parse(name) else { return Err(Failure::new(no_name(name))) };
    match groups::create(site.store(), &site.author(), &parsed).await {
        Ok(group) => console.say(&format!("The group {} is made.", group.name)),
        Err(StoreError::Condition { failed }) => {
            let why = if failed.contains(&0) {
                format!("there is a group {name} already, or one that is not deleted to its end")
            } else {
                format!("there is a group that looks like {name}")
            };
            return Err(Failure::new(why));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Finished::Whole)
}

/// What is wrong with a name that no group can have.
pub(crate) fn no_name(name: &str) -> String {
    let accepts = format!(
        "1 to {} characters that can be seen, of one script, without blanks around them",
        Group::NAME_MAX_LENGTH
    );
    format!("{:?} is no name of a group: {accepts}", printable(name))
}

/// The group's item goes last: what was cut off is completed by the same command.
async fn delete(site: &Site, name: &str, console: &mut dyn Console) -> Outcome {
    match groups::delete(site.store(), &site.author(), name).await {
        Ok(count) => console.say(&format!("The group {} is deleted; {count} were in it.", printable(name))),
        Err(error) if error.is_condition() => return Err(no_group(name)),
        Err(error) => return Err(error.into()),
    }
    Ok(Finished::Whole)
}

/// Puts an account into a group.
pub(crate) async fn add(site: &Site, name: &str, whom: &str, console: &mut dyn Console) -> Outcome {
    let added = change(site, &site.find(whom).await?, name, true).await?;
    console.say(&format!("{whom} is {} {}.", if added { "in" } else { "in already:" }, printable(name)));
    Ok(Finished::Whole)
}

/// Takes an account out of a group.
pub(crate) async fn remove(site: &Site, name: &str, whom: &str, console: &mut dyn Console) -> Outcome {
    let removed = change(site, &site.find(whom).await?, name, false).await?;
    console.say(&format!("{whom} is {} {}.", if removed { "no more in" } else { "not in" }, printable(name)));
    Ok(Finished::Whole)
}

/// Puts an account into a group or takes it out of one. Whether it was not there yet, or was.
async fn change(site: &Site, user: &User, name: &str, into: bool) -> Result<bool, Failure> {
    if into && site.store().get_group(name).await?.is_none() {
        return Err(no_group(name));
    }
    let author = site.author();
    let changed = if into {
        let most = site.config().groups.per_user;
        if user.groups.len() >= most && !user.groups.iter().any(|of| of == name) {
            return Err(Failure::new(format!("{} is in {most} groups already", user.email.as_str())));
        }
        user.add_to_group(site.store(), &author, name).await
    } else {
        user.remove_from_group(site.store(), &author, name).await
    };
    changed.map_err(|error| match error {
        error if error.is_condition() => Failure::new("somebody else changes the same account or group; try again"),
        error => error.into(),
    })
}

fn no_group(name: &str) -> Failure {
    Failure::new(format!("there is no group {:?}", printable(name)))
}
