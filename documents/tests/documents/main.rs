//! Documents as their readers meet them: what is rendered is read again, by a reader of its own. One binary, so that it
//! links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops where it stands")]

mod amounts;
mod bad_input;
mod pages;
mod reader;
mod samples;
mod texts;
