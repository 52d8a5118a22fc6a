//! Puts what was collected into the bucket of a stack: what is new there, then the manifest, then nothing else.
//!
//! The bucket holds more than the present version: pages that are open, and functions that are not yet replaced, ask for
//! the files of the one before. What no recent manifest names is deleted where that is asked for (`prune`).
//!
//! | module | what it knows |
//! |---|---|
//! | `tree` | what lies in `STATIC_ROOT`, and whether its manifest is true |
//! | `plan` | which object each file becomes, with which headers |
//! | `bucket` | what is there, and S3's errors in words |
//! | `put` | the transfer |
//! | `history` | which manifests were current, and when |
//! | `prune` | what nobody needs any more |

mod bucket;
mod history;
mod plan;
mod prune;
mod put;
mod tree;

use std::path::Path;

use jiff::Timestamp;

use crate::Failure;
use crate::console::{Console, printable_whole};
use bucket::Bucket;
use history::History;
use plan::{Object, Plan};
use tree::Tree;

/// What is to be uploaded, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// `STATIC_ROOT`.
    pub root: &'a Path,
    /// The client of the stack's S3.
    pub client: &'a aws_sdk_s3::Client,
    /// The stack's bucket of static files.
    pub bucket: &'a str,
    /// What all keys begin with: the path under which the distribution serves them, `static/`.
    pub prefix: &'a str,
    /// `STATIC_MAX_AGE`: seconds for which a file may be kept whose name says nothing of its content.
    pub max_age: u32,
    /// Deletes what no manifest of so many days refers to.
    pub prune_days: Option<u32>,
    /// Puts every file, also what is there already: its headers may be of an older version.
    pub all: bool,
    /// Changes nothing, and says what would be changed.
    pub dry_run: bool,
    /// The present instant.
    pub now: Timestamp,
}

/// What was done, or with `dry_run` what would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Objects that were put.
    pub put: usize,
    /// Objects that were there already.
    pub unchanged: usize,
    /// What was put, in bytes.
    pub bytes: u64,
    /// Objects that were deleted.
    pub pruned: usize,
}

/// Uploads. Whatever fails, the manifest that is there stays until all that the new one names is there too.
///
/// # Errors
/// That what was collected is not whole, before anything is put; that the bucket refuses or does not answer.
pub async fn run(request: &Upload<'_>, console: &mut dyn Console) -> Result<Uploaded, Failure> {
    if request.prune_days == Some(0) {
        return Err(Failure::new("--prune takes one day at least: the version before is still asked for"));
    }
    let bucket = Bucket { client: request.client, name: request.bucket };
    let tree = Tree::read(request.root).await?;
    let plan = Plan::of(&tree, request.prefix, request.max_age);
    let there = bucket.list(request.prefix).await?;
    let due = |objects: Vec<Object>| {
        let there = &there;
        async move { if request.all { Ok(objects) } else { bucket.missing(objects, there).await } }
    };
    let (files, manifest) = (due(plan.files).await?, due(plan.manifest).await?);

    let mut done = Uploaded {
        put: files.len() + manifest.len(),
        bytes: files.iter().chain(&manifest).map(|object| object.content.size).sum(),
        ..Uploaded::default()
    };
    done.unchanged = plan.keys.len() - done.put;
    let mut history = History::read(&bucket).await?;
    if request.dry_run {
        for object in files.iter().chain(&manifest) {
            console.say(&format!("would put {}", printable_whole(&object.key)));
        }
    } else {
        put::all(&bucket, files, &tree).await?;
        // Before the manifest: one that was current and is not in the history would lose its files too early, one that
        // is there and never was current only keeps some longer.
        history.add(&bucket, &tree, request.now).await?;
        if !manifest.is_empty() {
            // Somebody who prunes knows this version since its copy is there, and may have begun before.
            let now = bucket.list(request.prefix).await?;
            let to_come = |key: &String| manifest.iter().any(|object| object.key == *key);
            if let Some(gone) = plan.keys.iter().find(|key| !now.contains_key(*key) && !to_come(key)) {
                let why = "was deleted meanwhile: somebody prunes. The manifest is still the one before; run it again";
                return Err(Failure::new(format!("{gone} in the bucket {} {why}", bucket.name)));
            }
        }
        put::in_order(&bucket, manifest, &tree).await?;
    }
    if let Some(days) = request.prune_days {
        let needed = prune::Needed { keys: &plan.keys, prefix: request.prefix, days, now: request.now };
        done.pruned = prune::run(&bucket, &needed, &history, &there, request.dry_run, console).await?;
    }
    Ok(done)
}
