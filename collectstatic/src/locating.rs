//! Finds a file by its name, as Django's `findstatic` does: where the sources have it, the one that is collected first.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::error::Problem;
use crate::finders::{Source, find};
use crate::ignore::Ignore;

/// Where a name is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Located {
    /// The files of that name, in the order of their sources.
    pub hits: Vec<Hit>,
    /// What is called so and is no file that may be served.
    pub problems: Vec<Problem>,
}

/// A file of the name that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Where it is.
    pub path: PathBuf,
    /// The pattern of Django's own by which `collectstatic` leaves it out.
    pub ignored: Option<String>,
}

/// Looks into every source for a name, as `css/site.css`.
///
/// # Errors
/// That it is no name of a static file: a part of it is empty, `.` or `..`.
pub fn locate(sources: &[Source], name: &str) -> Result<Located, Problem> {
    let is_part =
        |part: &str| !part.contains('\0') && Path::new(part).components().eq([Component::Normal(OsStr::new(part))]);
    if !name.split('/').all(is_part) {
        let why = "is no name of a static file: css/site.css is, without a slash at either end, without . and ..";
        return Err(Problem::in_file(name, why));
    }
    let mut located = Located::default();
    for source in sources {
        match look(source, name) {
            Ok(None) => {}
            Ok(Some(hit)) => located.hits.push(hit),
            Err(problem) => located.problems.push(problem),
        }
    }
    Ok(located)
}

/// The names of all files that would be collected.
pub fn names(sources: &[Source]) -> BTreeSet<String> {
    let Ok(ignore) = Ignore::new(&[], true) else { return BTreeSet::new() };
    find(sources, &ignore).files.into_iter().map(|file| file.name).collect()
}

fn look(source: &Source, name: &str) -> Result<Option<Hit>, Problem> {
    let root = fs::canonicalize(&source.dir).map_err(|error| Problem::of(&source.dir, error.to_string()))?;
    let below = match source.prefix.as_str() {
        "" => Some(name),
        prefix => name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')),
    };
    let Some(below) = below else { return Ok(None) };
    let path = source.dir.join(below);
    match fs::symlink_metadata(&path) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(Problem::of(&path, error.to_string())),
    }
    let target = fs::canonicalize(&path).map_err(|error| Problem::of(&path, error.to_string()))?;
    // A folder on the way may be a link too: what counts is where all of them lead.
    if !target.starts_with(&root) {
        let why = format!("is a link that leads out of {}, to {}", source.dir.display(), target.display());
        return Err(Problem::of(&path, why));
    }
    Ok(target.is_file().then(|| Hit { path, ignored: ignored(below) }))
}

/// The pattern that leaves out the file, or a folder that it is in.
fn ignored(below: &str) -> Option<String> {
    let ignore = Ignore::new(&[], true).ok()?;
    let mut folder = "";
    for (at, _) in below.match_indices('/').chain([(below.len(), "")]) {
        let name = below.get(folder.len()..at)?.trim_start_matches('/');
        if let Some(pattern) = ignore.matching(name, folder) {
            return Some(pattern.to_owned());
        }
        folder = &below[..at];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(files: &[&str]) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            for file in files {
                let path = tree.path(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file).unwrap();
            }
            tree
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn source(&self, dir: &str, prefix: &str) -> Source {
            Source { dir: self.path(dir), prefix: prefix.to_owned() }
        }
    }

    fn paths(located: &Located) -> Vec<&Path> {
        located.hits.iter().map(|hit| hit.path.as_path()).collect()
    }

    #[test]
    fn a_name_is_found_in_every_source_that_has_it_in_their_order() {
        let tree = Tree::new(&["a/css/site.css", "b/css/site.css", "c/site.css", "d/css"]);
        let sources = [tree.source("b", ""), tree.source("c", "css"), tree.source("a", ""), tree.source("d", "")];
        let located = locate(&sources, "css/site.css").unwrap();
        assert_eq!(
            paths(&located),
            [tree.path("b/css/site.css"), tree.path("c/site.css"), tree.path("a/css/site.css")]
        );
        assert!(located.problems.is_empty(), "{located:?}");
        for other in ["site.css", "cs/site.css", "css/other.css"] {
            assert_eq!(locate(&sources, other).unwrap(), Located::default(), "{other}");
        }
        assert!(paths(&locate(&sources[..1], "css").unwrap()).is_empty(), "a folder is no file");
        assert_eq!(names(&sources).into_iter().collect::<Vec<_>>(), ["css", "css/site.css"]);
    }

    #[test]
    fn nothing_outside_a_source_has_a_name() {
        let tree = Tree::new(&["a/x.css", "secret.css"]);
        let sources = [tree.source("a", "")];
        for name in
            ["../secret.css", "x/../../secret.css", "/etc/hosts", "", ".", "./x.css", "x.css/", "a//x.css", "x\0"]
        {
            assert!(locate(&sources, name).is_err(), "{name:?}");
        }
        let gone = locate(&[tree.source("gone", "")], "x.css").unwrap();
        assert_eq!((gone.hits.len(), gone.problems.len()), (0, 1), "a source that is not there is told");
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_files_of_the_source_alone() {
        use std::os::unix::fs::symlink;
        let tree = Tree::new(&["a/x.css", "out/y.css"]);
        symlink(tree.path("a/x.css"), tree.path("a/in.css")).unwrap();
        symlink(tree.path("out/y.css"), tree.path("a/out.css")).unwrap();
        symlink(tree.path("out"), tree.path("a/folder")).unwrap();
        symlink(tree.path("nowhere"), tree.path("a/broken.css")).unwrap();
        let sources = [tree.source("a", "")];
        assert_eq!(locate(&sources, "in.css").unwrap().hits.len(), 1);
        for name in ["out.css", "folder/y.css", "broken.css"] {
            let located = locate(&sources, name).unwrap();
            assert_eq!((located.hits.len(), located.problems.len()), (0, 1), "{name}: {located:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_found_with_the_pattern() {
        let tree = Tree::new(&["a/.git/x", "a/b/y~", "a/b/CVS/z", "a/b/fine.css"]);
        let sources = [tree.source("a", "p")];
        for (name, pattern) in [("p/.git/x", Some(".*")), ("p/b/y~", Some("*~")), ("p/b/CVS/z", Some("CVS"))] {
            assert_eq!(locate(&sources, name).unwrap().hits[0].ignored.as_deref(), pattern, "{name}");
        }
        assert_eq!(locate(&sources, "p/b/fine.css").unwrap().hits[0].ignored, None);
    }
}
