//! Values that cross from stage to stage. No stage's logic lives here.

mod classification;
mod document;
mod money;
mod refusal;
mod span;
mod words;

pub use classification::{Classification, ConditionResult, EntryLink, Match, RefusedMatch};
pub use document::{Document, Location};
pub use money::Money;
pub use refusal::Refusal;
pub use span::Span;
pub use words::{ConditionState, Direction, Origin, Role, Scene, Strength, TextKind, Verdict, Via};
