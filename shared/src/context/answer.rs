//! The ways to answer: a page, the same page with what is wrong, a redirect.

use http::header::{ETAG, REFERER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Context;
use crate::accounts::User;
use crate::error::{Error, FieldError, FieldErrors, Result};
use crate::messages::Shown;
use crate::negotiation::Format;
use crate::next::Next;
use crate::pages::Frame;
use crate::response::{Refused, Response};
use crate::static_files::is_known;

impl Context {
    /// Whether the answer is JSON.
    pub fn wants_json(&self) -> bool {
        self.0.request.format() == Format::Json
    }

    /// An answer in JSON, with the messages that wait, if there are any: `"messages": [{"level", "text"}]`. What is no
    /// object has no room for them; they go on waiting.
    pub fn json(&self, status: StatusCode, body: &impl Serialize) -> Result<Response> {
        #[derive(Serialize)]
        struct WithMessages<'a, T> {
            #[serde(flatten)]
            body: &'a T,
            messages: &'a [Shown],
        }
        let messages = self.messages().peek(self.language());
        if messages.is_empty() {
            return Response::json(status, body);
        }
        let Ok(response) = Response::json(status, &WithMessages { body, messages: &messages }) else {
            return Response::json(status, body);
        };
        self.messages().take(self.language());
        Ok(response)
    }

    /// JSON under a weak entity tag that holds `etag`; 304 for whoever has it already (RFC 9110, 15.4.5). For what is asked
    /// for again and again until it changes.
    pub fn json_unless_known(&self, body: &impl Serialize, etag: &str) -> Result<Response> {
        let etag = HeaderValue::from_str(&format!("W/\"{etag}\"")).map_err(Error::internal)?;
        let mut response = if is_known(&self.0.request.headers, &etag) {
            Response::empty(StatusCode::NOT_MODIFIED)
        } else {
            Response::json(StatusCode::OK, body)?
        };
        response.headers.insert(ETAG, etag);
        Ok(response)
    }

    /// A page: `template` filled with `page`, or `page` itself as JSON.
    pub async fn page(&self, template: &str, page: impl Serialize) -> Result<Response> {
        if self.wants_json() {
            if !self.messages().is_empty() {
                // Whose they are, and in which language they are read, is the session's to say.
                self.session().await?;
            }
            return self.json(StatusCode::OK, &page);
        }
        self.render(StatusCode::OK, template, page, &FieldErrors::default()).await
    }

    /// The same page again with what is wrong, under the error's status; in JSON the error alone.
    pub async fn refuse(&self, error: Error, template: &str, page: impl Serialize) -> Result<Response> {
        if self.wants_json() {
            return Err(error);
        }
        let (status, header) = (error.status(), error.header());
        let refused = Refused::from(&error);
        let errors = match error {
            Error::Invalid(errors) => errors,
            other => {
                let (key, args) = other.text();
                FieldErrors::of_with(FieldErrors::ALL, FieldError { code: other.code(), key, args })
            }
        };
        let mut response = self.render(status, template, page, &errors).await?;
        response.headers.extend(header);
        response.refused = Some(refused);
        Ok(response)
    }

    /// The form again for what its visitor can mend, or has to wait for: wrong fields, a wrong name or password, too many
    /// tries, an edit that was overtaken. What was typed is still there. Any other error is as it is.
    pub async fn refuse_form(&self, error: Error, template: &str, page: impl Serialize) -> Result<Response> {
        match error {
            Error::Invalid(_) | Error::InvalidLogin | Error::Throttled(_) | Error::Conflict => {
                self.refuse(error, template, page).await
            }
            other => Err(other),
        }
    }

    /// The page of a link that is good for nothing, which leads to where another can be asked for. Any other error is as
    /// it is.
    pub async fn refuse_link(&self, error: Error, again: &str) -> Result<Response> {
        match error {
            Error::LinkInvalid => self.refuse(error, "accounts/link_invalid.html", json!({ "again": again })).await,
            other => Err(other),
        }
    }

    /// A redirect after something was done: 303 to `next`, or `body` with `next` in it as JSON under `status`, with the
    /// messages that a browser would read on the next page.
    pub fn done(&self, status: StatusCode, next: &Next, body: Value) -> Result<Response> {
        if !self.wants_json() {
            return Ok(Response::see_other(next));
        }
        let mut object = match body {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        object.insert("next".to_owned(), json!(next.as_str()));
        self.json(status, &object)
    }

    /// A redirect.
    pub fn redirect(&self, next: &Next) -> Result<Response> {
        self.done(StatusCode::OK, next, json!({}))
    }

    /// `next` when it leads to a page of this site, else `default`.
    pub fn next_or(&self, next: Option<&str>, default: &str) -> Next {
        next.and_then(|next| self.parse_next(next)).unwrap_or_else(|| Next::to(default))
    }

    /// `next` when it leads to a page of this site, at the host that the visitor is at.
    pub fn parse_next(&self, next: &str) -> Option<Next> {
        Next::parse(next, self.config(), &self.request().host)
    }

    pub(crate) async fn render(
        &self,
        status: StatusCode,
        template: &str,
        page: impl Serialize,
        errors: &FieldErrors,
    ) -> Result<Response> {
        let user = self.user().await?;
        let csrf_token = self.csrf_token().await?;
        let frame = self.frame(user.as_deref(), csrf_token, errors);
        Ok(Response::html(status, self.0.app.pages().render(template, page, frame)?))
    }

    /// Where this page can be seen again, unchecked: for a form's answer the page that the form was on, since what was
    /// posted is not posted again.
    pub(crate) fn here(&self) -> String {
        let request = self.request();
        if !self.is_safe()
            && let Some(page) = request.header(&REFERER).and_then(|page| self.parse_next(page))
        {
            return page.as_str().to_owned();
        }
        match request.query.as_str() {
            _ if !self.is_safe() && !self.0.readable => self.config().urls.login_redirect.clone(),
            query if self.is_safe() && !query.is_empty() => format!("{}?{query}", request.path),
            _ => request.path.clone(),
        }
    }

    pub(crate) fn frame(&self, user: Option<&User>, csrf_token: String, errors: &FieldErrors) -> Frame {
        let language = self.language();
        let theme = self.loaded_session().and_then(|session| session.get::<String>("theme"));
        Frame {
            user: user.map(|user| self.public_user(user)),
            display_name: user.map(|user| user.display_name().to_owned()).unwrap_or_default(),
            perms: self.perms(user),
            messages: self.messages().take(language),
            lang: language,
            theme: theme.unwrap_or_else(|| "auto".to_owned()),
            path: self.0.request.path.clone(),
            here: self.here(),
            csrf_token,
            csp_nonce: self.0.nonce.clone(),
            request_id: self.0.request.id.clone(),
            version: crate::VERSION,
            errors: crate::pages::shown_errors(language, errors),
        }
    }
}
