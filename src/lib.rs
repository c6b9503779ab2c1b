//! lvjian (绿鉴): a Chinese text engine for green finance.
//!
//! It reads invoice lines and loan purposes, finds green production materials, maps them to the entries of the official
//! catalogues for the borrower's role, judges the entries' conditions, and decides loans by a dated rule pack. Every
//! answer carries its evidence, and every refused match its reason code.
//!
//! ```
//! use lvjian::{Document, Engine, Verdict};
//!
//! let engine = Engine::builtin()?;
//! let as_of = "2026-01-01".parse()?;
//!
//! let line = engine.classify(&Document::line("*电动机*YE5-132S-4 三相异步电动机 5.5kW"), as_of)?;
//! assert_eq!(line.verdict, Verdict::Green);
//! assert!(line.matches[0].entries.iter().any(|entry| entry.code == "1.1.7"));
//!
//! // The head noun decides: a bolt for a solar module is a bolt.
//! let bolt = engine.classify(&Document::line("*紧固件*光伏组件螺栓 M8"), as_of)?;
//! assert_eq!(bolt.verdict, Verdict::NotGreen);
//! assert_eq!(bolt.rejected[0].code.code(), "M005");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod catalogue;
pub mod cli;
mod decision;
mod diag;
mod dictionary;
mod engine;
mod eval;
mod evidence;
mod ingest;
mod language;
mod matcher;
mod model;
mod standard;
mod store;
mod text;

#[cfg(test)]
#[path = "../tests/fuzz/mod.rs"]
mod fuzz;

pub use catalogue::{
    Catalogue, CatalogueEntry, CatalogueError, CatalogueSources, Condition, Crossing, Edition, EditionUse, Equipment,
    GreenhouseMark, NoEdition, Quantity, Relation, Test,
};
pub use decision::{
    Decision, EditionSide, Fetch, IndicatorScore, Rating, ScoreState, SideBySide, Trace, VetoState, Wanted,
};
pub use dictionary::lint::LintCode;
pub use dictionary::{
    BundleFault, Dictionary, DictionaryError, Difference, ExactIndex, Hit, Need, RowChanges, Term, TermKind,
    builtin_texts,
};
pub use engine::{Change, Contrast, DecisionTask, Engine, EngineError, LoanFlip, LoanInput, Miss, RateTask};
pub use eval::discover::{Discovery, DiscoveryTask, Likeness, MissingTerm, discover};
pub use eval::impact::{
    Case, CaseExpected, ChangeKind, Comparison, LabelFlip, LineChange, LineImpact, LoanChange, LoanImpact, Shadowing,
};
pub use eval::{
    Answer, Basis, CorpusFault, EntryScenes, EvalError, Expected, Flip, FloorBreach, Floors, GoldRow, RivalScore, Run,
    Score, Split, Tally, Trap, TrapScore, Wrong, answered_right, answers, entry_known, flips, read_gold, read_traps,
    rivals, score, score_traps, split_of, wilson,
};
pub use matcher::{Candidate, Matcher};
pub use model::{
    Checked, Classification, ConditionResult, ConditionState, Direction, Document, Enterprise, EntryLink, FieldCell,
    FieldKind, FieldRule, FieldValue, InvoiceLine, InvoiceStatus, Loan, Location, Match, Money, Origin, Proof, Record,
    Refusal, RefusedMatch, Role, Scene, Span, Strength, TextKind, UnreadCell, Verdict, Via,
};
pub use standard::{EntityRules, Fact, Finding, LoanRule, PackTexts, Parameter, Standard, StandardError, check};
pub use text::{Folded, Segmenter, fold};
