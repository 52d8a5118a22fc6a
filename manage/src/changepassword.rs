//! `cargo manage changepassword USER`: another password, and an end to what the old one began.

use clap::Args as ClapArgs;
use portico::accounts::password::Subject;
use portico::audit::Action;
use portico::mail::{Letter, Promise};
use portico::{log, throttle};

use crate::console::Console;
use crate::site::{Site, Target};
use crate::{Failure, Finished, Outcome, passwords};

/// Whose.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// The account: its address, its user name or its id.
    #[arg(value_name = "USER")]
    pub whom: String,
    /// Reads the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
    /// Does not tell the owner by mail.
    #[arg(long)]
    pub no_mail: bool,
}

/// Changes the password. All sessions end, the owner is told, and the wrong passwords before it are forgotten: an account
/// that was locked by them is open again.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let user = site.find(&args.whom).await?;
    let email = user.email.as_str();
    if !args.password_stdin {
        console.say(&format!("Changing the password of {email}"));
    }
    let known = Subject::from(&user);
    let password = passwords::choose(site, console, args.password_stdin, &known)?;
    let hash = site.hasher().hash(password).await?;
    let now = site.now();
    let mail = (!args.no_mail).then(|| Promise {
        id: site.rng().uuid(now),
        letter: Letter::PasswordChanged { user: user.id, client: None },
        language: site.config().language_code,
        created_at: now,
    });
    let event = site.author().of_user(Action::PasswordSet, &user);
    match site.store().set_password(&user, &hash, mail.as_ref(), &event).await {
        Ok(()) => {}
        Err(error) if error.is_condition() => return Err(Failure::new(format!("{email} is gone by now"))),
        Err(error) => return Err(error.into()),
    }
    console.say(&format!("The password of {email} is changed, and its sessions have ended."));
    throttle::forgive_account(site.store(), user.id).await.map_err(|error| {
        let why = log::chain(&error);
        Failure::new(format!("its wrong passwords before that still count: {why}. `unlock {email}` forgets them"))
    })?;
    Ok(Finished::Whole)
}
