//! What to do, by where the site is: a server on this machine is started again, a deployment is uploaded to and deployed.

use super::facts::Facts;

/// What helps a server that does not have what `STATIC_ROOT` has.
pub(super) const START_AGAIN: &str = "Start the server again: it reads STATIC_ROOT once";

pub(super) fn collect(facts: &Facts) -> String {
    if facts.is_local && facts.stack.is_none() {
        return "Run `cargo manage collectstatic`".to_owned();
    }
    format!("Run `cargo manage collectstatic`; with `--upload --stack {}` it is uploaded too", stack(facts))
}

pub(super) fn upload(facts: &Facts) -> String {
    format!("Run `cargo manage collectstatic --upload --stack {}`", stack(facts))
}

/// Of a fault that no server of the project has, on this machine or as it is deployed; else what the deployment lacks.
pub(super) fn correct(facts: &Facts, deployed: impl Into<String>) -> String {
    if facts.is_local {
        return "See what listens there, and that its STATIC_URL is the one of template.yaml here".to_owned();
    }
    deployed.into()
}

pub(super) fn stack(facts: &Facts) -> &str {
    facts.stack.as_deref().unwrap_or("NAME")
}
