//! What a run has seen and left: where nothing has changed since, there is nothing to read.
//!
//! As in Git's index a file counts as unchanged while the system says the same of it. What was changed while the run read
//! it is not trusted: another change within the same tick of the clock would not show.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use portico::static_files::{Encoding, Stat};

use crate::Summary;
use crate::digest::Digest;
use crate::error::Problem;
use crate::finders::Found;
use crate::root::{self, Root};

/// The file system's clock ticks this slowly.
const TICK: Duration = Duration::from_millis(50);

/// What was found and what was left.
#[derive(Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// What the run was asked for, and by which version.
    asked: String,
    sources: Vec<(PathBuf, String, Stat)>,
    outputs: Vec<(String, Stat, Digest)>,
    /// What had to be told, and is told again.
    pub(crate) warnings: Vec<Problem>,
    /// The hash of the manifest.
    pub(crate) manifest: String,
}

/// The instant at which a run begins, as file systems count.
pub(crate) fn now() -> SystemTime {
    SystemTime::now() - TICK
}

impl Snapshot {
    /// Of a run that began at `begun` and has left `outputs`; `None` where it cannot be relied on.
    pub(crate) fn take(
        asked: String,
        begun: SystemTime,
        files: &[Found],
        outputs: impl Iterator<Item = (String, Digest)>,
        root: &Root,
        summary: &Summary,
    ) -> Option<Self> {
        if files.iter().any(|file| file.stat.is_as_young_as(begun)) {
            return None;
        }
        let sources = files.iter().map(|file| (file.path.clone(), file.name.clone(), file.stat)).collect();
        let outputs = outputs.map(|(name, digest)| {
            let metadata = fs::symlink_metadata(root.path(&name)).ok()?;
            Some((name, Stat::of(&metadata), digest))
        });
        let (warnings, manifest) = (summary.warnings.clone(), summary.manifest.clone());
        Some(Self { asked, sources, outputs: outputs.collect::<Option<_>>()?, warnings, manifest })
    }

    /// Reads what an earlier run left; what cannot be read is as if there were none.
    pub(crate) fn load(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Keeps it for the next run. It is a help: where it cannot be kept, the next run reads more.
    pub(crate) fn save(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec(self)?)?;
        fs::rename(new, path)
    }

    /// Whether the same is asked for, the same files are there, and all that was left is as it was.
    pub(crate) fn holds(&self, asked: &str, files: &[Found], root: &Path) -> bool {
        let same = |(seen, file): (&(PathBuf, String, Stat), &Found)| {
            (&seen.0, &seen.1, &seen.2) == (&file.path, &file.name, &file.stat)
        };
        self.asked == asked
            && self.sources.len() == files.len()
            && self.sources.iter().zip(files).all(same)
            && self.outputs.iter().all(|(name, stat, _)| {
                fs::symlink_metadata(root.join(name)).is_ok_and(|metadata| Stat::of(&metadata) == *stat)
            })
            && !self.has_a_strange_form(root)
    }

    /// Whether beside a file lies a compressed form that was not left there: it would be served for it.
    fn has_a_strange_form(&self, root: &Path) -> bool {
        let left: HashSet<&str> = self.outputs.iter().map(|(name, ..)| name.as_str()).collect();
        root::files(root).iter().any(|name| {
            let plain = Encoding::of_sibling(name);
            plain.is_some_and(|(plain, _)| left.contains(plain) && !left.contains(name.as_str()))
        })
    }

    /// What is known of the contents that were left.
    pub(crate) fn known(self) -> Known {
        Known(self.outputs.into_iter().map(|(name, stat, digest)| (name, (stat, digest))).collect())
    }
}

/// The contents of files that need not be read.
#[derive(Default)]
pub(crate) struct Known(HashMap<String, (Stat, Digest)>);

impl Known {
    /// What the file has, if it is the one that was left.
    pub(crate) fn digest(&self, name: &str, stat: &Stat) -> Option<Digest> {
        self.0.get(name).filter(|(seen, _)| seen == stat).map(|(_, digest)| *digest)
    }
}
