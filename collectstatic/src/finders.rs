//! Finds the files: Django's finders over `STATICFILES_DIRS`, the first that has a name wins.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use portico::static_files::Stat;

use crate::error::Problem;
use crate::ignore::Ignore;

/// A folder of static files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The folder.
    pub dir: PathBuf,
    /// What its files' names begin with: no slash at either end, empty for nothing.
    pub prefix: String,
}

/// A file that will be collected.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its name: the path below its source and the source's prefix, with slashes.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What the system says of it.
    pub(crate) stat: Stat,
}

/// A file that another one of the same name hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadowed {
    /// The name of both.
    pub name: String,
    /// The one that is collected.
    pub winner: PathBuf,
    /// The one that is not.
    pub path: PathBuf,
}

/// Everything that there is.
#[derive(Debug, Default)]
pub(crate) struct Finds {
    /// In the order of their names.
    pub(crate) files: Vec<Found>,
    pub(crate) shadowed: Vec<Shadowed>,
    pub(crate) problems: Vec<Problem>,
}

/// The longest name of a file that Linux and macOS keep, bytes.
const NAME_MAX: usize = 255;

/// What a name grows by: a dot and twelve digits, then `.br` or `.gz`.
const NAME_GROWTH: usize = 1 + 12 + 3;

/// Finds the files of all sources.
pub(crate) fn find(sources: &[Source], ignore: &Ignore) -> Finds {
    let mut finds = Finds::default();
    let mut found = BTreeMap::new();
    for source in sources {
        match fs::canonicalize(&source.dir) {
            Ok(root) if root.is_dir() => {
                let mut walk = Walk { root: &root, source, ignore, finds: &mut finds, found: &mut found };
                walk.folder(&source.dir, "", &mut vec![root.clone()]);
            }
            Ok(_) => finds.problems.push(Problem::of(&source.dir, "is no folder")),
            Err(error) => {
                let why = format!("is no folder that can be read ({error}); --source or STATICFILES_DIRS names it");
                finds.problems.push(Problem::of(&source.dir, why));
            }
        }
    }
    finds.files = found.into_values().collect();
    check_names(&mut finds);
    finds
}

struct Walk<'a> {
    /// The canonical folder that no link may lead out of.
    root: &'a Path,
    source: &'a Source,
    ignore: &'a Ignore,
    finds: &'a mut Finds,
    found: &'a mut BTreeMap<String, Found>,
}

impl Walk<'_> {
    /// Takes what is in `dir`, `below` the source. `above` are the canonical folders that lead here.
    fn folder(&mut self, dir: &Path, below: &str, above: &mut Vec<PathBuf>) {
        let entries = match fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => return self.finds.problems.push(Problem::io(dir, &error)),
        };
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                if !self.ignore.matches(&name.to_string_lossy(), below) {
                    self.problem(&path, "has a name that is not UTF-8");
                }
                continue;
            };
            if self.ignore.matches(name, below) {
                continue;
            }
            let below = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
            match entry.file_type() {
                Ok(kind) if kind.is_file() => self.file(path, &below),
                Ok(kind) if kind.is_dir() => self.real_folder(&path, &below, above),
                Ok(kind) if kind.is_symlink() => self.link(path, &below, above),
                Ok(_) => self.problem(&path, "is neither a file nor a folder"),
                Err(error) => self.finds.problems.push(Problem::io(&path, &error)),
            }
        }
    }

    fn real_folder(&mut self, path: &Path, below: &str, above: &mut Vec<PathBuf>) {
        let canonical = above.last().map(|parent| parent.join(path.file_name().unwrap_or_default()));
        above.push(canonical.unwrap_or_else(|| path.to_owned()));
        self.folder(path, below, above);
        above.pop();
    }

    /// A link is followed where it stays inside: what is served is what somebody put there, and nothing around it.
    fn link(&mut self, path: PathBuf, below: &str, above: &mut Vec<PathBuf>) {
        let target = match fs::canonicalize(&path) {
            Ok(target) => target,
            Err(error) => return self.problem(&path, format!("is a link that leads nowhere: {error}")),
        };
        if !target.starts_with(self.root) {
            let why = format!("is a link that leads out of {}, to {}", self.source.dir.display(), target.display());
            return self.problem(&path, why);
        }
        if !target.is_dir() {
            return self.file(path, below);
        }
        if above.contains(&target) {
            return self.problem(&path, "is a link to a folder that it is in, a loop");
        }
        above.push(target);
        self.folder(&path, below, above);
        above.pop();
    }

    fn file(&mut self, path: PathBuf, below: &str) {
        let name = match self.source.prefix.as_str() {
            "" => below.to_owned(),
            prefix => format!("{prefix}/{below}"),
        };
        let stat = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => Stat::of(&metadata),
            Ok(_) => return self.problem(&path, "is neither a file nor a folder"),
            Err(error) => return self.finds.problems.push(Problem::io(&path, &error)),
        };
        if let Some(winner) = self.found.get(&name) {
            // Two sources may overlap: a file does not hide itself.
            if winner.stat != stat {
                self.finds.shadowed.push(Shadowed { name, winner: winner.path.clone(), path });
            }
            return;
        }
        self.found.insert(name.clone(), Found { name, path, stat });
    }

    fn problem(&mut self, path: &Path, why: impl Into<String>) {
        self.finds.problems.push(Problem::of(path, why));
    }
}

/// What one folder cannot keep: two names that a Mac takes for one, a file that is a folder too, names that are too long.
fn check_names(finds: &mut Finds) {
    let Finds { files, problems, .. } = finds;
    let mut folded: HashMap<String, &str> = HashMap::with_capacity(files.len());
    let mut folders: HashMap<&str, &str> = HashMap::new();
    for file in &*files {
        let parents = file.name.match_indices('/').map(|(at, _)| &file.name[..at]);
        folders.extend(parents.map(|parent| (parent, file.name.as_str())));
    }
    for file in &*files {
        if let Some(other) = folded.insert(file.name.to_lowercase(), &file.name) {
            let why =
                format!("and {other} differ only in case: a Mac or Windows keeps one of them. Rename or --ignore one");
            problems.push(Problem::in_file(&file.name, why));
        }
        if let Some(inner) = folders.get(file.name.as_str()) {
            problems.push(Problem::in_file(&file.name, format!("is a file, and the folder of {inner}")));
        }
        if file.name.contains('\\') {
            problems.push(Problem::in_file(&file.name, "has a backslash in its name, which browsers take for a slash"));
        }
        let last = file.name.rsplit('/').next().unwrap_or_default().len();
        if last + NAME_GROWTH > NAME_MAX {
            let why = format!("has a name of {last} bytes; with its hash there is room for {}", NAME_MAX - NAME_GROWTH);
            problems.push(Problem::in_file(&file.name, why));
        }
    }
}
