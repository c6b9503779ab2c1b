//! Exact surfaces, all at once.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// A surface found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// First byte in the folded text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Number of the surface, in the order given to [`Automaton::new`].
    pub surface: usize,
}

/// Finds every occurrence of every surface, overlapping ones too: leftmost-longest scanning would turn 节能灯罩 into
/// 节能灯 and never show the longer word.
#[derive(Clone, Debug)]
pub struct Automaton {
    inner: AhoCorasick,
}

impl Automaton {
    /// Compiles the surfaces. They must be folded and non-empty.
    pub fn new<S: AsRef<str>>(surfaces: &[S]) -> Result<Self, String> {
        AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(surfaces.iter().map(|surface| surface.as_ref().as_bytes()))
            .map(|inner| Self { inner })
            .map_err(|error| error.to_string())
    }

    /// Whether any surface occurs.
    pub fn is_match(&self, text: &str) -> bool {
        self.inner.is_match(text)
    }

    /// Every occurrence, by end and then by length.
    pub fn hits<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Hit> + 't {
        self.inner.find_overlapping_iter(text).map(|found| Hit {
            start: found.start(),
            end: found.end(),
            surface: found.pattern().as_usize(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The automaton finds what a naive search finds, no more and no less.
        #[test]
        fn equals_naive_search(
            surfaces in proptest::collection::btree_set("[光伏热泵电水ab1]{1,4}", 1..12),
            text in "[光伏热泵电水ab1 ]{0,40}",
        ) {
            let surfaces: Vec<String> = surfaces.into_iter().collect();
            let mut found: Vec<Hit> = Automaton::new(&surfaces).unwrap().hits(&text).collect();
            found.sort();
            let mut naive = Vec::new();
            for start in 0..text.len() {
                let Some(rest) = text.get(start..) else { continue };
                for (surface, word) in surfaces.iter().enumerate() {
                    if rest.starts_with(word.as_str()) {
                        naive.push(Hit { start, end: start + word.len(), surface });
                    }
                }
            }
            naive.sort();
            prop_assert_eq!(found, naive);
        }
    }
}
