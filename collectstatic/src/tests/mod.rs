//! Whole runs over a folder of its own for each test.

mod bad_input;
mod names;
mod runs;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use portico::static_files::Manifest;
use tempfile::TempDir;

use crate::{CollectError, Observer, Options, Source, Stage, Summary, collect};

struct Nobody;

impl Observer for Nobody {
    fn begin(&self, _: Stage, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// A folder with `static/`, and what is collected from it.
struct Tree {
    folder: TempDir,
    options: Options,
}

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = vec![Source { dir: folder.path().join("static"), prefix: String::new() }];
        let options = Options {
            sources,
            root: folder.path().join("out"),
            cache: Some(folder.path().join("cache")),
            static_path: Some("/static/".to_owned()),
            ignore: Vec::new(),
            default_ignore: true,
            modules: true,
            compress: None,
            clear: false,
            dry_run: false,
        };
        fs::create_dir(folder.path().join("static")).unwrap();
        let tree = Self { folder, options };
        for (name, content) in files {
            tree.write(name, content);
        }
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file under `static/`.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path("static").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn run(&self) -> Result<Summary, CollectError> {
        collect(&self.options, &Nobody)
    }

    /// What is wrong.
    fn complaint(&self) -> String {
        self.run().unwrap_err().to_string()
    }

    fn manifest(&self) -> Manifest {
        Manifest::parse(&fs::read_to_string(self.path("out/staticfiles.json")).unwrap()).unwrap()
    }

    /// The name with a hash of a file.
    fn hashed(&self, name: &str) -> String {
        self.manifest().get(name).unwrap_or_else(|| panic!("{name}")).to_owned()
    }

    /// What is served for a file.
    fn served(&self, name: &str) -> String {
        fs::read_to_string(self.path("out").join(self.hashed(name))).unwrap()
    }

    /// All that was left, but for the working folder.
    fn left(&self) -> BTreeMap<String, Vec<u8>> {
        let mut left = BTreeMap::new();
        gather(&self.path("out"), &self.path("out"), &mut left);
        left
    }
}

fn gather(root: &Path, folder: &Path, left: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.ends_with(".collectstatic") {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, left);
        } else {
            left.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
}
