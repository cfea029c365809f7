//! Things go wrong on purpose, and afterwards nothing is lost, nothing was done twice, and service is back by itself.

mod crowd;
mod deadlines;
mod disk;
mod engines;
mod points;
