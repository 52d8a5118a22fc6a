//! `cargo manage doctor static URL`: why a static file is not found, or not as it should be, and what to run.
//!
//! | module | what it knows |
//! |---|---|
//! | `address` | which file an address is of |
//! | `gathering` | how to find out: folders, `STATIC_ROOT`, site, bucket |
//! | `facts` | what was found out |
//! | `diagnosis`, `answer` | what is wrong, by the facts alone |
//! | `advice` | what to do, by where the site is |
//! | `finding` | how that is told |

mod address;
mod advice;
mod answer;
mod diagnosis;
mod facts;
mod finding;
mod gathering;

use clap::Args as ClapArgs;

use super::http::Answer;
use crate::collectstatic::Places;
use crate::console::{Console, printable, printable_whole};
use crate::site::Deployed;
use crate::{Failure, Finished, Outcome, project, site, stack};
use facts::{Bucket as BucketFacts, Facts, File, Local};
use gathering::Look;

pub use gathering::Bucket;

/// Which file, and where everything is.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Args {
    /// The address of a static file, or its path on the site, as /static/css/site.css.
    pub url: String,
    /// The site that a path is of [default: the stack's, else <http://localhost:8000>].
    #[arg(long, value_name = "URL")]
    pub site: Option<String>,
    /// From where to where.
    #[command(flatten)]
    pub places: Places,
    /// Whose bucket is asked too.
    #[command(flatten)]
    pub deployed: Deployed,
}

/// Where `runserver` is, unless it is told otherwise.
const LOCAL_SITE: &str = "http://localhost:8000";

/// Examines, and reaches the stack where one is named.
pub async fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    let Some(name) = &args.deployed.stack else { return examine(args, None, console).await };
    let (sdk, outputs) = args.deployed.reach(name).await?;
    let client = stack::s3(&sdk, std::env::var("AWS_ENDPOINT_URL_S3").ok().as_deref());
    let bucket = outputs.static_bucket.map(|name| Bucket { client, name });
    if bucket.is_none() {
        console.warn(&format!("warning: the stack {name} has no output StaticBucket, so no bucket is asked"));
    }
    let args = Args { site: args.site.clone().or(outputs.site_url), ..args.clone() };
    if args.site.is_none() && args.url.starts_with('/') {
        return Err(Failure::new(format!("the stack {name} does not tell its address: give --site")));
    }
    examine(&args, bucket.as_ref(), console).await
}

/// Examines, with the settings of `template.yaml`.
///
/// # Errors
/// That the address is none, or that there is no project here.
pub async fn examine(args: &Args, bucket: Option<&Bucket>, console: &mut dyn Console) -> Outcome {
    let site = args.site.as_deref().unwrap_or(LOCAL_SITE);
    let url = address::parse(&args.url, site).map_err(Failure::new)?;
    let root = project::root().map_err(Failure::new)?;
    let settings = site::settings(&root)?.static_files;
    let look = Look {
        url,
        static_url: &settings.url,
        index_file: settings.index_file.as_deref(),
        folders: &args.places.sources.list(&settings, &root),
        root: &args.places.root(&settings, &root),
        stack: args.deployed.stack.as_deref(),
        bucket,
    };
    let facts = look.gather().await.ok_or_else(|| Failure::new("STATIC_URL leads nowhere from this address"))?;
    if let Some(file) = &facts.file {
        for line in told(&facts, file) {
            console.say(&printable_whole(&line));
        }
    }
    let findings = diagnosis::diagnose(&facts);
    for finding in &findings {
        console.say(&printable_whole(&finding.to_string()));
    }
    if findings.is_empty() {
        console.say("The file is served well.");
        return Ok(Finished::Whole);
    }
    Ok(Finished::InPart)
}

/// What is there, in short.
fn told(facts: &Facts, file: &File) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(path) = &file.source.path {
        lines.push(format!("source: {}", path.display()));
    }
    let root = file.collected.root.display();
    lines.push(match &file.collected.manifest {
        Local::Read { hashed: Some(hashed), hash } => format!("collected: {hashed} in {root}, manifest {hash}"),
        Local::Unreadable(_) => format!("collected: nobody knows, by the manifest in {root}"),
        Local::Missing | Local::Read { .. } => format!("collected: not in {root}"),
    });
    match &file.bucket {
        Some(BucketFacts::Read { name, key, is_there }) => {
            lines.push(format!("bucket: {key} is {}in {name}", if *is_there { "" } else { "not " }));
        }
        Some(BucketFacts::Unreadable(why)) => lines.push(format!("bucket: {why}")),
        None => {}
    }
    if let Ok(answer) = &file.site.answer {
        lines.extend(answer.hops.iter().map(|hop| format!("redirect: {hop}")));
        lines.push(format!("answer to {}: {}", facts.right, shown(answer, file.site.compressed.as_ref())));
    }
    lines
}

fn shown(answer: &Answer, compressed: Option<&Answer>) -> String {
    let more = if answer.is_whole { "" } else { " or more" };
    let mut parts = vec![answer.status.to_string(), format!("{}{more} bytes", answer.body.len())];
    let names = ["content-type", "cache-control", "etag", "age", "x-cache", "server"];
    parts.extend(names.into_iter().filter_map(|name| Some(format!("{name}: {}", printable(answer.header(name)?)))));
    if let Some(encoding) = compressed.and_then(answer::encoding) {
        parts.push(format!("content-encoding: {} for whoever takes it", printable(encoding)));
    }
    parts.join("; ")
}
