//! The auditor on a real Postgres, against an owner of the database who can do anything but sign.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

mod checkpoints;
mod history;
mod lawful;
mod proofs;
mod simulate;
mod tampering;
mod why;
