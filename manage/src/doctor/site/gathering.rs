//! Asks a site what tells something of it. Nothing is changed there: what is sent with POST is refused for what it says.

use std::time::SystemTime;

use http::Method;
use jiff::Timestamp;
use portico::csrf;
use portico::rng::{Rng, SystemRng};
use url::Url;

use super::facts::{Asked as Answered, FOREIGN, Facts, More, QUERY};
use crate::doctor::http::{Answer, Asked, Client, is_local};

/// How much of a page is looked at, bytes.
const MOST: usize = 256 << 10;

/// A page that everybody may see, with a form.
const PAGE: &str = "/login";

/// Whom to ask.
pub(super) struct Look<'a> {
    /// The site's address; its path does not count.
    pub(super) url: &'a Url,
    /// The API's own address.
    pub(super) api: Option<&'a Url>,
    pub(super) public_url: Option<&'a str>,
    /// `CSRF_COOKIE_NAME`.
    pub(super) csrf_name: &'a str,
}

impl Look<'_> {
    /// Asks.
    pub(super) async fn gather(&self) -> Facts {
        let asking = Asking { client: Client::new(), base: self.url };
        let first = asking.get(PAGE, &[]).await;
        let ahead = first.as_ref().ok().and_then(|answer| ahead(answer, Timestamp::now()));
        let more = match &first {
            Ok(page) if is_ours(page) => Some(self.more(&asking, page).await),
            _ => None,
        };
        Facts {
            origin: self.url.origin().ascii_serialization(),
            is_https: self.url.scheme() == "https",
            is_local: is_local(self.url),
            public_url: self.public_url.map(str::to_owned),
            csrf_name: self.csrf_name.to_owned(),
            ahead,
            plain: self.plain().await,
            first,
            more,
        }
    }

    async fn more(&self, asking: &Asking<'_>, page: &Answer) -> More {
        let cookie = csrf_cookie(page, self.csrf_name);
        let (name, value) = cookie.unwrap_or((self.csrf_name, ""));
        let pair = format!("{name}={value}");
        let prefix = name.strip_suffix(self.csrf_name).unwrap_or_default();
        // Messages that nobody has signed are taken back, and whoever has no CSRF cookie gets one.
        let messages = format!("{prefix}messages=none-of-ours");
        let rng: &dyn Rng = &SystemRng;
        let nowhere = format!("/portico-doctor-{}", rng.token());
        let proxied =
            [("x-forwarded-host", FOREIGN), ("forwarded", "host=portico-doctor.invalid"), ("x-viewer-host", FOREIGN)];
        let form = format!("{}={value}&theme=none-that-there-is", csrf::FIELD);
        let origin = self.url.origin().ascii_serialization();
        let form_headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            ("origin", origin.as_str()),
            ("cookie", pair.as_str()),
        ];
        let direct = match self.api {
            Some(api) => {
                let asking = Asking { client: Client::new(), base: api };
                Some((api.origin().ascii_serialization(), asking.get(PAGE, &[]).await))
            }
            None => None,
        };
        More {
            again: asking.get(PAGE, &[("cookie", &pair)]).await,
            several: asking.get(PAGE, &[("cookie", &messages)]).await,
            query: asking.get(&format!("{PAGE}?next=/{QUERY}"), &[("accept", "application/json")]).await,
            foreign: vec![asking.get(PAGE, &[("host", FOREIGN)]).await, asking.get(PAGE, &proxied).await],
            redirect: asking.get("/profile", &[]).await,
            form: asking.send(Method::POST, "/preferences/theme", &form_headers, form).await,
            missing: asking.get(&nowhere, &[]).await,
            wrong_method: asking.send(Method::PATCH, PAGE, &[], String::new()).await,
            direct,
        }
    }

    /// The page over plain HTTP, at the port that browsers try first.
    async fn plain(&self) -> Option<Answered> {
        let mut url = self.url.clone();
        if url.scheme() != "https" || url.port().is_some() || url.set_scheme("http").is_err() {
            return None;
        }
        let plain = Asking { client: Client::new(), base: &url };
        Some(plain.get(PAGE, &[]).await)
    }
}

/// Somebody who asks one site.
struct Asking<'a> {
    client: Client,
    base: &'a Url,
}

impl Asking<'_> {
    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        self.send(Method::GET, path, headers, String::new()).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answered {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        let has = |name: &str| headers.iter().any(|(known, _)| *known == name);
        let own = [("accept", "text/html"), ("accept-encoding", "identity")].into_iter().filter(|(name, _)| !has(name));
        let headers: Vec<_> = own.chain(headers.iter().copied()).collect();
        self.client.send(&Asked { method, url: &url, headers: &headers, body }, MOST).await
    }
}

/// Whether a page is one of the product's: every request has an id, and a form has a token.
pub(super) fn is_ours(page: &Answer) -> bool {
    page.status == 200 && page.header("x-request-id").is_some() && page.text().contains(csrf::FIELD)
}

/// The name and the value of the CSRF cookie that an answer sets.
pub(super) fn csrf_cookie<'a>(answer: &'a Answer, name: &str) -> Option<(&'a str, &'a str)> {
    let pairs = answer.all("set-cookie").filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.into_iter().find(|(known, _)| known.strip_prefix("__Host-").unwrap_or(known) == name)
}

/// How far `now` is before the moment at which an answer was made, seconds: behind is less than zero.
fn ahead(answer: &Answer, now: Timestamp) -> Option<i64> {
    let date = httpdate::parse_http_date(answer.header("date")?).ok()?;
    let date = i64::try_from(date.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()?;
    // What comes out of a cache has waited there.
    let age: u32 = answer.header("age").and_then(|age| age.parse().ok()).unwrap_or_default();
    now.as_second().checked_sub(date)?.checked_sub(age.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_that_is_none_and_a_date_of_another_era_are_no_panic() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (date, age) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "-9223372036854775808"),
            ("Fri, 31 Dec 9999 23:59:59 GMT", "9223372036854775807"),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "4294967295"),
            ("yesterday", "1"),
        ] {
            let headers = [("date", date), ("age", age)].map(|(name, value)| (name.to_owned(), value.to_owned()));
            let answer =
                Answer { status: 200, headers: headers.into(), body: Vec::new(), is_whole: true, hops: Vec::new() };
            let told = ahead(&answer, now);
            assert_eq!(told.is_some(), date != "yesterday", "{date} {age}");
        }
    }
}
