//! Which function answers a request: API Gateway's route selection.
//!
//! A literal segment beats `{param}`, which beats `{proxy+}`, which beats `$default`; on the same path an
//! explicit method beats `ANY`. The order is computed once, so that the first route that matches is the best. A slash at the
//! end is no other path: no route of an HTTP API has one. Whether AWS finds what is asked for with one is not documented;
//! here it does.

use std::collections::BTreeSet;

use http::Method;
use percent_encoding::percent_decode_str;

/// One route and the name of the function behind it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// A method in capitals, or `ANY`.
    pub method: String,
    /// As `/uploads/{id}` or `/{proxy+}`, or `$default`.
    pub path: String,
    /// The name the function was given to `Gateway::new` under.
    pub function: String,
}

impl Route {
    /// The route `method path`, answered by `function`.
    pub fn new(method: impl Into<String>, path: impl Into<String>, function: impl Into<String>) -> Self {
        Self { method: method.into(), path: path.into(), function: function.into() }
    }
}

/// Why a list of routes cannot be served.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum RouteError {
    /// The path is not one API Gateway would take.
    #[error(
        "the route path `{0}` must start with `/`, not end with one, have a name in each {{}} and `{{name+}}` only at its end"
    )]
    Path(String),
    /// The method is not a token in capitals.
    #[error("`{0}` is not an HTTP method or ANY")]
    Method(String),
    /// The same route is listed twice.
    #[error("the route `{0}` is listed twice")]
    Duplicate(String),
    /// A route names a function that was not given.
    #[error("the route `{route}` names the function `{function}`, which is not there")]
    UnknownFunction {
        /// As `ANY /login`.
        route: String,
        /// The missing name.
        function: String,
    },
}

/// The order of the variants is the order of precedence.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Segment {
    Literal(String),
    Param(String),
    Greedy(String),
}

impl Segment {
    fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Param(_) => 1,
            Self::Greedy(_) => 2,
        }
    }
}

#[derive(Debug)]
struct Entry {
    key: String,
    /// `None` is ANY.
    method: Option<Method>,
    segments: Vec<Segment>,
    function: String,
}

/// The routes in order of precedence.
#[derive(Debug)]
pub(super) struct Router {
    entries: Vec<Entry>,
    default: Option<String>,
}

/// The route a request was given to.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Match<'r> {
    /// As `ANY /uploads/{id}`, or `$default`.
    pub(super) key: &'r str,
    /// The function's name.
    pub(super) function: &'r str,
    /// The path parameters, percent-decoded.
    pub(super) parameters: Vec<(&'r str, String)>,
}

impl Router {
    pub(super) fn new(routes: impl IntoIterator<Item = Route>) -> Result<Self, RouteError> {
        let mut table = Self { entries: Vec::new(), default: None };
        let mut seen = BTreeSet::new();
        for route in routes {
            if route.path == "$default" {
                if table.default.replace(route.function).is_some() {
                    return Err(RouteError::Duplicate("$default".to_owned()));
                }
                continue;
            }
            let key = format!("{} {}", route.method, route.path);
            let segments = segments(&route.path).ok_or_else(|| RouteError::Path(route.path.clone()))?;
            // `/a/{x}` and `/a/{y}` are one route: whichever came first would win by chance.
            let shape: Vec<_> = segments.iter().map(shape).collect();
            if !seen.insert((route.method.clone(), shape)) {
                return Err(RouteError::Duplicate(key));
            }
            table.entries.push(Entry { method: method(&route.method)?, key, segments, function: route.function });
        }
        table.entries.sort_by_key(|entry| {
            let ranks: Vec<_> = entry.segments.iter().map(Segment::rank).collect();
            (ranks, entry.method.is_none())
        });
        Ok(table)
    }

    /// The names of the functions that routes lead to, each with one of its routes.
    pub(super) fn functions(&self) -> impl Iterator<Item = (&str, &str)> {
        let default = self.default.iter().map(|function| ("$default", function.as_str()));
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.function.as_str())).chain(default)
    }

    /// The best route for the method and the path as it was sent (still percent-encoded: an encoded
    /// slash does not make a segment).
    pub(super) fn find(&self, method: &Method, raw_path: &str) -> Option<Match<'_>> {
        let without_slash = raw_path.strip_suffix('/').filter(|path| !path.is_empty());
        let matched = self.matched(method, raw_path);
        matched.or_else(|| self.matched(method, without_slash?)).or_else(|| {
            let function = self.default.as_deref()?;
            Some(Match { key: "$default", function, parameters: Vec::new() })
        })
    }

    fn matched(&self, method: &Method, raw_path: &str) -> Option<Match<'_>> {
        let asked: Vec<String> = raw_path
            .strip_prefix('/')
            .unwrap_or(raw_path)
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        self.entries.iter().filter(|entry| entry.method.as_ref().is_none_or(|wanted| wanted == method)).find_map(
            |entry| {
                let parameters = parameters(&entry.segments, &asked)?;
                Some(Match { key: &entry.key, function: &entry.function, parameters })
            },
        )
    }
}

/// The parameters of `asked` where it matches, `None` where it does not. A parameter is never empty.
fn parameters<'r>(pattern: &'r [Segment], asked: &[String]) -> Option<Vec<(&'r str, String)>> {
    let mut parameters = Vec::new();
    let mut rest = asked;
    for segment in pattern {
        let (first, after) = rest.split_first()?;
        match segment {
            Segment::Literal(literal) if literal == first => {}
            Segment::Param(name) if !first.is_empty() => {
                parameters.push((name.as_str(), first.clone()));
            }
            Segment::Greedy(name) if !first.is_empty() => {
                parameters.push((name.as_str(), rest.join("/")));
                return Some(parameters);
            }
            _ => return None,
        }
        rest = after;
    }
    rest.is_empty().then_some(parameters)
}

fn segments(path: &str) -> Option<Vec<Segment>> {
    if path.len() > 1 && path.ends_with('/') {
        return None;
    }
    let parts: Vec<_> = path.strip_prefix('/')?.split('/').collect();
    let last = parts.len() - 1;
    let segment = |(index, part): (usize, &&str)| match part.strip_prefix('{') {
        None if part.contains(['{', '}']) => None,
        None => Some(Segment::Literal((*part).to_owned())),
        Some(rest) => {
            let name = rest.strip_suffix('}')?;
            let greedy = name.strip_suffix('+');
            let name = greedy.unwrap_or(name);
            if name.is_empty() || name.contains(['{', '}', '+']) {
                return None;
            }
            match greedy {
                Some(_) if index != last => None,
                Some(name) => Some(Segment::Greedy(name.to_owned())),
                None => Some(Segment::Param(name.to_owned())),
            }
        }
    };
    parts.iter().enumerate().map(segment).collect()
}

fn shape(segment: &Segment) -> Segment {
    match segment {
        Segment::Literal(literal) => Segment::Literal(literal.clone()),
        Segment::Param(_) => Segment::Param(String::new()),
        Segment::Greedy(_) => Segment::Greedy(String::new()),
    }
}

fn method(name: &str) -> Result<Option<Method>, RouteError> {
    if name == "ANY" {
        return Ok(None);
    }
    let method = Method::from_bytes(name.as_bytes()).ok().filter(|_| name == name.to_ascii_uppercase());
    method.map(Some).ok_or_else(|| RouteError::Method(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[(&str, &str)]) -> Router {
        Router::new(routes.iter().map(|(method, path)| Route::new(*method, *path, "f"))).unwrap()
    }

    fn key(router: &Router, method: &str, path: &str) -> Option<String> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        router.find(&method, path).map(|found| found.key.to_owned())
    }

    #[test]
    fn a_literal_beats_a_parameter_beats_a_greedy_one_beats_the_default() {
        let router = router(&[
            ("ANY", "$default"),
            ("ANY", "/{proxy+}"),
            ("ANY", "/pets/{proxy+}"),
            ("ANY", "/pets/{id}"),
            ("ANY", "/pets/mine"),
        ]);
        let key = |path| key(&router, "GET", path).unwrap();
        assert_eq!(key("/pets/mine"), "ANY /pets/mine");
        assert_eq!(key("/pets/7"), "ANY /pets/{id}");
        assert_eq!(key("/pets/7/toys"), "ANY /pets/{proxy+}");
        assert_eq!(key("/cars"), "ANY /{proxy+}");
        assert_eq!(key("/"), "$default");
    }

    #[test]
    fn an_explicit_method_beats_any_and_another_method_does_not_match() {
        let router = router(&[("ANY", "/x"), ("GET", "/x"), ("POST", "/y")]);
        assert_eq!(key(&router, "GET", "/x").unwrap(), "GET /x");
        assert_eq!(key(&router, "PATCH", "/x").unwrap(), "ANY /x");
        assert_eq!(key(&router, "HEAD", "/y"), None);
    }

    #[test]
    fn a_trailing_slash_is_no_other_path() {
        let router = router(&[("ANY", "/login"), ("ANY", "/uploads/{id}"), ("ANY", "/files/{path+}")]);
        assert_eq!(key(&router, "GET", "/login/").unwrap(), "ANY /login");
        assert_eq!(key(&router, "GET", "/uploads/7/").unwrap(), "ANY /uploads/{id}");
        assert_eq!(router.find(&Method::GET, "/files/a/").unwrap().parameters, [("path", "a/".to_owned())]);
        assert_eq!(key(&router, "GET", "/login//"), None);
        assert_eq!(key(&router, "GET", "/uploads/"), None);
        assert_eq!(key(&router, "GET", "//login"), None);
        assert_eq!(key(&router, "GET", "/LOGIN"), None);
    }

    #[test]
    fn parameters_are_decoded_after_the_path_is_split() {
        let router = router(&[("ANY", "/uploads/{id}"), ("ANY", "/files/{path+}")]);
        let found = router.find(&Method::GET, "/uploads/a%2Fb%20%ED%95%9C").unwrap();
        assert_eq!(found.parameters, [("id", "a/b 한".to_owned())]);
        let found = router.find(&Method::GET, "/files/a/b%20c").unwrap();
        assert_eq!(found.parameters, [("path", "a/b c".to_owned())]);
    }

    #[test]
    fn routes_that_cannot_be_served_are_refused() {
        let new = |routes: &[(&str, &str)]| {
            Router::new(routes.iter().map(|(method, path)| Route::new(*method, *path, "f"))).unwrap_err()
        };
        for path in ["login", "/login/", "/{", "/{}", "/{a+}/b", "/a{b}", "/{a}b"] {
            assert_eq!(new(&[("ANY", path)]), RouteError::Path(path.to_owned()));
        }
        assert_eq!(new(&[("get", "/")]), RouteError::Method("get".to_owned()));
        let duplicate = new(&[("ANY", "/a/{x}"), ("ANY", "/a/{y}")]);
        assert_eq!(duplicate, RouteError::Duplicate("ANY /a/{y}".to_owned()));
    }
}
