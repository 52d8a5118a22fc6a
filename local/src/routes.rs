//! The one table of what is answered, and whom: paths and functions from `template.yaml`, methods, access and CSRF policy
//! from the routes that the functions export.

use portico::CsrfPolicy;
use serde::Serialize;

use crate::functions::{self, Handler};
use crate::template::Template;

/// One path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// As it stands in the template: `/uploads/{id}`.
    pub path: String,
    /// What it answers; the rest is 405.
    pub methods: Vec<String>,
    /// Whom each of them answers, in that order: `users`, `shop.view_order`, ...
    pub allow: Vec<String>,
    /// The function, by its package's name.
    pub function: String,
    /// `safe`: nothing unsafe is answered; `protected`: an unsafe request must come from our own pages; `exempt`: it must
    /// not, and is nobody's.
    pub csrf: &'static str,
    /// Why it is exempt.
    pub reason: Option<&'static str>,
}

/// Every path of the template, in order. What is in none of them is 404.
pub fn table(template: &Template) -> Vec<Row> {
    let handlers = functions::all();
    let mut rows = Vec::new();
    for function in &template.functions {
        let Some((_, Handler::Http(routes))) = handlers.iter().find(|(name, _)| *name == function.name) else {
            continue;
        };
        for route in function.routes.iter().filter(|route| route.path != "$default") {
            let (csrf, reason) = match routes.csrf(&route.path) {
                CsrfPolicy::Safe => ("safe", None),
                CsrfPolicy::Protected => ("protected", None),
                CsrfPolicy::Exempt(reason) => ("exempt", Some(reason)),
            };
            let methods = routes.methods(&route.path);
            let allow = methods.iter().filter_map(|method| routes.allow(&route.path, method));
            rows.push(Row {
                path: route.path.clone(),
                methods: methods.iter().map(ToString::to_string).collect(),
                allow: allow.map(|allow| allow.to_string()).collect(),
                function: function.name.clone(),
                csrf,
                reason,
            });
        }
    }
    rows.sort_by(|one, two| one.path.cmp(&two.path));
    rows
}
