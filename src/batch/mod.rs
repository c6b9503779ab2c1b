//! Millions of lines: chunks by ticket on several threads, answers in the order of the input, memory bounded by the
//! chunks and not by the file.

mod borrowers;
mod chunks;
mod documents;
#[cfg(feature = "parquet")]
mod parquet;
mod reader;
mod run;
mod spill;
mod tickets;

use std::io;

use crate::{
    ingest::{IngestError, Position, Quarantined},
    matcher::Matcher,
    model::{Classification, Document, Money, TextKind, Verdict},
};

pub use borrowers::{PART, PartedInvoices, Watch};
pub use chunks::{Appending, headings_of, read_lines, read_table};
pub use documents::{RowsAhead, read_any};
#[cfg(feature = "parquet")]
pub use parquet::{TextTableWriter, answer_parquet, assemble_parquet, classify_parquet};
pub use reader::is_formula;
pub use run::{InputFile, Manifest, Run};
pub use tickets::each_in_order;

/// How a run reads.
#[derive(Clone, Copy)]
pub struct Task<'t> {
    /// Reads the texts.
    pub matcher: Matcher<'t>,
    /// Threads; at least one. The answer does not depend on it.
    pub threads: usize,
    /// Kind of texts whose row does not say.
    pub kind: TextKind,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    /// Rows answered.
    pub rows: u64,
    /// Bytes of input read, unpacked.
    pub bytes: u64,
    /// Rows set aside.
    pub rejects: u64,
    /// Rows by verdict, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; 4],
    /// Amounts in 分 by verdict, where rows carry amounts.
    pub fen: [i64; 4],
    /// Rows that carried an amount.
    pub with_amount: u64,
}

impl Totals {
    /// Counts a row.
    pub fn count(&mut self, verdict: Verdict, amount: Option<Money>) {
        let place = verdict as usize;
        self.rows += 1;
        if let Some(count) = self.verdicts.get_mut(place) {
            *count += 1;
        }
        if let (Some(sum), Some(amount)) = (self.fen.get_mut(place), amount) {
            *sum = sum.saturating_add(amount.fen());
            self.with_amount += 1;
        }
    }

    /// Adds what another part of the run counted.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.rejects += other.rejects;
        self.with_amount += other.with_amount;
        for (sum, more) in self.verdicts.iter_mut().zip(other.verdicts) {
            *sum += more;
        }
        for (sum, more) in self.fen.iter_mut().zip(other.fen) {
            *sum = sum.saturating_add(more);
        }
    }
}

/// Takes what a run gives, in the order of the input.
pub trait Receiver: Send {
    /// Finished bytes of the output.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), RunError>;
    /// A reading that the receiver lays out itself.
    fn reading(&mut self, document: Document, reading: Classification) -> Result<(), RunError>;
    /// A row set aside.
    fn set_aside(&mut self, bad: Quarantined) -> Result<(), RunError>;
    /// Everything in front of `mark` has been given; `part` is what was counted since the last mark.
    fn reached(&mut self, mark: Mark, part: &Totals) -> Result<(), RunError>;
}

/// How far a file has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// Place in a text read in chunks.
    pub position: Position,
    /// Rows given and set aside, in a file read row by row.
    pub events: u64,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The input cannot be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The output cannot be written.
    #[error("输出失败 / cannot write: {0}")]
    Output(#[from] io::Error),
    /// Too many rows were set aside.
    #[error("已隔离 {0} 行，超过 --max-rejects {1}，运行中止 / more rows set aside than allowed, stopped")]
    TooManyRejects(u64, u64),
    /// The receiver refuses to go on.
    #[error("{0}")]
    Said(String),
}
