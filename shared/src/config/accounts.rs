//! What an address must be before its account can be used, and how often it may change.

use super::reader::Reader;

/// Addresses of accounts.
#[derive(Debug, Clone, Copy)]
pub struct AccountSettings {
    /// `ACCOUNT_EMAIL_VERIFICATION`.
    pub email_verification: EmailVerification,
    /// `USERNAME_RESERVATION_AGE`: seconds for which a user name is kept for somebody who has yet to prove their address,
    /// where that is mandatory.
    pub username_reservation: i64,
    /// `EMAIL_CHANGE_MAX`: how many changes of an account's address can be gone back to at a time. One more has to
    /// wait until the oldest cannot be.
    pub email_changes: usize,
}

/// Whether an address must be proven (allauth's setting of this name).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailVerification {
    /// Nobody is asked.
    None,
    /// Everybody is asked, and nothing depends on it.
    Optional,
    /// Nobody logs in without it, and signing up does not tell which addresses have an account.
    Mandatory,
}

impl AccountSettings {
    pub(super) fn read(env: &mut Reader) -> Option<Self> {
        let accepts = "none, optional or mandatory";
        let verification = env.or("ACCOUNT_EMAIL_VERIFICATION", accepts, "optional", EmailVerification::parse);
        let email_changes = env.number("EMAIL_CHANGE_MAX", "changes", 1, 40, 10);
        let username_reservation = env.number("USERNAME_RESERVATION_AGE", "seconds", 3_600, 2_592_000, 604_800);
        Some(Self { email_verification: verification?, username_reservation, email_changes })
    }
}

impl EmailVerification {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "optional" => Some(Self::Optional),
            "mandatory" => Some(Self::Mandatory),
            _ => None,
        }
    }
}
