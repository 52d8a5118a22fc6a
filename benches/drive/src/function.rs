//! A Lambda function on this machine: a process, and the runtime's API that it asks for work.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::Result;
use crate::process::{Memory, Tree};
use crate::wire::Head;

/// How a function is started.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spawn {
    /// The program and its arguments: a `bootstrap`, or an interpreter with a runtime client.
    command: Vec<String>,
    /// Where, if not here.
    cwd: Option<PathBuf>,
    /// Beside what Lambda sets.
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// One that runs.
pub(crate) struct Function {
    process: Child,
    calls: Receiver<Call>,
    /// The request for work that waits, once there is one.
    waiting: Option<Sender<Vec<u8>>>,
    /// When it was started.
    started: Instant,
    /// How long it took until it asked for work.
    pub(crate) init: Duration,
}

/// What a function has answered.
pub(crate) struct Invoked {
    pub(crate) answer: Vec<u8>,
    /// Since it got the event.
    pub(crate) latency: Duration,
    /// Since it was started.
    pub(crate) since_start: Duration,
}

/// What it has asked of the runtime's API.
enum Call {
    Next(Sender<Vec<u8>>),
    Response(Instant, Vec<u8>),
    Error(String),
}

/// What watches a process, a profiler or a checker of memory, writes down what it has seen when it is asked to end.
const GRACE: Duration = Duration::from_secs(30);

/// Nobody waits longer for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

impl Function {
    /// Starts it, and waits until it asks for work. What it logs is shown if `verbose`.
    pub(crate) fn start(name: &str, spawn: &Spawn, verbose: bool) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, calls) = mpsc::channel();
        thread::spawn(move || serve(&listener, &sender));
        let [program, arguments @ ..] = spawn.command.as_slice() else { return Err("a command is empty".into()) };
        let mut command = Command::new(program);
        command
            .args(arguments)
            // As in Lambda: what the driver was told is nothing to them.
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .stdout(if verbose { Stdio::from(io::stderr()) } else { Stdio::null() })
            .stderr(if verbose { Stdio::inherit() } else { Stdio::null() })
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", name)
            .env("AWS_LAMBDA_LOG_STREAM_NAME", name)
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .envs(&spawn.env);
        if let Some(folder) = &spawn.cwd {
            command.current_dir(folder).env("LAMBDA_TASK_ROOT", folder);
        }
        let started = Instant::now();
        let process = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        let mut function = Self { process, calls, waiting: None, started, init: Duration::ZERO };
        function.wait_for_next()?;
        function.init = started.elapsed();
        Ok(function)
    }

    /// Gives it an event.
    pub(crate) fn invoke(&mut self, event: Vec<u8>) -> Result<Invoked> {
        if self.waiting.is_none() {
            self.wait_for_next()?;
        }
        let sent = Instant::now();
        self.waiting.take().ok_or("it asked for no work")?.send(event)?;
        match self.call()? {
            Call::Response(at, answer) => Ok(Invoked { answer, latency: at - sent, since_start: at - self.started }),
            Call::Next(_) => Err("it asked for work before it had answered".into()),
            Call::Error(error) => Err(error.into()),
        }
    }

    /// Milliseconds of CPU time that it has used.
    pub(crate) fn cpu_ms(&self) -> f64 {
        self.tree().cpu() * 1e3
    }

    pub(crate) fn memory(&self) -> Memory {
        self.tree().memory()
    }

    fn tree(&self) -> Tree {
        Tree::new(self.process.id().cast_signed())
    }

    fn wait_for_next(&mut self) -> Result<()> {
        match self.call()? {
            Call::Next(waiting) => self.waiting = Some(waiting),
            Call::Response(..) => return Err("it answered what was not asked".into()),
            Call::Error(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn call(&mut self) -> Result<Call> {
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            match self.calls.recv_timeout(Duration::from_millis(100)) {
                Ok(call) => return Ok(call),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(status) = self.process.try_wait()? {
                        return Err(format!("it has ended: {status}; --verbose shows what it said").into());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err("it does not answer".into())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // As Lambda ends a process: first it is asked. One that has ended already is as good.
        let _ = signal::kill(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGTERM);
        let asked = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && asked.elapsed() < GRACE {
            thread::sleep(Duration::from_millis(1));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers the runtime's API until the process of the driver ends.
fn serve(listener: &TcpListener, calls: &Sender<Call>) {
    for stream in listener.incoming().flatten() {
        let calls = calls.clone();
        thread::spawn(move || converse(&stream, &calls));
    }
}

/// One connection. Its end, however it comes about, is seen by the function and by whoever waits for it.
fn converse(stream: &TcpStream, calls: &Sender<Call>) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::NotConnected);
    stream.set_nodelay(true)?;
    let mut writer = stream;
    let mut reader = BufReader::new(stream);
    while let Some(head) = Head::read(&mut reader)? {
        if head.header("expect").is_some() {
            // libcurl asks before it sends a body of some size.
            writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = head.read_body(&mut reader)?;
        let arrived = Instant::now();
        let path = head.line.split(' ').nth(1).unwrap_or_default();
        if path.ends_with("/invocation/next") {
            let (sender, event) = mpsc::channel();
            calls.send(Call::Next(sender)).map_err(|_| gone())?;
            // Without an event the function is no longer wanted.
            let Ok(event) = event.recv() else { return Ok(()) };
            writer.write_all(&next(&event))?;
            continue;
        }
        let call = if path.ends_with("/response") {
            Call::Response(arrived, body)
        } else {
            Call::Error(format!("{path}: {}", String::from_utf8_lossy(&body)))
        };
        calls.send(call).map_err(|_| gone())?;
        writer.write_all(
            b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}",
        )?;
    }
    Ok(())
}

/// The answer to a request for work.
fn next(event: &[u8]) -> Vec<u8> {
    const TIMEOUT: Duration = Duration::from_secs(29);
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: application/json\r\n\
         Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
         Lambda-Runtime-Deadline-Ms: {}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:measured\r\n\
         Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0\r\n\
         Content-Length: {}\r\n\r\n",
        deadline.as_millis(),
        event.len()
    )
    .into_bytes();
    answer.extend_from_slice(event);
    answer
}
