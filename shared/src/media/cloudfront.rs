//! Addresses that CloudFront serves: what is published, on a host of its own, for whoever has an address that was signed.
//!
//! A canned policy is all that is needed: this address, with the parameters that it has, until then ("Create a signed URL
//! using a canned policy", Amazon CloudFront Developer Guide). The hash is SHA-256, which has to be said: SHA-1 is what
//! CloudFront assumes. Of its two kinds of keys ECDSA on P-256 is the better one: a signature is a fifth as long as RSA's,
//! and takes a fraction of its time, of which a list of pictures takes dozens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use super::signer::KEY;
use crate::config::{MediaCdnSettings, PrivateKeys};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// Bytes of the modulus of the one size of RSA that CloudFront takes: 2048 bits.
const RSA_BYTES: usize = 256;

/// Signs what CloudFront serves.
pub struct CloudFront {
    /// `MEDIA_URL`.
    origin: String,
    /// What names the public key.
    key_pair_id: String,
    key: Key,
}

enum Key {
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl fmt::Debug for CloudFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudFront")
            .field("origin", &self.origin)
            .field("key_pair_id", &self.key_pair_id)
            .finish_non_exhaustive()
    }
}

impl CloudFront {
    /// Takes the key that was given, or else the one that was fetched.
    ///
    /// # Errors
    /// What is wrong with the key; never what it is.
    pub fn new(settings: &MediaCdnSettings, fetched: Option<&PrivateKeys>) -> Result<Self, String> {
        let key_pair_id = settings.key_pair_id.clone();
        let fetched = || fetched.and_then(|keys| keys.of(&key_pair_id));
        let Some(pem) = settings.private_key.as_ref().or_else(fetched) else {
            return Err(format!("MEDIA_PRIVATE_KEY: the secret of SECRET_KEY_ARN has none for {key_pair_id}"));
        };
        let key = Key::parse(pem).map_err(|why| format!("MEDIA_PRIVATE_KEY: {why}"))?;
        Ok(Self { origin: settings.origin.as_str().to_owned(), key_pair_id, key })
    }

    /// Where everything is that is signed here.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Where an object is addressed: the path is its key.
    pub(super) fn address(&self, key: &str) -> String {
        format!("{}/{}", self.origin, utf8_percent_encode(key, &KEY))
    }

    /// Signs an address for reading, good until `until`, to the second.
    pub(super) fn sign(&self, url: &str, until: Timestamp) -> Result<String> {
        let until = until.as_second();
        let signature = self.key.sign(policy(url, until).as_bytes())?;
        let mark = if url.contains('?') { '&' } else { '?' };
        let (signature, id) = (encode(&signature), &self.key_pair_id);
        Ok(format!("{url}{mark}Expires={until}&Signature={signature}&Key-Pair-Id={id}&Hash-Algorithm=SHA256"))
    }
}

impl Key {
    fn parse(pem: &Secret) -> Result<Self, &'static str> {
        const NEITHER: &str =
            "CloudFront takes ECDSA on P-256 and RSA of 2048 bits; this key is neither, or is damaged";
        let rsa = |key: RsaKeyPair| (key.public().modulus_len() == RSA_BYTES).then(|| Self::Rsa(Box::new(key)));
        match PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(der)) => {
                let der = der.secret_pkcs8_der();
                let random = SystemRandom::new();
                match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &random) {
                    Ok(key) => Ok(Self::Ecdsa(Box::new(key))),
                    Err(_) => RsaKeyPair::from_pkcs8(der).ok().and_then(rsa).ok_or(NEITHER),
                }
            }
            Ok(PrivateKeyDer::Pkcs1(der)) => {
                RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().and_then(rsa).ok_or(NEITHER)
            }
            Ok(_) => Err("it is not in PKCS #8: openssl pkcs8 -topk8 -nocrypt -in key.pem puts it there"),
            Err(_) => Err("it is no private key in PEM, or one that is encrypted"),
        }
    }

    /// In ASN.1, as CloudFront expects it of ECDSA. The randomness is ring's own: it takes no other.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        let failed = |_| Error::internal("an address for CloudFront could not be signed");
        match self {
            Self::Ecdsa(key) => Ok(key.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

/// What CloudFront makes of an address to verify it, to the byte. An address is escaped, so nothing in it needs it in JSON.
fn policy(url: &str, until: i64) -> String {
    format!(r#"{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{until}}}}}}}]}}"#)
}

/// Base64 with what may stand in an address in the place of what may not.
fn encode(signature: &[u8]) -> String {
    let letter = |letter| match letter {
        '+' => '-',
        '=' => '_',
        '/' => '~',
        other => other,
    };
    STANDARD.encode(signature).chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use rustls_pki_types::SubjectPublicKeyInfoDer;

    use super::*;
    use crate::config::Origin;

    const ECDSA: &str = include_str!("../../../tests/fixtures/cloudfront/ecdsa.pem");
    const RSA: &str = include_str!("../../../tests/fixtures/cloudfront/rsa.pem");

    const URL: &str = "https://media.example.org/media/u/i/file?response-content-disposition=inline&response-content-type=image%2Fpng";
    const UNTIL: i64 = 1_767_290_400;

    /// What `openssl dgst -sha256 -sign` makes of the policy of `URL` and `UNTIL`, in CloudFront's base64.
    const BY_RSA: &str = "buds9DFNndc7Zx7PWHgVrs67zIt2Xz~~arqfXbvzIqT-Rpb4Em0nsXTYV08iIMJLQwC~tuPOkKf66WNIDq0xEnzKZnAiObIsOlV9bMX4ektl~JC2YVI7TRiTxJnTyGFy7xyp5jDtkEn9dRR97GcCZXLr2x1MWuiFSr9069kqJPxZvZmvEVjcvm6Ma7q0ILsRXZg4BblQzHs-XFLkWZ2zeIII2g1vD2cOnWF0ewr7eiWftPKpW~Xl2k422OQTmJk62rHBsBy4UpOkeUnKQPRJ6GUHEQ-a-yGFhiMyezQXnKKlC9Pm~CtBsKapX~nGffWLELYLiaez~vMh5ydi4kSErQ__";
    const BY_ECDSA: &str =
        "MEUCIQDqNkcPV5vtWILixssDfEcomCJ6O8XuN9KSIux-FT2pFgIgYjkwRGYWMk4o9zNj55xQpny7KAgmLLYd~IJI1Uw6VYQ_";

    fn signer(pem: &str) -> Result<CloudFront, String> {
        let origin = Origin::parse("https://media.example.org").unwrap();
        let private_key = Some(Secret::new(pem));
        let settings = MediaCdnSettings { origin, key_pair_id: "K2JCJMDEHXQW5F".to_owned(), private_key };
        CloudFront::new(&settings, None)
    }

    fn signed(pem: &str) -> String {
        signer(pem).unwrap().sign(URL, Timestamp::from_second(UNTIL).unwrap()).unwrap()
    }

    fn signature(url: &str) -> &str {
        url.split_once("&Signature=").unwrap().1.split('&').next().unwrap()
    }

    fn decode(text: &str) -> Vec<u8> {
        STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
    }

    /// Whether the public key says that this signature is of the policy.
    fn is_by_ecdsa(signature: &str) -> bool {
        let pem = include_bytes!("../../../tests/fixtures/cloudfront/ecdsa.pub.pem");
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).unwrap();
        let point = &der[der.len() - 65..];
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
        key.verify(policy(URL, UNTIL).as_bytes(), &decode(signature)).is_ok()
    }

    #[test]
    fn an_address_is_signed_as_openssl_signs_the_policy() {
        let url = signed(RSA);
        let expected =
            format!("{URL}&Expires=1767290400&Signature={BY_RSA}&Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256");
        assert_eq!(url, expected);
        assert_eq!(url, signed(include_str!("../../../tests/fixtures/cloudfront/rsa-pkcs1.pem")), "the same key");
        let pem = include_bytes!("../../../tests/fixtures/cloudfront/rsa.pub.pem");
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).unwrap();
        // After the algorithm and the head of the bit string.
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der[24..]);
        key.verify(policy(URL, UNTIL).as_bytes(), &decode(BY_RSA)).unwrap();
    }

    #[test]
    fn a_signature_by_ecdsa_is_verified_like_that_of_openssl_and_is_short() {
        assert!(is_by_ecdsa(BY_ECDSA));
        let url = signed(ECDSA);
        assert!(is_by_ecdsa(signature(&url)), "{url}");
        assert!(signature(&url).len() <= 96 && !signature(&url).contains(['+', '=', '/']));
        let mut other = decode(signature(&url));
        *other.last_mut().unwrap() ^= 1;
        assert!(!is_by_ecdsa(&encode(&other)));
    }

    #[test]
    fn an_address_without_parameters_gets_its_first() {
        let signer = signer(ECDSA).unwrap();
        let url = signer.sign(&signer.address("media/a b/ü?&\""), Timestamp::from_second(9).unwrap()).unwrap();
        assert!(url.starts_with("https://media.example.org/media/a%20b/%C3%BC%3F%26%22?Expires=9&Signature="), "{url}");
    }

    #[test]
    fn a_key_of_another_kind_is_refused_and_not_repeated() {
        for (pem, why) in [
            (include_str!("../../../tests/fixtures/cloudfront/p384.pem"), "is neither"),
            (include_str!("../../../tests/fixtures/cloudfront/rsa3072.pem"), "is neither"),
            (include_str!("../../../tests/fixtures/cloudfront/sec1.pem"), "openssl pkcs8 -topk8"),
            (include_str!("../../../tests/fixtures/cloudfront/encrypted.pem"), "encrypted"),
            (include_str!("../../../tests/fixtures/cloudfront/ecdsa.pub.pem"), "no private key"),
            (&ECDSA.replace("hRANC", "hRANB"), "is neither"),
            (&ECDSA.replace("-----END PRIVATE KEY-----", ""), "no private key"),
            ("-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n", "no private key"),
        ] {
            let error = signer(pem).unwrap_err();
            assert!(error.starts_with("MEDIA_PRIVATE_KEY: ") && error.contains(why), "{error}");
            assert!(error.len() < 120 && !error.contains('\n'), "{error}");
        }
        assert!(!format!("{:?}", signer(ECDSA).unwrap()).contains("Ecdsa"));
    }

    #[test]
    fn while_keys_are_changed_the_one_is_taken_that_is_named() {
        let origin = Origin::parse("https://media.example.org").unwrap();
        let settings =
            |id: &str| MediaCdnSettings { origin: origin.clone(), key_pair_id: id.to_owned(), private_key: None };
        let keys = [("K1", RSA), ("K2", ECDSA)].map(|(id, pem)| (id.to_owned(), Secret::new(pem)));
        let keys = PrivateKeys::ById(keys.into());
        let kind = |id| CloudFront::new(&settings(id), Some(&keys)).map(|signer| matches!(signer.key, Key::Rsa(_)));
        assert_eq!((kind("K1"), kind("K2")), (Ok(true), Ok(false)));
        assert!(kind("K3").unwrap_err().contains("has none for K3"));
        assert!(CloudFront::new(&settings("K1"), None).unwrap_err().contains("has none for K1"));
        assert!(CloudFront::new(&settings("K1"), Some(&PrivateKeys::One(Secret::new(ECDSA)))).is_ok());
    }
}
