//! lvjian (绿鉴): a Chinese text engine for green finance.

mod batch;
mod catalogue;
pub mod cli;
mod decision;
mod diag;
mod dictionary;
mod engine;
mod evidence;
mod ingest;
mod matcher;
mod model;
mod standard;
mod store;
mod text;

pub use catalogue::{Catalogue, CatalogueEntry, Condition, Edition};
pub use dictionary::{Dictionary, Term};
pub use engine::{Engine, EngineError};
pub use matcher::Matcher;
pub use model::*;
pub use text::{Folded, Segmenter, fold};
