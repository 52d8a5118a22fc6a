//! Keys and passwords: types that never show themselves, signatures, and comparison in constant time.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A text that must not be logged, shown or compared with `==`. Its memory is wiped when it is dropped.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself: the name marks each place where a secret is used.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both hold the same text, in a time that does not tell where they differ (ASVS 11.2.4).
    pub fn same_as(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a signature is for. A signature made for one purpose verifies for no other.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// The session cookie, where it carries the session.
    Session,
    /// The CSRF cookie.
    Csrf,
    /// The messages that survive a redirect.
    Messages,
    /// The link that lets a new password be set.
    ResetPassword,
    /// The link that confirms an address.
    ConfirmEmail,
    /// The link that makes a new address the account's.
    ChangeEmail,
    /// The link that takes a change of address back.
    UndoEmailChange,
    /// What binds a link to a password.
    PasswordFingerprint,
    /// Whom a limit on tries is for.
    Throttle,
    /// The cookie by which an account knows a browser.
    Device,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"portico.session.v1\0",
            Self::Csrf => b"portico.csrf.v1\0",
            Self::Messages => b"portico.messages.v1\0",
            Self::ResetPassword => b"portico.reset-password.v1\0",
            Self::ConfirmEmail => b"portico.confirm-email.v1\0",
            Self::ChangeEmail => b"portico.change-email.v1\0",
            Self::UndoEmailChange => b"portico.undo-email-change.v1\0",
            Self::PasswordFingerprint => b"portico.password-fingerprint.v1\0",
            Self::Throttle => b"portico.throttle.v1\0",
            Self::Device => b"portico.device.v1\0",
        }
    }
}

/// `SECRET_KEY` and `SECRET_KEY_FALLBACKS`: the first signs, all of them verify, so that a key can be
/// rotated without signing anybody out.
#[derive(Clone, Debug)]
pub struct SecretKeys {
    keys: Vec<Secret>,
}

impl SecretKeys {
    /// The fewest characters that a key may have.
    pub const MIN_LENGTH: usize = 32;

    /// Takes the signing key and the older ones that still verify.
    pub fn new(current: Secret, fallbacks: Vec<Secret>) -> Self {
        let mut keys = vec![current];
        keys.extend(fallbacks);
        Self { keys }
    }

    /// HMAC-SHA-256 of `message` for `purpose`, by the current key.
    pub fn sign(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        self.keys.first().map(|key| mac(key, purpose, message)).unwrap_or_default()
    }

    /// Keys to encrypt with for `purpose`, one for each of the keys, the current one's first. 64 bytes each.
    pub fn derive(&self, purpose: Purpose) -> Vec<Zeroizing<[u8; 64]>> {
        let derive = |key: &Secret| {
            let mut derived = Zeroizing::new([0; 64]);
            for (half, label) in derived.chunks_exact_mut(32).zip([b"1", b"2"]) {
                half.copy_from_slice(&mac(key, purpose, label));
            }
            derived
        };
        self.keys.iter().map(derive).collect()
    }

    /// Whether one of the keys made `signature`.
    pub fn verify(&self, purpose: Purpose, message: &[u8], signature: &[u8]) -> bool {
        self.keys.iter().any(|key| same(&mac(key, purpose, message), signature))
    }

    /// Whether the key that signs today made `signature`. What an older one made is to be signed anew while it still
    /// verifies.
    pub fn is_current(&self, purpose: Purpose, message: &[u8], signature: &[u8]) -> bool {
        same(&self.sign(purpose, message), signature)
    }
}

fn mac(key: &Secret, purpose: Purpose, message: &[u8]) -> [u8; 32] {
    // A key of its own for each purpose, so that no two uses share one.
    let mut derived = hmac(key.expose().as_bytes(), purpose.label());
    let tag = hmac(&derived, message);
    zeroize::Zeroize::zeroize(&mut derived);
    tag
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Compares in constant time; lengths are not secret.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// SHA-256 in lower-case hexadecimal: how a bearer secret is stored.
pub fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(current: &str, fallbacks: &[&str]) -> SecretKeys {
        SecretKeys::new(Secret::new(current), fallbacks.iter().map(|key| Secret::new(*key)).collect())
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[redacted]");
    }

    #[test]
    fn a_rotated_key_still_verifies_and_a_dropped_one_does_not() {
        let old = keys("old", &[]).sign(Purpose::Csrf, b"x");
        assert!(keys("new", &["old"]).verify(Purpose::Csrf, b"x", &old));
        assert!(!keys("new", &[]).verify(Purpose::Csrf, b"x", &old));
        assert!(!keys("new", &["old"]).is_current(Purpose::Csrf, b"x", &old));
        assert!(keys("old", &["new"]).is_current(Purpose::Csrf, b"x", &old));
    }

    #[test]
    fn a_signature_is_good_for_its_purpose_alone() {
        let keys = keys("key", &[]);
        let signature = keys.sign(Purpose::Csrf, b"x");
        assert!(!keys.verify(Purpose::Messages, b"x", &signature));
        assert!(!keys.verify(Purpose::Csrf, b"y", &signature));
    }
}
