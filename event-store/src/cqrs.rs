//! cqrs
