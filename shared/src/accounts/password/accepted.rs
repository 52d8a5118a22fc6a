//! `PASSWORD_HASHERS`: by which algorithms a stored hash may be made, and what it may cost to compute one.

/// An algorithm, under Django's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Argon2: our own hashes and Django's. New hashes are made by it.
    Argon2,
    /// PBKDF2 with HMAC-SHA-256: Django's default.
    Pbkdf2Sha256,
    /// PBKDF2 with HMAC-SHA-1.
    Pbkdf2Sha1,
    /// bcrypt of a SHA-256.
    BcryptSha256,
    /// bcrypt of the password's first 72 bytes.
    Bcrypt,
    /// scrypt.
    Scrypt,
}

impl Algorithm {
    const ALL: [Self; 6] =
        [Self::Argon2, Self::Pbkdf2Sha256, Self::Pbkdf2Sha1, Self::BcryptSha256, Self::Bcrypt, Self::Scrypt];

    /// What its hashes begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Argon2 => "argon2",
            Self::Pbkdf2Sha256 => "pbkdf2_sha256",
            Self::Pbkdf2Sha1 => "pbkdf2_sha1",
            Self::BcryptSha256 => "bcrypt_sha256",
            Self::Bcrypt => "bcrypt",
            Self::Scrypt => "scrypt",
        }
    }

    /// The algorithm with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// What a hash may cost unless the setting says otherwise, in the setting's unit, and the most that it may say. The
    /// first is at least twice what Django's own take, half a second of work at most, and 512 MiB of memory: every refusal
    /// does as much once there is a single such hash.
    fn limits(self) -> (u64, u64) {
        match self {
            // KiB of memory times passes.
            Self::Argon2 => (1 << 19, 1 << 26),
            // Iterations.
            Self::Pbkdf2Sha256 | Self::Pbkdf2Sha1 => (5_000_000, 100_000_000),
            // The binary logarithm of the rounds.
            Self::BcryptSha256 | Self::Bcrypt => (13, 20),
            // N r p; it takes 128 bytes each of them at most.
            Self::Scrypt => (1 << 21, 1 << 24),
        }
    }
}

/// The algorithms that are accepted, each with the most that a hash by it may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted(Vec<(Algorithm, u64)>);

impl Accepted {
    /// All of Django's.
    pub(crate) const DEFAULT: &str = "argon2, pbkdf2_sha256, pbkdf2_sha1, bcrypt_sha256, bcrypt, scrypt";
    /// What the setting accepts, for people.
    pub(crate) const ACCEPTS: &str =
        "argon2 and then any of pbkdf2_sha256, pbkdf2_sha1, bcrypt_sha256, bcrypt, scrypt, each as name or name(limit)";

    /// Parses the setting. As in Django the first is the preferred one, and here that is Argon2.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let entries: Option<Vec<_>> = text.split(',').map(|entry| read(entry.trim())).collect();
        entries.filter(|entries| entries.first().is_some_and(|(first, _)| *first == Algorithm::Argon2)).map(Self)
    }

    /// The most that a hash by `algorithm` may cost; `None` when there may be no such hash.
    pub(super) fn limit(&self, algorithm: Algorithm) -> Option<u64> {
        self.0.iter().find(|(known, _)| *known == algorithm).map(|(_, limit)| *limit)
    }
}

fn read(entry: &str) -> Option<(Algorithm, u64)> {
    let Some((name, rest)) = entry.split_once('(') else {
        return Algorithm::named(entry).map(|algorithm| (algorithm, algorithm.limits().0));
    };
    let algorithm = Algorithm::named(name.trim())?;
    let limit = rest.strip_suffix(')')?.trim().parse().ok()?;
    (limit <= algorithm.limits().1).then_some((algorithm, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_algorithms_and_their_limits() {
        let all = Accepted::parse(Accepted::DEFAULT).unwrap();
        assert!(Algorithm::ALL.into_iter().all(|algorithm| all.limit(algorithm).is_some()));
        let some = Accepted::parse("argon2,bcrypt(13)").unwrap();
        assert_eq!(some.limit(Algorithm::Bcrypt), Some(13));
        assert_eq!(some.limit(Algorithm::Scrypt), None);
        for text in ["", "pbkdf2_sha256", "scrypt, argon2", "argon2,", "argon2, md5", "argon2, bcrypt(99)", "argon2(x)"]
        {
            assert_eq!(Accepted::parse(text), None, "{text}");
        }
    }
}
