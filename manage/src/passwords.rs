//! Asking for a password, and what is held against one.

use portico::accounts::Password;
use portico::accounts::password::Subject;
use portico::{Arg, i18n::Language};

use crate::Failure;
use crate::console::Console;
use crate::site::Site;

/// How often somebody is asked who types two different passwords, or one that is refused (Django's `MAX_TRIES`).
const TRIES: u32 = 3;

/// A new password: from standard input, or typed twice. One that is typed can be insisted on, as in Django.
pub(crate) fn choose(
    site: &Site,
    console: &mut dyn Console,
    from_stdin: bool,
    about: &Subject,
) -> Result<Password, Failure> {
    if from_stdin {
        let text = console.line().map_err(|error| Failure::new(format!("standard input: {error}")))?;
        return accept(site, &text, about);
    }
    if !console.answers() {
        return Err(Failure::new("there is no terminal to ask for the password at: give --password-stdin"));
    }
    let asked = |error: std::io::Error| Failure::new(format!("the terminal: {error}"));
    for _ in 0..TRIES {
        let text = console.ask_secretly("Password: ").map_err(asked)?;
        if text != console.ask_secretly("Password (again): ").map_err(asked)? {
            console.warn("The two passwords are not the same.");
            continue;
        }
        let (objections, may_insist) = objections(site, &text, about);
        for objection in &objections {
            console.warn(objection);
        }
        if objections.is_empty() {
            return Ok(Password::new(&text));
        }
        if may_insist {
            let answer = console.ask("Take it all the same? [y/N] ").map_err(asked)?;
            if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
                return Ok(Password::new(&text));
            }
        }
    }
    Err(Failure::new(format!("no password after {TRIES} tries; nothing was changed")))
}

/// A password that nobody can be asked about.
pub(crate) fn accept(site: &Site, text: &str, about: &Subject) -> Result<Password, Failure> {
    let (objections, _) = objections(site, text, about);
    if objections.is_empty() { Ok(Password::new(text)) } else { Err(Failure::new(objections.join("\n"))) }
}

/// What the site holds against a password of somebody about whom this is known, in words; and whether an administrator
/// may insist on it.
fn objections(site: &Site, text: &str, about: &Subject) -> (Vec<String>, bool) {
    let settings = &site.config().passwords;
    let say = |key: &str, args: &[(&str, Arg)]| Language::En.text(key, args);
    if text.is_empty() {
        return (vec!["A password is not blank.".to_owned()], false);
    }
    if text.len() > settings.max_bytes {
        return (vec![say("password-too-long", &[("max", Arg::Number(settings.max_bytes as u64))])], false);
    }
    if text.contains('\0') {
        return (vec![say("field-null-characters", &[])], false);
    }
    let broken = settings.validators.check(&Password::new(text), about);
    (broken.iter().map(|error| say(error.key, &error.args)).collect(), true)
}
