//! `tollgate-replay check-proof`: that an event was in the log, by a file and a key alone.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use event_store::checkpoint::{PublicKey, Unreadable, from_json};
use event_store::proof::inclusion::{InclusionProof, Unproved};

use crate::trust;

/// Check an inclusion proof without a database
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A file written by `tollgate-replay prove`
    #[arg(value_name = "FILE")]
    proof: PathBuf,
    /// The public key its checkpoint must be signed with
    #[arg(long, value_name = "PUBFILE")]
    key: PathBuf,
}

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is no proof.
    #[error("it is not an inclusion proof")]
    Unreadable(#[from] Unreadable),
    /// It is one of something else.
    #[error(transparent)]
    Unproved(#[from] Unproved),
}

/// Checks a file and says what it proves.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let key = trust::read_key(&arguments.key)?;
    let InclusionProof { event, checkpoint, .. } = check_file(&arguments.proof, &key)?;
    println!(
        "proved: event {} ({} version {}) is at position {}:{} of the log that key {key} signed at position {} on {}",
        event.event_id,
        event.event_type,
        event.event_version,
        event.partition,
        event.position,
        checkpoint.claim.position,
        checkpoint.signed_at,
    );
    println!("recorded at {}, payload {}, metadata {}", event.recorded_at, event.payload, event.metadata);
    Ok(ExitCode::SUCCESS)
}

fn check_file(path: &Path, key: &PublicKey) -> Result<InclusionProof, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    match check(&text, key) {
        Ok(proof) => Ok(proof),
        Err(Refused::Unreadable(source)) => {
            Err(format!("{} is not an inclusion proof: {source}", path.display()).into())
        }
        Err(Refused::Unproved(source)) => Err(format!("{} proves nothing: {source}", path.display()).into()),
    }
}

/// Checks the text of a proof.
pub fn check(text: &str, key: &PublicKey) -> Result<InclusionProof, Refused> {
    let proof: InclusionProof = from_json(text)?;
    proof.check(key)?;
    Ok(proof)
}
