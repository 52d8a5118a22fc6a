//! A SHA-256 as S3 takes it: the base64 of its 32 bytes, in one form only.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The SHA-256 of what is to be sent, as its sender has computed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Takes the 44 characters of padded base64 that [`fmt::Display`] writes, and no other form of them: S3 compares
    /// texts.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not the base64 of 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::Sha256;

    #[test]
    fn a_checksum_has_one_form() {
        let text = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
        let sum = Sha256::parse(text).unwrap();
        assert_eq!(sum.to_string(), text);
        assert_eq!(serde_json::from_str::<Sha256>(&serde_json::to_string(&sum).unwrap()).unwrap(), sum);
        for wrong in [
            "",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ",   // not padded
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR=",  // bits that stand for nothing
            "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",  // the other alphabet
            " LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", // blanks
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\r\nX: y",
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", // hexadecimal
            "aGVsbG8=",
        ] {
            assert!(Sha256::parse(wrong).is_none(), "{wrong:?}");
        }
        assert!(serde_json::from_str::<Sha256>("\"aGVsbG8=\"").is_err());
    }
}
