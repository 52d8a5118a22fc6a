//! `cargo manage doctor template [FILE]`: what is wrong with a template, before anything is deployed.
//!
//! | module | what it looks at |
//! |---|---|
//! | `edge`, `forwarded` | CloudFront |
//! | `api` | routes, and who else may read the answers |
//! | `functions` | how they run, what they are told, what becomes of what they cannot do |
//! | `roles` | what they may do |
//! | `tables`, `buckets` | where everything is kept |
//! | `secrets` | what stands in the clear |
//! | `checks` | every check, under its code |
//! | `project` | which resource is what to the product |
//! | `part` | a place in the template |

mod api;
mod buckets;
mod checks;
mod edge;
mod forwarded;
mod functions;
mod part;
mod project;
mod roles;
mod secrets;
mod tables;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Args as ClapArgs;
use local::template::{Deployment, Resolver, Template, TemplateError};
use serde_json::Value;

use super::finding::Finding;
use super::tell;
use crate::console::Console;
use crate::{Failure, Outcome, project as place};
pub use checks::CHECKS;
use part::Part;
use project::Project;

/// Which template, with what.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// The template [default: the project's template.yaml].
    pub file: Option<PathBuf>,
    /// What a parameter is at the deployment, where it is not its default; may be given again.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameter: Vec<(String, String)>,
    /// As JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// Looks, and tells. Nothing is asked of AWS.
///
/// # Errors
/// That the template cannot be read, or that it has no such parameter.
pub fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => place::root().map_err(Failure::new)?.join("template.yaml"),
    };
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))?;
    let findings = diagnose(&text, &args.parameter).map_err(Failure::new)?;
    tell(&findings, "Nothing is wrong with the template, as far as it can be seen.", args.json, console)
}

/// What is wrong with the text of a template.
fn diagnose(text: &str, parameters: &[(String, String)]) -> Result<Vec<Finding>, String> {
    let mut resolver = Resolver::local().naming_attributes();
    for (name, value) in parameters {
        resolver = resolver.parameter(name, value);
    }
    let deployment = Deployment::parse(text, &resolver).map_err(|error| match error {
        TemplateError::NoValue(name) => format!("the parameter {name} has no default: give --parameter {name}=VALUE"),
        other => portico::log::chain(&other),
    })?;
    if let Some((name, _)) = parameters.iter().find(|(name, _)| !deployment.parameters.contains_key(name)) {
        let known: Vec<_> = deployment.parameters.keys().map(String::as_str).collect();
        return Err(format!("the template has no parameter {name}; it has {}", known.join(", ")));
    }
    for (name, value) in parameters {
        takes(name, &deployment.parameters[name], value)?;
    }
    let mut findings = Vec::new();
    for resource in &deployment.resources {
        let part = Part::root(&resource.logical_id, &resource.properties);
        for (name, why) in &resource.unresolved {
            let fix = if why.contains("neither a parameter nor a resource") {
                "Write a name that there is"
            } else {
                "Give the parameter that it needs by --parameter NAME=VALUE, or look at it yourself"
            };
            findings.push(part.get(name).finding(checks::UNRESOLVED, why.clone(), fix));
        }
    }
    let project = Project::new(&deployment);
    edge::check(&project, &mut findings);
    api::check(&project, &mut findings);
    functions::check(&project, &mut findings);
    roles::check(&project, &mut findings);
    tables::check(&project, &mut findings);
    buckets::check(&project, &mut findings);
    secrets::check(&project, text, &mut findings);
    // What is found wrong above is mostly refused too, in fewer words.
    if findings.is_empty()
        && let Err(error) = Template::parse(text, &resolver)
    {
        let fix = "Write it as `cargo manage runserver` takes it";
        findings.push(Finding::new(checks::REFUSED, "template", portico::log::chain(&error), fix));
    }
    Ok(findings)
}

/// Whether a parameter may have this value.
fn takes(name: &str, parameter: &Value, value: &str) -> Result<(), String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let allowed: Vec<_> = parameter["AllowedValues"].as_array().into_iter().flatten().map(plain).collect();
    if !allowed.is_empty() && !allowed.iter().any(|known| known == value) {
        return Err(format!("the parameter {name} takes {}", allowed.join(", ")));
    }
    if parameter["Type"] == "Number" {
        let least = parameter["MinValue"].as_i64().unwrap_or(i64::MIN);
        if value.parse::<i64>().ok().is_none_or(|number| number < least) {
            return Err(format!("the parameter {name} takes a whole number, and none below its MinValue"));
        }
    }
    Ok(())
}

/// A parameter, as the command line gives it.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE, as PublicUrl=https://www.example.org")?;
    Ok((name.to_owned(), value.to_owned()))
}
