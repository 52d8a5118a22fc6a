//! Putting the static files into the bucket of a stack.

mod pruning;
mod putting;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use jiff::{SignedDuration, Timestamp};
use manage::collectstatic::upload::{Upload, Uploaded, run};
use portico::config::Timeouts;
use serde_json::json;

use super::{Folder, Script};
use crate::site::faults::Call;
use crate::site::{Faults, Site};

/// A system, a folder that was collected, and the bucket.
struct Release {
    faults: Faults,
    folder: Folder,
    client: Client,
    bucket: String,
    /// It ends with the test.
    _site: Site,
}

const CSS: &str = "body { color: black }\n";

impl Release {
    /// With a version that has everything: hashed files, a sibling, a picture, an empty file, a download.
    async fn start() -> Self {
        let (site, faults) = Site::with_faults(&[]).await;
        let bucket = site.stack.template().buckets.iter().find(|bucket| bucket.logical_id == "StaticBucket").unwrap();
        let bucket = bucket.name.clone();
        let sdk = site.stack.aws().sdk_config(Timeouts { attempt_ms: 5_000, operation_ms: 20_000 }).unwrap();
        let client = manage::stack::s3(&sdk, Some(&site.stack.s3_url()));
        let release = Self { faults, folder: Folder::new(), client, bucket, _site: site };
        release.write("css/site.css", CSS);
        release.write("css/site.0123456789ab.css", CSS);
        release.write("css/site.0123456789ab.css.br", "br of it");
        release.write("img/logo.png", "a picture");
        release.write("img/logo.ba9876543210.png", "a picture");
        release.write("empty.txt", "");
        release.write("data.tar.gz", "a download");
        release.write(".cache/x", "nobody's");
        release
            .manifest(&[("css/site.css", "css/site.0123456789ab.css"), ("img/logo.png", "img/logo.ba9876543210.png")]);
        release
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    fn manifest(&self, paths: &[(&str, &str)]) {
        let paths: BTreeMap<_, _> = paths.iter().copied().collect();
        self.write("staticfiles.json", &json!({ "version": "1.1", "hash": "x", "paths": paths }).to_string());
    }

    /// Another version: the style sheet is another one, the old one's files are gone.
    fn change(&self, hash: &str) {
        for entry in std::fs::read_dir(self.path("css")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        self.write("css/site.css", hash);
        let hashed = format!("css/site.{hash}.css");
        self.write(&hashed, hash);
        self.manifest(&[("css/site.css", &hashed), ("img/logo.png", "img/logo.ba9876543210.png")]);
    }

    async fn upload(&self) -> Uploaded {
        self.upload_with(|_| {}).await.unwrap_or_else(|why| panic!("{why}"))
    }

    async fn upload_with(&self, change: impl FnOnce(&mut Upload<'_>)) -> Result<Uploaded, String> {
        self.upload_told(change).await.0
    }

    /// The same, and what was told.
    async fn upload_told(&self, change: impl FnOnce(&mut Upload<'_>)) -> (Result<Uploaded, String>, Script) {
        let mut upload = Upload {
            root: &self.folder.0,
            client: &self.client,
            bucket: &self.bucket,
            prefix: "static/",
            max_age: 60,
            prune_days: None,
            all: false,
            dry_run: false,
            now: Timestamp::now(),
        };
        change(&mut upload);
        self.faults.clear_calls();
        let mut script = Script::default();
        let result = run(&upload, &mut script).await.map_err(|failure| failure.message().to_owned());
        (result, script)
    }

    /// What was put by the last upload, in its order.
    fn put(&self) -> Vec<String> {
        let calls = self.faults.calls().into_iter().filter(|call| call.name.starts_with("PUT "));
        let path = |call: Call| {
            let path = call.body.as_str().unwrap().split('?').next().unwrap().to_owned();
            path.split_once(&format!("/{}/", self.bucket)).unwrap().1.to_owned()
        };
        calls.map(path).collect()
    }

    async fn keys(&self) -> Vec<String> {
        let listed = self.client.list_objects_v2().bucket(&self.bucket).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    async fn keys_in(&self, folder: &str) -> Vec<String> {
        self.keys().await.into_iter().filter(|key| key.starts_with(folder)).collect()
    }

    async fn has(&self, key: &str) -> bool {
        self.keys().await.iter().any(|there| there == key)
    }

    async fn head(&self, name: &str) -> HeadObjectOutput {
        self.client.head_object().bucket(&self.bucket).key(format!("static/{name}")).send().await.unwrap()
    }

    async fn text(&self, name: &str) -> String {
        let key = format!("static/{name}");
        let object = self.client.get_object().bucket(&self.bucket).key(key).send().await.unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }

    /// Puts an object again as an encrypted bucket would have it: its ETag is not the MD5 of its content.
    async fn put_opaquely(&self, name: &str, content: &str, md5: Option<&str>) {
        let (client, key) = (&self.client, format!("static/{name}"));
        let begun = client.create_multipart_upload().bucket(&self.bucket).key(&key);
        let begun =
            begun.set_metadata(md5.map(|md5| [("md5".to_owned(), md5.to_owned())].into())).send().await.unwrap();
        let id = begun.upload_id().unwrap();
        let part = client.upload_part().bucket(&self.bucket).key(&key).upload_id(id).part_number(1);
        let part = part.body(content.as_bytes().to_vec().into()).send().await.unwrap();
        let part = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        let done = client.complete_multipart_upload().bucket(&self.bucket).key(&key).upload_id(id);
        let done = done.multipart_upload(parts).send().await.unwrap();
        assert!(done.e_tag().unwrap().contains("-1"), "{done:?}");
    }
}

fn days(days: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(24 * days)
}
