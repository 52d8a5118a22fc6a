//! Every route by every role: what is answered is what the route declares (`Allow`), cell by cell, by real requests. The
//! routes are read from the template and the functions, so that one which is added is here by itself.

mod administration;
mod objects;
mod people;
mod rewind;

use http::Method;
use local::functions::{self, Handler};
use portico::sharing::{Access, Verb};
use portico::{Allow, Routes, Who};

use crate::csrf::UNSAFE;
use crate::site::{Answer, Site, Visitor};
use objects::Objects;
use people::{People, Role};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The handler answers, be it that the body is refused.
    Answered,
    /// The log-in page, or 401.
    Login,
    /// 403: what is missing is told.
    Denied,
    /// 404.
    NotFound,
    /// The page that asks for the password again, or 403.
    Fresh,
    /// What no role may get: an error of ours.
    Failed,
}
use Outcome::{Answered, Denied, Failed, Fresh, Login, NotFound};

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Html,
}

/// One method of one path.
struct Route {
    method: Method,
    path: String,
    allow: Allow,
}

/// Routes that are declared for everybody, and lead who is not signed in to the log-in page by themselves: a log-in is the
/// proof that they ask for.
const FOR_WHO_IS_SIGNED_IN: [&str; 1] = ["/reauthenticate"];

/// Every route of the site.
fn routes(site: &Site) -> Vec<Route> {
    let handlers = functions::all();
    let mut all = Vec::new();
    for function in &site.stack.template().functions {
        let Some((_, Handler::Http(routes))) = handlers.iter().find(|(name, _)| *name == function.name) else {
            continue;
        };
        for path in function.routes.iter().map(|route| &route.path).filter(|path| *path != "$default") {
            all.extend(of_path(routes, path));
        }
    }
    all
}

fn of_path(routes: &Routes, path: &str) -> Vec<Route> {
    let route = |method: Method| {
        let allow =
            routes.allow(path, &method).unwrap_or_else(|| panic!("{method} {path} does not say whom it answers"));
        Route { method, path: path.to_owned(), allow }
    };
    routes.methods(path).into_iter().map(route).collect()
}

/// What must become of a request with a fresh log-in: one of these.
fn expected(route: &Route, role: Role, format: Format) -> &'static [Outcome] {
    let denied: &[Outcome] =
        if route.allow == route.allow.or_login() && format == Format::Html { &[Login] } else { &[Denied] };
    match route.allow.whom() {
        Who::Anyone if FOR_WHO_IS_SIGNED_IN.contains(&&*route.path) && !role.is_signed_in() => &[Login],
        Who::Anyone => &[Answered],
        // Whoever may come with a link and has come without one.
        Who::Object(Verb::View) if !role.is_signed_in() => &[Login, NotFound],
        _ if !role.is_signed_in() => &[Login],
        Who::Users => &[Answered],
        Who::Owner => match role.access() {
            Access::Owner => &[Answered],
            Access::None => &[NotFound],
            // Whether they know that it is there depends on what is shared.
            Access::Granted(_) | Access::Link(_) => &[Denied, NotFound],
        },
        Who::Object(verb) => match role.access() {
            access if access.allows(verb) => &[Answered],
            Access::None => &[NotFound],
            _ => &[Denied],
        },
        Who::Staff if role.is_staff() => &[Answered],
        Who::Permission(_) | Who::AnyOf(_) | Who::AllOf(_)
            if role.is_permitted() && (role.is_staff() || !route.allow.is_admin()) =>
        {
            &[Answered]
        }
        Who::Staff | Who::Permission(_) | Who::AnyOf(_) | Who::AllOf(_) => denied,
    }
}

/// What has become of a request.
fn observed(answer: &Answer) -> Outcome {
    let line = answer.line();
    let location = answer.header("location").split('?').next().unwrap_or_default();
    match (answer.status.as_u16(), line.0["code"].as_str().unwrap_or_default(), location) {
        (303 | 401, "login_required", _) | (303, "", "/login") => Login,
        (403, "permission_denied", _) => Denied,
        (404, "not_found", _) => NotFound,
        (303 | 403, "fresh_login_required", _) => Fresh,
        (200..400 | 400 | 409 | 410 | 422 | 429, ..) => Answered,
        _ => Failed,
    }
}

impl Route {
    fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// What is sent: what the route would carry out, where it is about an object, lest it is refused before somebody asks
    /// whose that is; else nothing, which a form refuses and a button does not.
    fn body(&self) -> &'static str {
        let known = UNSAFE.iter().find(|(method, path, _)| (*method, *path) == (self.method.as_str(), &*self.path));
        known.filter(|_| self.path.contains('{')).map_or("", |(_, _, body)| body)
    }

    /// Sends a request as its page would: an unsafe one with a token.
    async fn ask(&self, visitor: &Visitor<'_>, token: &str, path: &str, format: Format) -> Answer {
        let accept = if format == Format::Json { "application/json" } else { "text/html" };
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers = [("accept", accept), form, ("x-csrftoken", token)];
        let headers = if self.is_safe() { &headers[..1] } else { &headers[..] };
        visitor.clone().send(self.method.clone(), path, headers, self.body().into()).await
    }
}

/// Goes through every [`PARTS`]th of the routes, from the `part`th on.
async fn hold(part: usize) {
    let site = Site::start_with(|options| {
        options.admin = true;
        options.deliver_events = false;
        options.settings.push(("UPLOAD_PART_BYTES".into(), objects::PART.to_string()));
    })
    .await;
    let mut people = People::arrive(&site).await;
    let objects = Objects::make(&site, &mut people).await;
    let begun = site.snapshot();
    let all = routes(&site);
    let (mut cells, mut wrong) = (0, Vec::new());
    for (_, route) in all.iter().enumerate().filter(|(index, _)| index % PARTS == part) {
        site.rewind(&begun);
        let asked = match route.allow.whom() {
            Who::Permission(permission) => vec![permission],
            Who::AnyOf(permissions) | Who::AllOf(permissions) => permissions.to_vec(),
            _ => Vec::new(),
        };
        people::permit(&site, &asked).await;
        let (path, is_known) = objects.fill(&people, &route.path).await;
        let before = site.snapshot();
        for role in Role::ALL {
            for format in [Format::Json, Format::Html] {
                let person = people.get(role);
                let answer = route.ask(&person.visitor, &person.token, &path, format).await;
                let changed = if route.is_safe() { Vec::new() } else { site.rewind(&before) };
                let outcome = observed(&answer);
                let expected = expected(route, role, format);
                let holds = match outcome {
                    // An identifier that is made up may be of nothing.
                    NotFound if !is_known && expected == [Answered] => true,
                    // A page that shows what there is by now, to who had an old one.
                    Answered if expected.contains(&NotFound) && format == Format::Html => {
                        answer.status == 303 && changed.is_empty()
                    }
                    Answered => expected.contains(&outcome),
                    _ => expected.contains(&outcome) && changed.is_empty(),
                };
                cells += 1;
                if !holds {
                    let Route { method, path, allow } = route;
                    let (status, why) = (answer.status, &answer.line().0["error"]);
                    wrong.push(format!(
                        "{method} {path} ({allow}) by {role:?} in {format:?}: {expected:?}, but {outcome:?}: {status} {why} \
                         {changed:?}"
                    ));
                }
            }
        }
        let changed = site.rewind(&before);
        assert!(changed.is_empty(), "{} {} is safe, and changes {changed:?}", route.method, route.path);
    }
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    let of_part = (all.len() + PARTS - 1 - part) / PARTS;
    assert_eq!(cells, of_part * Role::ALL.len() * 2, "no cell is skipped");
}

/// In so many tests, which run at the same time.
const PARTS: usize = 3;

#[tokio::test]
async fn every_route_answers_whom_it_declares_and_nobody_else_first_part() {
    hold(0).await;
}

#[tokio::test]
async fn every_route_answers_whom_it_declares_and_nobody_else_second_part() {
    hold(1).await;
}

#[tokio::test]
async fn every_route_answers_whom_it_declares_and_nobody_else_third_part() {
    hold(2).await;
}

#[tokio::test]
async fn every_function_that_answers_requests_is_in_the_matrix() {
    let site = Site::start_with(|options| options.admin = true).await;
    let all = routes(&site);
    for (name, handler) in functions::all() {
        let Handler::Http(routes) = handler else { continue };
        // It knows nobody, and is there where it is asked for.
        if name == "static-files" {
            continue;
        }
        for path in routes.paths() {
            let methods = routes.methods(path);
            let here = all.iter().filter(|route| route.path == path).map(|route| &route.method);
            assert_eq!(here.cloned().collect::<Vec<_>>(), methods, "{name}: {path}");
        }
    }
    let known = local::routes::table(site.stack.template());
    assert_eq!(all.len(), known.iter().map(|row| row.methods.len()).sum::<usize>());
}
