//! Surfaces one or two edits away.

use std::{collections::HashMap, sync::LazyLock};

use fst::{IntoStreamer, Streamer};
use levenshtein_automata::LevenshteinAutomatonBuilder;

/// Tables for edit distance 1 and 2, characters swapped counting as one edit. Building them costs milliseconds, so
/// they are built once and only when somebody looks something up.
static DISTANCE: [LazyLock<LevenshteinAutomatonBuilder>; 2] = [
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true)),
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true)),
];

/// A sorted set of surfaces that can be searched by edit distance in characters.
#[derive(Clone, Debug)]
pub struct NearIndex {
    surfaces: fst::Set<Vec<u8>>,
}

impl NearIndex {
    /// Builds the index over folded surfaces.
    pub fn new<'s>(surfaces: impl IntoIterator<Item = &'s str>) -> Result<Self, String> {
        let mut sorted: Vec<&str> = surfaces.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        fst::Set::from_iter(sorted).map(|surfaces| Self { surfaces }).map_err(|error| error.to_string())
    }

    /// Surfaces within `distance` (1 or 2) edits of `word`, nearest first, then in order.
    pub fn near(&self, word: &str, distance: u8) -> Vec<(u8, String)> {
        let distance = distance.clamp(1, 2);
        let Some(builder) = DISTANCE.get(usize::from(distance) - 1) else { return Vec::new() };
        let automaton = builder.build_dfa(word);
        let mut stream = self.surfaces.search(&automaton).into_stream();
        let mut found = Vec::new();
        while let Some(key) = stream.next() {
            if let (levenshtein_automata::Distance::Exact(edits), Ok(surface)) =
                (automaton.eval(key), std::str::from_utf8(key))
            {
                found.push((edits, surface.to_owned()));
            }
        }
        found.sort();
        found
    }

    /// Surfaces that begin with `prefix`, at most `limit`.
    pub fn starting_with(&self, prefix: &str, limit: usize) -> Vec<String> {
        let mut stream = self.surfaces.range().ge(prefix).into_stream();
        let mut found = Vec::new();
        while let Some(key) = stream.next() {
            match std::str::from_utf8(key) {
                Ok(surface) if surface.starts_with(prefix) && found.len() < limit => found.push(surface.to_owned()),
                _ => break,
            }
        }
        found
    }
}

/// Surfaces of terms, to be recognised in spite of one wrong character.
#[derive(Clone, Debug)]
pub struct NearTerms {
    index: NearIndex,
    /// Term number of each surface.
    terms: HashMap<String, usize>,
}

impl NearTerms {
    /// Builds the index over folded surfaces with their term numbers.
    pub fn new(terms: HashMap<String, usize>) -> Result<Self, String> {
        Ok(Self { index: NearIndex::new(terms.keys().map(String::as_str))?, terms })
    }

    /// The first surface that differs from `piece` in exactly one character standing in the same place, and its term.
    pub fn substituted(&self, piece: &str) -> Option<(String, usize)> {
        let same_place = |surface: &str| {
            surface.chars().count() == piece.chars().count()
                && surface.chars().zip(piece.chars()).filter(|(a, b)| a != b).count() == 1
        };
        let found = self.index.near(piece, 1).into_iter().find(|(_, surface)| same_place(surface))?;
        let term = *self.terms.get(&found.1)?;
        Some((found.1, term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_chinese_neighbours() {
        let index = NearIndex::new(["光伏组件", "光伏支架", "光伏逆变器", "热泵"]).unwrap();
        assert_eq!(index.near("光优组件", 1), [(1, "光伏组件".to_owned())]);
        assert_eq!(index.near("光伏件组", 1), [(1, "光伏组件".to_owned())]);
        assert_eq!(index.near("光伏组", 1), [(1, "光伏组件".to_owned())]);
        assert!(index.near("螺栓", 1).is_empty());
        assert_eq!(index.starting_with("光伏", 2), ["光伏支架", "光伏组件"]);
    }
}
