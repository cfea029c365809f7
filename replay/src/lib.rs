//! What the binary `tollgate-replay` is made of, for itself and for its tests.
//!
//! It can only read: it links neither the API nor processors, providers or NATS, works with a role that may only read,
//! and refuses to run with one that may write. Start reading at [`verify`].

pub mod balance;
pub mod check_proof;
pub mod connect;
pub mod laws;
pub mod prove;
pub mod simulate;
pub mod trust;
pub mod verify;
pub mod why;
