//! The facade that wires the stages; the only place that knows them all.

use std::path::Path;

use jiff::civil::Date;

use crate::{
    catalogue::{Catalogue, CatalogueError, Edition, NoEdition, builtin_sources},
    dictionary::{Dictionary, DictionaryError},
    matcher::Matcher,
    model::{Classification, Document},
    text::Segmenter,
};

/// Everything needed to read and decide: catalogue, dictionary, ordinary words. Share one between threads.
pub struct Engine {
    catalogue: Catalogue,
    dictionary: Dictionary,
    segmenter: Segmenter,
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
}

impl Engine {
    /// The engine with the tables that ship with it.
    pub fn builtin() -> Result<Self, EngineError> {
        Self::with_overlays(&[])
    }

    /// The engine with dictionary overlays on top, in order; a later one wins.
    pub fn with_overlays(folders: &[&Path]) -> Result<Self, EngineError> {
        Ok(Self {
            catalogue: Catalogue::load(&builtin_sources())?,
            dictionary: Dictionary::with_overlays(folders)?,
            segmenter: Segmenter::new(),
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

    /// A matcher for the edition in force on `as_of`. Fails by name when the project lacks that edition's table.
    pub fn matcher(&self, as_of: Date) -> Result<Matcher<'_>, NoEdition> {
        self.catalogue.in_force(as_of).map(|edition| self.matcher_for(edition))
    }

    /// A matcher for one edition.
    pub fn matcher_for<'e>(&'e self, edition: &'e Edition) -> Matcher<'e> {
        Matcher { dictionary: &self.dictionary, catalogue: &self.catalogue, segmenter: &self.segmenter, edition }
    }

    /// Reads one text under the edition in force on `as_of`.
    pub fn classify(&self, document: &Document, as_of: Date) -> Result<Classification, NoEdition> {
        self.matcher(as_of).map(|matcher| matcher.read(document))
    }
}
