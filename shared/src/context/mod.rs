//! What a handler is given: the request, the visitor, the configuration, and the ways to answer.

mod answer;
mod author;
mod csrf;
mod fresh;
mod hosts;
mod mail;
mod permissions;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::Method;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::accounts::password::Rule;
use crate::accounts::{Devices, PublicUser, Remember, User, UserId};
use crate::app::App;
use crate::config::Config;
use crate::cookies::Name;
use crate::csrf::CsrfSecret;
use crate::error::{Arg, Error, FieldErrors, Result};
use crate::fields::{Fields, Form};
use crate::i18n::Language;
use crate::messages::Messages;
use crate::meter::Meter;
use crate::permissions::Rights;
use crate::request::Request;
use crate::routes;
use crate::sessions::{self, Begun, Claim, EndReason, Session, SessionToken};
use crate::store::Store;

/// One request on its way through the function. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    app: Arc<App>,
    request: Request,
    readable: bool,
    params: Vec<(&'static str, String)>,
    meter: Arc<Meter>,
    store: Store,
    nonce: String,
    confidential: AtomicBool,
    judged: AtomicBool,
    fields: OnceLock<Fields>,
    claim: OnceLock<Option<Claim>>,
    without_values: AtomicBool,
    visit: OnceCell<Visit>,
    actor: OnceLock<UserId>,
    messages: OnceLock<Messages>,
    csrf: Mutex<Csrf>,
    devices: OnceLock<Devices>,
    device_cookie: OnceLock<String>,
}

/// Who is there: read from the store at most once, and only when somebody asks.
struct Visit {
    session: Session,
    user: Mutex<Option<Arc<User>>>,
    /// What they are permitted, once somebody has asked.
    rights: Mutex<Option<(UserId, Arc<Rights>)>>,
}

#[derive(Default)]
struct Csrf {
    secret: Option<CsrfSecret>,
    is_new: bool,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.0.request.id)
            .field("path", &self.0.request.path)
            .finish_non_exhaustive()
    }
}

/// The request.
impl Context {
    /// `readable`: whether GET of this path shows a page.
    pub(crate) fn new(app: Arc<App>, request: Request, params: Vec<(&'static str, String)>, readable: bool) -> Self {
        let meter = Arc::new(Meter::default());
        Self(Arc::new(Inner {
            store: app.store(meter.clone()),
            messages: OnceLock::new(),
            nonce: app.rng().token(),
            confidential: AtomicBool::new(false),
            judged: AtomicBool::new(false),
            fields: OnceLock::new(),
            claim: OnceLock::new(),
            without_values: AtomicBool::new(false),
            visit: OnceCell::new(),
            actor: OnceLock::new(),
            csrf: Mutex::default(),
            devices: OnceLock::new(),
            device_cookie: OnceLock::new(),
            app,
            request,
            readable,
            params,
            meter,
        }))
    }

    /// The method; HEAD appears as GET.
    pub fn method(&self) -> &Method {
        if self.0.request.method == Method::HEAD { &Method::GET } else { &self.0.request.method }
    }

    /// Whether the method promises to change nothing (RFC 9110, 9.2.1).
    pub(crate) fn is_safe(&self) -> bool {
        routes::is_safe(self.method())
    }

    /// The request as it came.
    pub fn request(&self) -> &Request {
        &self.0.request
    }

    /// A `{parameter}` of the path.
    pub fn param(&self, name: &str) -> &str {
        self.0.params.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// Reads the body into a form, with everything that is wrong with its fields.
    ///
    /// # Errors
    /// When the body cannot be read at all: 400, 413 or 415.
    pub fn form<F: Form>(&self) -> Result<(F, FieldErrors)> {
        self.fields()?.read(self.config())
    }

    /// The text of a field as it was typed, to be shown again where something of the form is wrong.
    ///
    /// # Errors
    /// As those of [`Self::form`].
    pub fn typed(&self, name: &str) -> Result<Option<String>> {
        Ok(self.fields()?.text(name).map(|text| text.trim().to_owned()))
    }

    pub(crate) fn fields(&self) -> Result<&Fields> {
        if let Some(fields) = self.0.fields.get() {
            return Ok(fields);
        }
        let fields = self.0.request.fields(&self.config().limits)?;
        Ok(self.0.fields.get_or_init(|| fields))
    }

    /// Says that the address or the page opens something to whoever has it: whatever the answer, no other page is told
    /// the address, and nobody keeps the page.
    pub fn confidential(&self) {
        self.0.confidential.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_confidential(&self) -> bool {
        self.0.confidential.load(Ordering::Relaxed)
    }

    /// The visitor's address as the gateway saw it.
    pub fn client_address(&self) -> String {
        self.0.request.source_ip.clone()
    }
}

/// The process.
impl Context {
    /// What the process holds.
    pub fn app(&self) -> &Arc<App> {
        &self.0.app
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        self.0.app.config()
    }

    /// The tables, with what they cost counted for this request.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.0.app.clock().now()
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.0.meter
    }
}

/// The visitor.
impl Context {
    /// The visitor's session: one strongly consistent read at most in a request, none without a cookie.
    ///
    /// # Errors
    /// When the store does not answer. That is never taken for "nobody".
    pub async fn session(&self) -> Result<&Session> {
        Ok(&self.visit().await?.session)
    }

    /// Who is signed in.
    pub async fn user(&self) -> Result<Option<Arc<User>>> {
        Ok(lock(&self.visit().await?.user).clone())
    }

    /// Says that this request only ends sessions: it is answered whatever becomes of the values in them, so that a cache
    /// that is down holds up no log-out. It comes before anybody asks for session or user.
    pub(crate) fn only_ends_sessions(&self) {
        self.0.without_values.store(true, Ordering::Relaxed);
    }

    /// Who is signed in; else the log-in page, and back here afterwards (401 in JSON). Django's `login_required`.
    pub async fn require_login(&self) -> Result<Arc<User>> {
        self.user().await?.ok_or(Error::LoginRequired)
    }

    async fn visit(&self) -> Result<&Visit> {
        self.0.visit.get_or_try_init(|| self.load_visit()).await
    }

    async fn load_visit(&self) -> Result<Visit> {
        let now = self.now().as_second();
        let session = Session::new(now, &self.config().session);
        let (session, user) = match self.claim() {
            Some(claim) => {
                let key = claim.token.key();
                let frozen = key.user.is_some() && self.0.without_values.load(Ordering::Relaxed);
                let (record, user) = if frozen {
                    self.store().get_session(&key).await?
                } else {
                    self.app().sessions().load(self.store(), claim, now).await?
                };
                let session = if frozen { session.frozen() } else { session };
                let is_trusted = |backend: &str| self.app().backends().contains(backend);
                match sessions::resume(&claim.token, record, user, now, is_trusted) {
                    Ok((record, user)) => (session.resumed(claim.token.clone(), record), user),
                    Err(why) => (session.dead(why), None),
                }
            }
            None if self.had_session() => (session.dead(EndReason::Unknown), None),
            None => (session, None),
        };
        if session.ended().is_some() {
            self.messages().forget();
        }
        if let Some(user) = &user {
            self.acts_as(user);
        }
        Ok(Visit { session, user: Mutex::new(user.map(Arc::new)), rights: Mutex::default() })
    }

    /// What the cookie says, unchecked by the table.
    fn claim(&self) -> Option<&Claim> {
        let claim = self.0.claim.get_or_init(|| {
            let cookie = self.0.request.cookie(&Name::Session.full(self.config()))?;
            self.app().sessions().claim(cookie.expose())
        });
        claim.as_ref()
    }

    /// Which session the cookie claims, unchecked.
    pub(crate) fn session_token(&self) -> Option<&SessionToken> {
        self.claim().map(|claim| &claim.token)
    }

    /// Whether the browser thinks that it is in a session.
    pub(crate) fn had_session(&self) -> bool {
        self.0.request.has_cookie(&Name::Session.full(self.config()))
    }

    /// The session if it was asked for already.
    pub(crate) fn loaded_session(&self) -> Option<&Session> {
        self.0.visit.get().map(|visit| &visit.session)
    }

    /// Notes whose request this is, for the log: it stays theirs when they log out by it.
    pub(crate) fn acts_as(&self, user: &User) {
        let _ = self.0.actor.set(user.id);
    }

    pub(crate) fn actor(&self) -> Option<UserId> {
        self.0.actor.get().copied()
    }

    pub(crate) fn loaded_user(&self) -> Option<Arc<User>> {
        self.0.visit.get().and_then(|visit| lock(&visit.user).clone())
    }

    pub(crate) fn origin(&self) -> sessions::Origin<'_> {
        let (request, now) = (&self.0.request, self.now());
        sessions::Origin {
            now: now.as_second(),
            millis: now.as_millisecond(),
            address: &request.source_ip,
            user_agent: request.user_agent(),
            is_admin_host: self.is_admin_host(),
        }
    }

    pub(crate) fn new_token(&self, user: Option<&User>) -> SessionToken {
        SessionToken::new(user.map(|user| user.id), self.0.app.rng())
    }

    pub(crate) async fn begin_session(&self, user: &User, remember: Remember) -> Result<Begun> {
        let token = self.new_token(Some(user));
        let mut begun = self.session().await?.begin(user, remember, token, &self.origin());
        // Where the cookie has to carry the session and cannot, what the visitor kept stays behind: it must not keep
        // anybody from logging in.
        if let Err(error) = begun.cookie(self.app().sessions()) {
            tracing::warn!(request_id = self.request().id, error = %crate::log::chain(&error), "a session begins empty");
            begun.record.data.clear();
        }
        Ok(begun)
    }

    pub(crate) fn adopt_session(&self, begun: Begun, user: User) {
        self.acts_as(&user);
        if self.loaded_user().is_some_and(|before| before.id != user.id) {
            self.messages().forget();
        }
        // Whoever begins a session in this browser was there: the account knows it from now on.
        let devices = self.devices().clone().with(&user, self.now());
        let _ = self.0.device_cookie.set(devices.to_cookie(self.0.app.keys()));
        if let Some(visit) = self.0.visit.get() {
            visit.session.adopt(begun);
            *lock(&visit.user) = Some(Arc::new(user));
        }
        self.rotate_csrf();
    }

    /// Gives the session another identifier, with everything that is in it (Django's `cycle_key`); the one before is dead
    /// when this request is done. For whatever raises what a visitor may do, without a log-in.
    pub async fn cycle_id(&self) -> Result<()> {
        let user = self.user().await?;
        self.session().await?.rename(self.new_token(user.as_deref()));
        self.rotate_csrf();
        Ok(())
    }

    /// Ends the session, at once and on the server, with everything that is in it (Django's `flush`). The rest of the
    /// request is nobody's. Harmless when there is none.
    pub async fn flush(&self) -> Result<()> {
        if let Some(key) = self.session().await?.key() {
            sessions::end_for_good(self, &key, EndReason::LoggedOut).await?;
        }
        self.drop_session();
        Ok(())
    }

    pub(crate) fn drop_session(&self) {
        if let Some(visit) = self.0.visit.get() {
            visit.session.end();
            *lock(&visit.user) = None;
        }
        self.messages().forget();
        self.rotate_csrf();
    }

    /// Every session of `user` has ended: if this request was in one of them, it goes on as nobody's.
    pub(crate) async fn leave_account(&self, user: &User) -> Result<()> {
        if self.user().await?.is_some_and(|present| present.id == user.id) {
            self.drop_session();
        }
        Ok(())
    }

    /// The accounts that know this browser.
    pub(crate) fn devices(&self) -> &Devices {
        self.0.devices.get_or_init(|| {
            let cookie = self.0.request.cookie(&Name::Device.full(self.config()));
            let known = cookie.and_then(|cookie| Devices::parse(cookie.expose(), self.0.app.keys(), self.now()));
            known.unwrap_or_else(|| Devices::unknown(self.0.app.rng()))
        })
    }

    /// The value of the cookie by which the browser stays known, if a session has begun in it.
    pub(crate) fn new_device_cookie(&self) -> Option<&str> {
        self.0.device_cookie.get().map(String::as_str)
    }

    /// A user as they are shown, with a short-lived address of their picture.
    pub fn public_user(&self, user: &User) -> PublicUser {
        let now = self.now();
        PublicUser::new(user, now.as_second(), |key| self.0.app.media().signed_url(key, now).ok())
    }

    /// The language of the visitor: as chosen, else as the browser prefers.
    pub fn language(&self) -> Language {
        let chosen = self.loaded_session().and_then(|session| session.get::<String>("language"));
        chosen
            .and_then(|code| Language::parse(&code))
            .unwrap_or_else(|| Language::negotiate(self.0.request.accept_language(), self.config().language_code))
    }

    /// What a new password must be, in the visitor's language: pages show it before one is typed.
    pub async fn password_rules(&self) -> Result<Vec<Rule>> {
        // The language may be one that the visitor has chosen.
        self.session().await?;
        Ok(self.config().passwords.rules(self.language()))
    }

    /// A text in the visitor's language.
    pub fn text(&self, key: &str, args: &[(&str, Arg)]) -> String {
        self.language().text(key, args)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
