//! Why sessions end: the answer to "why am I logged out?".

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a session is not alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its owner logged out in this browser.
    LoggedOut,
    /// Its owner logged out everywhere.
    LoggedOutEverywhere,
    /// Its owner ended it from another device.
    EndedElsewhere,
    /// Its owner ended all others from another device.
    OthersEnded,
    /// An administrator ended it, or all of the account's.
    EndedByAdministrator,
    /// Somebody logged in anew in this browser.
    Replaced,
    /// It goes on under another identifier.
    Renamed,
    /// The account had more sessions than `SESSION_MAX_PER_USER`, and this was the one seen longest ago.
    Evicted,
    /// The password was changed by somebody who knew it.
    PasswordChanged,
    /// The password was set by a link in a mail.
    PasswordReset,
    /// An administrator set another password.
    PasswordSet,
    /// A change of the account's address was taken back.
    EmailRestored,
    /// The account was deactivated.
    Deactivated,
    /// The account was deleted.
    Deleted,
    /// The backend that said who this is was taken out of `AUTHENTICATION_BACKENDS`.
    BackendRemoved,
    /// Nobody came for longer than it lives.
    Idle,
    /// It reached `SESSION_ABSOLUTE_AGE`, or the instant that was set for it.
    AbsoluteAge,
    /// All of the account's sessions of its time were ended, and by what is no longer known.
    EpochPassed,
    /// Nothing is known of it: it never was, or it is longer ago than `SESSION_ENDED_AGE`.
    Unknown,
}

impl EndReason {
    /// Its name, as it is stored and logged.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::LoggedOutEverywhere => "logged_out_everywhere",
            Self::EndedElsewhere => "ended_elsewhere",
            Self::OthersEnded => "others_ended",
            Self::EndedByAdministrator => "ended_by_administrator",
            Self::Replaced => "replaced",
            Self::Renamed => "renamed",
            Self::Evicted => "evicted",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::PasswordSet => "password_set",
            Self::EmailRestored => "email_restored",
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
            Self::BackendRemoved => "backend_removed",
            Self::Idle => "idle",
            Self::AbsoluteAge => "absolute_age",
            Self::EpochPassed => "epoch_passed",
            Self::Unknown => "unknown",
        }
    }
}

/// The end of every session that an account had: it raises the user's `session_epoch`, and says why. Stored in few bytes,
/// as `3 password_changed 1790000000`, since it stands on the user's item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochEnd {
    /// The epoch that ended.
    pub epoch: u64,
    /// Why.
    pub why: EndReason,
    /// When, epoch seconds.
    pub at: i64,
}

/// The last epochs of an account that ended, the oldest first: as many as are worth their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EpochEnds(Vec<EpochEnd>);

impl EpochEnds {
    /// How many are kept.
    const MOST: usize = 5;

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and one more.
    #[must_use]
    pub fn with(&self, epoch: u64, why: EndReason, at: i64) -> Self {
        let mut ends = self.0.clone();
        ends.push(EpochEnd { epoch, why, at });
        ends.drain(..ends.len().saturating_sub(Self::MOST));
        Self(ends)
    }

    /// What ended the sessions of `epoch`, if that is still known.
    pub fn of(&self, epoch: u64) -> Option<&EpochEnd> {
        self.0.iter().find(|end| end.epoch == epoch)
    }
}

impl fmt::Display for EpochEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.epoch, self.why.as_str(), self.at)
    }
}

impl Serialize for EpochEnd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EpochEnd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        let malformed = || Error::custom("not an epoch's end");
        let [epoch, why, at] = text.split(' ').collect::<Vec<_>>()[..] else { return Err(malformed()) };
        let why = serde_json::from_value(why.into()).map_err(Error::custom)?;
        Ok(Self { epoch: epoch.parse().map_err(Error::custom)?, why, at: at.parse().map_err(Error::custom)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ends_are_kept_in_few_bytes() {
        let mut ends = EpochEnds::default();
        for epoch in 1..=7 {
            ends = ends.with(epoch, EndReason::PasswordChanged, 1_790_000_000);
        }
        assert_eq!(ends.of(2), None, "only the last five");
        assert_eq!(ends.of(3).unwrap().why, EndReason::PasswordChanged);
        let text = serde_json::to_string(&ends).unwrap();
        assert!(text.starts_with("[\"3 password_changed 1790000000\","), "{text}");
        assert_eq!(serde_json::from_str::<EpochEnds>(&text).unwrap(), ends);
        for bad in ["[\"\"]", "[\"3\"]", "[\"x idle 1\"]", "[\"3 nonsense 1\"]"] {
            assert!(serde_json::from_str::<EpochEnds>(bad).is_err(), "{bad}");
        }
    }

    const ALL: [EndReason; 19] = [
        EndReason::LoggedOut,
        EndReason::LoggedOutEverywhere,
        EndReason::EndedElsewhere,
        EndReason::OthersEnded,
        EndReason::EndedByAdministrator,
        EndReason::Replaced,
        EndReason::Renamed,
        EndReason::Evicted,
        EndReason::PasswordChanged,
        EndReason::PasswordReset,
        EndReason::PasswordSet,
        EndReason::EmailRestored,
        EndReason::Deactivated,
        EndReason::Deleted,
        EndReason::BackendRemoved,
        EndReason::Idle,
        EndReason::AbsoluteAge,
        EndReason::EpochPassed,
        EndReason::Unknown,
    ];

    #[test]
    fn a_reason_is_stored_under_its_name() {
        assert_eq!(ALL.len(), EndReason::Unknown as usize + 1, "none is left out");
        for why in ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
            assert_eq!(serde_json::from_value::<EndReason>(why.as_str().into()).unwrap(), why);
        }
    }
}
