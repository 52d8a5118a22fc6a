//! `cargo manage runserver`: everything on loopback, with one command.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args as ClapArgs;
use local::{FolderError, Options, Stack, StartError};
use portico::clock::SystemClock;
use portico::config::Origin;

use crate::{Failure, project};

/// Where and how to run.
#[derive(ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Args {
    /// The site's address; port 0 takes any free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8000", value_parser = address)]
    addr: SocketAddr,
    /// The address of S3 [default: the next port].
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    s3_addr: Option<SocketAddr>,
    /// The folder that keeps users, sessions and pictures [default: .portico beside template.yaml].
    #[arg(long, value_name = "DIR", conflicts_with = "in_memory")]
    data: Option<PathBuf>,
    /// Keeps nothing.
    #[arg(long)]
    in_memory: bool,
    /// Limits nothing: no lock-out, as many tries as one likes. For load and conformance runs.
    #[arg(long)]
    no_throttle: bool,
    /// Serves static files as a deployment does: what `collectstatic` left in `STATIC_ROOT`, compressed and kept by
    /// browsers, by the function `static-files`.
    #[arg(long)]
    collected: bool,
    /// Switches the administration on.
    #[arg(long)]
    admin: bool,
    /// Where it is reached, on a host of its own: a name below localhost, at the site's port [default: the site].
    #[arg(long, value_name = "http://admin.localhost:PORT", value_parser = admin_url, requires = "admin")]
    admin_url: Option<AdminUrl>,
}

/// A name of this machine, and the port that was given with it.
#[derive(Clone)]
struct AdminUrl {
    host: String,
    port: Option<u16>,
}

pub(crate) fn run(args: Args) -> ExitCode {
    portico::log::init_readable();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    let code = runtime.block_on(serve(args));
    // A hash under way must not hold up the end.
    runtime.shutdown_background();
    code
}

async fn serve(args: Args) -> ExitCode {
    let options = match args.options() {
        Ok(options) => options,
        Err(why) => return fail(&why),
    };
    let data = options.data.clone();
    let mut stack = match Stack::start(options).await {
        Ok(stack) => stack,
        Err(error) => return fail(&explain(&error)),
    };
    if greet(&stack, data.as_ref()).is_err() {
        return fail("standard output is closed");
    }
    stack.serve(interrupted()).await;
    stack.shutdown().await;
    ExitCode::SUCCESS
}

impl Args {
    fn options(self) -> Result<Options, String> {
        let root = project::root()?;
        let data = match (self.in_memory, self.data) {
            (true, _) => None,
            (false, Some(data)) => Some(data),
            (false, None) => Some(root.join(".portico")),
        };
        let s3_address = match (self.s3_addr, self.addr.port()) {
            (Some(address), _) => address,
            (None, 0) => SocketAddr::new(self.addr.ip(), 0),
            (None, u16::MAX) => return Err("there is no port after 65535: give --s3-addr".to_owned()),
            (None, port) => SocketAddr::new(self.addr.ip(), port + 1),
        };
        if let Some(port) = self.admin_url.as_ref().and_then(|url| url.port).filter(|port| *port != self.addr.port()) {
            return Err(match self.addr.port() {
                0 => "--addr takes any free port: give --admin-url without one".to_owned(),
                other => format!("the site listens on port {other}, where nobody who asks for port {port} is led"),
            });
        }
        Ok(Options {
            address: Some(self.addr),
            s3_address,
            data,
            root,
            parameters: Vec::new(),
            settings: if self.no_throttle { vec![("THROTTLE_ENABLED".into(), "false".into())] } else { Vec::new() },
            deliver_events: true,
            deliver_changes: true,
            collected: self.collected,
            admin: self.admin,
            admin_host: self.admin_url.map(|url| url.host),
            clock: Arc::new(SystemClock),
            site: portico::site::site(),
            tables: None,
            http_client: None,
        })
    }
}

/// The first line is for programs, the rest for people.
fn greet(stack: &Stack, data: Option<&PathBuf>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let url = stack.url();
    writeln!(out, "ready {url} s3 {}", stack.s3_url())?;
    writeln!(out)?;
    writeln!(out, "  Portico {} is running:  {url}", portico::VERSION)?;
    writeln!(out, "    sign up   {url}/signup")?;
    writeln!(out, "    log in    {url}/login")?;
    writeln!(out, "    profile   {url}/profile")?;
    writeln!(out, "    mail      {}", stack.mail_url())?;
    if let Some(url) = stack.admin_url() {
        writeln!(out, "    admin     {url}")?;
    }
    match data {
        Some(folder) => writeln!(out, "  Data is kept in {}", folder.display())?,
        None => writeln!(out, "  Data is kept in memory and ends with the server")?,
    }
    if !stack.app().config().throttle.enabled {
        writeln!(out, "  Tries are NOT limited: THROTTLE_ENABLED is false")?;
    }
    writeln!(out, "  Ctrl-C stops it")?;
    writeln!(out)?;
    out.flush()
}

/// Ctrl-C, or what a supervisor sends.
async fn interrupted() {
    let ctrl_c = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = ctrl_c => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = ctrl_c.await;
}

/// `localhost:8000` is what people type; it is 127.0.0.1 here.
fn address(text: &str) -> Result<SocketAddr, String> {
    let (host, port) = text.rsplit_once(':').ok_or("HOST:PORT, as 127.0.0.1:8000")?;
    let port = port.parse().map_err(|_| format!("{port} is not a port"))?;
    if host == "localhost" {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let ip = host.trim_matches(['[', ']']).parse().map_err(|_| format!("{host} is not an address of this machine"))?;
    Ok(SocketAddr::new(ip, port))
}

/// Every name below `localhost` is this machine for a browser (RFC 6761, 6.3), and a host of its own.
fn admin_url(text: &str) -> Result<AdminUrl, String> {
    const FORM: &str = "http://NAME.localhost:PORT, as http://admin.localhost:8000";
    let origin = Origin::parse(text).filter(|origin| !origin.is_https()).ok_or(FORM)?;
    let (host, port) = origin.authority().split_once(':').unwrap_or((origin.authority(), ""));
    if host.strip_suffix(".localhost").is_none_or(str::is_empty) {
        return Err(FORM.to_owned());
    }
    Ok(AdminUrl { host: host.to_owned(), port: port.parse().ok() })
}

fn explain(error: &StartError) -> String {
    match error {
        StartError::AddressInUse(address) => format!(
            "{address} is taken by another program, perhaps an earlier runserver.\n\
             Stop it, or choose other ports:  cargo manage runserver --addr 127.0.0.1:8080 --s3-addr 127.0.0.1:8081"
        ),
        StartError::NotLoopback(address) => format!(
            "{address} is not 127.0.0.1 or [::1]. runserver has no TLS and is for development on this machine, which \
             reaches it as localhost; deploy the site to show it to others."
        ),
        StartError::Folder(FolderError::InUse(folder)) => format!(
            "another runserver, or a command, has the data in {}.\nStop it, or choose another folder with --data DIR, or \
             --in-memory.",
            folder.display()
        ),
        other => portico::log::chain(other),
    }
}

fn fail(why: &str) -> ExitCode {
    Failure::new(why).tell()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administration_has_a_name_of_this_machine() {
        for (text, host, port) in [
            ("http://admin.localhost:8000", "admin.localhost", Some(8000)),
            ("http://Admin.localhost/", "admin.localhost", None),
        ] {
            let url = admin_url(text).unwrap();
            assert_eq!((url.host.as_str(), url.port), (host, port), "{text}");
        }
        for text in [
            "admin.localhost:8000",
            "https://admin.localhost:8000",
            "http://localhost:8000",
            "http://.localhost:8000",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "http://admin.example.org:8000",
            "http://admin.localhost:8000/admin",
        ] {
            assert!(admin_url(text).is_err(), "{text}");
        }
    }
}
