//! The API as its callers meet it: requests in, answers out, on real Postgres. One binary, so that it links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod bad_input;
mod bad_quantities;
mod batch;
mod by_hand;
mod capacities;
mod clocks;
mod commands;
mod entitlements;
mod holds;
mod house;
mod keys;
mod logs;
mod lots;
mod operations;
mod outage;
mod overload;
mod pages;
mod rates;
mod reads;
mod receipts;
mod referrals;
mod required;
mod seats;
mod studio;
mod summary;
mod usage;
