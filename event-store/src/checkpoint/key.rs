//! The key that signs checkpoints: Ed25519, in the PEM files that OpenSSL reads and writes too.

use std::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::proof::{Hash, hex};

/// A key cannot be read from its text, or written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a private key.
    #[error("it is not an Ed25519 private key in PEM (`BEGIN PRIVATE KEY`)")]
    NotPrivate,
    /// Not a public key.
    #[error("it is not an Ed25519 public key in PEM (`BEGIN PUBLIC KEY`)")]
    NotPublic,
}

/// A private key. It is wiped from memory when it is dropped, and never shown.
pub struct Signer {
    key: SigningKey,
    public: PublicKey,
}

impl Signer {
    /// The key that belongs to 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::of(SigningKey::from_bytes(seed))
    }

    /// Reads a private key (PKCS #8).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(text).map(Self::of).map_err(|_| KeyError::NotPrivate)
    }

    fn of(key: SigningKey) -> Self {
        Self { public: PublicKey(key.verifying_key()), key }
    }

    /// The private key as text, for a file only its owner may read.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        // Without the public key inside: OpenSSL does not read that form.
        let bytes = ed25519_dalek::pkcs8::KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        let text = bytes.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::NotPrivate)?;
        Ok(text.as_str().to_owned())
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.key.sign(text).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public)
    }
}

/// A public key: what a signature is checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a public key (SubjectPublicKeyInfo).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        VerifyingKey::from_public_key_pem(text).map(Self).map_err(|_| KeyError::NotPublic)
    }

    /// The public key as text.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::NotPublic)
    }

    /// SHA-256 of its 32 bytes.
    #[must_use]
    pub fn id(&self) -> Hash {
        Sha256::digest(self.0.as_bytes()).into()
    }

    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8; 64]) -> bool {
        // Strict: one signature per key and text, and no key that would sign everything.
        self.0.verify_strict(text, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.3: the first private key, without and with what belongs to it.
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
    /// RFC 8410, section 10.1: its public key.
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

    #[test]
    fn keys_are_the_files_of_rfc_8410() {
        let signer = Signer::from_pem(PRIVATE).unwrap();
        assert_eq!(signer.to_pem().unwrap(), PRIVATE);
        assert_eq!(signer.public().to_pem().unwrap(), PUBLIC);
        assert_eq!(PublicKey::from_pem(PUBLIC).unwrap(), *signer.public());
        assert!(signer.public().has_signed(b"text", &signer.sign(b"text")));
    }

    #[test]
    fn one_kind_of_key_is_not_taken_for_the_other() {
        assert_eq!(PublicKey::from_pem(PRIVATE).unwrap_err(), KeyError::NotPublic);
        assert_eq!(Signer::from_pem(PUBLIC).unwrap_err(), KeyError::NotPrivate);
        assert_eq!(PublicKey::from_pem("").unwrap_err(), KeyError::NotPublic);
    }

    #[test]
    fn the_private_key_is_never_shown() {
        let signer = Signer::from_seed(&[7; 32]);
        assert_eq!(format!("{signer:?}"), format!("Signer({})", signer.public()));
    }
}
