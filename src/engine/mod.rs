//! The facade that wires the stages; the only place that knows them all.

mod flips;
mod loans;
mod proofs;
mod rating;

use std::path::Path;

use jiff::civil::Date;

use crate::{
    catalogue::{Catalogue, CatalogueError, Edition, NoEdition, builtin_sources},
    dictionary::{Dictionary, DictionaryError, Texts, read_conditions},
    matcher::Matcher,
    model::{Classification, Document},
    standard::{Standard, StandardError, builtin_standards},
    text::Segmenter,
};

pub use flips::{Change, Contrast, LoanFlip, Miss};
pub use loans::{DecisionTask, LoanInput};
pub use rating::RateTask;

/// Everything needed to read and decide: catalogue, dictionary, ordinary words. Share one between threads.
pub struct Engine {
    catalogue: Catalogue,
    dictionary: Dictionary,
    segmenter: Segmenter,
    standards: Vec<Standard>,
}

/// The engine cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A catalogue table is wrong.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A dictionary table is wrong.
    #[error(transparent)]
    Dictionary(#[from] DictionaryError),
    /// A rule pack is wrong.
    #[error(transparent)]
    Standard(#[from] StandardError),
}

impl Engine {
    /// The engine with the tables that ship with it.
    pub fn builtin() -> Result<Self, EngineError> {
        Self::with_overlays(&[])
    }

    /// The engine with dictionary overlays on top, in order; a later one wins.
    pub fn with_overlays(folders: &[&Path]) -> Result<Self, EngineError> {
        Self::with_folders(None, folders)
    }

    /// The engine on the dictionary folder `base` (`None`: the one that ships), with overlays on top, in order. The
    /// base's `catalogue/conditions.csv`, when it has one, replaces the shipped conditions.
    pub fn with_folders(base: Option<&Path>, overlays: &[&Path]) -> Result<Self, EngineError> {
        let conditions = base.map(read_conditions).transpose()?.flatten();
        Self::build(conditions.as_deref(), || Dictionary::with_folders(base, overlays))
    }

    /// The engine on tables that were read before: file name (relative to the dictionary's folder) → text, a later
    /// layer wins. `conditions`, when given, is the text of `catalogue/conditions.csv` in place of the shipped one.
    pub fn with_layers(layers: &[Texts], conditions: Option<&str>) -> Result<Self, EngineError> {
        Self::build(conditions, || Dictionary::compile(layers))
    }

    fn build(
        conditions: Option<&str>,
        dictionary: impl FnOnce() -> Result<Dictionary, DictionaryError>,
    ) -> Result<Self, EngineError> {
        let mut sources = builtin_sources();
        if let Some(text) = conditions {
            sources.conditions = vec![("catalogue/conditions.csv", text)];
        }
        std::thread::scope(|scope| {
            let rules = scope.spawn(|| (Catalogue::load(&sources), builtin_standards()));
            let dictionary = dictionary()?;
            let (catalogue, standards) = rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(Self { catalogue: catalogue?, dictionary, segmenter: Segmenter::new(), standards: standards? })
        })
    }

    /// The catalogues.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The dictionary.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Ordinary words.
    pub fn segmenter(&self) -> &Segmenter {
        &self.segmenter
    }

    /// The rule packs.
    pub fn standards(&self) -> &[Standard] {
        &self.standards
    }

    /// The rule pack with this id.
    pub fn standard(&self, id: &str) -> Option<&Standard> {
        self.standards.iter().find(|standard| standard.id == id)
    }

    /// Engine version, and the content hashes of dictionary, catalogue tables and pack: the same input under the same
    /// fingerprint gives the same bytes.
    pub fn fingerprint(&self, edition: &str, standard: Option<&Standard>) -> String {
        let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
        let pack = standard.map_or_else(String::new, |pack| format!(" {}:{}", pack.id, short(&pack.fingerprint)));
        format!(
            "lvjian/{} dictionary:{} {edition}:{}{pack}",
            env!("CARGO_PKG_VERSION"),
            short(self.dictionary.fingerprint()),
            short(self.catalogue.fingerprint()),
        )
    }

    /// A matcher for the edition in force on `as_of`. Fails by name when the project lacks that edition's table.
    pub fn matcher(&self, as_of: Date) -> Result<Matcher<'_>, NoEdition> {
        self.catalogue.in_force(as_of).map(|edition| self.matcher_for(edition))
    }

    /// A matcher for one edition.
    pub fn matcher_for<'e>(&'e self, edition: &'e Edition) -> Matcher<'e> {
        Matcher {
            dictionary: &self.dictionary,
            catalogue: &self.catalogue,
            segmenter: &self.segmenter,
            edition,
            near: None,
        }
    }

    /// Reads one text under the edition in force on `as_of`.
    pub fn classify(&self, document: &Document, as_of: Date) -> Result<Classification, NoEdition> {
        self.matcher(as_of).map(|matcher| matcher.read(document))
    }
}
