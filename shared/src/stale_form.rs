//! A form that was left open over a log-in or a log-out: refused like a forgery, but the visitor is told what happened
//! and does not type it again.
//!
//! Nothing is done for such a form and nothing of it is stored. What was typed goes back to the browser it came from, in
//! a form that the visitor must send again. That is for our own pages alone, and the browser must say that it is one.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::context::Context;
use crate::cookies::Name;
use crate::csrf::{self, CsrfSecret};
use crate::error::{Error, Result};
use crate::pipeline::{login_page, submitted_token};
use crate::response::Response;

/// Escaped for HTML a byte can become six, and an answer of Lambda has at most 6 MB.
const MOST_BYTES: usize = 512 * 1024;

/// What a path's segments are made of, unescaped (RFC 3986, 2.3). A backslash in front of a host is none of it.
const SEGMENTS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What our own pages send along and nobody has typed: it goes along again, and is not told.
const UNTYPED: [&str; 6] = ["next", "version", "purpose", "avatar-clear", "theme", "language"];

/// What is asked for again and never sent back, wherever it stands in a field's name.
const SECRET: [&str; 8] = ["password", "passwd", "passphrase", "passcode", "secret", "token", "otp", "credential"];
/// The same where it is a word of the name: `pin` is none in `shipping`.
const SECRET_WORDS: [&str; 6] = ["pass", "pwd", "pin", "code", "cvc", "cvv"];

/// The form as it was sent, to be sent again.
#[derive(Serialize)]
struct StaleFormPage {
    action: String,
    back: String,
    /// The log-in page, for another tab: what nobody can send leads to it, and what was typed would be lost on the way.
    login: Option<String>,
    /// What goes along unseen.
    kept: Vec<Field>,
    /// What must be typed again.
    asked: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    label: String,
    value: String,
    /// Whether somebody typed it, and may want to see it.
    typed: bool,
}

/// Answers a request that the guard refused with `error`: the log-in page for a form whose session has ended, the same
/// form again for one that another log-in or log-out has overtaken, and the refusal for all others.
pub(crate) async fn answer(cx: &Context, error: Error) -> Result<Response> {
    let ours = matches!(error, Error::CsrfFailed(_)) && csrf::is_from_here(cx.request(), cx.config());
    if !ours || cx.wants_json() {
        return Err(error);
    }
    if has_outlived_its_session(cx)? && cx.user().await?.is_none() {
        cx.messages().warning("session-ended");
        return Ok(Response::see_other(&login_page(cx)));
    }
    if !is_a_pages_form(cx)? {
        return Err(error);
    }
    // The words are in the language that the visitor chose, which the session knows.
    cx.session().await?;
    cx.refuse(error, "stale_form.html", again(cx)).await
}

/// Whether token and cookie belong together, so that only the session that both were good for is gone. That alone lets
/// nothing through.
fn has_outlived_its_session(cx: &Context) -> Result<bool> {
    let cookie = cx.request().cookie(&Name::Csrf.full(cx.config()));
    let secret = cookie.and_then(|cookie| CsrfSecret::unverified(cookie.expose()));
    let token = submitted_token(cx, cx.fields()?);
    Ok(token.is_some_and(|token| secret.is_some_and(|secret| secret.accepts(token))))
}

/// Whether a browser sent it from a form that had a token, of whatever session. A script sends a header, and takes
/// another token by itself; a form without a token is a mistake of whoever wrote it, and stays one.
fn is_a_pages_form(cx: &Context) -> Result<bool> {
    let request = cx.request();
    let is_form = request.method == Method::POST && request.is_form() && request.body.len() <= MOST_BYTES;
    let has_token = cx.fields()?.text(csrf::FIELD).is_some_and(CsrfSecret::is_token);
    Ok(is_form && has_token && !request.headers.contains_key(&csrf::HEADER))
}

fn again(cx: &Context) -> StaleFormPage {
    let request = cx.request();
    let fields = form_urlencoded::parse(&request.body).filter(|(name, _)| name != csrf::FIELD);
    let (asked, kept): (Vec<_>, Vec<_>) = fields
        .map(|(name, value)| {
            let label = cx.language().find(&format!("label-{}", name.replace('_', "-")), &[]);
            let value = if is_secret(&name) { String::new() } else { value.into_owned() };
            let typed = !value.is_empty() && !UNTYPED.contains(&&*name);
            Field { label: label.unwrap_or_else(|| name.to_string()), value, typed, name: name.into_owned() }
        })
        .partition(|field| is_secret(&field.name));
    // The path has a route, or nobody would have asked for a token; it is written as nothing but a path of ours.
    let path = utf8_percent_encode(&request.path, SEGMENTS);
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let back = cx.next_or(Some(&cx.here()), &cx.config().urls.login_redirect);
    let login = &cx.config().urls.login;
    let login = (request.path != *login).then(|| login.clone());
    StaleFormPage { action: format!("{path}{query}"), back: back.as_str().to_owned(), login, kept, asked }
}

/// Whether a field's value may be a secret, by its name: rather one too many, which is typed twice, than one too few.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphabetic());
    SECRET.iter().any(|part| name.contains(part)) || words.any(|word| SECRET_WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_may_be_a_secret_is_asked_again() {
        for name in [
            "password",
            "password1",
            "old_password",
            "NEW-Password",
            "api_token",
            "access.token",
            "client_secret",
            "otp",
            "otp_code",
            "code",
            "backup-code",
            "pin",
            "card_cvc",
            "user[password]",
            "pass",
            "pwd",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["first_name", "bio", "email", "next", "version", "shipping", "passenger", "encoded", "theme", ""] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn a_path_is_written_as_nothing_but_a_path() {
        for (path, written) in [
            ("/uploads/7-a_b.c~d", "/uploads/7-a_b.c~d"),
            ("/\\evil.example", "/%5Cevil.example"),
            ("/a?b#c d\"<e", "/a%3Fb%23c%20d%22%3Ce"),
            ("/\u{d55c}", "/%ED%95%9C"),
        ] {
            assert_eq!(utf8_percent_encode(path, SEGMENTS).to_string(), written);
        }
    }
}
