//! The CSRF token and the messages of a request, each bound to the session that the browser is in.

use super::{Context, Csrf, lock};
use crate::cookies::Name;
use crate::csrf::CsrfSecret;
use crate::error::Result;
use crate::messages::Messages;
use crate::rng::Rng;
use crate::secret::Secret;
use crate::sessions::{Session, SessionToken};

impl Context {
    /// A token for forms and scripts; the answer sets the cookie that goes with it, if the browser has none.
    pub async fn csrf_token(&self) -> Result<String> {
        self.session().await?;
        Ok(self.csrf_secret().token(self.0.app.rng()))
    }

    fn csrf_secret(&self) -> CsrfSecret {
        let binding = self.loaded_session().map(Session::csrf_binding).unwrap_or_default();
        let mut csrf = lock(&self.0.csrf);
        if let Some(secret) = csrf.secret {
            return secret;
        }
        let known = self.csrf_cookie(&binding);
        let rng: &dyn Rng = self.0.app.rng();
        // Signed by a key that will be dropped: signed anew, and a page that is open goes on being good.
        let renewed = known.and_then(|secret| secret.renewed(self.0.app.keys(), &binding));
        let is_new = known.is_none() || renewed.is_some();
        let secret = renewed.or(known).unwrap_or_else(|| CsrfSecret::new(self.0.app.keys(), rng, &binding));
        *csrf = Csrf { secret: Some(secret), is_new };
        secret
    }

    /// The secret of the request's cookie, if it is one of ours for the session that the request claims to be in.
    pub(crate) fn csrf_cookie(&self, binding: &str) -> Option<CsrfSecret> {
        let cookie = self.0.request.cookie(&Name::Csrf.full(self.config()))?;
        CsrfSecret::parse(cookie.expose(), self.0.app.keys(), binding)
    }

    pub(crate) fn rotate_csrf(&self) {
        let binding = self.loaded_session().map(Session::csrf_binding).unwrap_or_default();
        let secret = CsrfSecret::new(self.0.app.keys(), self.0.app.rng(), &binding);
        *lock(&self.0.csrf) = Csrf { secret: Some(secret), is_new: true };
    }

    /// The value of the CSRF cookie to set, if there is a new one.
    pub(crate) fn new_csrf_cookie(&self) -> Option<String> {
        let csrf = lock(&self.0.csrf);
        csrf.secret.filter(|_| csrf.is_new).map(CsrfSecret::to_cookie)
    }

    /// Messages for the next page that the visitor sees, or the next answer in JSON: Django's `messages`.
    pub fn messages(&self) -> &Messages {
        self.0.messages.get_or_init(|| {
            let name = Name::Messages.full(self.config());
            let cookie = self.0.request.cookie(&name);
            // One that cannot be read is none of ours, but is there, and to be taken back.
            let cookie = cookie.or_else(|| self.0.request.has_cookie(&name).then(Secret::default));
            let level = self.config().message_level;
            Messages::parse(cookie.as_ref().map(Secret::expose), self.app().keys(), &self.claimed_binding(), level)
        })
    }

    /// What a cookie is bound to that goes with the session that the browser claims to be in.
    fn claimed_binding(&self) -> String {
        self.session_token().map(SessionToken::csrf_binding).unwrap_or_default()
    }

    /// What a cookie is bound to that goes with the session that the browser is in once it has this answer.
    pub(crate) fn binding(&self) -> String {
        self.loaded_session().map_or_else(|| self.claimed_binding(), Session::csrf_binding)
    }

    pub(crate) fn nonce(&self) -> &str {
        &self.0.nonce
    }
}
