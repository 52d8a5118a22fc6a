//! `cargo manage createsuperuser`: an account that may do everything.

use clap::Args as ClapArgs;
use portico::accounts::password::Subject;
use portico::accounts::{Email, PasswordHash, User, UserId, Username};
use portico::audit::Action;

use crate::console::Console;
use crate::site::{Site, Target};
use crate::{Failure, Finished, Outcome, own_fields, passwords};

/// Who it is for.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// Where to work.
    #[command(flatten)]
    pub target: Target,
    /// The address; asked for if it is not given.
    #[arg(long, env = "PORTICO_SUPERUSER_EMAIL")]
    pub email: Option<String>,
    /// The user name. An account need not have one, unless the site's settings say so.
    #[arg(long, env = "PORTICO_SUPERUSER_USERNAME")]
    pub username: Option<String>,
    /// A field of the site's own; once for each.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// Asks nothing: the password comes from `PORTICO_SUPERUSER_PASSWORD`; without one nobody can log in until
    /// changepassword gives one.
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,
    /// Reads the password from the first line of standard input.
    #[arg(long)]
    pub password_stdin: bool,
    /// The password. The environment alone says it: a command line is seen by everybody on the machine.
    #[arg(skip = std::env::var("PORTICO_SUPERUSER_PASSWORD").ok())]
    pub password: Option<String>,
}

/// Creates the account, with the same transaction as a sign-up, and with what nobody signs up without: a user name where
/// people log in by it, the fields that are required.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    let interactive = !args.noinput && console.answers();
    if args.email.is_none() && !interactive {
        return Err(Failure::new(if args.noinput {
            "--email is needed with --noinput"
        } else {
            "there is no terminal to ask at: give --email, and --noinput or --password-stdin"
        }));
    }
    let email = email(args, site, console).await?;
    let username = username(args, site, console, interactive).await?;
    let fields = own_fields::collect(site, &args.fields, console, interactive)?;
    let known = Subject::new(Some(&email), username.as_ref(), &fields);
    let password = match (&args.password, args.noinput) {
        _ if args.password_stdin => Some(passwords::choose(site, console, true, &known)?),
        (Some(text), true) => Some(passwords::accept(site, text, &known)?),
        (None, true) => None,
        (_, false) => Some(passwords::choose(site, console, false, &known)?),
    };
    let hash = match &password {
        Some(password) => site.hasher().hash(password.clone()).await?,
        None => PasswordHash::unusable(site.rng()),
    };
    let now = site.now();
    let user = User {
        // Whoever may do everything has said which address is theirs.
        email_verified: true,
        is_staff: true,
        is_superuser: true,
        username,
        fields,
        ..User::new(UserId::new(site.rng().uuid(now)), email, hash, now)
    };
    let event = site.author().of_user(Action::UserCreated, &user);
    let event = event.changed("is_staff", false, true).changed("is_superuser", false, true);
    if let Err(taken) = site.store().create_user(&user, None, Some(&event)).await? {
        // Somebody signed up with it while the password was typed.
        let what = if taken.email { "address" } else { "user name" };
        return Err(Failure::new(format!("that {what} is taken by now")));
    }
    console.say(&format!("Superuser {} created in {}.", user.email.as_str(), site.name()));
    if password.is_none() {
        console
            .say(&format!("It has no password yet: cargo manage changepassword {} gives it one.", user.email.as_str()));
    }
    Ok(Finished::Whole)
}

async fn email(args: &Args, site: &Site, console: &mut dyn Console) -> Result<Email, Failure> {
    if let Some(text) = &args.email {
        return check_email(site, text).await?.map_err(Failure::new);
    }
    loop {
        let text = console.ask("Email: ").map_err(|error| Failure::new(format!("the terminal: {error}")))?;
        match check_email(site, &text).await? {
            Ok(email) => return Ok(email),
            Err(why) => console.warn(&why),
        }
    }
}

async fn check_email(site: &Site, text: &str) -> Result<Result<Email, String>, Failure> {
    let Some(email) = Email::parse(text.trim()) else { return Ok(Err(format!("{text:?} is not an address"))) };
    let free = site.is_free(email.as_str()).await?;
    Ok(if free { Ok(email) } else { Err("That address is taken.".to_owned()) })
}

async fn username(
    args: &Args,
    site: &Site,
    console: &mut dyn Console,
    interactive: bool,
) -> Result<Option<Username>, Failure> {
    if let Some(text) = &args.username {
        return check_username(site, text).await?.map_err(Failure::new);
    }
    let required = site.config().users.requires_username();
    if required && !interactive {
        return Err(Failure::new("--username is needed: everybody has a user name here"));
    }
    // Who has given the address with the command has said all there is to say, if nothing is missing.
    while interactive && (required || args.email.is_none()) {
        let question = if required { "Username: " } else { "Username (optional): " };
        let text = console.ask(question).map_err(|error| Failure::new(format!("the terminal: {error}")))?;
        match check_username(site, &text).await? {
            Ok(username) => return Ok(username),
            Err(why) => console.warn(&why),
        }
    }
    Ok(None)
}

async fn check_username(site: &Site, text: &str) -> Result<Result<Option<Username>, String>, Failure> {
    let text = text.trim();
    if text.is_empty() {
        let required = site.config().users.requires_username();
        return Ok(if required { Err("Everybody has a user name here.".to_owned()) } else { Ok(None) });
    }
    let Some(username) = Username::parse(text) else {
        return Ok(Err(format!("{text:?} is no user name: letters, digits and . + - _, at most 150")));
    };
    let free = site.is_free(username.as_str()).await?;
    Ok(if free { Ok(Some(username)) } else { Err("That user name is taken.".to_owned()) })
}
