//! What a command changes of what an account may, with a guard: a site keeps one superuser who can log in.

use portico::accounts::{self, User};
use portico::audit::Author;
use portico::store::administration::{NotSaved, Privileges};

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
        let author = Author { witness: other.as_ref(), ..site.author() };
        match site.store().save_privileges(&user, &to, &[], &author).await? {
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

/// A superuser beside `user` who can log in. One who was made just now may be overlooked.
async fn another_superuser(site: &Site, user: &User) -> Result<User, Failure> {
    accounts::another_superuser(site.store(), user).await?.ok_or_else(|| {
        let email = user.email.as_str();
        let why = "without one nobody could give anybody a permission again; --force does it all the same";
        Failure::new(format!("{email} is the last active superuser: {why}"))
    })
}
