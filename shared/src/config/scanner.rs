//! Settings of the scanner that looks for malware in uploads: who it is, and how long it may keep anybody waiting.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::reader::Reader;

/// Who looks for malware in uploads, before anybody can read them.
#[derive(Debug, Clone)]
pub struct ScannerSettings {
    /// `SCANNER`.
    pub kind: ScannerKind,
    /// How clamd is reached, where it is the one.
    pub clamd: ClamdSettings,
}

/// The scanners there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerKind {
    /// None: what was verified is published.
    None,
    /// ClamAV's daemon, over TCP.
    Clamd,
    /// GuardDuty Malware Protection for S3.
    GuardDuty,
}

/// How clamd is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClamdSettings {
    /// `CLAMD_ADDRESS`: host and port.
    pub address: String,
    /// `CLAMD_CONNECT_TIMEOUT_MS`: how long connecting may take.
    pub connect_timeout: Duration,
    /// `CLAMD_TIMEOUT_MS`: how long it may take to accept a piece of a file, and then to answer.
    pub timeout: Duration,
    /// `CLAMD_MAX_BYTES`: bytes of a file that it is given at most.
    pub max_bytes: u64,
}

impl ScannerSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let kind = env.or("SCANNER", "none, clamd or guardduty", "none", ScannerKind::parse);
        let accepts = "ADDRESS:PORT of this machine or of a private network, or localhost:PORT";
        let address = env.or("CLAMD_ADDRESS", accepts, "127.0.0.1:3310", parse_address);
        let connect_timeout = env.number("CLAMD_CONNECT_TIMEOUT_MS", "milliseconds", 10, 60_000, 1_000);
        let timeout = env.number("CLAMD_TIMEOUT_MS", "milliseconds", 100, 600_000, 30_000);
        let max_bytes = env.number("CLAMD_MAX_BYTES", "bytes", 1_024, 4_294_967_295, 104_857_600);
        Some(Self {
            kind: kind?,
            clamd: ClamdSettings {
                address: address?,
                connect_timeout: Duration::from_millis(connect_timeout),
                timeout: Duration::from_millis(timeout),
                max_bytes,
            },
        })
    }
}

impl ScannerKind {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "clamd" => Some(Self::Clamd),
            "guardduty" => Some(Self::GuardDuty),
            _ => None,
        }
    }
}

/// clamd has neither TLS nor a log-in: whoever stood between could read each file and call it clean. So it is reached
/// where nobody stands, and by an address, since a name could lead anywhere.
fn parse_address(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(port) = text.strip_prefix("localhost:") {
        return port.parse().is_ok_and(|port: u16| port > 0).then(|| text.to_owned());
    }
    let address: SocketAddr = text.parse().ok()?;
    let is_near = match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    (is_near && address.port() > 0).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_in_the_clear_to_this_machine_or_a_private_network_alone() {
        for good in
            ["127.0.0.1:3310", "localhost:3310", "[::1]:3310", "10.0.3.4:3310", "192.168.1.2:1", "[fd00::1]:3310"]
        {
            assert_eq!(parse_address(good).as_deref(), Some(good));
        }
        for bad in [
            "",
            "3310",
            "127.0.0.1",
            "127.0.0.1:0",
            "localhost",
            "localhost:",
            "localhost:70000",
            "clamd.example.com:3310",
            "8.8.8.8:3310",
            "0.0.0.0:3310",
            "[2001:db8::1]:3310",
            "tcp://127.0.0.1:3310",
        ] {
            assert_eq!(parse_address(bad), None, "{bad}");
        }
    }
}
