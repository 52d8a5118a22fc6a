//! `cargo manage changepassword USER`: another password, and an end to what the old one began.

use clap::Args as ClapArgs;
use portico::accounts::password::Subject;
use portico::mail::{Client, Letter, Promise};

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

/// Changes the password. All sessions end, and the owner is told: if it was somebody else, they will know.
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
        letter: Letter::PasswordChanged {
            user: user.id,
            client: Client { address: String::new(), user_agent: "cargo manage changepassword".to_owned() },
        },
        language: site.config().language_code,
        created_at: now,
    });
    match site.store().set_password(&user, &hash, site.now().as_second(), mail.as_ref()).await {
        Ok(()) => {
            console.say(&format!("The password of {email} is changed, and its sessions have ended."));
            Ok(Finished::Whole)
        }
        Err(error) if error.is_condition() => Err(Failure::new(format!("{email} is gone by now"))),
        Err(error) => Err(error.into()),
    }
}
