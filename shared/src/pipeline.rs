//! What happens to every request, in order: it reads like Django's `MIDDLEWARE`.
//!
//! route -> body -> CSRF for unsafe methods (or no cookies, where the request is nobody's) -> handler (which asks for
//! session and user when it needs them) -> error to response -> session saved -> cookies -> security headers -> log.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use http::header::{COOKIE, SET_COOKIE, VARY};
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;

use crate::accounts::Devices;
use crate::admin_door;
use crate::allow::Allow;
use crate::app::App;
use crate::context::Context;
use crate::cookies::{self, Name};
use crate::error::{Error, FieldErrors, Result};
use crate::fields::Fields;
use crate::headers;
use crate::log::{Line, chain};
use crate::messages::Change;
use crate::next::Next;
use crate::pages::shown_errors;
use crate::permissions::Missing;
use crate::request::Request;
use crate::response::{Body, Refused, Response};
use crate::routes::{Handler, Matched, Routes};
use crate::sessions::{CookieChange, EndReason, Session, SessionToken};
use crate::static_files::Guard;
use crate::{csrf, log, sessions, stale_form};

/// What the log calls the route of a request that has none.
const NO_ROUTE: &str = "-";

/// Where one proves again who one is.
const REAUTHENTICATE: &str = "/reauthenticate";

/// Answers one request. It always answers, whatever the handler does.
pub async fn respond(app: &Arc<App>, routes: &Routes, mut request: Request) -> Response {
    // Where administrators do not come from, there is no administration.
    let admits = |matched: &Matched<'_>| !matched.admin || admin_door::admits(app.config(), &request);
    let matched = routes.find(&request.method, &request.path).filter(admits);
    let route = matched.as_ref().map_or(NO_ROUTE, |matched| matched.path);
    // Where nobody is known, what has no route is nobody's either.
    let nobodys = matched.as_ref().map_or(routes.know_nobody(), |matched| matched.nobodys);
    let for_everybody = matched.as_ref().map_or(routes.know_nobody(), |matched| matched.for_everybody);
    if nobodys {
        // What no token protects must not act by a cookie, and what everybody gets must not depend on one, not even by
        // mistake.
        request.headers.remove(COOKIE);
    }
    let end = End { route, begun: Instant::now(), is_head: request.method == Method::HEAD, nobodys, for_everybody };
    let params = matched.as_ref().map(|matched| matched.params.clone()).unwrap_or_default();
    let allow = matched.as_ref().map_or(Allow::ANYONE, |matched| matched.allow);
    let readable = routes.methods(route).contains(&Method::GET);
    let cx = Context::new(app.clone(), request, params, readable);
    if matched.is_none() {
        log::no_route(&cx.request().path);
    }
    let handled = async {
        let handler = matched.ok_or(Error::NotFound)?.handler?;
        let guarded = if nobodys { cx.request().check_size(&cx.config().limits) } else { guard(&cx) };
        match guarded {
            Ok(()) => admitted(&cx, allow, handler).await,
            Err(error) => stale_form::answer(&cx, error).await,
        }
    };
    let handled = caught(handled).await;
    let handled = match handled {
        Err(error) if allow.leads_to_login(&error) && !cx.wants_json() => {
            cx.messages().warning("login-as-another");
            Ok(Response::see_other(&login_page(&cx)))
        }
        handled => handled,
    };
    finish(&cx, &end, handled).await
}

/// Answers a request that cannot be handled at all with `error`, through the same last steps.
pub async fn reject(app: &Arc<App>, routes: &Routes, mut request: Request, error: Error) -> Response {
    let is_head = request.method == Method::HEAD;
    let nobodys = routes.know_nobody();
    if nobodys {
        request.headers.remove(COOKIE);
    }
    let cx = Context::new(app.clone(), request, Vec::new(), false);
    let end = End { route: NO_ROUTE, begun: Instant::now(), is_head, nobodys, for_everybody: nobodys };
    finish(&cx, &end, Err(error)).await
}

/// Lets the handler answer whom the route answers.
async fn admitted(cx: &Context, allow: Allow, handler: &Handler) -> Result<Response> {
    allow.check(cx).await?;
    let response = handler.call(cx.clone()).await?;
    if allow.must_judge() && !cx.is_judged() {
        return Err(Error::internal("the handler has not asked who may do this with the object"));
    }
    Ok(response)
}

/// What the last steps know of the way that a request took.
struct End<'a> {
    route: &'a str,
    begun: Instant,
    is_head: bool,
    /// Whether it was nobody's: there is no session to save, and no cookie to set in whose browser it may have been.
    nobodys: bool,
    /// Whether everybody is answered the same.
    for_everybody: bool,
}

async fn finish(cx: &Context, end: &End<'_>, handled: Result<Response>) -> Response {
    // What the handler says was done is not, when its session could not be saved: the visitor is told so instead.
    let saved = if end.nobodys { Ok(()) } else { sessions::save(cx).await };
    let mut response = match handled.and_then(|response| saved.map(|()| response)) {
        Ok(response) => response,
        Err(error) => {
            cx.messages().retract();
            if !cx.is_safe() && cx.had_session() {
                match error {
                    Error::LoginRequired => cx.messages().warning("session-ended"),
                    Error::FreshLoginRequired => cx.messages().warning("reauthenticate-first"),
                    _ => {}
                }
            }
            let refused = Refused::from(&error);
            let shown = if end.for_everybody { bare(cx, &error) } else { show(cx, error).await };
            Response { refused: Some(refused), ..shown }
        }
    };
    if end.is_head {
        // Nobody reads a page that is not sent.
        cx.messages().retract();
    }
    if end.nobodys {
        response.headers.remove(SET_COOKIE);
    } else {
        set_cookies(cx, &mut response);
    }
    let user = cx.loaded_user();
    // A cookie that claims a user counts although nobody looked whether it lives: not every error page asks.
    let claimed = cx.session_token().is_some_and(|token| token.user().is_some());
    // What is for everybody says itself who may keep it; what does not is an error.
    let personal = user.is_some() || claimed || !cx.is_safe() || end.for_everybody;
    if cx.is_confidential() {
        response = headers::confidential(response);
    }
    if response.is_asset {
        headers::stay_on_https(&mut response.headers, cx.config());
    } else {
        if end.nobodys {
            // No cookie was looked at.
            response.headers.entry(VARY).or_insert(HeaderValue::from_static("Accept, Accept-Language"));
        }
        headers::secure(&mut response.headers, cx.app(), cx.nonce(), personal);
    }
    if let Ok(id) = HeaderValue::from_str(&cx.request().id) {
        response.headers.insert(headers::REQUEST_ID, id);
    }
    Line {
        request_id: &cx.request().id,
        method: cx.request().method.as_str(),
        route: end.route,
        status: response.status,
        code: response.refused.as_ref().map_or("", |refused| refused.code),
        duration: end.begun.elapsed(),
        user: cx.actor().map(|id| id.to_string()),
        session: &cx.session_token().map(|token| token.key().id()).unwrap_or_default(),
        session_ended: cx.loaded_session().and_then(Session::ended).map_or("", EndReason::as_str),
        address: &cx.request().source_ip,
        cost: cx.meter().cost(),
        error: response.refused.as_ref().map_or("", |refused| &refused.cause),
    }
    .write();
    if end.is_head {
        response.body = Body::Empty;
    }
    response
}

/// What must hold before a handler sees an unsafe request: a readable body, and that it comes from our own pages.
fn guard(cx: &Context) -> Result<()> {
    if cx.is_safe() {
        return Ok(());
    }
    let fields = cx.fields()?;
    csrf::check_origin(cx.request(), cx.config()).map_err(Error::CsrfFailed)?;
    // Bound to the session that the cookie claims: whether it lives is decided later, and if it is dead the request
    // is nobody's anyway.
    let binding = cx.session_token().map(SessionToken::csrf_binding).unwrap_or_default();
    let secret = cx.csrf_cookie(&binding).ok_or(Error::CsrfFailed("no cookie, or one of another session"))?;
    match submitted_token(cx, fields) {
        None => Err(Error::CsrfFailed("no token")),
        Some(token) if secret.accepts(token) => Ok(()),
        Some(_) => Err(Error::CsrfFailed("a wrong token")),
    }
}

/// The header counts before the field: a script that sends one means it.
pub(crate) fn submitted_token<'a>(cx: &'a Context, fields: &'a Fields) -> Option<&'a str> {
    cx.request().header(&csrf::HEADER).filter(|token| !token.is_empty()).or_else(|| fields.text(csrf::FIELD))
}

/// A panic ends the request, not the process (ASVS 16.5.4).
async fn caught(handled: impl Future<Output = Result<Response>>) -> Result<Response> {
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(Error::internal(format!("the handler panicked: {}", panic_text(&*panic)))))
}

/// What somebody said when they panicked.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// An error as an answer: fixed words in the visitor's language, and the request's id.
async fn show(cx: &Context, error: Error) -> Response {
    match error {
        Error::LoginRequired if !cx.wants_json() => return Response::see_other(&login_page(cx)),
        Error::FreshLoginRequired if !cx.wants_json() => return Response::see_other(&and_back(cx, REAUTHENTICATE)),
        _ => {}
    }
    // The frame of the page greets the visitor, so it needs the session; a store that is down cannot hold it up.
    let (user, csrf_token) = match &error {
        Error::Internal(_) | Error::Unavailable(_) => (None, String::new()),
        _ => match (cx.user().await, cx.csrf_token().await) {
            (Ok(user), Ok(token)) => (user, token),
            (Err(store), _) | (_, Err(store)) => {
                tracing::error!(request_id = cx.request().id, error = %chain(&store), "the session could not be read");
                return plain(cx, &store, None, String::new());
            }
        },
    };
    plain(cx, &error, user.as_deref(), csrf_token)
}

/// The same where everybody is answered alike, which is where files are: a few words, in no language of a visitor's.
fn bare(cx: &Context, error: &Error) -> Response {
    let status = error.status();
    let mut answer = Guard::new(cx.config()).plain(status, status.canonical_reason().unwrap_or_default());
    answer.headers_mut().extend(error.header());
    Response::asset(answer)
}

fn plain(cx: &Context, error: &Error, user: Option<&crate::accounts::User>, csrf_token: String) -> Response {
    let code = error.code();
    let (key, args) = error.text();
    let message = cx.text(key, &args);
    let none = FieldErrors::default();
    let errors = if let Error::Invalid(errors) = error { errors } else { &none };
    let request_id = &cx.request().id;
    let rendered = if cx.wants_json() {
        let mut body = json!({ "code": code, "message": message, "request_id": request_id });
        if !errors.is_empty() {
            body["fields"] = json!(shown_errors(cx.language(), errors));
        }
        if let Error::PermissionDenied(missing) = error {
            match missing {
                Missing::Permission(lacking) | Missing::Permissions(lacking) => {
                    body["missing"] = json!(lacking.iter().map(|permission| permission.as_str()).collect::<Vec<_>>());
                }
                Missing::Staff => body["missing"] = json!(["is_staff"]),
                Missing::Superuser => body["missing"] = json!(["is_superuser"]),
                Missing::Right => {}
            }
        }
        // Where another token would help: the request comes from here, or from no browser.
        if matches!(error, Error::CsrfFailed(_)) && csrf::check_origin(cx.request(), cx.config()).is_ok() {
            body["hint"] = json!(cx.text("error-csrf-hint", &[]));
        }
        cx.json(error.status(), &json!({ "error": body }))
    } else {
        let page = json!({
            "status": error.status().as_u16(),
            "code": code,
            "message": message,
            "missing": missing(cx, error),
            "any_will_do": matches!(error, Error::PermissionDenied(Missing::Permission(_))),
        });
        let frame = cx.frame(user, csrf_token, errors);
        cx.app().pages().render("error.html", page, frame).map(|page| Response::html(error.status(), page))
    };
    let mut response = rendered.unwrap_or_else(|error| {
        tracing::error!(request_id, error = %chain(&error), "the error page could not be rendered");
        last_resort(request_id)
    });
    response.headers.extend(error.header());
    response
}

/// What somebody lacks, in words.
fn missing(cx: &Context, error: &Error) -> Vec<String> {
    match error {
        Error::PermissionDenied(Missing::Permission(lacking) | Missing::Permissions(lacking)) => {
            lacking.iter().map(|permission| permission.label(cx.language())).collect()
        }
        Error::PermissionDenied(Missing::Staff) => vec![cx.text("permission-staff", &[])],
        Error::PermissionDenied(Missing::Superuser) => vec![cx.text("permission-superuser", &[])],
        _ => Vec::new(),
    }
}

/// What can be said without a template, a text or a static file.
fn last_resort(request_id: &str) -> Response {
    let page = format!("<!doctype html><title>Server Error</title><h1>Server Error (500)</h1><p>{request_id}</p>");
    Response::html(StatusCode::INTERNAL_SERVER_ERROR, page)
}

/// The log-in page, which leads back to where the visitor wanted to go.
pub(crate) fn login_page(cx: &Context) -> Next {
    and_back(cx, &cx.config().urls.login)
}

/// A page of ours on the way to where the visitor wanted to go.
fn and_back(cx: &Context, page: &str) -> Next {
    Next::to(page).leading_to(cx.parse_next(&cx.here()).as_ref())
}

fn set_cookies(cx: &Context, response: &mut Response) {
    let (config, now) = (cx.config(), cx.now());
    let session = match cx.loaded_session().map(Session::cookie_change) {
        Some(CookieChange::Set(kept)) => {
            let (token, record, at) = *kept;
            let max_age = record.times.max_age(at);
            let value = cx.app().sessions().cookie(&token, &record);
            value.ok().and_then(|value| cookies::set(config, Name::Session, value.expose(), max_age, now))
        }
        Some(CookieChange::Delete) => cookies::delete(config, Name::Session),
        Some(CookieChange::Keep) | None => None,
    };
    let csrf_age = Some(config.cookies.csrf_age);
    let csrf = cx.new_csrf_cookie().and_then(|value| cookies::set(config, Name::Csrf, &value, csrf_age, now));
    let messages = match cx.messages().change(cx.app().keys(), &cx.binding()) {
        Change::Keep => None,
        Change::Set(value) => cookies::set(config, Name::Messages, &value, None, now),
        Change::Delete => cookies::delete(config, Name::Messages),
    };
    let device = cx.new_device_cookie();
    let device = device.and_then(|value| cookies::set(config, Name::Device, value, Some(Devices::MAX_AGE), now));
    for cookie in [session, csrf, messages, device].into_iter().flatten() {
        response.headers.append(SET_COOKIE, cookie);
    }
}
