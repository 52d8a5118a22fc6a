//! What a handler can fail with: one status and one code each. The visitor sees fixed words in their language;
//! the log gets the causes.

use std::collections::BTreeMap;
use std::fmt;

use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::permissions::Missing;
use crate::store::StoreError;

/// A cause kept for the log.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a handler and of what it calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request cannot be understood. The text is for the log.
    #[error("bad request: {0}")]
    BadRequest(String),
    /// 401, or the log-in page: nobody is signed in.
    #[error("log-in required")]
    LoginRequired,
    /// 401: wrong name or password, or an account that may not sign in, or not before its address is proven. Which of them
    /// is not told.
    #[error("log-in refused")]
    InvalidLogin,
    /// 403: the request may come from another site. The text is for the log.
    #[error("CSRF check failed: {0}")]
    CsrfFailed(&'static str),
    /// 403: signed in, without the right. Says what is missing.
    #[error("permission denied, missing: {0:?}")]
    PermissionDenied(Missing),
    /// 403, or the page on which one proves it: signed in, but who they are was proven too long ago for this.
    #[error("fresh log-in required")]
    FreshLoginRequired,
    /// 404: nothing here, or nothing that this visitor may know of.
    #[error("not found")]
    NotFound,
    /// 405: the path exists, the method does not. Holds what `Allow` lists.
    #[error("method not allowed")]
    MethodNotAllowed(Vec<Method>),
    /// 409: somebody saved in between.
    #[error("conflict")]
    Conflict,
    /// 409: what is uploaded would not fit into the quota.
    #[error("the quota is used up")]
    QuotaExceeded,
    /// 409: an upload in parts was said to be complete, and is not.
    #[error("parts of the upload are missing")]
    PartsMissing,
    /// 410: a link of a mail that is good for nothing: used, expired, overtaken, or none of ours.
    #[error("the link is good for nothing")]
    LinkInvalid,
    /// 413: the body is over its limit.
    #[error("payload too large")]
    PayloadTooLarge,
    /// 413: more than a session can hold, where it is kept in a cookie.
    #[error("the session takes {bytes} bytes, a cookie holds {most}")]
    SessionTooLarge {
        /// What it would take.
        bytes: usize,
        /// What there is room for.
        most: usize,
    },
    /// 415: neither a form nor JSON.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// 422: understood, and wrong; each field says why.
    #[error("invalid: {0}")]
    Invalid(FieldErrors),
    /// 429: too many attempts; seconds until the next may succeed.
    #[error("throttled for {0} s")]
    Throttled(u64),
    /// 500: our fault.
    #[error("internal error")]
    Internal(#[source] BoxError),
    /// 503: something that we depend on does not answer.
    #[error("unavailable")]
    Unavailable(#[source] BoxError),
}

impl Error {
    /// An error of ours, told to the log as `cause`.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::Internal(cause.into())
    }

    /// Something that we depend on, told to the log as `cause`.
    pub fn unavailable(cause: impl Into<BoxError>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// A request that cannot be understood, told to the log as `why`.
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::BadRequest(why.into())
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::LoginRequired | Self::InvalidLogin => StatusCode::UNAUTHORIZED,
            Self::CsrfFailed(_) | Self::PermissionDenied(_) | Self::FreshLoginRequired => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::QuotaExceeded | Self::PartsMissing => StatusCode::CONFLICT,
            Self::LinkInvalid => StatusCode::GONE,
            Self::PayloadTooLarge | Self::SessionTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The header that belongs to the status: `Allow` to 405 (RFC 9110, 15.5.6), `Retry-After` to 429 and 503.
    pub(crate) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::MethodNotAllowed(allowed) => {
                let allowed: Vec<_> = allowed.iter().map(Method::as_str).collect();
                Some((ALLOW, HeaderValue::from_str(&allowed.join(", ")).ok()?))
            }
            Self::Throttled(seconds) => Some((RETRY_AFTER, HeaderValue::from(*seconds))),
            Self::Unavailable(_) => Some((RETRY_AFTER, HeaderValue::from(5_u64))),
            _ => None,
        }
    }

    /// The text for people: its key in the locales and its arguments.
    pub(crate) fn text(&self) -> (&'static str, Vec<(&'static str, Arg)>) {
        match self {
            Self::Throttled(seconds) if *seconds <= 90 => {
                ("error-throttled-seconds", vec![("seconds", Arg::Number(*seconds))])
            }
            Self::Throttled(seconds) if *seconds <= 5_400 => {
                ("error-throttled-minutes", vec![("minutes", Arg::Number(seconds.div_ceil(60)))])
            }
            Self::Throttled(seconds) => {
                ("error-throttled-hours", vec![("hours", Arg::Number(seconds.div_ceil(3_600)))])
            }
            other => (crate::pages::error_key(other.code()), Vec::new()),
        }
    }

    /// The code of the answer, for programs. The text for people is `error-<code>` with hyphens.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::LoginRequired => "login_required",
            Self::InvalidLogin => "invalid_login",
            Self::CsrfFailed(_) => "csrf_failed",
            Self::PermissionDenied(_) => "permission_denied",
            Self::FreshLoginRequired => "fresh_login_required",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::QuotaExceeded => "quota_exceeded",
            Self::PartsMissing => "parts_missing",
            Self::LinkInvalid => "link_invalid",
            Self::PayloadTooLarge => "payload_too_large",
            Self::SessionTooLarge { .. } => "session_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Invalid(_) => "invalid",
            Self::Throttled(_) => "throttled",
            Self::Internal(_) => "internal",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::Unavailable(cause),
            // A condition that no caller expected is a mistake of ours.
            other => Self::internal(other),
        }
    }
}

/// What is wrong with a form, by field. `__all__` holds what concerns the whole of it, as in Django.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct FieldErrors(BTreeMap<String, Vec<FieldError>>);

/// One rule that one field broke.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// Django's error code: `required`, `max_length`, `unique`, ...
    pub code: &'static str,
    /// The text's key in the locales.
    pub key: &'static str,
    /// The text's arguments.
    pub args: Vec<(&'static str, Arg)>,
}

/// An argument of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A number: plurals follow it.
    Number(u64),
    /// A word.
    Text(String),
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl FieldErrors {
    /// The name under which errors of the whole form stand.
    pub const ALL: &'static str = "__all__";

    /// One error, of `field`, and nothing else.
    pub fn of(field: &str, code: &'static str, key: &'static str) -> Self {
        Self::of_with(field, FieldError { code, key, args: Vec::new() })
    }

    /// The same, with arguments.
    pub fn of_with(field: &str, error: FieldError) -> Self {
        let mut errors = Self::default();
        errors.add_with(field, error);
        errors
    }

    /// Adds an error to `field`.
    pub fn add(&mut self, field: &str, code: &'static str, key: &'static str) {
        self.add_with(field, FieldError { code, key, args: Vec::new() });
    }

    /// Adds an error with arguments to `field`.
    pub fn add_with(&mut self, field: &str, error: FieldError) {
        self.0.entry(field.to_owned()).or_default().push(error);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `field` is wrong.
    pub fn contains(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Whether `field` broke the rule with this code.
    pub fn has(&self, field: &str, code: &str) -> bool {
        self.0.get(field).is_some_and(|errors| errors.iter().any(|error| error.code == code))
    }

    /// All of it, in the order of the fields' names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FieldError])> {
        self.0.iter().map(|(field, errors)| (field.as_str(), errors.as_slice()))
    }

    /// `Ok` when nothing is wrong.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, errors)) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
            write!(f, "{separator}{field} ({})", codes.join(" "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn a_wait_is_told_in_the_unit_that_suits_it_and_never_too_short() {
        for (seconds, english) in [
            (1, "1 second and"),
            (90, "90 seconds"),
            (91, "2 minutes"),
            (900, "15 minutes"),
            (3_600, "60 minutes"),
            (5_401, "2 hours"),
            (86_400, "24 hours"),
        ] {
            let (key, args) = Error::Throttled(seconds).text();
            let text = Language::En.find(key, &args).unwrap();
            assert!(text.contains(&format!("Please wait {english}")), "{seconds}: {text}");
            assert!(Language::Ko.find(key, &args).is_some());
        }
    }
}
