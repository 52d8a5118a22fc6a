//! Gives every file its name with a hash: what a file refers to first, then the file.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;

use md5::{Digest as _, Md5};

use crate::digest::{Digest, hashed_name};
use crate::error::{Problem, TOLD};
use crate::finders::Found;
use crate::reading::{Placed, Reading};
use crate::reference::{FileTarget, Reference, Target};

/// A file as it will be served under its name with a hash.
#[derive(Debug)]
pub(crate) struct Linked {
    pub(crate) hashed_name: String,
    /// What is replaced in its text; nothing where the content is the file's own.
    pub(crate) edits: Vec<Edit>,
    /// Of its own content.
    pub(crate) own: Digest,
    /// Of the content with the edits.
    pub(crate) digest: Digest,
}

/// Bytes of a text, and what takes their place.
pub(crate) type Edit = (Range<usize>, String);

/// A reference to a static file that there is.
struct Edge {
    reference: Reference,
    target: FileTarget,
    to: usize,
}

/// Gives each of the files, in their order, its name and edits; or everything that is missing, behind the `problems` that
/// are known already.
pub(crate) fn link(
    files: &[Found],
    readings: Vec<Reading>,
    static_path: Option<&str>,
    warnings: &mut Vec<Problem>,
    mut problems: Vec<Problem>,
) -> Result<Vec<Linked>, Vec<Problem>> {
    let names: HashMap<&str, usize> = files.iter().enumerate().map(|(at, file)| (file.name.as_str(), at)).collect();
    let mut edges = Vec::with_capacity(files.len());
    let mut digests = Vec::with_capacity(files.len());
    for (file, reading) in files.iter().zip(readings) {
        digests.push(reading.digest);
        warnings.extend(reading.warnings);
        let mut own = Vec::new();
        for Placed { reference, place } in reading.references {
            let Target::File(target) = reference.target(&file.name, static_path) else { continue };
            match target.name.as_deref().and_then(|name| names.get(name)) {
                Some(&to) => own.push(Edge { reference, target, to }),
                None if reference.is_map() => {
                    let near = if warnings.len() < TOLD { files } else { &[] };
                    warnings.push(Problem::at(&file.name, place, missing(&reference, &target, near)));
                }
                // As Django has it: `url("img")` may be meant so.
                None if is_folder(&target, files) => {}
                None => {
                    let near = if problems.len() < TOLD { files } else { &[] };
                    problems.push(Problem::at(&file.name, place, missing(&reference, &target, near)));
                }
            }
        }
        edges.push(own);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut linker = Linker { files, edges, linked: digests.iter().map(|_| None).collect() };
    for group in groups(&linker.edges) {
        linker.name(&group, &digests).map_err(|problem| vec![problem])?;
    }
    Ok(linker.linked.into_iter().flatten().collect())
}

/// Whether a file lies below the target. The files are in the order of their names.
fn is_folder(target: &FileTarget, files: &[Found]) -> bool {
    let Some(folder) = target.name.as_ref().map(|name| format!("{name}/")) else { return false };
    let at = files.partition_point(|file| file.name < folder);
    files.get(at).is_some_and(|file| file.name.starts_with(&folder))
}

/// What is wrong, and which of `files` may have been meant.
fn missing(reference: &Reference, target: &FileTarget, files: &[Found]) -> String {
    let url = &reference.url;
    match &target.name {
        Some(name) if name == url => format!("names {url:?}, which is no static file{}", instead(name, files)),
        Some(name) => format!("names {url:?}, and {name} is no static file{}", instead(name, files)),
        None => format!("names {url:?}, which is above all static files"),
    }
}

/// What may have been meant: the name in other letters, or without the ending that bundlers add and browsers do not.
fn instead(name: &str, files: &[Found]) -> String {
    let similar = files.iter().map(|file| file.name.as_str()).find(|other| {
        other.eq_ignore_ascii_case(name)
            || other.strip_prefix(name).is_some_and(|end| [".js", ".mjs", "/index.js", "/index.mjs"].contains(&end))
    });
    similar.map(|other| format!("; there is {other}")).unwrap_or_default()
}

struct Linker<'a> {
    files: &'a [Found],
    edges: Vec<Vec<Edge>>,
    linked: Vec<Option<Linked>>,
}

impl Linker<'_> {
    /// Names a file, or files that refer to each other in a circle; all else that they refer to has its name.
    fn name(&mut self, group: &[usize], digests: &[Digest]) -> Result<(), Problem> {
        let is_circle = group.len() > 1 || group.iter().any(|&at| self.edges[at].iter().any(|edge| edge.to == at));
        if !is_circle {
            for &at in group {
                let (edits, digest) = self.content(at, digests)?;
                let hashed_name = hashed_name(&self.files[at].name, &digest.short());
                self.linked[at] = Some(Linked { hashed_name, edits, own: digests[at], digest });
            }
            return Ok(());
        }
        // No content can have its own hash in it. The members are hashed with plain names for each other; the name of each
        // follows from its own hash and all of theirs, so that a change of one renames them all.
        for &at in group {
            let hashed_name = self.files[at].name.clone();
            self.linked[at] = Some(Linked { hashed_name, edits: Vec::new(), own: digests[at], digest: digests[at] });
        }
        let mut members = Vec::with_capacity(group.len());
        for &at in group {
            members.push((at, self.content(at, digests)?.1));
        }
        members.sort_by_key(|(at, _)| &self.files[*at].name);
        let mut circle = Md5::new();
        for (at, digest) in &members {
            circle.update(format!("{}\0{}\0", self.files[*at].name, digest.hex()));
        }
        let circle: [u8; 16] = circle.finalize().into();
        for (at, digest) in &members {
            let hash = Digest::of(&[&circle[..], digest.hex().as_bytes()].concat()).short();
            let hashed_name = hashed_name(&self.files[*at].name, &hash);
            self.linked[*at] = Some(Linked { hashed_name, edits: Vec::new(), own: digests[*at], digest: *digest });
        }
        for (at, _) in members {
            let (edits, digest) = self.content(at, digests)?;
            if let Some(linked) = &mut self.linked[at] {
                (linked.edits, linked.digest) = (edits, digest);
            }
        }
        Ok(())
    }

    /// The edits of a file, and the hash of what they make of it.
    fn content(&self, at: usize, digests: &[Digest]) -> Result<(Vec<Edit>, Digest), Problem> {
        let named = |edge: &Edge| {
            let name = self.linked[edge.to].as_ref().map_or("", |linked| &linked.hashed_name);
            (edge.reference.span.clone(), edge.reference.render(&edge.target, name))
        };
        let edits: Vec<_> = self.edges[at].iter().map(named).collect();
        if edits.is_empty() {
            return Ok((edits, digests[at]));
        }
        let file = &self.files[at];
        let text = fs::read(&file.path).map_err(|error| Problem::io(&file.path, &error))?;
        let text = apply(&text, &edits).ok_or_else(|| Problem::of(&file.path, CHANGED))?;
        Ok((edits, Digest::of(&text)))
    }
}

/// Of a file that was not the same when it was read again.
pub(crate) const CHANGED: &str = "was changed while it was being collected; run it again";

/// The text with the edits, which are in order and apart; `None` if it is not the text they are for.
pub(crate) fn apply(text: &[u8], edits: &[Edit]) -> Option<Vec<u8>> {
    let mut result = Vec::with_capacity(text.len() + edits.len() * 16);
    let mut done = 0;
    for (span, replacement) in edits {
        result.extend_from_slice(text.get(done..span.start)?);
        result.extend_from_slice(replacement.as_bytes());
        done = span.end;
    }
    result.extend_from_slice(text.get(done..)?);
    Some(result)
}

/// The files in the order in which they can be named, those of a circle together: Tarjan's strongly connected components,
/// with a stack of its own, as a chain of references may be long.
fn groups(edges: &[Vec<Edge>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; edges.len()];
    let mut low = vec![0; edges.len()];
    let mut waiting = Vec::new();
    let mut is_waiting = vec![false; edges.len()];
    let mut groups = Vec::new();
    let mut count = 0;
    for root in 0..edges.len() {
        if order[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((at, next)) = path.pop() {
            if next == 0 {
                (order[at], low[at]) = (count, count);
                count += 1;
                waiting.push(at);
                is_waiting[at] = true;
            }
            if let Some(edge) = edges[at].get(next) {
                path.push((at, next + 1));
                if order[edge.to] == UNSEEN {
                    path.push((edge.to, 0));
                } else if is_waiting[edge.to] {
                    low[at] = low[at].min(order[edge.to]);
                }
                continue;
            }
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[at]);
            }
            if low[at] == order[at] {
                let start = waiting.iter().rposition(|&member| member == at).unwrap_or_default();
                let group = waiting.split_off(start);
                for &member in &group {
                    is_waiting[member] = false;
                }
                groups.push(group);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Form;

    fn edges(lists: &[&[usize]]) -> Vec<Vec<Edge>> {
        let edge = |&to: &usize| {
            let reference = Reference { span: 0..0, url: "x".to_owned(), form: Form::Url };
            let Target::File(target) = reference.target("a", None) else { panic!("elsewhere") };
            Edge { reference, target, to }
        };
        lists.iter().map(|list| list.iter().map(edge).collect()).collect()
    }

    fn sorted(lists: &[&[usize]]) -> Vec<Vec<usize>> {
        let mut groups = groups(&edges(lists));
        for group in &mut groups {
            group.sort_unstable();
        }
        groups
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        assert_eq!(sorted(&[&[1, 2], &[2], &[]]), [[2], [1], [0]]);
        assert_eq!(sorted(&[&[1], &[0], &[0]]), [vec![0, 1], vec![2]]);
        assert_eq!(sorted(&[&[0], &[2], &[3], &[1, 0]]), [vec![0], vec![1, 2, 3]]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_no_recursion() {
        let lists: Vec<Vec<usize>> =
            (0..100_000).map(|at| if at < 99_999 { vec![at + 1] } else { Vec::new() }).collect();
        let lists: Vec<&[usize]> = lists.iter().map(Vec::as_slice).collect();
        assert_eq!(groups(&edges(&lists))[0], [99_999]);
    }
}
