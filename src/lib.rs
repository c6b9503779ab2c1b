//! lvjian (绿鉴): a Chinese text engine for green finance.

mod catalogue;
mod dictionary;
mod engine;
mod matcher;
mod model;
mod text;

pub use catalogue::{Catalogue, CatalogueEntry, Condition, Edition};
pub use dictionary::{Dictionary, Term};
pub use engine::{Engine, EngineError};
pub use matcher::Matcher;
pub use model::*;
pub use text::{Folded, Segmenter, fold};
