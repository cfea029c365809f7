//! What may go wrong around the embedded servers, each as what was found, where, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a server could not be found, started or used.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Another process runs on this data folder.
    #[error(
        "the data folder {folder} is in use by process {pid}; stop that one first, or choose another folder with --data"
    )]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// Who holds it; `unknown` in the instant before the other has written it down.
        pid: String,
    },

    /// No program that will do.
    #[error("{program} {wanted} is needed, but {found}; {advice}")]
    NoProgram {
        /// `postgres` or `nats-server`.
        program: &'static str,
        /// The version that is needed, in words.
        wanted: String,
        /// What was found and where.
        found: String,
        /// How to get one, or how to do without.
        advice: &'static str,
    },

    /// The database system could not be made.
    #[error("{program} could not create a database in {folder} ({status}): {output}")]
    CreateDatabase {
        /// What was run.
        program: PathBuf,
        /// The folder it was to fill.
        folder: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        output: String,
    },

    /// A server ended before it accepted connections.
    #[error("{server} ended at start ({status}), saying {last_words:?}; all it said is in {log}")]
    Ended {
        /// Which server.
        server: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The last line of its log.
        last_words: String,
        /// Its log.
        log: PathBuf,
    },

    /// A server runs but does not accept connections.
    #[error("{server} runs but accepted no connection within {seconds} s ({reason}); what it said is in {log}")]
    NotReady {
        /// Which server.
        server: &'static str,
        /// How long was waited.
        seconds: u64,
        /// Why the last attempt to connect failed.
        reason: String,
        /// Its log.
        log: PathBuf,
    },

    /// A server left behind by an earlier run does not end.
    #[error("{server} process {pid}, left by an earlier run, does not end; end it by hand, then start again")]
    Undying {
        /// Which server.
        server: &'static str,
        /// Its process id.
        pid: i32,
    },

    /// A server given by URL does not answer.
    #[error(
        "no {server} answers at {address}, which {variable} names; start it, or unset {variable} to have one started"
    )]
    Unreachable {
        /// Which server.
        server: &'static str,
        /// Host, port and database, without credentials.
        address: String,
        /// The variable that names it.
        variable: &'static str,
        /// What the connection ran into.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A server given by URL will not do.
    #[error("{found} at {address}, which {variable} names, but {wanted} is needed; {advice}")]
    Unfit {
        /// What answers there.
        found: String,
        /// Host, port and database, without credentials.
        address: String,
        /// The variable that names it.
        variable: &'static str,
        /// What is needed.
        wanted: &'static str,
        /// What to do.
        advice: &'static str,
    },

    /// A file, folder or process could not be handled.
    #[error("cannot {action} {path}")]
    Io {
        /// What was attempted, as a verb phrase.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },

    /// Running as root without a user to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody; run Tollgate as an ordinary user"
    )]
    NoUnprivilegedUser,
}

impl EmbeddedError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
