//! The API as its callers meet it: requests in, answers out, on real Postgres. One binary, so that it links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod bad_input;
mod bad_quantities;
mod batch;
mod billing_profiles;
mod by_hand;
mod capacities;
mod clocks;
mod commands;
mod discounts;
mod entitlements;
mod holds;
mod house;
mod invoices;
mod keys;
mod logs;
mod lots;
mod operations;
mod outage;
mod overload;
mod pages;
mod paid_from_credits;
mod previews;
mod rates;
mod reads;
mod receipts;
mod referrals;
mod required;
mod revenue;
mod seats;
mod shop;
mod studio;
mod summary;
mod usage;
