//! Whole systems for stories and laws: real servers, the real binaries, and a client that talks to them over HTTP.
//!
//! A [`system::System`] has its own PostgreSQL and NATS and its own `tollgate` process, all of which a story may kill.
//! Stories are in [`stories`]; `./dev story NAME` tells one, and the tests of this crate run them all.

pub mod client;
pub mod faults;
pub mod narrator;
pub mod stories;
pub mod system;
