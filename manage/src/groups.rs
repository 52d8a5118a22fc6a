//! `cargo manage groups list|create|delete|add|remove`: groups, and who is in them.

use clap::Subcommand;
use portico::accounts::{Group, User};
use portico::sharing::forget_group;
use portico::store::bundles::Placed;

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

/// How often an account is changed that somebody else is changing.
const ATTEMPTS: u32 = 5;

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    match &args.action {
        Action::List => list(site, console).await,
        Action::Create { name } => create(site, name, console).await,
        Action::Delete { name } => delete(site, name, console).await,
        Action::Add { name, whom } => {
            let added = change(site, site.find(whom).await?, name, true).await?;
            console.say(&format!("{whom} is {} {}.", if added { "in" } else { "in already:" }, printable(name)));
            Ok(Finished::Whole)
        }
        Action::Remove { name, whom } => {
            let removed = change(site, site.find(whom).await?, name, false).await?;
            console.say(&format!("{whom} is {} {}.", if removed { "no more in" } else { "not in" }, printable(name)));
            Ok(Finished::Whole)
        }
    }
}

async fn list(site: &Site, console: &mut dyn Console) -> Outcome {
    let (mut groups, mut members, mut after) = (Vec::new(), Vec::new(), None);
    loop {
        let (page, next) = site.store().scan_groups(after).await?;
        groups.extend(page.groups.into_iter().map(|group| group.name));
        members.extend(page.members.into_iter().flat_map(|user| user.groups));
        after = next;
        if after.is_none() {
            break;
        }
    }
    groups.sort_unstable();
    for name in &groups {
        let count = members.iter().filter(|of| *of == name).count();
        console.say(&format!("{}  {count} in it", printable(name)));
    }
    if groups.is_empty() {
        console.say("There is no group.");
    }
    Ok(Finished::Whole)
}

async fn create(site: &Site, name: &str, console: &mut dyn Console) -> Outcome {
    let sound = !name.is_empty() && name.trim() == name && !name.chars().any(char::is_control);
    let most = Group::NAME_MAX_LENGTH;
    if !sound || name.chars().count() > most {
        let accepts = format!("1 to {most} characters, without blanks around them and what controls a terminal");
        return Err(Failure::new(format!("{:?} is no name of a group: {accepts}", printable(name))));
    }
    let group = Group { name: name.to_owned(), permissions: Vec::new() };
    let placed = site.store().put_bundles(&[site.store().new_group(&group)?]).await?;
    match placed.first() {
        Some(Placed::New) => console.say(&format!("The group {name} is made.")),
        Some(Placed::Refused(why)) => return Err(Failure::new(why.clone())),
        _ => {
            return Err(Failure::new(format!(
                "there is a group {name} already, or one that is not deleted to its end"
            )));
        }
    }
    Ok(Finished::Whole)
}

/// The group's item goes last: what was cut off is completed by the same command.
async fn delete(site: &Site, name: &str, console: &mut dyn Console) -> Outcome {
    match site.store().end_group(name, site.now()).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => return Err(no_group(name)),
        Err(error) => return Err(error.into()),
    }
    let (mut count, mut after) = (0, None);
    loop {
        let (page, next) = site.store().scan_groups(after).await?;
        for user in page.members.into_iter().filter(|user| user.groups.iter().any(|of| of == name)) {
            count += u32::from(change(site, user, name, false).await?);
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    forget_group(site.store(), name).await?;
    site.store().delete_group(name).await?;
    console.say(&format!("The group {} is deleted; {count} were in it.", printable(name)));
    Ok(Finished::Whole)
}

/// Puts an account into a group or takes it out of one. Whether it was not there yet, or was.
async fn change(site: &Site, mut user: User, name: &str, into: bool) -> Result<bool, Failure> {
    for _ in 0..ATTEMPTS {
        if user.groups.iter().any(|of| of == name) == into {
            return Ok(false);
        }
        let mut groups = user.groups.clone();
        if into {
            groups.push(name.to_owned());
        } else {
            groups.retain(|of| of != name);
        }
        match site.store().set_groups(&user, &groups, into.then_some(name)).await {
            Ok(()) => return Ok(true),
            Err(portico::store::StoreError::Condition { failed }) if failed.contains(&1) => return Err(no_group(name)),
            Err(error) if error.is_condition() => {}
            Err(error) => return Err(error.into()),
        }
        let id = user.id;
        match site.store().get_user(id).await? {
            Some(now) => user = now,
            // Deleted meanwhile: out of every group.
            None if !into => return Ok(false),
            None => return Err(Failure::new("the account is gone by now")),
        }
    }
    Err(Failure::new("somebody else changes the same account; try again"))
}

fn no_group(name: &str) -> Failure {
    Failure::new(format!("there is no group {:?}", printable(name)))
}
