//! Which object each file becomes, and with which headers. Nothing is asked of anybody here.

use std::collections::BTreeSet;

use portico::static_files::{Encoding, IMMUTABLE, Manifest, compressible, content_type};

use super::tree::{Content, Tree};

/// An object as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// Its key, prefix and all.
    pub(super) key: String,
    /// The file whose bytes it has.
    pub(super) file: String,
    pub(super) content: Content,
    pub(super) content_type: &'static str,
    pub(super) encoding: Option<&'static str>,
    pub(super) cache_control: String,
}

/// All objects of a version.
#[derive(Debug)]
pub(super) struct Plan {
    /// All but the manifest.
    pub(super) files: Vec<Object>,
    /// The manifest, after its siblings.
    pub(super) manifest: Vec<Object>,
    /// The keys of both.
    pub(super) keys: BTreeSet<String>,
}

/// The plain file that a sibling would stand beside, and its encoding; `None` for what can be no sibling.
fn sibling(name: &str) -> Option<(&str, Encoding)> {
    Encoding::of_sibling(name).filter(|(plain, _)| compressible(plain))
}

impl Plan {
    /// Of what was collected, under `prefix`.
    ///
    /// The edge asks for a sibling of every file that may have one. Where compression was not worth it, the plain bytes
    /// are put under the sibling's key, and said to be just that.
    pub(super) fn of(tree: &Tree, prefix: &str, max_age: u32) -> Self {
        let immutable: BTreeSet<_> = tree.manifest.paths().map(|(_, hashed)| hashed).collect();
        let short = format!("public, max-age={max_age}");
        let (mut files, mut manifest, mut keys) = (Vec::new(), Vec::new(), BTreeSet::new());
        // The object `name` has the bytes of `file`, and is what a visitor gets who asks for `served`.
        let mut add = |name: &str, file: &str, served: &str, content: &Content, encoding: Encoding| {
            let object = Object {
                key: format!("{prefix}{name}"),
                file: file.to_owned(),
                content: *content,
                content_type: content_type(served),
                encoding: encoding.token(),
                cache_control: if immutable.contains(served) { IMMUTABLE.to_owned() } else { short.clone() },
            };
            keys.insert(object.key.clone());
            let objects = if served == Manifest::NAME { &mut manifest } else { &mut files };
            objects.push(object);
        };
        for (name, content) in &tree.files {
            // Without its plain file it is a file of its own.
            if let Some((plain, encoding)) = sibling(name).filter(|(plain, _)| tree.files.contains_key(*plain)) {
                add(name, name, plain, content, encoding);
                continue;
            }
            add(name, name, name, content, Encoding::Identity);
            for encoding in Encoding::COMPRESSED.into_iter().filter(|_| compressible(name)) {
                let sibling = format!("{name}{}", encoding.suffix());
                if !tree.files.contains_key(&sibling) {
                    add(&sibling, name, name, content, Encoding::Identity);
                }
            }
        }
        // Whoever finds the manifest finds the rest.
        manifest.sort_by_key(|object| std::cmp::Reverse(object.key.len()));
        Self { files, manifest, keys }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use collectstatic::Digest;

    use super::*;

    fn content(bytes: &[u8]) -> Content {
        Content { size: bytes.len() as u64, md5: Digest::of(bytes) }
    }

    fn planned(files: &[&str], hashed: &[(&str, &str)]) -> BTreeMap<String, (String, Object)> {
        let paths = hashed.iter().map(|(name, hashed)| ((*name).to_owned(), (*hashed).to_owned())).collect();
        let tree = Tree {
            root: "root".into(),
            files: files.iter().map(|name| ((*name).to_owned(), content(name.as_bytes()))).collect(),
            manifest: Manifest::new(paths, String::new()),
            manifest_text: String::new(),
        };
        let plan = Plan::of(&tree, "static/", 60);
        assert_eq!(plan.keys.len(), plan.files.len() + plan.manifest.len(), "each key once");
        let objects = plan.files.into_iter().chain(plan.manifest);
        objects
            .map(|object| (object.key.trim_start_matches("static/").to_owned(), (object.file.clone(), object)))
            .collect()
    }

    fn headers(object: &Object) -> (&str, Option<&str>, &str) {
        (object.content_type, object.encoding, object.cache_control.as_str())
    }

    #[test]
    fn a_sibling_is_what_its_plain_file_is_compressed() {
        let planned = planned(&["a.css", "a.1.css", "a.1.css.br", "a.css.gz"], &[("a.css", "a.1.css")]);
        let of = |name: &str| headers(&planned[name].1);
        assert_eq!(of("a.css"), ("text/css; charset=utf-8", None, "public, max-age=60"));
        assert_eq!(of("a.css.gz"), ("text/css; charset=utf-8", Some("gzip"), "public, max-age=60"));
        assert_eq!(of("a.1.css"), ("text/css; charset=utf-8", None, IMMUTABLE));
        assert_eq!(of("a.1.css.br"), ("text/css; charset=utf-8", Some("br"), IMMUTABLE));
    }

    #[test]
    fn where_a_sibling_is_missing_the_plain_bytes_stand_in() {
        let planned = planned(&["a.css", "a.css.br", "b.png", "LICENSE"], &[]);
        let names: Vec<_> = planned.keys().map(String::as_str).collect();
        assert_eq!(names, ["LICENSE", "LICENSE.br", "LICENSE.gz", "a.css", "a.css.br", "a.css.gz", "b.png"]);
        let (file, object) = &planned["a.css.gz"];
        assert_eq!(
            (file.as_str(), headers(object)),
            ("a.css", ("text/css; charset=utf-8", None, "public, max-age=60"))
        );
        assert_eq!(object.content, content(b"a.css"));
    }

    #[test]
    fn what_is_beside_no_plain_file_is_itself() {
        let planned = planned(&["data.tar.gz", "alone.css.gz", "alone.css.br", "logo.png", "logo.png.gz"], &[]);
        assert_eq!(planned.len(), 5);
        for (name, content_type) in [
            ("data.tar.gz", "application/gzip"),
            ("alone.css.gz", "application/gzip"),
            ("logo.png.gz", "application/gzip"),
            ("alone.css.br", "application/octet-stream"),
        ] {
            assert_eq!(headers(&planned[name].1), (content_type, None, "public, max-age=60"), "{name}");
        }
    }

    #[test]
    fn the_manifest_comes_last_after_its_siblings() {
        let tree = Tree {
            root: "root".into(),
            files: ["staticfiles.json", "z.css", "js/staticfiles.json"]
                .map(|name| (name.to_owned(), content(b"")))
                .into(),
            manifest: Manifest::default(),
            manifest_text: String::new(),
        };
        let plan = Plan::of(&tree, "static/", 60);
        let keys: Vec<_> = plan.manifest.iter().map(|object| object.key.as_str()).collect();
        assert_eq!(keys.last(), Some(&"static/staticfiles.json"));
        assert_eq!(keys.len(), 3);
        assert!(plan.files.iter().any(|object| object.key == "static/js/staticfiles.json"));
    }
}
