//! How often something may be tried: the settings of `crate::throttle`, told in `docs/throttling.md`.

use std::fmt;

use super::reader::Reader;
use super::values::{self, Origin};

/// Every limit on tries.
#[derive(Debug, Clone, Copy)]
pub struct ThrottleSettings {
    /// `THROTTLE_ENABLED`: whether tries are counted at all.
    pub enabled: bool,
    /// Wrong passwords.
    pub login: LoginLimits,
    /// `NEW_DEVICE_MAIL_RATE`: mails to one account that tell of a new device.
    pub new_device_mail: Rate,
    /// Signing up.
    pub sign_up: Rates,
    /// Asking for a new password.
    pub reset_password: Rates,
    /// Asking for a mail that confirms an address.
    pub confirm_email: Rates,
    /// Proving the password again while signed in.
    pub confirm_password: Rates,
}

/// What wrong passwords lead to.
#[derive(Debug, Clone, Copy)]
pub struct LoginLimits {
    /// `LOGIN_FAILURE_LIMIT`: failures without a delay, for a name, for a name from one network, for a device.
    pub failures: u64,
    /// `LOGIN_NETWORK_FAILURE_LIMIT`: the same for a network, whatever the account.
    pub network_failures: u64,
    /// `LOGIN_RATE`: tries on an account whose password is looked at, right or wrong; those from the devices that it knows
    /// are counted by themselves.
    pub rate: Rate,
    /// `LOGIN_ACCOUNT_FAILURE_MAX`: failures of an account in all, until its password is set anew.
    pub in_all: u64,
    /// `LOGIN_DELAY`: the first delay, seconds; each further failure doubles it.
    pub delay: i64,
    /// `LOGIN_DELAY_MAX`: the longest delay, seconds.
    pub delay_max: i64,
    /// `LOGIN_FAILURE_MEMORY`: seconds after the first failure until failures without a delay begin anew.
    pub memory: i64,
    /// `LOGIN_ACCOUNT_MEMORY`: seconds after the last failure for which an account's failures in all are kept.
    pub account_memory: i64,
}

/// The limits of one action: of one client network, and of one subject (an address, a user).
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// For a subject.
    pub subject: Rate,
    /// For a network.
    pub network: Rate,
}

/// So many times in so long, written as allauth does: `20/h`, `5/15m`, `1/90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Times.
    pub times: u64,
    /// Seconds.
    pub window: i64,
}

impl ThrottleSettings {
    pub(super) fn read(env: &mut Reader, site: Option<&Origin>) -> Option<Self> {
        let enabled = env.or("THROTTLE_ENABLED", "true, or false on a loopback PUBLIC_URL", "true", values::boolean);
        let new_device = env.or("NEW_DEVICE_MAIL_RATE", RATE, "5/d", Rate::parse);
        let login = LoginLimits {
            failures: env.number("LOGIN_FAILURE_LIMIT", "failures", 1, 100, 5),
            network_failures: env.number("LOGIN_NETWORK_FAILURE_LIMIT", "failures", 1, 100_000, 50),
            // What is wrong is an error anyway.
            rate: env.or("LOGIN_RATE", RATE, "100/h", Rate::parse).unwrap_or(Rate { times: 100, window: 3_600 }),
            in_all: env.number("LOGIN_ACCOUNT_FAILURE_MAX", "failures", 1, 100, 100),
            delay: env.number("LOGIN_DELAY", "seconds", 1, 3_600, 30),
            delay_max: env.number("LOGIN_DELAY_MAX", "seconds", 1, 86_400, 900),
            memory: env.number("LOGIN_FAILURE_MEMORY", "seconds", 3_600, 2_592_000, 86_400),
            account_memory: env.number("LOGIN_ACCOUNT_MEMORY", "seconds", 2_592_000, 315_360_000, 31_536_000),
        };
        let sign_up = rates(env, ["SIGNUP_RATE", "SIGNUP_NETWORK_RATE"], ["5/h", "20/h"]);
        let reset = rates(env, ["RESET_PASSWORD_RATE", "RESET_PASSWORD_NETWORK_RATE"], ["5/h", "20/h"]);
        let email = rates(env, ["CONFIRM_EMAIL_RATE", "CONFIRM_EMAIL_NETWORK_RATE"], ["5/h", "20/h"]);
        let password = rates(env, ["CONFIRM_PASSWORD_RATE", "CONFIRM_PASSWORD_NETWORK_RATE"], ["5/15m", "50/h"]);
        if enabled == Some(false) && site.is_some_and(|site| !site.is_loopback()) {
            return env.fail("THROTTLE_ENABLED", "false is accepted only where PUBLIC_URL is a loopback host");
        }
        Some(Self {
            enabled: enabled?,
            login,
            new_device_mail: new_device?,
            sign_up: sign_up?,
            reset_password: reset?,
            confirm_email: email?,
            confirm_password: password?,
        })
    }
}

/// How a rate is written.
const RATE: &str = "times / period: 20/h, 5/15m, 1/90s";

fn rates(env: &mut Reader, names: [&'static str; 2], defaults: [&str; 2]) -> Option<Rates> {
    let subject = env.or(names[0], RATE, defaults[0], Rate::parse);
    let network = env.or(names[1], RATE, defaults[1], Rate::parse);
    Some(Rates { subject: subject?, network: network? })
}

impl Rate {
    /// The longest window, seconds: 30 days.
    const LONGEST: i64 = 2_592_000;

    fn parse(text: &str) -> Option<Self> {
        let (times, period) = text.trim().split_once('/')?;
        let unit = match period.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        let count = &period[..period.len() - 1];
        let count: i64 = if count.is_empty() { 1 } else { count.parse().ok()? };
        let rate = Self { times: times.parse().ok()?, window: count.checked_mul(unit)? };
        (rate.times > 0 && (1..=Self::LONGEST).contains(&rate.window)).then_some(rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}s", self.times, self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_times_and_a_period() {
        let rate = |times, window| Some(Rate { times, window });
        assert_eq!(Rate::parse("20/h"), rate(20, 3_600));
        assert_eq!(Rate::parse(" 5/15m "), rate(5, 900));
        assert_eq!(Rate::parse("1/90s"), rate(1, 90));
        assert_eq!(Rate::parse("100/2d"), rate(100, 172_800));
        for bad in ["", "5", "/h", "5/", "0/h", "-1/h", "5/0m", "5/-1m", "5/w", "5/31d", "5/h/ip", "5/\u{e9}", "5/9e9s"]
        {
            assert_eq!(Rate::parse(bad), None, "{bad}");
        }
    }
}
