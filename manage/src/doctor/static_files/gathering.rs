//! Finds out what there is to know: looks into the folders, asks the site and the bucket.

use std::collections::BTreeSet;
use std::fs::{self, File as Opened};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use collectstatic::{Located, Source as Folder, locate, names, plain_name};
use portico::config::StaticUrl;
use portico::rng::{Rng, SystemRng};
use portico::static_files::{Encoding, Manifest, compressible};
use url::Url;

use super::address::{address, base, place};
use super::facts::{Bucket as BucketFacts, Collected, Facts, File, Local, Remote, Site, Source, Version};
use crate::doctor::http::{Answer, Client, NoAnswer, is_local};
use crate::near::near;

/// How much of a file is looked at, bytes.
const BODY_MAX: usize = 1 << 20;

/// The longest manifest that is read, bytes: some fifty thousand files.
const MANIFEST_MAX: usize = 8 << 20;

/// The bucket of a stack.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// How it is reached.
    pub client: aws_sdk_s3::Client,
    /// What it is called.
    pub name: String,
}

/// What is to be looked at.
pub(super) struct Look<'a> {
    pub(super) url: Url,
    pub(super) static_url: &'a StaticUrl,
    pub(super) index_file: Option<&'a str>,
    pub(super) folders: &'a [Folder],
    pub(super) root: &'a Path,
    pub(super) stack: Option<&'a str>,
    pub(super) bucket: Option<&'a Bucket>,
}

/// What the manifest in `STATIC_ROOT` is, and which names there are.
struct Here {
    manifest: Result<Manifest, Local>,
    names: BTreeSet<String>,
}

impl Look<'_> {
    /// Looks everywhere.
    pub(super) async fn gather(&self) -> Option<Facts> {
        let base = base(&self.url, self.static_url)?;
        let here = self.here();
        // The file that answers for its folder.
        let index = self.index_file.filter(|_| self.url.path().ends_with('/')).unwrap_or_default();
        let place =
            place(&format!("{}{index}", self.url.path()), base.path(), |name| here.is_known(name) || self.has(name));
        let other_host = (base.origin() != self.url.origin()).then(|| base.origin().ascii_serialization());
        let right = match &place.name {
            Some(name) if place.misplaced.is_some() || other_host.is_some() => address(&base, name),
            None if place.misplaced.is_some() => base.clone(),
            _ => self.url.clone(),
        };
        let is_local = is_local(&right);
        let file = match place.name {
            Some(name) => Some(self.file(name, &right, &base, &here).await),
            None => None,
        };
        Some(Facts {
            asked: self.url.to_string(),
            right: right.to_string(),
            misplaced: place.misplaced,
            other_host,
            is_local,
            stack: self.stack.map(str::to_owned),
            file,
        })
    }

    fn here(&self) -> Here {
        let manifest = match Manifest::read(&self.root.join(Manifest::NAME)) {
            Ok(manifest) => manifest.ok_or(Local::Missing),
            Err(error) => Err(Local::Unreadable(portico::log::chain(&error))),
        };
        Here { manifest, names: names(self.folders) }
    }

    /// Whether a folder has it, be it to be left out.
    fn has(&self, name: &str) -> bool {
        locate(self.folders, name).is_ok_and(|located| !located.hits.is_empty())
    }

    async fn file(&self, asked_name: String, right: &Url, base: &Url, here: &Here) -> File {
        let (name, version) = here.resolve(&asked_name, |name| self.has(name));
        let source = self.source(&name, here);
        let collected = self.collected(&name, &asked_name, source.path.as_deref(), here);
        let current = here.hashed(&name).filter(|_| version == Version::Other).map(|hashed| address(base, hashed));
        // A server on this machine may have no names with a hash at all.
        let plain = (version != Version::Plain && is_local(right)).then(|| address(base, &name));
        let mut site = ask(right, base, &name, current, plain).await;
        if let Some(answer) = site.answer.as_ref().ok().filter(|answer| answer.status == 200 && answer.is_whole) {
            let source = source.path.as_deref().filter(|_| version == Version::Plain);
            site.is_source = source.and_then(|path| is_content(path, &answer.body));
            site.is_collected = is_content(&self.root.join(&asked_name), &answer.body);
        }
        let bucket = match self.bucket {
            Some(bucket) => {
                Some(head(bucket, &format!("{}{asked_name}", self.static_url.path().trim_start_matches('/'))).await)
            }
            None => None,
        };
        File { name, asked_name, version, source, collected, site, bucket }
    }

    fn source(&self, name: &str, here: &Here) -> Source {
        let Ok(Located { hits, problems }) = locate(self.folders, name) else { return Source::default() };
        let mut problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let ignored = hits.iter().find_map(|hit| Some((hit.path.clone(), hit.ignored.clone()?)));
        let path = hits.into_iter().find(|hit| hit.ignored.is_none()).map(|hit| hit.path);
        let path = path.filter(|path| match Opened::open(path) {
            Ok(_) => true,
            Err(error) => {
                problems.push(format!("{} cannot be read: {error}", path.display()));
                false
            }
        });
        let near = if path.is_none() { near(name, &here.names) } else { Vec::new() };
        Source { path, ignored, problems, near }
    }

    fn collected(&self, name: &str, asked_name: &str, source: Option<&Path>, here: &Here) -> Collected {
        let manifest = match &here.manifest {
            Ok(manifest) => {
                Local::Read { hashed: manifest.get(name).map(str::to_owned), hash: manifest.hash().to_owned() }
            }
            Err(other) => other.clone(),
        };
        let is_there = |name: &str| self.root.join(name).is_file();
        let plain = self.root.join(name);
        Collected {
            root: self.root.to_owned(),
            manifest,
            has_asked: is_there(asked_name),
            has_plain: is_there(name),
            is_outdated: source.and_then(|source| is_same(source, &plain).ok()) == Some(false),
            has_sibling: Encoding::COMPRESSED
                .into_iter()
                .any(|encoding| is_there(&format!("{asked_name}{}", encoding.suffix()))),
        }
    }
}

impl Here {
    fn hashed(&self, name: &str) -> Option<&str> {
        self.manifest.as_ref().ok()?.get(name)
    }

    fn is_plain(&self, name: &str) -> bool {
        self.names.contains(name) || self.hashed(name).is_some()
    }

    fn is_known(&self, name: &str) -> bool {
        self.is_plain(name) || self.plain_of(name).is_some()
    }

    /// The file of a hashed name, by the manifest or by the look of it.
    fn plain_of(&self, hashed: &str) -> Option<(String, Version)> {
        let manifest = self.manifest.as_ref().ok();
        let given = manifest.and_then(|manifest| manifest.paths().find(|(_, value)| *value == hashed));
        let current = given.map(|(name, _)| (name.to_owned(), Version::Current));
        current.or_else(|| plain_name(hashed).filter(|name| self.is_plain(name)).map(|name| (name, Version::Other)))
    }

    fn resolve(&self, asked: &str, has: impl Fn(&str) -> bool) -> (String, Version) {
        if self.is_plain(asked) || has(asked) {
            return (asked.to_owned(), Version::Plain);
        }
        self.plain_of(asked).unwrap_or_else(|| (asked.to_owned(), Version::Plain))
    }
}

/// Asks the site for a file in the ways that tell something.
async fn ask(right: &Url, base: &Url, name: &str, current: Option<Url>, plain: Option<Url>) -> Site {
    let client = Client::new();
    let answer = client.get(right, "identity", BODY_MAX).await;
    let status = answer.as_ref().map(|answer| answer.status);
    let is_good = status == Ok(200);
    let compressed =
        if is_good && compressible(name) { client.get(right, "br, gzip", BODY_MAX).await.ok() } else { None };
    let fresh = match status {
        Ok(400..) => status_of(&client, &unasked(right)).await,
        _ => None,
    };
    let manifest = match &answer {
        Ok(_) => remote(client.get(&address(base, Manifest::NAME), "identity", MANIFEST_MAX).await, name),
        // Who does not answer once is not asked again.
        Err(_) => Remote::Unreadable,
    };
    let current = match current.filter(|_| answer.is_ok()) {
        Some(url) => status_of(&client, &url).await,
        None => None,
    };
    let is_from_folder = match plain.filter(|_| answer.is_ok()) {
        Some(url) => client.get(&url, "identity", 1).await.is_ok_and(|answer| is_from_folder(&answer)),
        None => answer.as_ref().is_ok_and(is_from_folder),
    };
    Site { answer, compressed, fresh, manifest, is_source: None, is_collected: None, current, is_from_folder }
}

/// As the development server answers, and no server of what was collected.
fn is_from_folder(answer: &Answer) -> bool {
    answer.status == 200 && answer.header("cache-control") == Some("no-cache")
}

async fn status_of(client: &Client, url: &Url) -> Option<u16> {
    client.get(url, "identity", 1).await.ok().map(|answer| answer.status)
}

/// The same address with a query that no cache has seen.
fn unasked(url: &Url) -> Url {
    let mut url = url.clone();
    let rng: &dyn Rng = &SystemRng;
    url.query_pairs_mut().append_pair("portico-doctor", &rng.token());
    url
}

fn remote(answer: Result<Answer, NoAnswer>, name: &str) -> Remote {
    let Ok(answer) = answer else { return Remote::Unreadable };
    if answer.status != 200 {
        return Remote::Missing(answer.status);
    }
    let text = str::from_utf8(&answer.body).ok().filter(|_| answer.is_whole);
    match text.and_then(|text| Manifest::parse(text).ok()) {
        Some(manifest) => {
            Remote::Read { hashed: manifest.get(name).map(str::to_owned), hash: manifest.hash().to_owned() }
        }
        None => Remote::Unreadable,
    }
}

async fn head(bucket: &Bucket, key: &str) -> BucketFacts {
    let asked = bucket.client.head_object().bucket(&bucket.name).key(key).send().await;
    let is_there = match asked {
        Ok(_) => true,
        Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => false,
        // S3 answers a HEAD without a body: what is refused has a status alone.
        Err(error) => {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let why = match (error.code(), status) {
                (Some(code), _) => code.to_owned(),
                (None, Some(status)) => format!("{status}"),
                (None, None) => portico::log::chain(&error),
            };
            return BucketFacts::Unreadable(format!("the bucket {} does not tell of {key}: {why}", bucket.name));
        }
    };
    BucketFacts::Read { name: bucket.name.clone(), key: key.to_owned(), is_there }
}

/// Whether a file has this content; `None` where there is no such file.
fn is_content(path: &Path, content: &[u8]) -> Option<bool> {
    let length = fs::metadata(path).ok()?.len();
    Some(length == content.len() as u64 && fs::read(path).ok()? == content)
}

/// Whether two files have the same content.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (Opened::open(one)?, Opened::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    loop {
        let (here, there) = (one.fill_buf()?, other.fill_buf()?);
        let length = here.len().min(there.len());
        if length == 0 {
            return Ok(here.is_empty() && there.is_empty());
        }
        if here[..length] != there[..length] {
            return Ok(false);
        }
        one.consume(length);
        other.consume(length);
    }
}
