//! Look-ups over the dictionary's surfaces. They only propose; the matcher verifies against the text.

mod exact;
mod flat;
mod near;
#[cfg(feature = "recall")]
mod recall;
mod sieve;

pub use exact::{ExactIndex, Hit};
pub use near::{NearIndex, NearTerms};
#[cfg(feature = "recall")]
pub use recall::{RecallError, RecallIndex};
pub use sieve::{Look, Sieve};
