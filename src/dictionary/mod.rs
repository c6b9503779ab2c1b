//! The dictionary of green production materials (绿色生产资料库): terms, exclusions, cues, heads, tax labels, negatives.

mod builtin;
mod bundle;
mod cues;
mod difference;
mod format;
mod index;
pub mod lint;
mod skos;
mod source;
mod table;
mod term;

use std::{path::Path, sync::OnceLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

pub use builtin::{Layer, builtin_texts, read_conditions, read_folder};
pub use bundle::{BUNDLE_FILE, BundleFault};
pub use cues::{Cues, Excluded};
pub use difference::{Difference, RowChanges};
pub use format::{canonical, shape};
pub use index::{ExactIndex, Hit, Look, NearIndex, NearTerms, Sieve};
#[cfg(feature = "recall")]
pub use index::{RecallError, RecallIndex};
pub use skos::{Source, turtle};
pub use source::{DictionaryError, Tables, Texts, links as parse_links};
pub use table::{Table, TableRow};
pub use term::{ClauseWord, CueGroup, Exclusion, Need, Needs, Negative, Tail, TaxLabel, Term, TermKind, under_any};

use crate::{
    model::{Strength, Via},
    text::fold_text,
};

/// What a surface of the main automaton stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Surface {
    /// A term, by its number, and how.
    Term(usize, Via),
    /// A name of the negative list, by its number.
    Negative(usize),
}

/// A compiled dictionary. Cheap to share, never changed.
#[derive(Debug)]
pub struct Dictionary {
    terms: Vec<Term>,
    negatives: Vec<Negative>,
    exclusions: Vec<Exclusion>,
    cues: FxHashMap<String, CueGroup>,
    tails: FxHashMap<String, Tail>,
    clause_words: FxHashMap<String, ClauseWord>,
    longest_tail: usize,
    labels: FxHashMap<String, TaxLabel>,
    label_by_prefix: FxHashMap<String, String>,
    surfaces: Vec<Surface>,
    exact: ExactIndex,
    cue_finder: cues::LazyCueFinder,
    fingerprint: String,
}

impl Dictionary {
    /// The dictionary that ships with the program, with overlays on top in order.
    pub fn with_overlays(folders: &[&Path]) -> Result<Self, DictionaryError> {
        Self::with_folders(None, folders)
    }

    /// The dictionary at `base` (`None`: the one that ships), with overlays on top in order. `base` is a folder, or a
    /// bundle written by [`Self::write_bundle`]. A folder that holds a bundle of its own is read from it, and refused
    /// when its tables have changed since.
    pub fn with_folders(base: Option<&Path>, overlays: &[&Path]) -> Result<Self, DictionaryError> {
        if let Some(base) = base
            && overlays.is_empty()
        {
            if base.is_file() {
                return Self::read_bundle(base);
            }
            let bundle = base.join(BUNDLE_FILE);
            if bundle.is_file() {
                let fingerprint = fingerprint(&[read_folder(base)?]);
                let dictionary = Self::read_bundle(&bundle)?;
                return if dictionary.fingerprint == fingerprint {
                    Ok(dictionary)
                } else {
                    Err(bundle::refused(&bundle, BundleFault::Stale))
                };
            }
        }
        let mut layers = vec![base.map_or_else(|| Ok(builtin_texts()), read_folder)?];
        for folder in overlays {
            layers.push(read_folder(folder)?);
        }
        Self::compile(&layers)
    }

    /// Compiles layers of texts; a later layer wins.
    pub fn compile(layers: &[Texts]) -> Result<Self, DictionaryError> {
        Self::from_tables(Tables::read(layers)?, fingerprint(layers))
    }

    /// Compiles tables that were read before.
    pub fn from_tables(mut tables: Tables, fingerprint: String) -> Result<Self, DictionaryError> {
        let terms: Vec<Term> = std::mem::take(&mut tables.terms).into_values().collect();
        let surfaces = surfaces_of(&terms, tables.negatives.values());
        let words: Vec<&str> = surfaces.iter().map(|(surface, _)| surface.as_str()).collect();
        let exact = ExactIndex::new(&words).map_err(DictionaryError::Compile)?;
        let surfaces = surfaces.into_iter().map(|(_, surface)| surface).collect();
        Ok(Self::from_parts(tables, terms, surfaces, exact, fingerprint))
    }

    /// From tables whose terms were taken out, by id.
    fn from_parts(
        tables: Tables,
        terms: Vec<Term>,
        surfaces: Vec<Surface>,
        exact: ExactIndex,
        fingerprint: String,
    ) -> Self {
        let mut label_by_prefix = FxHashMap::default();
        // In the order of labels: when two claim a prefix, the same one wins in every run.
        for (label, row) in &tables.labels {
            for prefix in &row.prefixes {
                label_by_prefix.insert(prefix.clone(), label.clone());
            }
        }
        let labels: FxHashMap<String, TaxLabel> = tables.labels.into_iter().collect();
        Self {
            longest_tail: tables
                .tails
                .keys()
                .chain(tables.clause_words.keys())
                .map(|word| word.chars().count())
                .max()
                .unwrap_or(0),
            terms,
            negatives: tables.negatives.into_values().collect(),
            exclusions: tables.exclusions.into_values().collect(),
            cues: tables.cues.into_iter().collect(),
            tails: tables.tails,
            clause_words: tables.clause_words,
            labels,
            label_by_prefix,
            surfaces,
            exact,
            cue_finder: OnceLock::new(),
            fingerprint,
        }
    }

    /// Content hash of every table, hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// All terms, by id.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The term with this number.
    pub fn term(&self, number: usize) -> Option<&Term> {
        self.terms.get(number)
    }

    /// The term with this id.
    pub fn term_by_id(&self, id: &str) -> Option<&Term> {
        self.terms.binary_search_by(|term| term.id.as_str().cmp(id)).ok().and_then(|number| self.terms.get(number))
    }

    /// All names of the negative list.
    pub fn negatives(&self) -> &[Negative] {
        &self.negatives
    }

    /// All exclusions.
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.exclusions
    }

    /// Folded surfaces of active terms and negatives, with what they stand for, in the order of [`Self::exact`].
    pub fn surfaces(&self) -> Vec<(String, Surface)> {
        surfaces_of(&self.terms, self.negatives.iter())
    }

    /// What a surface found by [`Self::exact`] stands for.
    pub fn surface(&self, number: usize) -> Option<Surface> {
        self.surfaces.get(number).copied()
    }

    /// Finds the surfaces in a folded text.
    pub fn exact(&self) -> &ExactIndex {
        &self.exact
    }

    /// The cue group `name`.
    pub fn cue(&self, name: &str) -> Option<&CueGroup> {
        self.cues.get(name)
    }

    /// All cue groups, in no order.
    pub fn cue_groups(&self) -> impl Iterator<Item = &CueGroup> {
        self.cues.values()
    }

    /// All words that may stand behind a term, with their meaning, in no order.
    pub fn tails(&self) -> impl Iterator<Item = (&str, Tail)> {
        self.tails.iter().map(|(word, tail)| (word.as_str(), *tail))
    }

    /// All words of sentences, with what they do, in no order.
    pub fn clause_words(&self) -> impl Iterator<Item = (&str, ClauseWord)> {
        self.clause_words.iter().map(|(word, meaning)| (word.as_str(), *meaning))
    }

    /// The meaning of `word` behind a term.
    pub fn tail(&self, word: &str) -> Option<Tail> {
        self.tails.get(word).copied()
    }

    /// What `word` does in a sentence.
    pub fn clause_word(&self, word: &str) -> Option<ClauseWord> {
        self.clause_words.get(word).copied()
    }

    /// Length in characters of the longest word that [`Self::tail`] or [`Self::clause_word`] knows.
    pub fn longest_tail(&self) -> usize {
        self.longest_tail
    }

    /// The tax label written on the invoice, or the one that the 19-digit code belongs to.
    pub fn tax_label(&self, label: Option<&str>, code: Option<&str>) -> Option<&TaxLabel> {
        label.and_then(|label| self.labels.get(label)).or_else(|| {
            let code = code?;
            let name = (1..=code.len()).rev().find_map(|end| self.label_by_prefix.get(code.get(..end)?))?;
            self.labels.get(name)
        })
    }

    /// All tax labels.
    pub fn tax_labels(&self) -> impl Iterator<Item = &TaxLabel> {
        self.labels.values()
    }

    /// The surfaces of sufficient and generic terms, to be recognised in spite of one wrong character.
    pub fn near_terms(&self) -> Result<NearTerms, DictionaryError> {
        let told = |number: usize| {
            self.term(number).is_some_and(|term| matches!(term.strength, Strength::Sufficient | Strength::Generic))
        };
        let terms = self.surfaces().into_iter().filter_map(|(word, surface)| match surface {
            Surface::Term(number, _) if told(number) => Some((word, number)),
            _ => None,
        });
        NearTerms::new(terms.collect()).map_err(DictionaryError::Compile)
    }

    /// An index for near look-ups over the surfaces of terms.
    pub fn near_index(&self) -> Result<NearIndex, DictionaryError> {
        let surfaces = self.surfaces();
        let words = surfaces.iter().filter(|(_, surface)| matches!(surface, Surface::Term(..)));
        NearIndex::new(words.map(|(word, _)| word.as_str())).map_err(DictionaryError::Compile)
    }
}

/// Every folded surface, terms before negatives; empty ones are left out. Two threads fold.
fn surfaces_of<'t>(terms: &[Term], negatives: impl Iterator<Item = &'t Negative>) -> Vec<(String, Surface)> {
    let of = |terms: &[Term], first: usize| {
        let mut surfaces: Vec<(String, Surface)> = Vec::new();
        for (number, term) in (first..).zip(terms).filter(|(_, term)| term.active) {
            surfaces.push((fold_text(&term.term), Surface::Term(number, Via::Exact)));
            surfaces.extend(term.aliases.iter().map(|alias| (fold_text(alias), Surface::Term(number, Via::Alias))));
        }
        surfaces
    };
    let half = terms.len() / 2;
    let (front, back) = terms.split_at(half);
    let mut surfaces = std::thread::scope(|scope| {
        let back = scope.spawn(|| of(back, half));
        let mut surfaces = of(front, 0);
        surfaces.extend(back.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        surfaces
    });
    for (number, negative) in negatives.enumerate() {
        let names = std::iter::once(&negative.surface).chain(&negative.aliases);
        surfaces.extend(names.map(|name| (fold_text(name), Surface::Negative(number))));
    }
    surfaces.retain(|(surface, _)| !surface.is_empty());
    surfaces
}

/// Content hash of layers of tables, hexadecimal.
fn fingerprint(layers: &[Texts]) -> String {
    let mut hasher = blake3::Hasher::new();
    for layer in layers {
        for (file, text) in layer {
            hasher.update(file.as_bytes()).update(&[0]).update(text.as_bytes()).update(&[0]);
        }
    }
    hasher.finalize().to_hex().to_string()
}
