//! What a function answers: paths, methods, handlers, and who must prove where a request comes from. 404, 405 with
//! `Allow` and HEAD follow from it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Method;

use crate::allow::Allow;
use crate::app::App;
use crate::context::Context;
use crate::error::{BoxError, Error, Result};
use crate::response::Response;

type Answer = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

/// A handler of any function, behind a pointer.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(Context) -> Answer + Send + Sync>);

impl Handler {
    fn new<F, A>(handler: F) -> Self
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        Self(Arc::new(move |cx| Box::pin(handler(cx))))
    }

    pub(crate) fn call(&self, cx: Context) -> Answer {
        (self.0)(cx)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

/// The routes of one function. The same paths stand in `template.yaml`, each once with `Method: ANY`, since API
/// Gateway answers a wrong method with a bare 404; a test holds the two against each other.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    entries: Vec<Route>,
    start: Option<Start>,
    first_page: Option<&'static str>,
}

/// What must be ready before the first request.
#[derive(Clone)]
struct Start(Arc<Prepare>);

type Prepare = dyn Fn(&App) -> Result<(), BoxError> + Send + Sync;

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Start")
    }
}

/// What a method is answered, and whom.
#[derive(Debug, Clone)]
struct Answers {
    method: Method,
    allow: Allow,
    handler: Handler,
}

#[derive(Debug, Clone)]
struct Route {
    path: &'static str,
    methods: Vec<Answers>,
    /// What GET is told where it does nothing.
    refusal: Option<Handler>,
    /// Why no CSRF token is asked for.
    exempt: Option<&'static str>,
    /// Whether everybody is answered the same.
    for_everybody: bool,
}

/// What an unsafe request to a path must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsrfPolicy {
    /// No unsafe method is answered.
    Safe,
    /// That it comes from our own pages ([`crate::csrf`]): the default.
    Protected,
    /// Whatever the handler asks for, and why that is enough. Whoever sends it is nobody.
    Exempt(&'static str),
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Matched<'a> {
    /// The path as it stands in the table: what the log calls the route.
    pub(crate) path: &'static str,
    /// The values of its `{parameters}`.
    pub(crate) params: Vec<(&'static str, String)>,
    pub(crate) handler: Result<&'a Handler>,
    /// Whom it answers.
    pub(crate) allow: Allow,
    /// Whether any of the path's methods is of the administration.
    pub(crate) admin: bool,
    /// Whether the request is nobody's: the path is exempt from CSRF, or answers everybody the same.
    pub(crate) nobodys: bool,
    /// Whether everybody is answered the same.
    pub(crate) for_everybody: bool,
}

impl Routes {
    /// No routes: every path is 404.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers GET, and HEAD with it, to whom `allow` says. Safe: it must change nothing.
    #[must_use]
    pub fn get<F, A>(self, path: &'static str, allow: Allow, handler: F) -> Self
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        self.on(Method::GET, path, allow, handler)
    }

    /// Answers POST.
    #[must_use]
    pub fn post<F, A>(self, path: &'static str, allow: Allow, handler: F) -> Self
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        self.on(Method::POST, path, allow, handler)
    }

    /// Answers PATCH.
    #[must_use]
    pub fn patch<F, A>(self, path: &'static str, allow: Allow, handler: F) -> Self
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        self.on(Method::PATCH, path, allow, handler)
    }

    /// Answers `method`.
    #[must_use]
    pub fn on<F, A>(mut self, method: Method, path: &'static str, allow: Allow, handler: F) -> Self
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        self.route(path).methods.push(Answers { method, allow, handler: Handler::new(handler) });
        self
    }

    /// Answers GET where a link must do nothing: with a page that says so, under 405. `Allow` does not list GET.
    #[must_use]
    pub fn refuse_get<F, A>(mut self, path: &'static str, handler: F) -> Self
    where
        F: Fn(Context) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response>> + Send + 'static,
    {
        self.route(path).refusal = Some(Handler::new(handler));
        self
    }

    /// Asks no CSRF token of `path`, whatever the method: Django's `csrf_exempt`, for what other servers send and prove
    /// in another way. `reason` says which: "a webhook, proven by its signature". Without one nothing is exempt.
    ///
    /// A request to such a path is nobody's. The handler sees no cookie, so that there is no session and no user that
    /// a forged request could act as; and the answer sets none, so that it can log nobody in.
    #[must_use]
    pub fn csrf_exempt(mut self, path: &'static str, reason: &'static str) -> Self {
        self.route(path).exempt = Some(reason.trim()).filter(|reason| !reason.is_empty());
        self
    }

    /// Answers everybody the same at `path`, whoever they are: what may be kept by every cache on the way. A request to
    /// it is nobody's, as to a path that is exempt: no cookie is seen, none is set. What is answered says itself for how
    /// long it may be kept ([`Response::asset`]); an error is a few words of plain text, and kept by nobody.
    #[must_use]
    pub fn for_everybody(mut self, path: &'static str) -> Self {
        self.route(path).for_everybody = true;
        self
    }

    /// Has `prepare` run when the function starts, before the first request. Its error stops the start.
    #[must_use]
    pub fn at_start(mut self, prepare: impl Fn(&App) -> Result<(), BoxError> + Send + Sync + 'static) -> Self {
        self.start = Some(Start(Arc::new(prepare)));
        self
    }

    /// Has the templates of the page that most visitors come for parsed while the function starts and waits for the network, in the
    /// language of `LANGUAGE_CODE`. Others are parsed when they are first shown.
    #[must_use]
    pub fn first_page(mut self, template: &'static str) -> Self {
        self.first_page = Some(template);
        self
    }

    /// The page whose templates are parsed at the start.
    pub fn page_to_parse(&self) -> Option<&'static str> {
        self.first_page
    }

    /// Prepares what must be ready before the first request.
    ///
    /// # Errors
    /// Why the function cannot start.
    pub fn start(&self, app: &App) -> Result<(), BoxError> {
        self.start.as_ref().map_or(Ok(()), |Start(prepare)| prepare(app))
    }

    /// Whether no request to any of the paths is anybody's: neither a key nor a table is needed to answer.
    pub fn know_nobody(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(|route| route.for_everybody)
    }

    fn route(&mut self, path: &'static str) -> &mut Route {
        let index = self.entries.iter().position(|route| route.path == path).unwrap_or_else(|| {
            let route = Route { path, methods: Vec::new(), refusal: None, exempt: None, for_everybody: false };
            self.entries.push(route);
            self.entries.len() - 1
        });
        &mut self.entries[index]
    }

    /// The paths, in the order in which they were added.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|route| route.path)
    }

    /// The methods that `path` answers, HEAD included.
    pub fn methods(&self, path: &str) -> Vec<Method> {
        self.entries.iter().find(|route| route.path == path).map(Route::allowed).unwrap_or_default()
    }

    /// Whom `method` of `path` answers, if it is answered.
    pub fn allow(&self, path: &str, method: &Method) -> Option<Allow> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let route = self.entries.iter().find(|route| route.path == path)?;
        let answers = route.methods.iter().find(|answers| answers.method == wanted)?;
        Some(answers.allow)
    }

    /// What an unsafe request to `path` must prove.
    pub fn csrf(&self, path: &str) -> CsrfPolicy {
        self.entries.iter().find(|route| route.path == path).map_or(CsrfPolicy::Protected, Route::csrf)
    }

    /// Finds the route of a decoded path; a literal wins over a parameter.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<Matched<'_>> {
        let mut matches: Vec<_> =
            self.entries.iter().filter_map(|route| Some((route, params(route.path, path)?))).collect();
        matches.sort_by_key(|(_, params)| params.len());
        let (route, params) = matches.into_iter().next()?;
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let answers = route.methods.iter().find(|answers| answers.method == wanted);
        let allow = answers.map_or(Allow::ANYONE, |answers| answers.allow);
        let handler = answers.map(|answers| &answers.handler);
        let refusal = route.refusal.as_ref().filter(|_| wanted == Method::GET);
        let handler = handler.or(refusal).ok_or_else(|| Error::MethodNotAllowed(route.allowed()));
        let nobodys = route.exempt.is_some() || route.for_everybody;
        let admin = route.methods.iter().any(|answers| answers.allow.is_admin());
        Some(Matched { path: route.path, params, handler, allow, admin, nobodys, for_everybody: route.for_everybody })
    }
}

impl Route {
    fn csrf(&self) -> CsrfPolicy {
        match self.exempt {
            Some(reason) => CsrfPolicy::Exempt(reason),
            None if self.methods.iter().all(|answers| is_safe(&answers.method)) => CsrfPolicy::Safe,
            None => CsrfPolicy::Protected,
        }
    }

    fn allowed(&self) -> Vec<Method> {
        let mut allowed: Vec<_> = self.methods.iter().map(|answers| answers.method.clone()).collect();
        if allowed.contains(&Method::GET) {
            allowed.push(Method::HEAD);
        }
        allowed
    }
}

/// Whether the method promises to change nothing (RFC 9110, 9.2.1). One that we do not know promises nothing.
pub(crate) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// The values of the pattern's parameters. `{name}` is a segment, `{name+}` the rest of the path: as API Gateway has them,
/// neither begins with an empty segment.
fn params(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    let mut rest = Some(path);
    for expected in pattern.split('/') {
        let (segment, after) = rest?.split_once('/').map_or((rest?, None), |(segment, after)| (segment, Some(after)));
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => match name.strip_suffix('+') {
                Some(name) => {
                    found.push((name, rest?.to_owned()));
                    return Some(found);
                }
                None => found.push((name, segment.to_owned())),
            },
            None if segment == expected => {}
            _ => return None,
        }
        rest = after;
    }
    rest.is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_whole_segments() {
        assert_eq!(params("/uploads/{id}", "/uploads/7").unwrap(), [("id", "7".to_owned())]);
        for path in ["/uploads", "/uploads/", "/uploads/7/", "/uploads/7/8", "/Uploads/7", "//uploads/7"] {
            assert!(params("/uploads/{id}", path).is_none(), "{path}");
        }
        assert!(params("/", "/").is_some());
        assert!(params("/", "//").is_none());
    }

    #[test]
    fn a_greedy_parameter_is_the_rest_of_the_path() {
        for (path, rest) in
            [("/static/a", "a"), ("/static/a/b.css", "a/b.css"), ("/static/docs/", "docs/"), ("/static/a//b", "a//b")]
        {
            assert_eq!(params("/static/{proxy+}", path).unwrap(), [("proxy", rest.to_owned())], "{path}");
        }
        for path in ["/static", "/static/", "/static//a", "/statics/a", "/"] {
            assert!(params("/static/{proxy+}", path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_for_everybody_is_nobodys_and_a_start_may_fail() {
        let answer = |_| async { Ok(Response::default()) };
        let routes = Routes::new().get("/a/{rest+}", Allow::ANYONE, answer).for_everybody("/a/{rest+}");
        assert!(routes.know_nobody());
        assert_eq!(routes.csrf("/a/{rest+}"), CsrfPolicy::Safe);
        let matched = routes.find(&Method::GET, "/a/b").unwrap();
        assert!(matched.nobodys && matched.for_everybody);
        let routes = routes.get("/page", Allow::ANYONE, answer);
        assert!(!routes.know_nobody());
        assert!(!routes.find(&Method::GET, "/page").unwrap().nobodys);
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let routes = Routes::new().get("/", Allow::ANYONE, |_| async { Ok(Response::default()) });
        assert!(routes.find(&Method::HEAD, "/").unwrap().handler.is_ok());
        let Err(Error::MethodNotAllowed(allowed)) = routes.find(&Method::DELETE, "/").unwrap().handler else {
            panic!()
        };
        assert_eq!(allowed, [Method::GET, Method::HEAD]);
        assert!(routes.find(&Method::GET, "/x").is_none());
    }

    #[test]
    fn every_unsafe_route_is_protected_unless_a_reason_stands_beside_it() {
        let answer = |_| async { Ok(Response::default()) };
        let purge = Method::from_bytes(b"PURGE").unwrap();
        let routes = Routes::new()
            .get("/page", Allow::ANYONE, answer)
            .post("/form", Allow::ANYONE, answer)
            .on(purge, "/cache", Allow::ANYONE, answer)
            .csrf_exempt("/hook", " signed by its sender ")
            .post("/hook", Allow::ANYONE, answer)
            .patch("/sloppy", Allow::ANYONE, answer)
            .csrf_exempt("/sloppy", " ")
            .refuse_get("/form", answer);
        for (path, policy) in [
            ("/page", CsrfPolicy::Safe),
            ("/form", CsrfPolicy::Protected),
            ("/cache", CsrfPolicy::Protected),
            ("/hook", CsrfPolicy::Exempt("signed by its sender")),
            ("/sloppy", CsrfPolicy::Protected),
            ("/nowhere", CsrfPolicy::Protected),
        ] {
            assert_eq!(routes.csrf(path), policy, "{path}");
            let exempt = routes.find(&Method::POST, path).is_some_and(|matched| matched.nobodys);
            assert_eq!(exempt, matches!(policy, CsrfPolicy::Exempt(_)), "{path}");
        }
    }
}
