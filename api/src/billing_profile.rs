//! What invoices say of their customers: personal data, kept outside the log.
//!
//! ```text
//! auth.billing_profiles   what it says, and a salt      can be erased
//! log                     BillingProfileSet, InvoiceIssued: id, hash, country     for ever
//! ```
//!
//! A version never changes. The hash in the log proves what a row says; the salt in it is erased with the rest, so that
//! nobody can find out by trying what an erased one said.

mod rows;

use documents::TaxId;
use domain::catalog::Country;
use rand::TryRngCore as _;
use rand::rand_core::OsError;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use rows::{erase, find, keep};

/// Most lines of an address, without the country.
const ADDRESS_LINES_MAX: usize = 6;

/// Longest text of a profile, in characters: a line of a document.
const TEXT_LENGTH_MAX: usize = 200;

/// Longest e-mail address. Source: RFC 5321.
const EMAIL_LENGTH_MAX: usize = 254;

/// What is said of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Says {
    pub(crate) name: String,
    pub(crate) tax_id: Option<String>,
    pub(crate) address: Vec<String>,
    pub(crate) email: Option<String>,
    pub(crate) country: Country,
    /// `es` or `en`.
    pub(crate) language: Option<String>,
}

/// A version as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) hash: String,
    /// `None` once it was erased.
    pub(crate) says: Option<(Says, String)>,
}

/// What a document can say of its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// What was said when it was set.
    Known(Says),
    /// Nothing any more.
    Erased,
    /// Somebody has changed it: it is not what the log has the hash of.
    Differs,
}

impl Says {
    /// Is every text one that a document can print? Else the field, and what is wrong with it.
    pub(crate) fn check(mut self) -> Result<Self, (&'static str, String)> {
        self.name = text("name", &self.name)?;
        if self.address.len() > ADDRESS_LINES_MAX {
            let lines = self.address.len();
            return Err(("address", format!("{lines} lines are more than {ADDRESS_LINES_MAX}")));
        }
        self.address = self.address.iter().map(|line| text("address", line)).collect::<Result<_, _>>()?;
        if let Some(tax_id) = &self.tax_id {
            let tax_id = text("tax_id", tax_id)?;
            TaxId::new(&self.country.to_string(), &tax_id).map_err(|fault| ("tax_id", fault.to_string()))?;
            self.tax_id = Some(tax_id);
        }
        if let Some(email) = &self.email {
            let is_address = email.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.'));
            if !is_address || email.len() > EMAIL_LENGTH_MAX || email.contains(char::is_whitespace) {
                return Err(("email", "it is no e-mail address such as ana@example.com".to_owned()));
            }
        }
        match self.language.as_deref() {
            None | Some("es" | "en") => Ok(self),
            Some(_) => Err(("language", "it is not es or en".to_owned())),
        }
    }

    /// The SHA-256 of what it says with its salt, in hexadecimal: of JSON with its names in this order.
    pub(crate) fn hash(&self, salt: &str) -> String {
        let Self { name, tax_id, address, email, country, language } = self;
        let canonical = serde_json::json!([name, tax_id, address, email, country, language, salt]).to_string();
        Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Kept {
    /// What it says, if that is what the log has the hash of.
    pub(crate) fn told(self, hash: &str) -> Told {
        match self.says {
            None => Told::Erased,
            Some((says, salt)) if says.hash(&salt) == hash => Told::Known(says),
            Some(_) => Told::Differs,
        }
    }
}

/// 128 random bits, in hexadecimal.
pub(crate) fn salt() -> Result<String, OsError> {
    let mut bytes = [0; 16];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn text(field: &'static str, text: &str) -> Result<String, (&'static str, String)> {
    let text = text.trim();
    let is_line = (1..=TEXT_LENGTH_MAX).contains(&text.chars().count()) && !text.contains(char::is_control);
    if is_line {
        Ok(text.to_owned())
    } else {
        Err((field, format!("it is not 1 to {TEXT_LENGTH_MAX} characters on one line")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> Says {
        Says {
            name: "Constructora Ñuble Ltda.".to_owned(),
            tax_id: Some("12.345.678-5".to_owned()),
            address: vec!["Calle Riquelme 455".to_owned(), "Chillán".to_owned()],
            email: Some("ana@example.com".to_owned()),
            country: "CL".to_owned().try_into().unwrap(),
            language: Some("es".to_owned()),
        }
    }

    #[test]
    fn what_a_document_cannot_print_is_named() {
        assert_eq!(ana().check(), Ok(ana()));
        type Spoil = fn(&mut Says);
        let wrong: [(&str, Spoil); 9] = [
            ("name", |says| says.name = " ".to_owned()),
            ("name", |says| says.name = "x".repeat(201)),
            ("address", |says| says.address = vec!["x".to_owned(); 7]),
            ("address", |says| says.address = vec!["two\nlines".to_owned()]),
            ("tax_id", |says| says.tax_id = Some("12.345.678-4".to_owned())),
            ("tax_id", |says| says.tax_id = Some(String::new())),
            ("email", |says| says.email = Some("ana".to_owned())),
            ("email", |says| says.email = Some("ana @example.com".to_owned())),
            ("language", |says| says.language = Some("pt".to_owned())),
        ];
        for (field, spoil) in wrong {
            let mut says = ana();
            spoil(&mut says);
            assert_eq!(says.check().map_err(|(field, _)| field), Err(field));
        }
    }

    #[test]
    fn the_hash_proves_every_word_and_the_salt() {
        let hash = ana().hash("salt");
        assert_eq!(hash.len(), 64);
        let mut other = ana();
        other.email = None;
        assert_ne!(other.hash("salt"), hash);
        assert_ne!(ana().hash("pepper"), hash);
        let kept = |says| Kept { hash: hash.clone(), says };
        assert_eq!(kept(Some((ana(), "salt".to_owned()))).told(&hash), Told::Known(ana()));
        assert_eq!(kept(Some((other, "salt".to_owned()))).told(&hash), Told::Differs);
        assert_eq!(kept(None).told(&hash), Told::Erased);
    }

    #[test]
    fn no_two_salts_are_the_same() {
        assert_ne!(salt().unwrap(), salt().unwrap());
    }
}
