//! Measuring dictionaries: what a change of one would change.

pub mod impact;
