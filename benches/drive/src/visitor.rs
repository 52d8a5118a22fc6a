//! Somebody with a browser: what they send, and whether what they get is right.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Result;
use crate::description::{Description, Step, Who};
use crate::message::{Answer, Jar, Request, Transport, is_named};

#[derive(Clone)]
pub(crate) struct Visitor {
    address: Ipv4Addr,
    username: String,
    password: String,
    /// The last token against forgery that they were given.
    pub(crate) token: String,
    pub(crate) jar: Jar,
}

impl Visitor {
    /// Somebody who takes a step next and has been nowhere yet.
    pub(crate) fn new(site: &Description, step: &Step) -> Self {
        let (username, password) = (site.next_user(step), site.users.password.clone());
        Self { address: next_address(), username, password, token: String::new(), jar: Jar::default() }
    }

    /// Somebody who has all that a step needs: a session, a token.
    pub(crate) fn ready_for(site: &Description, name: &str, transport: &mut dyn Transport) -> Result<Self> {
        let step = site.step(name)?;
        let mut visitor = Self::new(site, step);
        if matches!(step.who, Who::Member | Who::Returning) {
            visitor.log_in(site, transport)?;
        }
        if step.who == Who::Returning {
            visitor.jar.forget(&site.session_cookie);
        }
        visitor.fetch_token(site, step, transport)?;
        Ok(visitor)
    }

    /// Logs in, and reads the message that greets them: it is shown once.
    pub(crate) fn log_in(&mut self, site: &Description, transport: &mut dyn Transport) -> Result<()> {
        self.fetch_token(site, site.step("login")?, transport)?;
        self.take(site, "login", transport)?;
        self.take(site, "profile", transport)?;
        Ok(())
    }

    /// Fetches the token that a step sends, if it sends one.
    pub(crate) fn fetch_token(&mut self, site: &Description, step: &Step, transport: &mut dyn Transport) -> Result<()> {
        let Some(from) = &step.token_from else { return Ok(()) };
        let page = self.take(site, from, transport)?;
        let token = page.between(&site.token.before, &site.token.after).filter(|token| !token.is_empty());
        self.token = token.ok_or_else(|| format!("the page of `{from}` has no token"))?;
        Ok(())
    }

    /// Takes a step, and keeps the cookies of its answer. A wrong answer is a failure.
    pub(crate) fn take(&mut self, site: &Description, name: &str, transport: &mut dyn Transport) -> Result<Answer> {
        let step = site.step(name)?;
        let answer = transport.send(&self.request(step, transport.origin()))?;
        self.judge(step, transport.origin(), &answer).map_err(|why| format!("{name}: {why}"))?;
        self.jar.absorb(&answer);
        Ok(answer)
    }

    /// What they send for a step.
    pub(crate) fn request(&self, step: &Step, origin: &str) -> Request {
        let mut request = Request {
            address: self.address,
            method: step.method.clone(),
            path: step.path.clone(),
            cookies: self.jar.clone(),
            route: step.route.clone(),
            function: step.function.clone(),
            headers: Vec::new(),
            content_type: String::new(),
            body: Vec::new(),
        };
        if step.method != "GET" {
            request.set_header("Origin", origin);
            request.set_header("Sec-Fetch-Site", "same-origin");
            (request.content_type, request.body) = self.body(step);
        }
        for (name, value) in &step.headers {
            request.set_header(name, &self.filled(value));
        }
        request
    }

    fn body(&self, step: &Step) -> (String, Vec<u8>) {
        if let Some(json) = &step.json {
            let json = serde_json::Value::Object(json.clone()).to_string();
            return ("application/json".to_owned(), self.filled(&json).into_bytes());
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(step.form.iter().map(|(name, value)| (name, self.filled(value))));
        ("application/x-www-form-urlencoded".to_owned(), form.finish().into_bytes())
    }

    fn filled(&self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        text.replace("{username}", &self.username).replace("{password}", &self.password).replace("{token}", &self.token)
    }

    /// Whether an answer is the one that is described.
    ///
    /// # Errors
    /// What is not as described.
    pub(crate) fn judge(&self, step: &Step, origin: &str, answer: &Answer) -> Result<()> {
        if answer.status != step.status {
            return Err(format!("status {}, not {}: {}", answer.status, step.status, answer.beginning()).into());
        }
        for text in &step.contains {
            let text = self.filled(text);
            if !answer.contains(&text) {
                return Err(format!("the page lacks `{text}`: {}", answer.beginning()).into());
            }
        }
        if let Some(cookie) = &step.sets_cookie {
            let set = |line: &String| {
                line.split_once('=').is_some_and(|(name, rest)| is_named(name, cookie) && !rest.starts_with(';'))
            };
            if !answer.set_cookies.iter().any(set) {
                return Err(format!("the cookie `{cookie}` is not set").into());
            }
        }
        if let Some(location) = &step.location {
            let given = answer.header("location").unwrap_or_default();
            if given.strip_prefix(origin).unwrap_or(given) != location {
                return Err(format!("it leads to `{given}`, not to `{location}`").into());
            }
        }
        Ok(())
    }
}

/// Takes a step a few times without measuring it, unless each visitor does so once: what a page that is asked for again and
/// again costs is not what a process does when it is asked for the first time.
pub(crate) fn warm_up(site: &Description, name: &str, transport: &mut dyn Transport) -> Result<()> {
    const TIMES: usize = 4;
    if site.step(name)?.once {
        return Ok(());
    }
    let mut visitor = Visitor::ready_for(site, name, transport)?;
    for _ in 0..TIMES {
        visitor.take(site, name, transport)?;
    }
    Ok(())
}

/// Each visitor has an address of their own, as most have: a site counts what comes from one. Another run has others.
fn next_address() -> Ipv4Addr {
    static VISITORS: AtomicU32 = AtomicU32::new(1);
    const PRIVATE: u32 = 10 << 24;
    let visitor = (std::process::id() << 12).wrapping_add(VISITORS.fetch_add(1, Ordering::Relaxed));
    Ipv4Addr::from(PRIVATE | (visitor & 0x00ff_ffff))
}
