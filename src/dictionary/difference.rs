//! What differs between two dictionaries, and which texts can be read differently because of it.
//!
//! A reading depends on the tables only through words that occur in the text: a term through its surfaces, an exclusion
//! or a negative through its own, a cue, a head or a word of sentences through itself. So a text without any word of a
//! changed row reads the same. Two things are no words of the text: the tax label, which a code may choose, and a word
//! that folds to nothing, which stands everywhere.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aho_corasick::AhoCorasick;

use super::{Dictionary, DictionaryError, Term};
use crate::{
    model::{Document, TextKind},
    text::{Layout, fold_text, han_blanks, turned_words, without_blanks},
};

/// How many rows of one table were added, removed or altered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowChanges {
    /// Only in the later dictionary.
    pub added: usize,
    /// Only in the earlier one.
    pub removed: usize,
    /// In both, with another content.
    pub altered: usize,
}

impl RowChanges {
    /// Whether nothing differs.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn count(&mut self, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.added += 1,
            (true, false) => self.removed += 1,
            _ => self.altered += 1,
        }
    }
}

/// The difference between two dictionaries.
#[derive(Debug)]
pub struct Difference {
    /// Changed rows by table, in the order of [`Self::TABLES`].
    pub rows: [RowChanges; 7],
    /// Ids of the changed terms.
    pub terms: BTreeSet<String>,
    /// Finds the words of changed rows.
    words: Option<AhoCorasick>,
    /// A changed word folds to nothing: every text may read differently.
    everything: bool,
    /// Tax labels differ.
    labels: bool,
}

impl Difference {
    /// The tables that [`Self::rows`] counts: id and Chinese name.
    pub const TABLES: [(&'static str, &'static str); 7] = [
        ("terms", "词条"),
        ("exclusions", "排除词"),
        ("negatives", "负面清单"),
        ("cues", "语境词组"),
        ("heads", "中心词"),
        ("clauses", "语句词"),
        ("tax-labels", "税收分类"),
    ];

    /// Compares two dictionaries. `conditions` are ids of catalogue conditions that differ too: the terms that list
    /// them count as touched, though not as changed.
    pub fn between(
        before: &Dictionary,
        after: &Dictionary,
        conditions: &HashSet<String>,
    ) -> Result<Self, DictionaryError> {
        let mut rows = [RowChanges::default(); 7];
        let [terms, exclusions, negatives, cues, heads, clauses, labels] = &mut rows;
        let mut words: BTreeSet<String> = BTreeSet::new();
        let mut changed_terms = BTreeSet::new();

        let by_id = |dictionary: &'_ Dictionary| -> BTreeMap<String, Term> {
            dictionary.terms().iter().map(|term| (term.id.clone(), term.clone())).collect()
        };
        differing(&by_id(before), &by_id(after), terms, |id, term| {
            changed_terms.insert(id.clone());
            words.extend(surfaces(term));
        });
        for term in before.terms().iter().chain(after.terms()) {
            if term.conditions.iter().any(|id| conditions.contains(id)) {
                words.extend(surfaces(term));
            }
        }
        let by_surface = |dictionary: &Dictionary| -> BTreeMap<_, _> {
            dictionary.exclusions().iter().map(|row| (row.surface.clone(), row.clone())).collect()
        };
        differing(&by_surface(before), &by_surface(after), exclusions, |surface, _| {
            words.insert(surface.clone());
        });
        let by_id = |dictionary: &Dictionary| -> BTreeMap<_, _> {
            dictionary.negatives().iter().map(|row| (row.id.clone(), row.clone())).collect()
        };
        differing(&by_id(before), &by_id(after), negatives, |_, negative| {
            words.extend(std::iter::once(&negative.surface).chain(&negative.aliases).map(|name| fold_text(name)));
        });
        // A name that folds to nothing is no surface.
        words.remove("");

        let groups = |dictionary: &Dictionary| -> BTreeMap<_, _> {
            dictionary.cue_groups().map(|group| (group.name.clone(), group.clone())).collect()
        };
        let (old, new) = (groups(before), groups(after));
        let mut cue_words: BTreeSet<String> = BTreeSet::new();
        differing(&old, &new, cues, |name, _| {
            let list = |groups: &BTreeMap<String, super::CueGroup>| -> Vec<String> {
                groups.get(name).map(|group| group.words.clone()).unwrap_or_default()
            };
            let (old, new) = (list(&old), list(&new));
            let kept = |from: &[String], other: &[String]| -> Vec<String> {
                from.iter().filter(|word| other.contains(word)).cloned().collect()
            };
            // The first word of a group that occurs is the one that reasons name: an order is a content too.
            let reordered = kept(&old, &new) != kept(&new, &old);
            cue_words.extend(old.iter().filter(|word| reordered || !new.contains(word)).cloned());
            cue_words.extend(new.iter().filter(|word| reordered || !old.contains(word)).cloned());
        });
        let everything = cue_words.remove("");
        words.extend(cue_words);

        let tails = |dictionary: &Dictionary| -> BTreeMap<String, super::Tail> {
            dictionary.tails().map(|(word, tail)| (word.to_owned(), tail)).collect()
        };
        differing(&tails(before), &tails(after), heads, |word, _| {
            words.insert(word.clone());
        });
        let of_sentences = |dictionary: &Dictionary| -> BTreeMap<String, super::ClauseWord> {
            dictionary.clause_words().map(|(word, meaning)| (word.to_owned(), meaning)).collect()
        };
        differing(&of_sentences(before), &of_sentences(after), clauses, |word, _| {
            words.insert(word.clone());
        });
        let by_label = |dictionary: &Dictionary| -> BTreeMap<_, _> {
            dictionary.tax_labels().map(|label| (label.label.clone(), label.clone())).collect()
        };
        differing(&by_label(before), &by_label(after), labels, |_, _| ());
        let labels = !labels.is_empty();

        words.remove("");
        let words = (!words.is_empty())
            .then(|| AhoCorasick::new(&words).map_err(|error| DictionaryError::Compile(error.to_string())))
            .transpose()?;
        Ok(Self { rows, terms: changed_terms, words, everything, labels })
    }

    /// Whether the two dictionaries may read `document` differently. Never false when they do.
    pub fn touches(&self, before: &Dictionary, after: &Dictionary, document: &Document) -> bool {
        if self.everything {
            return true;
        }
        let text = fold_text(&document.text);
        let occurs = |text: &str| self.words.as_ref().is_some_and(|words| words.is_match(text));
        // Names are also found where a blank breaks them in two, and with their halves in the other order.
        let joined = || occurs(&without_blanks(&text, &han_blanks(&text)));
        let turned = || turned_words(&text).iter().any(|(.., name)| occurs(name));
        if occurs(&text)
            || joined()
            || turned()
            || document.spec.as_deref().is_some_and(|spec| occurs(&fold_text(spec)))
        {
            return true;
        }
        if !self.labels {
            return false;
        }
        let layout = Layout::of(&text, document.kind == TextKind::InvoiceLine);
        let (label, code) = (layout.label_text(&text), document.tax_code.as_deref());
        before.tax_label(label, code) != after.tax_label(label, code)
    }
}

/// The folded surfaces of an active term; a withdrawn one is never looked for.
fn surfaces(term: &Term) -> impl Iterator<Item = String> {
    let named = term.active.then(|| std::iter::once(&term.term).chain(&term.aliases));
    named.into_iter().flatten().map(|surface| fold_text(surface))
}

/// Gives every row that only one side has, and both versions of a row that differs.
fn differing<R: PartialEq>(
    before: &BTreeMap<String, R>,
    after: &BTreeMap<String, R>,
    count: &mut RowChanges,
    mut give: impl FnMut(&String, &R),
) {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old != new {
            count.count(old.is_some(), new.is_some());
            [old, new].into_iter().flatten().for_each(|row| give(key, row));
        }
    }
}
