//! Wiring: what the binary `tollgate` is made of, for itself and for the tests that run the whole system.
//!
//! Must not: decide anything about billing, or hold SQL of the log, the projections or the processors.
//! Start reading at [`roles`]; [`embedded`] has the private Postgres and NATS behind `tollgate up`.

pub mod address;
pub mod auditor;
pub mod catalogs;
pub mod checkpoints;
pub mod embedded;
pub mod health;
pub mod logging;
pub mod migration;
pub mod rates;
pub mod roles;
pub mod shutdown;
pub mod welcome;
