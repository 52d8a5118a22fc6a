//! A network that is let in, as CIDR writes it.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// A network of addresses, or a single one. What maps an IPv4 address into IPv6 is that address, in a network's name as in
/// a visitor's: else each could be written in two ways, and one of them would pass the list by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// Why a text names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// It is neither an address nor one with a prefix's length.
    #[error("it is neither an address nor a network")]
    Malformed,
    /// It has bits beyond its prefix: one machine or the network around it, and only whoever wrote it knows which.
    #[error("{machine} has bits beyond its prefix: write {meant} for the network, or the address alone")]
    HostBits {
        /// The address that was written.
        machine: IpAddr,
        /// The network that has it.
        meant: Network,
    },
}

impl Network {
    /// Parses `203.0.113.0/24`, `2001:db8::/32`, or a single address.
    ///
    /// # Errors
    /// When it is none, or has bits beyond its prefix.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let machine = address.parse::<IpAddr>().map_err(|_| NetworkError::Malformed)?;
        let network = match prefix {
            None => Some(IpNet::from(machine)),
            Some(prefix) => length(prefix).and_then(|length| IpNet::new(machine, length).ok()),
        };
        let network = canonical(network.ok_or(NetworkError::Malformed)?);
        let meant = Self(network.trunc());
        if network == meant.0 { Ok(meant) } else { Err(NetworkError::HostBits { machine, meant }) }
    }

    /// Whether this address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Digits alone: Rust's numbers may have a sign.
fn length(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The IPv4 network that an IPv6 one maps, where it maps nothing else.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    let mapped = mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    mapped.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_the_addresses_of_its_prefix() {
        for (network, address, expected) in [
            ("203.0.113.0/24", "203.0.113.0", true),
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.8", false),
            ("203.0.113.7/32", "203.0.113.7", true),
            ("10.0.0.0/8", "10.255.255.255", true),
            ("0.0.0.0/0", "203.0.113.7", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:DB8::/32", "2001:db9::1", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::2", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.7", false),
            // What is mapped, on either side.
            ("203.0.113.0/24", "::ffff:203.0.113.7", true),
            ("203.0.113.0/24", "::ffff:203.0.114.7", false),
            ("::ffff:203.0.113.0/120", "203.0.113.7", true),
            ("::ffff:203.0.113.0/120", "::ffff:203.0.113.7", true),
            ("::ffff:203.0.113.7", "203.0.113.7", true),
            ("::ffff:0:0/96", "203.0.113.7", true),
            ("::ffff:0:0/96", "2001:db8::1", false),
            ("::/0", "::ffff:203.0.113.7", false),
        ] {
            assert_eq!(contains(network, address), expected, "{network} {address}");
        }
    }

    #[test]
    fn bits_beyond_the_prefix_are_a_mistake_that_names_the_network() {
        for (text, meant) in [
            ("203.0.113.7/24", "203.0.113.0/24"),
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("203.0.113.7/0", "0.0.0.0/0"),
            ("2001:db8::1/64", "2001:db8::/64"),
            ("::ffff:203.0.113.7/120", "203.0.113.0/24"),
        ] {
            let error = Network::parse(text).unwrap_err();
            assert!(matches!(error, NetworkError::HostBits { meant: ref network, .. } if network.to_string() == meant));
            assert!(error.to_string().contains(meant), "{error}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "/",
            "/24",
            "203.0.113.0/",
            "203.0.113.0/33",
            "203.0.113.0/+24",
            "203.0.113.0/-1",
            "203.0.113.0/24/24",
            "203.0.113.0/255.255.255.0",
            "203.0.113.0/256",
            "203.0.113/24",
            "203.0.113.0 /24",
            "010.0.0.0/8",
            "203.0.113.7:443",
            "203.0.113.0-203.0.113.9",
            "2001:db8::/129",
            "[2001:db8::1]",
            "fe80::1%eth0",
            "office.example.org",
            "*",
            "all",
        ] {
            assert_eq!(Network::parse(text), Err(NetworkError::Malformed), "{text}");
        }
    }
}
