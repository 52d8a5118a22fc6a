//! `cargo manage sessions list|end|end-all`, and `cargo manage session why ID`: the answer to "why am I logged out?".

use clap::Subcommand;
use jiff::Timestamp;
use portico::accounts::User;
use portico::audit;
use portico::i18n::Language;
use portico::sessions::{EndReason, SessionKey, SessionRecord, why_dead};
use portico::user_agent::UserAgent;

use crate::console::Console;
use crate::site::{ActionArgs, Site};
use crate::{Failure, Finished, Outcome};

/// Where to work, and what to do.
pub type Args = ActionArgs<Action>;

/// What to do.
#[derive(Subcommand, Debug, Clone)]
pub enum Action {
    /// Lists the sessions of an account.
    List {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
        /// Those that have ended too, as long as that is known.
        #[arg(long)]
        all: bool,
    },
    /// Ends one session of an account.
    End {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
        /// The session, as `list` and the log call it.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Ends every session of an account, by one write.
    EndAll {
        /// The account: its address, its user name or its id.
        #[arg(value_name = "USER")]
        whom: String,
    },
    /// Tells whether a session is alive, and if not, why.
    Why {
        /// The session, as `list` and the log call it: `session` of a request's line, `<user id>.<digits>`.
        #[arg(value_name = "ID")]
        id: String,
        /// Whose it is, for an ID that does not say so: that of `/sessions` is the digits alone.
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
}

/// How many sessions of an account are read at most.
const MOST: usize = 10_000;

/// Does it.
pub async fn run(args: &Args, site: &Site, console: &mut dyn Console) -> Outcome {
    match &args.action {
        Action::List { whom, all } => list(site, &site.find(whom).await?, *all, console).await,
        Action::End { whom, id } => end(site, &site.find(whom).await?, id, console).await,
        Action::EndAll { whom } => {
            let user = site.find(whom).await?;
            let event = site.author().of_user(audit::Action::SessionsEnded, &user);
            site.store().end_all_sessions(&user, EndReason::EndedByAdministrator, None, &event).await?;
            console.say(&format!("Every session of {} has ended.", user.email.as_str()));
            Ok(Finished::Whole)
        }
        Action::Why { id, user } => why(site, id, user.as_deref(), console).await,
    }
}

async fn list(site: &Site, user: &User, all: bool, console: &mut dyn Console) -> Outcome {
    let (mut sessions, more) = site.store().sessions_of(user.id, "", MOST).await?;
    sessions.sort_by_key(|(_, record)| std::cmp::Reverse(record.times.renewed_at));
    let mut listed = 0;
    for (key, record) in &sessions {
        let dead = judge(site, key, record, Some(user));
        if dead.is_none() || all {
            listed += 1;
            // With whose it is, so that `why` can be asked of it as it stands.
            console.say(&format!("{}  {}", key.id(), describe(record, dead)));
        }
    }
    if listed == 0 {
        console.say(&format!("{} has no session.", user.email.as_str()));
    }
    if more {
        console.warn(&format!("There are more than {MOST}; the others are not listed."));
    }
    Ok(Finished::Whole)
}

async fn end(site: &Site, user: &User, id: &str, console: &mut dyn Console) -> Outcome {
    let handle = match SessionKey::parse_id(id) {
        Some((whose, handle)) if whose.is_none_or(|whose| whose == user.id) => handle,
        Some(_) => return Err(Failure::new(format!("{id} is not a session of {}", user.email.as_str()))),
        None => return Err(unreadable(id)),
    };
    let (found, _) = site.store().sessions_of(user.id, handle, 1).await?;
    let Some((key, record)) = found.first() else {
        return Err(Failure::new(format!("{} has no session {id}", user.email.as_str())));
    };
    if let Some(why) = judge(site, key, record, Some(user)) {
        console.say(&format!("It has ended already: {}.", words(why)));
        return Ok(Finished::Whole);
    }
    let kept = site.config().session.ended_age;
    let event = site.author().of_user(audit::Action::SessionEnded, user);
    site.store().end_session_and_tell(key, EndReason::EndedByAdministrator, kept, None, &event).await?;
    // Whatever the engine is now: `cached_db` may have been it when they were written.
    site.store().delete_values(key).await?;
    console.say(&format!("The session has ended. It was {}.", seen(record)));
    Ok(Finished::Whole)
}

async fn why(site: &Site, id: &str, whom: Option<&str>, console: &mut dyn Console) -> Outcome {
    let (whose, handle) = SessionKey::parse_id(id).ok_or_else(|| unreadable(id))?;
    let whose = match (whose, whom) {
        (Some(id), _) => id,
        (None, Some(whom)) => site.find(whom).await?.id,
        (None, None) => {
            let hint = "a visitor's session leaves nothing that could be asked; of a user's say whose: --user USER";
            return Err(Failure::new(format!("{id} does not say whose session it is: {hint}")));
        }
    };
    let user = site.store().get_user(whose).await?;
    let (found, _) = site.store().sessions_of(whose, handle, 1).await?;
    let Some((key, record)) = found.first() else {
        let days = site.config().session.ended_age / 86_400;
        console.say(&format!("unknown: there is no such session, or it is gone for more than {days} days."));
        return Ok(Finished::Whole);
    };
    let dead = judge(site, key, record, user.as_ref());
    console.say(&describe(record, dead));
    Ok(Finished::Whole)
}

fn judge(site: &Site, key: &SessionKey, record: &SessionRecord, user: Option<&User>) -> Option<EndReason> {
    let is_trusted = |backend: &str| site.config().users.backends.iter().any(|name| name == backend);
    why_dead(key, record, user, site.now().as_second(), is_trusted)
}

/// One line about a session.
fn describe(record: &SessionRecord, dead: Option<EndReason>) -> String {
    let seen = seen(record);
    match (dead, record.ended) {
        (None, _) => format!("alive: {seen}, until {} if nobody comes", time(record.times.ends_at)),
        (Some(why), Some(ended)) => format!("{}: {} at {}. It was {seen}.", why.as_str(), words(why), time(ended.at)),
        (Some(why), None) => format!("{}: {}. It was {seen}.", why.as_str(), words(why)),
    }
}

/// Where somebody was logged in, and when.
fn seen(record: &SessionRecord) -> String {
    let device = UserAgent::parse(&record.user_agent).text(Language::En);
    let (since, last) = (time(record.times.created_at), time(record.times.renewed_at));
    format!("{device}, from {}, since {since}, last seen {last}", record.ip)
}

fn time(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    time.unwrap_or_default()
}

/// What happened, for an administrator to read out.
fn words(why: EndReason) -> &'static str {
    match why {
        EndReason::LoggedOut => "logged out in this browser",
        EndReason::LoggedOutEverywhere => "the owner logged out everywhere",
        EndReason::EndedElsewhere => "the owner ended it from another device",
        EndReason::OthersEnded => "the owner ended all other sessions from another device",
        EndReason::EndedByAdministrator => "an administrator ended it",
        EndReason::Replaced => "somebody logged in anew in this browser",
        EndReason::Renamed => "it goes on under another identifier",
        EndReason::Evicted => "there were more than SESSION_MAX_PER_USER, and this was the one seen longest ago",
        EndReason::PasswordChanged => "the password was changed",
        EndReason::PasswordReset => "the password was reset by a link in a mail",
        EndReason::PasswordSet => "an administrator set another password",
        EndReason::EmailRestored => "a change of the account's address was taken back",
        EndReason::Deactivated => "the account is deactivated",
        EndReason::Deleted => "the account is deleted",
        EndReason::BackendRemoved => "its backend is not in AUTHENTICATION_BACKENDS any more",
        EndReason::Idle => "nobody came for longer than it lives",
        EndReason::AbsoluteAge => "it reached its last instant, however busy",
        EndReason::EpochPassed => "every session of its time was ended, and by what is no longer known",
        EndReason::Unknown => "nothing is known of it",
    }
}

fn unreadable(id: &str) -> Failure {
    let length = SessionKey::ID_LENGTH;
    Failure::new(format!("{id:?} is no session's name: <user id>.<{length} hexadecimal digits>, or those digits alone"))
}
