//! What can go wrong, made to go wrong: processes killed at named points, callers that vanish, a disk without room.
//!
//! A [`trial`] stops a process at a point (`event_store::faults`), kills something while it stands there, starts again
//! what was killed, sends every command again under its key, and then asks whether anything was lost or done twice.

pub mod crowd;
pub mod load;
pub mod pause;
pub mod small_disk;
pub mod trial;
pub mod world;
