//! The HTTP API: its routes, and which other sites may read its answers.

use std::collections::BTreeMap;

use super::checks as c;
use super::project::Project;
use crate::doctor::finding::Finding;

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    routes(project, findings);
    for (_, api) in project.all("AWS::Serverless::HttpApi") {
        let cors = api.get("CorsConfiguration");
        // `true` and a text are SAM's short forms for every origin, and for this one.
        let origins = if cors.value.is_object() { cors.get("AllowOrigins") } else { cors.clone() };
        if cors.is_true() || origins.texts().iter().any(|origin| is_for_everybody(origin)) {
            let fix = "Leave CorsConfiguration out: the pages are the site's own; a trusted site is one of \
                       CSRF_TRUSTED_ORIGINS";
            findings.push(origins.finding(c::CORS_STAR, "the API answers the scripts of every site", fix));
        }
    }
    for (_, policy) in project.all("AWS::CloudFront::ResponseHeadersPolicy") {
        let origins = policy.get("ResponseHeadersPolicyConfig.CorsConfig.AccessControlAllowOrigins.Items");
        if origins.texts().iter().any(|origin| is_for_everybody(origin)) {
            let fix = "Write the site's own origin, !Ref PublicUrl";
            findings.push(origins.finding(c::CORS_STAR, "the edge answers the scripts of every site", fix));
        }
    }
}

/// As `*`, `https://*`.
pub(super) fn is_for_everybody(origin: &str) -> bool {
    matches!(origin, "*" | "http://*" | "https://*" | "http*://*")
}

fn routes(project: &Project<'_>, findings: &mut Vec<Finding>) {
    let mut holders = BTreeMap::new();
    for function in &project.functions {
        for event in function.events("HttpApi") {
            let (path, method) = (event.get("Properties.Path"), event.get("Properties.Method"));
            let name = if path.exists() { path.text() } else { "$default" };
            if path.exists() && !matches!(method.text(), "ANY" | "any" | "Any") {
                let what = format!("{name} is routed for {} alone", method.text());
                findings.push(method.finding(c::ROUTE_METHOD, what, "Write Method: ANY, once for the path"));
            }
            if let Some(holder) = holders.insert(name.to_owned(), event.place()) {
                let fix = format!("Remove one of the two, or give it another path than {name}");
                findings.push(event.finding(c::ROUTE_TWICE, format!("{name} is {holder} already"), fix));
            }
        }
    }
    if let Some(first) = project.functions.first()
        && !holders.contains_key("$default")
    {
        let home = project.functions.iter().find(|function| function.name == "home").unwrap_or(first);
        let fix =
            "Write Default: { Type: HttpApi, Properties: { ApiId: !Ref HttpApi } } into the events of HomeFunction";
        findings.push(home.part.get("Events").finding(c::NO_DEFAULT, "no function has the route $default", fix));
    }
}
