//! What a command changes of what an account may, with a guard: a site keeps one superuser who can log in.

use portico::accounts::User;
use portico::store::administration::{NotSaved, Privileges, Witness};
use portico::store::listing::{Listing, Order};

use crate::Failure;
use crate::site::Site;

/// How often a change is tried that meets another one.
const ATTEMPTS: u32 = 5;

/// Changes what `user` may, whoever else changes it meanwhile. Whether anything has changed. The last active superuser
/// stays one, unless `force` says otherwise: who else is one must still be so in the transaction, so that of two who are
/// taken the rank from at the same moment one keeps it.
pub(crate) async fn change(
    site: &Site,
    user: &User,
    force: bool,
    edit: impl Fn(&mut Privileges),
) -> Result<bool, Failure> {
    let mut user = user.clone();
    for _ in 0..ATTEMPTS {
        let mut to = Privileges::of(&user);
        edit(&mut to);
        let resigns = user.is_active && user.is_superuser && !(to.is_active && to.is_superuser);
        let other = if resigns && !force { Some(another_superuser(site, &user).await?) } else { None };
        let witness = other.as_ref().map(|by| Witness { by, joined: &[] });
        match site.store().save_privileges(&user, &to, witness, &site.author()).await? {
            Ok(changed) => return Ok(changed),
            Err(NotSaved::GroupGone) => return Err(Failure::new("a group is gone by now")),
            Err(NotSaved::Stale | NotSaved::NotAllowed) => {}
        }
        let email = user.email.as_str().to_owned();
        let now = site.store().get_user(user.id).await?;
        user = now.ok_or_else(|| Failure::new(format!("{email} is gone by now")))?;
    }
    Err(Failure::new(format!("somebody else changes {} all the time; try again", user.email.as_str())))
}

/// How many accounts are looked at at once: what one batch reads.
const PAGE: usize = 100;

/// A superuser beside `user` who can log in. The index that names those with flags follows the table within moments, so
/// that one who was made just now may be overlooked; who is found is read from the table.
async fn another_superuser(site: &Site, user: &User) -> Result<User, Failure> {
    let mut after = None::<String>;
    loop {
        let (page, more) = site.store().listed(Listing::Staff, "", after.as_deref(), PAGE, Order::First).await?;
        after = page.last().map(|entry| entry.name.clone());
        let ids = page.into_iter().filter_map(|entry| entry.user).filter(|id| *id != user.id);
        let mut others = site.store().get_users(ids).await?.into_iter();
        if let Some(other) = others.find(|other| other.is_active && other.is_superuser) {
            return Ok(other);
        }
        if !more || after.is_none() {
            let email = user.email.as_str();
            let why = "without one nobody could give anybody a permission again; --force does it all the same";
            return Err(Failure::new(format!("{email} is the last active superuser: {why}")));
        }
    }
}
