//! Values that cross from stage to stage. No stage's logic lives here.

mod classification;
mod document;
mod enterprise;
mod invoice;
mod loan;
mod money;
mod refusal;
mod span;
mod words;

pub use classification::{Classification, ConditionResult, EntryLink, Match, RefusedMatch};
pub use document::{Document, Location};
pub use enterprise::{Enterprise, FieldCell, FieldKind, FieldRule, FieldValue, Record, UnreadCell};
pub use invoice::{InvoiceLine, InvoiceStatus, buyer_among};
pub use loan::{Checked, Loan, Proof};
pub use money::Money;
pub use refusal::Refusal;
pub use span::Span;
pub use words::{ConditionState, Direction, Origin, Role, Scene, Strength, TextKind, Verdict, Via};
