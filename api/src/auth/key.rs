//! A key as text, `tg_admin_<key id>_<secret>`, and what is kept of it.

use std::fmt;

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};

/// What every admin key starts with: a scanner for leaked secrets can look for it.
const PREFIX: &str = "tg_admin_";

/// Characters of a secret at least: 40 letters and digits are 238 bits, more than anybody can try.
const SECRET_LENGTH_MIN: usize = 40;

/// Longest key id and secret, so that a header never makes us hash much.
const PART_LENGTH_MAX: usize = 128;

/// A key as a caller presents it. It is never shown again and never logged.
pub struct Key {
    /// The public part, by which the key is found.
    pub id: String,
    secret: String,
}

impl Key {
    /// Draws a key from the operating system's randomness: an id of 64 bits and a secret of 256.
    ///
    /// # Errors
    /// If the operating system has no randomness to give.
    pub fn draw() -> Result<Self, rand::rand_core::OsError> {
        let (mut id, mut secret) = ([0_u8; 8], [0_u8; 32]);
        OsRng.try_fill_bytes(&mut id)?;
        OsRng.try_fill_bytes(&mut secret)?;
        Ok(Self { id: hex(&id), secret: hex(&secret) })
    }

    /// Reads a key; `None` if the text is not shaped like one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_part = |part: &str| part.len() <= PART_LENGTH_MAX && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_key = is_part(id) && is_part(secret) && !id.is_empty() && secret.len() >= SECRET_LENGTH_MIN;
        is_key.then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// What is kept of the secret.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }

    /// The whole key, to be shown once to whoever asked for it.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}", self.id)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_key_reads_back_and_shows_its_secret_only_on_purpose() {
        let key = Key::draw().unwrap();
        let read = Key::read(&key.reveal()).unwrap();
        assert_eq!((&read.id, read.hash()), (&key.id, key.hash()));
        assert_eq!(format!("{key:?}"), format!("key {}", key.id));
        assert_ne!(Key::draw().unwrap().reveal(), key.reveal());
    }

    #[test]
    fn what_is_not_shaped_like_a_key_is_none() {
        let long = "x".repeat(129);
        for text in ["", "tg_admin_", "tg_admin_a_b", "tg_user_a_0123456789012345678901234567890123456789", &long] {
            assert!(Key::read(text).is_none(), "{text}");
        }
        assert!(Key::read("tg_admin__0123456789012345678901234567890123456789").is_none());
        assert!(Key::read(&format!("tg_admin_a_{long}")).is_none());
    }
}
