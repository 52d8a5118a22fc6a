//! `cargo manage doctor site [URL]`: what is wrong with a site that runs, asked as a visitor would, and with its stack, asked
//! of AWS.
//!
//! | module | what it knows |
//! |---|---|
//! | `gathering` | how the site is asked |
//! | `account` | how AWS is asked |
//! | `facts` | what was found out |
//! | `diagnosis`, `stack` | what is wrong, by the facts alone |
//! | `checks` | every check, under its code |

mod account;
mod checks;
mod diagnosis;
mod facts;
mod gathering;
mod stack;
#[cfg(test)]
mod tests;

use aws_config::SdkConfig;
use clap::Args as ClapArgs;
use url::Url;

use super::http::is_local;
use super::tell;
use crate::console::{Console, printable_whole};
use crate::site::{Deployed, settings};
use crate::stack::{Outputs, resource};
use crate::{Failure, Outcome, project};
pub use checks::CHECKS;
use facts::Facts;
use gathering::Look;

/// Which site.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// The site's address [default: the stack's, else <http://localhost:8000>].
    pub url: Option<String>,
    /// The API's own address, which must answer nobody [default: the stack's].
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
    /// As JSON, for programs; what was not checked is told on standard error.
    #[arg(long)]
    pub json: bool,
    /// Whose tables, buckets, secrets and mail are looked at too.
    #[command(flatten)]
    pub deployed: Deployed,
}

/// A stack, and how AWS is asked about it.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Credentials and region.
    pub sdk: SdkConfig,
    /// What the stack tells of itself.
    pub outputs: Outputs,
    /// Where S3 is, if not at AWS's own endpoint.
    pub s3_endpoint: Option<String>,
}

/// Where `runserver` is, unless it is told otherwise.
const LOCAL_SITE: &str = "http://localhost:8000";

/// Looks, and reaches the stack where one is named.
pub async fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    let Some(name) = &args.deployed.stack else { return examine(args, None, console).await };
    let (sdk, outputs) = args.deployed.reach(name).await?;
    let stack = Stack { sdk, outputs, s3_endpoint: std::env::var("AWS_ENDPOINT_URL_S3").ok() };
    examine(args, Some(&stack), console).await
}

/// Looks, at the site and at this stack.
///
/// # Errors
/// That there is no such address, or no project here.
pub async fn examine(args: &Args, stack: Option<&Stack>, console: &mut dyn Console) -> Outcome {
    let told = stack.and_then(|stack| stack.outputs.site_url.clone());
    let address = args.url.clone().or_else(|| told.clone());
    if let (None, Some(stack)) = (&address, stack) {
        let name = &stack.outputs.name;
        return Err(Failure::new(format!("the stack {name} does not tell its address: give it")));
    }
    let mut url = parse(address.as_deref().unwrap_or(LOCAL_SITE))?;
    if url.scheme() == "http" && !is_local(&url) && url.set_scheme("https").is_ok() {
        console.warn(&format!("looked at: {}, where plain HTTP has to lead", url.origin().ascii_serialization()));
    }
    let settings = settings(&project::root().map_err(Failure::new)?)?;
    let mut findings = Vec::new();
    let api = match (&args.api, stack) {
        (Some(api), _) => Some(parse(api)?),
        (None, Some(stack)) => match resource(&stack.sdk, &stack.outputs.name, "HttpApi").await {
            Ok(id) => Some(parse(&account::api(&id, &stack.sdk))?),
            Err(failure) => {
                findings.push(stack::unchecked("the API's own address", failure.message()));
                None
            }
        },
        (None, None) => None,
    };
    let look =
        Look { url: &url, api: api.as_ref(), public_url: told.as_deref(), csrf_name: &settings.cookies.csrf_name };
    let facts = look.gather().await;
    for line in passed_over(&facts, stack.is_some()) {
        if args.json { console.warn(&printable_whole(&line)) } else { console.say(&printable_whole(&line)) }
    }
    findings.extend(diagnosis::diagnose(&facts));
    if let Some(stack) = stack {
        findings.extend(stack::diagnose(&account::gather(stack).await));
    }
    tell(&findings, "Nothing is wrong with the site, as far as it can be seen.", args.json, console)
}

/// An address of a site.
fn parse(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url =
        url.ok_or_else(|| Failure::new(format!("{text:?} is no address of a site, as https://www.example.org")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::new("an address with a user name or a password is not asked: the site needs neither"));
    }
    Ok(url)
}

/// What was not looked at, and why: silence would look like praise.
fn passed_over(facts: &Facts, has_stack: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if !facts.is_https {
        lines.push(format!("not checked: TLS, HSTS, what plain HTTP leads to: {} has no TLS", facts.origin));
    }
    if facts.more.as_ref().is_some_and(|more| more.direct.is_none()) {
        lines.push("not checked: the API's own address: give --stack or --api".to_owned());
    }
    if !has_stack {
        lines.push("not checked: tables, buckets, secrets, mail: give --stack".to_owned());
    }
    lines
}
