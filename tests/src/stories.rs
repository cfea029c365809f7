//! The stories, one per product.

pub mod agencia;
