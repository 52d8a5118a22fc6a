//! `cargo manage user show|groups|grant|revoke|add|remove USER`: what an account may do.

use std::collections::BTreeSet;

use clap::{Args as ClapArgs, Subcommand};
use portico::accounts::User;
use portico::permissions::{Permission, Rights};
use portico::store::administration::Privileges;

use crate::console::{Console, printable};
use crate::permissions::unknown;
use crate::site::{ActionArgs, Site};
use crate::{Failure, Finished, Outcome, groups, privileges};

/// Where to work, and what to do.
pub type Args = ActionArgs<Action>;

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub enum Action {
    /// Shows an account's flags, groups and permissions: its own, and all that it has.
    Show {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
    },
    /// Lists the groups that an account is in.
    Groups {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
    },
    /// Permits an account something itself, or gives it a flag.
    Grant(Grant),
    /// Takes that back; what its groups permit stays.
    Revoke {
        /// What.
        #[command(flatten)]
        grant: Grant,
        /// Takes --superuser also from the last active superuser.
        #[arg(long)]
        force: bool,
    },
    /// Puts an account into a group.
    Add {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
        /// The group's name.
        group: String,
    },
    /// Takes an account out of a group.
    Remove {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
        /// The group's name.
        group: String,
    },
}

/// What an account is given, or loses.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Grant {
    /// The account: its address, its user name or its id.
    #[arg(value_name = "USER")]
    pub whom: String,
    /// Permissions, as `shop.view_order`.
    #[arg(value_name = "PERMISSION", required_unless_present_any = ["staff", "superuser"])]
    pub permissions: Vec<String>,
    /// `is_staff`: it may enter the administration, and by that alone nothing else.
    #[arg(long)]
    pub staff: bool,
    /// `is_superuser`: it has every permission.
    #[arg(long)]
    pub superuser: bool,
}

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    match &args.action {
        Action::Show { whom } => show(site, &site.find(whom).await?, console).await,
        Action::Groups { whom } => {
            let user = site.find(whom).await?;
            if user.groups.is_empty() {
                console.say(&format!("{} is in no group.", user.email.as_str()));
            }
            for name in Privileges::of(&user).groups {
                console.say(&printable(&name));
            }
            Ok(Finished::Whole)
        }
        Action::Grant(grant) => give(site, grant, console).await,
        Action::Revoke { grant, force } => take(site, grant, *force, console).await,
        Action::Add { whom, group } => groups::add(site, group, whom, console).await,
        Action::Remove { whom, group } => groups::remove(site, group, whom, console).await,
    }
}

async fn show(site: &Site, user: &User, console: &mut dyn Console) -> Outcome {
    let groups = site.store().get_groups(&user.groups).await?;
    let rights = Rights::new(user, &groups);
    let own = Privileges::of(user);
    console.say(&format!("{} ({})", printable(user.email.as_str()), user.id));
    for (flag, is_set) in [
        ("email_verified", user.email_verified),
        ("is_active", user.is_active),
        ("is_staff", user.is_staff),
        ("is_superuser", user.is_superuser),
    ] {
        console.say(&format!("{flag}: {}", if is_set { "yes" } else { "no" }));
    }
    let is_there = |name: &str| groups.iter().any(|group| group.name == name);
    let there = |name: &str| if is_there(name) { "" } else { "  (there is no such group)" };
    list(console, "groups", own.groups.iter(), there);
    let declared = |name: &str| if Permission::parse(name).is_some() { "" } else { "  (not declared here)" };
    list(console, "own permissions", own.user_permissions.iter(), declared);
    list(console, "all permissions", rights.get_all_permissions().iter(), declared);
    Ok(Finished::Whole)
}

fn list<'a>(
    console: &mut dyn Console,
    title: &str,
    names: impl Iterator<Item = &'a String>,
    remark: impl Fn(&str) -> &'static str,
) {
    let lines: Vec<_> = names.map(|name| format!("    {}{}", printable(name), remark(name))).collect();
    console.say(&format!("{title}:{}", if lines.is_empty() { " none" } else { "" }));
    for line in lines {
        console.say(&line);
    }
}

async fn give(site: &Site, grant: &Grant, console: &mut dyn Console) -> Outcome {
    known(&grant.permissions, &[])?;
    let user = site.find(&grant.whom).await?;
    let all: BTreeSet<_> = user.user_permissions.iter().chain(&grant.permissions).collect();
    let most = site.config().groups.permissions;
    if all.len() > most && all.len() > user.user_permissions.len() {
        let why = format!("it would have {} of its own, and {most} are allowed (PERMISSIONS_MAX)", all.len());
        return Err(Failure::new(format!("{}: {why}", user.email.as_str())));
    }
    let changed = privileges::change(site, &user, false, |to| {
        to.is_staff |= grant.staff;
        to.is_superuser |= grant.superuser;
        to.user_permissions.extend(grant.permissions.iter().cloned());
    })
    .await?;
    let said = if changed { "has" } else { "has already:" };
    console.say(&format!("{} {said} {}.", user.email.as_str(), told(grant)));
    Ok(Finished::Whole)
}

/// Whatever is stored can be taken, declared or not.
async fn take(site: &Site, grant: &Grant, force: bool, console: &mut dyn Console) -> Outcome {
    let user = site.find(&grant.whom).await?;
    known(&grant.permissions, &user.user_permissions)?;
    let changed = privileges::change(site, &user, force, |to| {
        to.is_staff &= !grant.staff;
        to.is_superuser &= !grant.superuser;
        to.user_permissions.retain(|name| !grant.permissions.contains(name));
    })
    .await?;
    let said = if changed { "has no more of its own:" } else { "has not of its own:" };
    console.say(&format!("{} {said} {}.", user.email.as_str(), told(grant)));
    if let Some(user) = site.store().get_user(user.id).await? {
        let rights = Rights::new(&user, &site.store().get_groups(&user.groups).await?).get_all_permissions();
        let by = if user.is_superuser { "as a superuser" } else { "by a group" };
        for name in grant.permissions.iter().filter(|name| rights.contains(*name)) {
            console.warn(&format!("It still has {} {by}.", printable(name)));
        }
    }
    Ok(Finished::Whole)
}

/// That each is declared, or among those that are stored.
fn known(permissions: &[String], stored: &[String]) -> Result<(), Failure> {
    let names: BTreeSet<_> = Permission::all().map(|permission| permission.as_str().to_owned()).collect();
    let strange = permissions.iter().filter(|name| !names.contains(*name) && !stored.contains(name));
    let told: Vec<_> = strange.map(|name| unknown(name, &names)).collect();
    if told.is_empty() { Ok(()) } else { Err(Failure::new(told.join("\n"))) }
}

fn told(grant: &Grant) -> String {
    let flags = [(grant.staff, "is_staff"), (grant.superuser, "is_superuser")];
    let flags = flags.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, name)| name.to_owned());
    flags.chain(grant.permissions.iter().map(|name| printable(name))).collect::<Vec<_>>().join(", ")
}
