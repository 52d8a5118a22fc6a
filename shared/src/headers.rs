//! The headers that protect an answer: on every one of them, whatever its status.

pub use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::config::Config;
use crate::response::Response;

const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// The header that names the request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every answer has that did not set another value itself, whatever it is of.
pub const FIXED: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Our own pages need the referrer for CSRF on old browsers; those that a link leads to do without (`confidential`).
    (REFERRER_POLICY, "same-origin"),
    (COOP, "same-origin"),
    (CORP, "same-origin"),
    (PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Adds what belongs to the answer of every request. A header that the handler set itself stays. `personal`: it is
/// somebody's, or answers an unsafe request.
pub(crate) fn secure(headers: &mut HeaderMap, app: &App, nonce: &str, personal: bool) {
    let config = app.config();
    let mut set = |name: HeaderName, value: &str| {
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    for (name, value) in FIXED {
        set(name, value);
    }
    set(VARY, "Accept, Accept-Language, Cookie");
    stay_on_https(headers, config);
    let is_html = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let policy =
        if is_html { page_policy(app, nonce) } else { "default-src 'none'; frame-ancestors 'none'".to_owned() };
    let personal = personal || headers.contains_key(SET_COOKIE);
    let mut set = |name: HeaderName, value: &str| {
        if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    };
    set(CONTENT_SECURITY_POLICY, &policy);
    // A page that is somebody's, or that hands out a cookie, is kept by nobody (CVE-2014-1418).
    set(CACHE_CONTROL, if personal { "no-store" } else { "private, no-cache" });
}

/// Tells the browser to come by https alone. A file's answer has this of a page's headers and no other.
pub(crate) fn stay_on_https(headers: &mut HeaderMap, config: &Config) {
    if !config.public_url.is_https() || config.hsts.seconds == 0 || headers.contains_key(STRICT_TRANSPORT_SECURITY) {
        return;
    }
    let subdomains = if config.hsts.include_subdomains { "; includeSubDomains" } else { "" };
    let preload = if config.hsts.preload { "; preload" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("max-age={}{subdomains}{preload}", config.hsts.seconds)) {
        headers.insert(STRICT_TRANSPORT_SECURITY, value);
    }
}

/// Tells the browser to forget what it kept of the site (ASVS 14.3.1). Not its cookies: a cookie that makes the browser
/// known for later log-ins would go too, and the session's is deleted anyway.
#[must_use]
pub fn clear_site_data(response: Response) -> Response {
    response.header(HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"")
}

/// Keeps the address from every other page, our own too, and the page from every cache. A browser that keeps the
/// address says `Origin: null` when it sends the page's form; `csrf.rs` knows.
pub(crate) fn confidential(response: Response) -> Response {
    response.header(REFERRER_POLICY, "no-referrer").header(CACHE_CONTROL, "no-store")
}

/// No inline code at all; scripts by nonce; pictures and uploads from where S3 answers, or CloudFront.
fn page_policy(app: &App, nonce: &str) -> String {
    let assets = app.config().static_files.url.origin().map(|origin| format!(" {origin}")).unwrap_or_default();
    let media = app.media().origin();
    let cdn = app.media().cdn_origin().map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'{assets}; img-src 'self'{assets} blob: {media}{cdn}; \
         font-src 'self'{assets}; connect-src 'self' {media}{cdn}; form-action 'self' {media}; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'"
    )
}
