//! Measuring: the engine against labelled texts, traps and rivals, with floors that only rise; and what a change of the
//! dictionary would change, and which terms it may lack.

mod coverage;
mod diff;
pub mod discover;
mod floors;
mod gold;
pub mod impact;
mod interval;
mod rivals;
mod score;
mod traps;

pub use coverage::{Coverage, Occurrence, occurrences};
pub use diff::{Basis, Flip, Run, flips};
pub use floors::{FloorBreach, Floors};
pub use gold::{CorpusFault, EvalError, Expected, GoldRow, Split, entry_known, read_gold, split_of};
pub use interval::wilson;
pub use rivals::{RivalScore, rivals};
pub use score::{Answer, EntryScenes, Score, Tally, Wrong, answered_right, answers, score};
pub use traps::{Trap, TrapScore, read_traps, score_traps};
