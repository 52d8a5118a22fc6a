//! A `clamd` of a test's own, which knows one thing: the file that every scanner takes for a virus, and is none.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use portico::config::ClamdSettings;
use portico::media::scan;
use tempfile::TempDir;

/// Bytes of a stream that it takes at most.
pub(crate) const STREAM_MAX: usize = 1 << 20;

/// What clamd calls the file.
pub(crate) const FOUND: &str = "Eicar-Test-Signature.UNOFFICIAL";

/// The MD5 of the file.
const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";

/// EICAR's test file, in two parts: a scanner that looks at this project would find it in one.
pub(crate) fn eicar() -> Vec<u8> {
    let (one, two) = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*");
    format!("{one}{two}").into_bytes()
}

/// A running server; it ends with the test.
pub(crate) struct Clamd {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Clamd {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("database");
        std::fs::create_dir(&database).unwrap();
        let file = eicar();
        std::fs::write(database.join("test.hdb"), format!("{MD5}:{}:Eicar-Test-Signature\n", file.len())).unwrap();
        let mut anywhere = String::from("Eicar-Test-Signature:0:*:");
        for byte in &file {
            write!(anywhere, "{byte:02x}").unwrap();
        }
        std::fs::write(database.join("test.ndb"), format!("{anywhere}\n")).unwrap();
        let mut said = String::new();
        // Between finding a free port and taking it somebody else can: then another one is found.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            match launch(port, &folder) {
                Ok(process) => return Self { process, port, folder },
                Err(lines) => said = lines,
            }
        }
        panic!("clamd did not start: {said}");
    }

    /// Kills it: whoever is connected finds out by themselves.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again after a kill, on the same port.
    pub(crate) fn restart(&mut self) {
        self.process = launch(self.port, &self.folder).expect("its port is still free");
    }

    /// Whoever asks it, and gives it files of up to so many bytes.
    pub(crate) fn scanner(&self, max_bytes: u64) -> scan::Clamd {
        scan::Clamd::new(&ClamdSettings {
            address: format!("127.0.0.1:{}", self.port),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            max_bytes,
        })
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The process, once it listens; what it has said, when it has ended instead.
fn launch(port: u16, folder: &TempDir) -> Result<Child, String> {
    let place = folder.path().display();
    let settings = [
        "Foreground yes".to_owned(),
        // What it prints comes late where nobody sits at a terminal; what it logs is there at once.
        format!("LogFile {place}/clamd.log"),
        format!("TCPSocket {port}"),
        "TCPAddr 127.0.0.1".to_owned(),
        format!("DatabaseDirectory {place}/database"),
        format!("TemporaryDirectory {place}"),
        format!("StreamMaxLength {STREAM_MAX}"),
        format!("MaxFileSize {STREAM_MAX}"),
        format!("MaxScanSize {}", 4 * STREAM_MAX),
        "AlertExceedsMax yes".to_owned(),
        "SelfCheck 0".to_owned(),
    ];
    let (file, log) = (folder.path().join("clamd.conf"), folder.path().join("clamd.log"));
    let _ = std::fs::remove_file(&log);
    std::fs::write(&file, settings.join("\n") + "\n").unwrap();
    let mut process = Command::new("clamd")
        .arg("--config-file")
        .arg(file)
        // Debian has it where servers are, which is not on everybody's path.
        .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("clamd: {error}; it is in Debian's package clamav-daemon"));
    loop {
        let has_ended = process.try_wait().unwrap().is_some();
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        if has_ended {
            return Err(said);
        }
        if said.contains("Setting connection queue length") {
            return Ok(process);
        }
        std::thread::yield_now();
    }
}
