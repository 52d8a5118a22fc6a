//! A `redis-server` of a test's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::sessions::contract::Keeper;
use crate::site::Site;

/// A running server; it ends with the test.
pub(crate) struct Redis {
    process: Child,
    pub(crate) port: u16,
    args: Vec<String>,
    folder: TempDir,
}

impl Redis {
    /// Starts one with these options beside its own.
    pub(crate) fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        // Between finding a free port and taking it somebody else can: then another one is found.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(process) = launch(port, &args, &folder) {
                return Self { process, port, args, folder };
            }
        }
        panic!("redis-server did not start with {args:?}");
    }

    /// Kills it (SIGKILL ends a process that is stopped too): whoever is connected finds out by themselves.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again after a kill, empty, on the same port.
    pub(crate) fn restart(&mut self) {
        self.process = launch(self.port, &self.args, &self.folder).expect("its port is still free");
    }

    /// Lets it hang: it accepts connections and answers nothing.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets it answer again.
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Gives it a command, and takes the first line of its answer.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        Self::ask_at(self.port, words)
    }

    /// The same, and the text that the answer holds.
    pub(crate) fn ask_all(&self, words: &[&str]) -> String {
        let stream = Self::send(self.port, words);
        stream.lines().nth(1).unwrap().unwrap()
    }

    /// The same of the server on this port.
    pub(crate) fn ask_at(port: u16, words: &[&str]) -> String {
        Self::send(port, words).lines().next().unwrap().unwrap()
    }

    fn send(port: u16, words: &[&str]) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "*{}\r\n", words.len()).unwrap();
        for word in words {
            write!(stream, "${}\r\n{word}\r\n", word.len()).unwrap();
        }
        BufReader::new(stream)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A site that keeps its sessions with this engine in it.
    pub(crate) async fn site(&self, engine: &str, more: &[(&str, &str)]) -> Site {
        keeper(engine, &self.url()).site(more).await
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An engine with its cache.
pub(crate) fn keeper(engine: &str, location: &str) -> Keeper {
    let mut keeper = Keeper::of(engine);
    keeper.settings.push(("CACHE_LOCATION".to_owned(), location.to_owned()));
    keeper
}

/// The process, once it is ready; `None` when it has ended instead.
fn launch(port: u16, args: &[String], folder: &TempDir) -> Option<Child> {
    let mut process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--dir", folder.path().to_str().unwrap()])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-server: {error}; it is in Debian's package redis-server"));
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Ready to accept connections"));
    if !ready {
        let _ = process.wait();
        return None;
    }
    // What it says from here on is read by nobody, but must not fill the pipe.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    Some(process)
}
