//! A run, step by step.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use portico::static_files::{Encoding, Manifest, compressible};

use crate::collecting::Content;
use crate::compression::{Compressor, Forms};
use crate::digest::Digest;
use crate::error::{At, CollectError, Problem};
use crate::finders::{Finds, Found, find};
use crate::ignore::Ignore;
use crate::linking::{CHANGED, Linked, link};
use crate::reading::Reading;
use crate::root::Root;
use crate::snapshot::{self, Known, Snapshot};
use crate::{Observer, Options, Stage, Summary, manifest, parallel, reading, root};

/// Collects.
///
/// # Errors
/// Whatever is wrong with the files, all of it at once; or what stopped the writing. The manifest is as it was then.
pub fn collect(options: &Options, observer: &dyn Observer) -> Result<Summary, CollectError> {
    let begun = snapshot::now();
    let ignore = Ignore::new(&options.ignore, options.default_ignore)?;
    apart(options)?;
    let Finds { mut files, shadowed, problems } = find(&options.sources, &ignore);
    if !problems.is_empty() {
        return Err(CollectError::Problems(problems));
    }
    let mut summary = Summary { shadowed, ..Summary::default() };
    leave_out_siblings(&mut files, &mut summary.warnings);

    let kept = options.cache.as_ref().map(|cache| snapshot_path(cache, &options.root));
    let asked = format!("{} {options:?}", env!("CARGO_PKG_VERSION"));
    let before = kept.as_deref().and_then(Snapshot::load);
    if let Some(before) = before.as_ref().filter(|before| !options.clear && before.holds(&asked, &files, &options.root))
    {
        summary.unchanged = files.len();
        summary.manifest.clone_from(&before.manifest);
        summary.warnings.clone_from(&before.warnings);
        return Ok(summary);
    }

    let linked = read_and_link(options, &files, &mut summary.warnings, observer)?;
    let paths: BTreeMap<&str, &str> =
        files.iter().zip(&linked).map(|(file, linked)| (file.name.as_str(), linked.hashed_name.as_str())).collect();
    let contents = contents(&files, &linked);
    let taken = taken(&contents)?;
    summary.manifest = manifest::hash(&paths);
    let known = before.map(Snapshot::known).unwrap_or_default();
    if options.dry_run {
        return Ok(foresee(&contents, options, &known, summary));
    }
    let root = Root::take(&options.root)?;
    if options.clear {
        root.clear()?;
    }
    root.folders(taken.keys().copied())?;
    let job = Job { root: &root, taken: &taken, observer, done: Mutex::new(summary) };
    job.write(&contents, &known)?;
    let siblings = job.compress(&contents, options)?;
    let mut summary = job.done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = manifest::render(&paths, &summary.manifest);
    if fs::read_to_string(root.path(Manifest::NAME)).ok().as_ref() != Some(&text) {
        root.put(Manifest::NAME, &text)?;
    }
    summary.warnings.sort();
    if let Some(kept) = kept {
        let outputs = contents
            .iter()
            .flat_map(|content| content.names.iter().map(|name| ((*name).to_owned(), content.digest)))
            .chain(siblings)
            .chain([(Manifest::NAME.to_owned(), Digest::of(text.as_bytes()))]);
        match Snapshot::take(asked, begun, &files, outputs, &root, &summary) {
            Some(snapshot) => keep(&snapshot, &kept, &mut summary),
            // What cannot be relied on must not be found by the next run either.
            None => _ = fs::remove_file(&kept),
        }
    }
    Ok(summary)
}

fn keep(snapshot: &Snapshot, path: &Path, summary: &mut Summary) {
    if let Err(error) = snapshot.save(path) {
        let why = format!("cannot be written ({error}): the next run will read everything again");
        summary.warnings.push(Problem::of(path, why));
    }
}

/// Which run of all that share a cache: by where it collects.
fn snapshot_path(cache: &Path, root: &Path) -> PathBuf {
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    cache.join("runs").join(format!("{}.json", Digest::of(root.as_os_str().as_encoded_bytes()).hex()))
}

/// Nothing is collected into itself.
fn apart(options: &Options) -> Result<(), CollectError> {
    if options.sources.is_empty() {
        return Err(CollectError::NoSources);
    }
    let root = resolved(&options.root);
    for source in &options.sources {
        let dir = resolved(&source.dir);
        if dir.starts_with(&root) || root.starts_with(&dir) {
            return Err(CollectError::Overlap(source.dir.clone(), options.root.clone()));
        }
    }
    Ok(())
}

/// Without links, as far as the path is there.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.ancestors()
        .find_map(|there| Some((fs::canonicalize(there).ok()?, path.strip_prefix(there).ok()?.to_owned())))
        .map_or_else(|| path.clone(), |(there, rest)| there.join(rest))
}

/// `site.css.gz` beside `site.css` has the name of its compressed form, and nobody knows whether it is one.
fn leave_out_siblings(files: &mut Vec<Found>, warnings: &mut Vec<Problem>) {
    let names: std::collections::HashSet<_> = files.iter().map(|file| file.name.clone()).collect();
    files.retain(|file| {
        let plain = Encoding::of_sibling(&file.name).filter(|(plain, _)| names.contains(*plain));
        if let Some((plain, _)) = plain {
            let why = format!("is left out: its name is that of the compressed form of {plain}");
            warnings.push(Problem::in_file(&file.name, why));
        }
        plain.is_none()
    });
}

fn read_and_link(
    options: &Options,
    files: &[Found],
    warnings: &mut Vec<Problem>,
    observer: &dyn Observer,
) -> Result<Vec<Linked>, CollectError> {
    observer.begin(Stage::Read, files.iter().map(|file| file.stat.size).sum());
    let read = parallel::each(files, |file| {
        let reading = reading::read(file, options.modules);
        observer.advance(file.stat.size);
        reading
    });
    let mut readings = Vec::with_capacity(files.len());
    let mut problems = Vec::new();
    for reading in read {
        match reading {
            Ok(reading) => readings.push(reading),
            Err(found) => {
                // It is there all the same, for whoever refers to it.
                readings.push(Reading::default());
                problems.extend(found);
            }
        }
    }
    link(files, readings, options.static_path.as_deref(), warnings, problems).map_err(CollectError::Problems)
}

/// What there will be: for most files one content with two names.
fn contents<'a>(files: &'a [Found], linked: &'a [Linked]) -> Vec<Content<'a>> {
    let mut contents = Vec::with_capacity(files.len() * 2);
    for (file, linked) in files.iter().zip(linked) {
        let own = Content { file, edits: &[], digest: linked.own, names: vec![&file.name] };
        if linked.edits.is_empty() {
            contents.push(Content { names: vec![&linked.hashed_name, &file.name], ..own });
        } else {
            contents.push(own);
            let names = vec![linked.hashed_name.as_str()];
            contents.push(Content { file, edits: &linked.edits, digest: linked.digest, names });
        }
    }
    contents
}

/// Every name, with the place of its content. Two of one name are refused: somebody named a file as another's hash would.
fn taken<'a>(contents: &[Content<'a>]) -> Result<HashMap<&'a str, usize>, CollectError> {
    let mut taken = HashMap::with_capacity(contents.len() * 2);
    let mut problems = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        for name in &content.names {
            if let Some(other) = taken.insert(*name, at) {
                let other: &Content<'_> = &contents[other];
                if other.digest != content.digest {
                    let why = format!("would be the name of two files, {} and {}", other.file.name, content.file.name);
                    problems.push(Problem::in_file(name, why));
                }
            }
            if *name == Manifest::NAME {
                problems.push(Problem::in_file(name, "has the name of the manifest"));
            }
        }
    }
    if problems.is_empty() { Ok(taken) } else { Err(CollectError::Problems(problems)) }
}

/// What a run would do. Compressed forms are not foreseen: to know them is to make them.
fn foresee(contents: &[Content<'_>], options: &Options, known: &Known, mut summary: Summary) -> Summary {
    if options.clear {
        let there = root::files(&options.root);
        summary.foreseen.extend(there.into_iter().map(|name| format!("delete {name}")));
    }
    for content in contents {
        let missing: Vec<&str> = if options.clear {
            content.names.clone()
        } else {
            content.missing(&options.root, known).unwrap_or_else(|_| content.names.clone())
        };
        summary.foreseen.extend(missing.iter().map(|name| format!("write {name}")));
        summary.count(content, &missing);
    }
    summary.foreseen.sort();
    summary
}

impl Summary {
    fn count(&mut self, content: &Content<'_>, written: &[&str]) {
        let plain = content.file.name.as_str();
        for name in &content.names {
            match (written.contains(name), *name == plain) {
                (true, true) => self.copied += 1,
                (true, false) => self.post_processed += 1,
                (false, true) => self.unchanged += 1,
                (false, false) => {}
            }
        }
        if !written.is_empty() {
            self.bytes += content.size();
        }
    }
}

/// The writing part of a run.
struct Job<'a> {
    root: &'a Root,
    taken: &'a HashMap<&'a str, usize>,
    observer: &'a dyn Observer,
    done: Mutex<Summary>,
}

impl Job<'_> {
    fn write(&self, contents: &[Content<'_>], known: &Known) -> Result<(), CollectError> {
        self.observer.begin(Stage::Write, contents.iter().map(Content::size).sum());
        let written = parallel::each(contents, |content| {
            let missing = content.missing(self.root.as_path(), known).at(self.root.as_path())?;
            if !missing.is_empty() {
                content.bring(&missing, self.root, self.taken)?;
            }
            self.observer.advance(content.size());
            self.count(|done| done.count(content, &missing));
            Ok(())
        });
        written.into_iter().collect()
    }

    /// Gives every content its compressed forms, each made once. The longest first, so that no core is left with it.
    fn compress(&self, contents: &[Content<'_>], options: &Options) -> Result<Vec<(String, Digest)>, CollectError> {
        let mut same: HashMap<Digest, Vec<&Content<'_>>> = HashMap::new();
        for content in contents {
            same.entry(content.digest).or_default().push(content);
        }
        let mut groups: Vec<_> = same.into_values().collect();
        groups.sort_by_key(|group| (std::cmp::Reverse(group[0].size()), group[0].names[0]));
        let wanted = |name: &str, size: u64| compressible(name) && options.compress.is_some_and(|most| size <= most);
        if options.compress.is_some() {
            self.observer.begin(Stage::Compress, groups.iter().map(|group| group[0].size()).sum());
        }
        let compressor = Compressor::new(options.cache.as_deref());
        let results = parallel::each(&groups, |group| {
            let names: Vec<&str> = group.iter().flat_map(|content| content.names.iter().copied()).collect();
            let (try_these, bare): (Vec<&str>, Vec<&str>) =
                names.into_iter().partition(|name| wanted(name, group[0].size()));
            let forms = if try_these.is_empty() {
                Forms { br: None, gz: None }
            } else {
                let path = self.root.path(try_these[0]);
                let bytes = fs::read(&path).at(&path)?;
                // Not the file that it was copied from: somebody may be at work on that.
                if Digest::of(&bytes) != group[0].digest {
                    return Err(CollectError::Problems(vec![Problem::of(&path, CHANGED)]));
                }
                compressor.forms(&bytes).at(&path)?
            };
            let mut siblings = self.form(&try_these, Encoding::Brotli.suffix(), forms.br.as_deref())?;
            siblings.extend(self.form(&try_these, Encoding::Gzip.suffix(), forms.gz.as_deref())?);
            for name in bare {
                let gone = self.root.bare(name, |sibling| self.taken.contains_key(sibling))?;
                self.count(|done| done.removed += gone);
            }
            if options.compress.is_some() {
                self.observer.advance(group[0].size());
            }
            Ok(siblings)
        });
        let mut siblings = Vec::new();
        for result in results {
            siblings.extend(result?);
        }
        Ok(siblings)
    }

    /// Brings one compressed form to the names of its content, or takes an old one away.
    fn form(&self, names: &[&str], end: &str, form: Option<&[u8]>) -> Result<Vec<(String, Digest)>, CollectError> {
        let siblings: Vec<String> = names.iter().map(|name| format!("{name}{end}")).collect();
        let Some(form) = form else {
            for name in names {
                let gone = self.root.bare(name, |sibling| sibling != format!("{name}{end}"))?;
                self.count(|done| done.removed += gone);
            }
            return Ok(Vec::new());
        };
        let missing: Vec<&str> = siblings
            .iter()
            .filter(|sibling| fs::read(self.root.path(sibling)).ok().as_deref() != Some(form))
            .map(String::as_str)
            .collect();
        if !missing.is_empty() {
            self.root.write(missing[0], |file| file.write_all(form))?.name(&missing)?;
            self.count(|done| {
                done.compressed += missing.len();
                done.bytes += form.len() as u64;
            });
        }
        let digest = Digest::of(form);
        Ok(siblings.into_iter().map(|sibling| (sibling, digest)).collect())
    }

    fn count(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}
