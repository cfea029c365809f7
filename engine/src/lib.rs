//! Wiring: what the binary `tollgate` is made of, for itself and for the tests that run the whole system.
//!
//! Must not: decide anything about billing, or hold SQL of the log, the projections or the processors.
//! Start reading at [`embedded`], the private Postgres and NATS behind `tollgate up` and `tollgate servers`.

pub mod embedded;
pub mod shutdown;
