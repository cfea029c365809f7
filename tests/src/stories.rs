//! The stories: one per product, and one of referrals month after month.
//!
//! Each of a product has its product's table as it is sold, typed in again, so that a wrong catalog fails. [`table`] reads it,
//! [`rows`] tries every cell of it, [`stage`] has the customers, and [`refusal`] is strict about what they are told.

pub mod agencia;
pub mod bai;
pub mod compra_agil;
pub mod flowmatik;
pub mod kipu;
pub mod referrals;
pub mod refusal;
pub mod rows;
pub mod stage;
pub mod table;

use futures::future::LocalBoxFuture;

use crate::narrator::Narrator;

/// A story on a system of its own.
pub type Story = for<'a> fn(&'a mut Narrator) -> LocalBoxFuture<'a, ()>;

/// Every story, by its name.
pub const ALL: &[(&str, Story)] = &[
    ("agencia", |narrator| Box::pin(agencia::tell(narrator))),
    ("bai", |narrator| Box::pin(bai::tell(narrator))),
    ("compra-agil", |narrator| Box::pin(compra_agil::tell(narrator))),
    ("flowmatik", |narrator| Box::pin(flowmatik::tell(narrator))),
    ("kipu", |narrator| Box::pin(kipu::tell(narrator))),
    ("referrals", |narrator| Box::pin(referrals::tell(narrator))),
];
