//! Exact surfaces, all at once: a trie over characters behind gates of their first characters.
//!
//! Most places of most texts begin no surface. One gate knows the surfaces of two characters, another the first three
//! characters of all longer ones, both small bit sets; only the few places that pass walk the trie. (A gate of the first
//! two characters lets too many through: they are often an ordinary word.) Compared with an Aho–Corasick automaton over
//! the same surfaces this is compiled from source some ten times as fast and needs no unsafe code to be stored and read
//! back.

use serde::{Deserialize, Serialize};

/// A surface found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// First byte in the folded text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Number of the surface, in the order given to [`ExactIndex::new`].
    pub surface: usize,
}

/// Finds every occurrence of every surface, overlapping ones too: leftmost-longest scanning would turn 节能灯罩 into
/// 节能灯 and never show the longer word.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct ExactIndex {
    stored: Stored,
    /// Code of each character of the basic plane; 0 for characters of no surface.
    codes: Vec<u16>,
    /// The surfaces of two codes, see [`pair_of`].
    twos: Gate,
    /// The first three codes of longer ones, see [`three_of`].
    threes: Gate,
    /// Bit set over the codes that are surfaces in themselves.
    single: Vec<u64>,
}

/// What is written to a bundle: flat arrays, no pointers. Nodes are numbered level by level, so that the children of
/// node `n` are the nodes `first_child[n]..first_child[n + 1]`, and its surfaces `outputs[first_output[n]..first_output[n + 1]]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored {
    /// Every character of a surface, ascending; its code is its place here plus one.
    alphabet: Vec<char>,
    /// Open-addressing table of the first two codes of surfaces: (pair of codes, node of the second character). Pair 0 is
    /// an empty place.
    #[serde(with = "super::flat")]
    pairs: Vec<(u32, u32)>,
    /// Surfaces of one single character: (code, node).
    singles: Vec<(u16, u32)>,
    #[serde(with = "super::flat")]
    label: Vec<u16>,
    #[serde(with = "super::flat")]
    first_child: Vec<u32>,
    #[serde(with = "super::flat")]
    first_output: Vec<u32>,
    #[serde(with = "super::flat")]
    outputs: Vec<u32>,
}

impl From<Stored> for ExactIndex {
    fn from(stored: Stored) -> Self {
        let mut codes = vec![0; 0x1_0000];
        for (code, &character) in (1..=u16::MAX).zip(&stored.alphabet) {
            if let Some(place) = codes.get_mut(character as usize) {
                *place = code;
            }
        }
        let mut index = Self { stored, codes, twos: Gate::default(), threes: Gate::default(), single: Vec::new() };
        index.close_gates();
        index
    }
}

impl From<ExactIndex> for Stored {
    fn from(index: ExactIndex) -> Self {
        index.stored
    }
}

impl ExactIndex {
    /// Compiles the surfaces. They must be folded; an empty one is never found. Fails beyond 65,535 different
    /// characters or 2³² surfaces.
    pub fn new<S: AsRef<str>>(surfaces: &[S]) -> Result<Self, String> {
        let alphabet = alphabet(surfaces);
        let rows = u32::try_from(surfaces.len()).map_err(|_| "词太多 / too many surfaces".to_owned())?;
        if alphabet.len() >= usize::from(u16::MAX) {
            return Err("字太多 / too many different characters".to_owned());
        }
        let mut index = Self::from(Stored { alphabet, ..Stored::default() });
        let mut codes = Vec::new();
        let mut ends = Vec::with_capacity(surfaces.len());
        for surface in surfaces {
            codes.extend(surface.as_ref().chars().map(|character| index.code(character)));
            ends.push(codes.len());
        }
        let mut words: Vec<Word<'_>> = Vec::with_capacity(surfaces.len());
        let mut start = 0;
        for (&end, row) in ends.iter().zip(0..rows) {
            words.extend(codes.get(start..end).filter(|word| !word.is_empty()).map(|word| Word::new(word, row)));
            start = end;
        }
        index.stored.grow(&sorted(words, index.stored.alphabet.len()));
        index.stored.close();
        index.close_gates();
        Ok(index)
    }

    /// Makes what is not stored.
    fn close_gates(&mut self) {
        let (twos, threes) = self.stored.beginnings();
        self.twos = Gate::of(&twos);
        self.threes = Gate::of(&threes);
        self.single = vec![0; (self.stored.alphabet.len() + 1).div_ceil(64).next_power_of_two()];
        for &(code, _) in &self.stored.singles {
            set_bit(&mut self.single, code.into());
        }
    }

    /// Every occurrence, by end, then longest first, then by surface. No memory is taken for a text without one.
    pub fn hits(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        let stored = &self.stored;
        // Codes and places of the last two characters.
        let (mut first, mut second) = ((0, 0), (0, 0));
        for (place, character) in text.char_indices() {
            let code = self.code(character);
            if code != 0 {
                let end = place + character.len_utf8();
                if self.is_single(code)
                    && let Some(node) = stored.single(code)
                {
                    stored.emit(node, place, end, &mut hits);
                }
                if self.may_be(second.0, code)
                    && let Some(node) = stored.pair(second.0, code)
                {
                    stored.emit(node, second.1, end, &mut hits);
                }
                if self.may_begin(first.0, second.0, code)
                    && let Some(node) = stored.pair(first.0, second.0).and_then(|node| stored.child(node, code))
                {
                    self.walk(node, first.1, end, text, &mut hits);
                }
            }
            (first, second) = (second, (code, place));
        }
        if hits.len() > 1 {
            hits.sort_unstable_by_key(|hit| (hit.end, hit.start, hit.surface));
        }
        hits
    }

    /// Numbers of the surfaces that are `word`, whole.
    pub(in crate::dictionary) fn whole(&self, word: &str) -> &[u32] {
        let mut codes = word.chars().map(|character| self.code(character));
        let stored = &self.stored;
        let node = match (codes.next(), codes.next()) {
            (Some(only), None) => stored.single(only),
            (Some(first), Some(second)) => stored.pair(first, second),
            _ => None,
        };
        let last = node.and_then(|node| codes.try_fold(node, |node, code| stored.child(node, code)));
        last.and_then(|node| stored.outputs_of(node)).unwrap_or_default()
    }

    /// Whether a surface of two characters or more stands in a text given by the codes of its characters, the lowest
    /// sixteen bits of each number.
    pub(super) fn holds(&self, codes: &[u32]) -> bool {
        let (mut first, mut second) = (0, 0);
        let begins = |place: usize| self.begin(codes.get(place..).unwrap_or_default());
        codes.iter().enumerate().any(|(place, &code)| {
            let code = code as u16;
            let may_be = self.may_be(second, code);
            let may_begin = self.may_begin(first, second, code);
            (first, second) = (second, code);
            (may_be | may_begin)
                && (may_be && begins(place.saturating_sub(1)) || may_begin && begins(place.saturating_sub(2)))
        })
    }

    /// Whether these two codes could be a surface: false is certain, true is not.
    fn may_be(&self, first: u16, second: u16) -> bool {
        self.twos.may_hold(pair_of(first, second).into())
    }

    /// Whether a surface could begin with these three codes: false is certain, true is not.
    fn may_begin(&self, first: u16, second: u16, third: u16) -> bool {
        self.threes.may_hold(three_of(pair_of(first, second), third))
    }

    /// Whether a text given by codes begins with a surface of two characters or more.
    fn begin(&self, codes: &[u32]) -> bool {
        let &[first, second, ref rest @ ..] = codes else { return false };
        self.stored.pair(first as u16, second as u16).is_some_and(|node| self.stored.reaches(node, rest))
    }

    /// Whether a character is a surface in itself.
    pub(super) fn is_single(&self, code: u16) -> bool {
        in_bits(&self.single, code.into())
    }

    /// Follows the text behind `end` from `node`, taking every surface on the way.
    fn walk(&self, mut node: u32, start: usize, mut end: usize, text: &str, hits: &mut Vec<Hit>) {
        self.stored.emit(node, start, end, hits);
        for character in text.get(end..).unwrap_or_default().chars() {
            let Some(child) = self.stored.child(node, self.code(character)) else { return };
            node = child;
            end += character.len_utf8();
            self.stored.emit(node, start, end, hits);
        }
    }

    /// Code of a folded character; 0 when no surface has it.
    pub(super) fn code(&self, character: char) -> u16 {
        match self.codes.get(character as usize) {
            Some(&code) => code,
            None => self.stored.rare_code(character),
        }
    }
}

/// A surface to be sorted.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Word<'w> {
    /// The first four codes as one number: nearly every comparison ends there.
    front: u64,
    codes: &'w [u16],
    /// Number of the surface.
    row: u32,
}

impl<'w> Word<'w> {
    fn new(codes: &'w [u16], row: u32) -> Self {
        let code = |place: usize| u64::from(codes.get(place).copied().unwrap_or(0));
        Self { front: code(0) << 48 | code(1) << 32 | code(2) << 16 | code(3), codes, row }
    }
}

/// Puts words in order: parted by their first code, of which there are `codes`, and each part, being short, sorted, half of
/// them on another thread.
fn sorted(words: Vec<Word<'_>>, codes: usize) -> Vec<Word<'_>> {
    let mut parts: Vec<Vec<Word<'_>>> = Vec::new();
    parts.resize_with(codes + 1, Vec::new);
    for word in words {
        if let Some(part) = word.codes.first().and_then(|&code| parts.get_mut(usize::from(code))) {
            part.push(word);
        }
    }
    let (front, back) = parts.split_at_mut(codes / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| front.iter_mut().for_each(|part| part.sort_unstable()));
        back.iter_mut().for_each(|part| part.sort_unstable());
    });
    parts.into_iter().flatten().collect()
}

/// Every character of the surfaces, ascending.
fn alphabet<S: AsRef<str>>(surfaces: &[S]) -> Vec<char> {
    let mut plane = vec![false; 0x1_0000];
    let mut rare = Vec::new();
    for character in surfaces.iter().flat_map(|surface| surface.as_ref().chars()) {
        match plane.get_mut(character as usize) {
            Some(seen) => *seen = true,
            None => rare.push(character),
        }
    }
    rare.sort_unstable();
    rare.dedup();
    let common = (0..0x1_0000_u32).zip(&plane).filter(|(_, seen)| **seen).filter_map(|(code, _)| char::from_u32(code));
    common.chain(rare).collect()
}

/// Multiplicative mixing of codes (Knuth's golden ratio), for the gates and the table.
const MIXER: u64 = 0x9E37_79B9_7F4A_7C15;

fn mixed(codes: u64) -> usize {
    (codes.wrapping_mul(MIXER) >> 32) as usize
}

/// A set that stays in the processor's cache and answers with "no" or "perhaps": two bits of one word for each member.
#[derive(Clone, Debug, Default)]
struct Gate {
    /// A power of two of words.
    words: Vec<u64>,
}

impl Gate {
    fn of(members: &[u64]) -> Self {
        // Four members a word: of sixty-four others about one passes.
        let mut gate = Self { words: vec![0; members.len().div_ceil(4).next_power_of_two()] };
        for &member in members {
            let (place, one, other) = gate.place(member);
            if let Some(word) = gate.words.get_mut(place) {
                *word |= 1 << one | 1 << other;
            }
        }
        gate
    }

    #[inline]
    fn may_hold(&self, member: u64) -> bool {
        let (place, one, other) = self.place(member);
        self.words.get(place).is_some_and(|word| word >> one & word >> other & 1 == 1)
    }

    /// The word of a member, and its two bits there.
    #[inline]
    fn place(&self, member: u64) -> (usize, u64, u64) {
        let mixed = member.wrapping_mul(MIXER);
        ((mixed >> 28) as usize & self.words.len().wrapping_sub(1), mixed >> 58, mixed >> 52 & 63)
    }
}

/// Whether the bit of `place`, which may lie beyond, is set in a bit set of a power of two of words.
fn in_bits(bits: &[u64], place: usize) -> bool {
    let bit = place & (bits.len() * 64).wrapping_sub(1);
    bits.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

fn set_bit(bits: &mut [u64], place: usize) {
    let bit = place & (bits.len() * 64).wrapping_sub(1);
    if let Some(word) = bits.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn three_of(pair: u32, third: u16) -> u64 {
    u64::from(pair) << 16 | u64::from(third)
}

fn pair_of(first: u16, second: u16) -> u32 {
    u32::from(first) << 16 | u32::from(second)
}

impl Stored {
    /// Builds the levels of the trie from sorted words.
    fn grow(&mut self, words: &[Word<'_>]) {
        let mut level = vec![(0, words.len())];
        let mut depth = 0;
        self.label.push(0);
        while !level.is_empty() {
            let mut next = Vec::new();
            for (from, to) in level {
                let here = words.get(from..to).unwrap_or_default();
                self.first_output.push(self.outputs.len() as u32);
                let ending = here.iter().take_while(|word| word.codes.len() == depth).count();
                self.outputs.extend(here.iter().take(ending).map(|word| word.row));
                self.first_child.push(self.label.len() as u32);
                let mut start = from + ending;
                let longer = here.get(ending..).unwrap_or_default();
                for group in longer.chunk_by(|a, b| a.codes.get(depth) == b.codes.get(depth)) {
                    let code = group.first().and_then(|word| word.codes.get(depth)).copied().unwrap_or_default();
                    let node = self.label.len() as u32;
                    self.label.push(code);
                    if depth == 0 && group.first().is_some_and(|word| word.codes.len() == 1) {
                        self.singles.push((code, node));
                    }
                    if depth == 1
                        && let Some(&first) = group.first().and_then(|word| word.codes.first())
                    {
                        self.pairs.push((pair_of(first, code), node));
                    }
                    next.push((start, start + group.len()));
                    start += group.len();
                }
            }
            level = next;
            depth += 1;
        }
        self.first_child.push(self.label.len() as u32);
        self.first_output.push(self.outputs.len() as u32);
    }

    /// Spreads the pairs over the open-addressing table, which has a power of two of places.
    fn close(&mut self) {
        let pairs = std::mem::take(&mut self.pairs);
        self.pairs = vec![(0, 0); (pairs.len() * 2).next_power_of_two()];
        for (pair, node) in pairs {
            let mask = self.pairs.len() - 1;
            let mut place = mixed(pair.into()) & mask;
            while self.pairs.get(place).is_some_and(|taken| taken.0 != 0) {
                place = (place + 1) & mask;
            }
            if let Some(free) = self.pairs.get_mut(place) {
                *free = (pair, node);
            }
        }
    }

    /// What the gates hold: the surfaces of two codes, and the first three codes of longer ones.
    fn beginnings(&self) -> (Vec<u64>, Vec<u64>) {
        let (mut twos, mut threes) = (Vec::new(), Vec::new());
        for &(pair, node) in self.pairs.iter().filter(|(pair, _)| *pair != 0) {
            if self.range(&self.first_output, node).is_some_and(|outputs| !outputs.is_empty()) {
                twos.push(pair.into());
            }
            let children = self.range(&self.first_child, node).and_then(|range| self.label.get(range));
            threes.extend(children.unwrap_or_default().iter().map(|&third| three_of(pair, third)));
        }
        (twos, threes)
    }

    /// The node of a character that is a surface in itself.
    fn single(&self, code: u16) -> Option<u32> {
        let found = self.singles.binary_search_by_key(&code, |single| single.0).ok()?;
        self.singles.get(found).map(|single| single.1)
    }

    fn pair(&self, first: u16, second: u16) -> Option<u32> {
        let pair = pair_of(first, second);
        let mask = self.pairs.len().wrapping_sub(1);
        let mut place = mixed(pair.into()) & mask;
        for _ in 0..self.pairs.len() {
            match self.pairs.get(place)? {
                (0, _) => return None,
                (found, node) if *found == pair => return Some(*node),
                _ => place = (place + 1) & mask,
            }
        }
        None
    }

    fn child(&self, node: u32, code: u16) -> Option<u32> {
        let range = self.range(&self.first_child, node)?;
        let from = range.start;
        self.label.get(range)?.binary_search(&code).ok().map(|place| (from + place) as u32)
    }

    /// Whether a surface ends at `node` or further down, along `codes`.
    fn reaches(&self, mut node: u32, codes: &[u32]) -> bool {
        let ends = |node| self.range(&self.first_output, node).is_some_and(|outputs| !outputs.is_empty());
        for &code in codes {
            if ends(node) {
                return true;
            }
            match self.child(node, code as u16) {
                Some(child) => node = child,
                None => return false,
            }
        }
        ends(node)
    }

    fn emit(&self, node: u32, start: usize, end: usize, hits: &mut Vec<Hit>) {
        let outputs = self.outputs_of(node).unwrap_or_default();
        hits.extend(outputs.iter().map(|&surface| Hit { start, end, surface: surface as usize }));
    }

    fn outputs_of(&self, node: u32) -> Option<&[u32]> {
        self.outputs.get(self.range(&self.first_output, node)?)
    }

    fn range(&self, firsts: &[u32], node: u32) -> Option<std::ops::Range<usize>> {
        let node = node as usize;
        Some(*firsts.get(node)? as usize..*firsts.get(node + 1)? as usize)
    }

    /// The code of a character beyond the basic plane.
    fn rare_code(&self, character: char) -> u16 {
        self.alphabet.binary_search(&character).ok().and_then(|place| u16::try_from(place + 1).ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_found_in_or_with_nothing() {
        assert!(ExactIndex::new::<&str>(&[]).unwrap().hits("光伏").is_empty());
        assert!(ExactIndex::new(&["", "光伏"]).unwrap().hits("").is_empty());
        assert_eq!(ExactIndex::new(&["", "光伏"]).unwrap().hits("光伏").len(), 1);
    }

    #[test]
    fn characters_beyond_the_basic_plane_are_found() {
        let hits = ExactIndex::new(&["𬭎氢", "氢"]).unwrap().hits("𬭎氢");
        assert_eq!(hits, [Hit { start: 0, end: 7, surface: 0 }, Hit { start: 4, end: 7, surface: 1 }]);
    }

    proptest! {
        /// The index finds what an Aho–Corasick automaton finds, no more and no less, in the same order.
        #[test]
        fn equals_aho_corasick(
            surfaces in proptest::collection::vec("[光伏热泵电水𬭎ab1]{1,4}", 1..16),
            text in "[光伏热泵电水𬭎ab1 ]{0,40}",
        ) {
            let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&surfaces).unwrap();
            let mut expected: Vec<Hit> = automaton
                .find_overlapping_iter(&text)
                .map(|found| Hit { start: found.start(), end: found.end(), surface: found.pattern().as_usize() })
                .collect();
            expected.sort_by_key(|hit| (hit.end, hit.start, hit.surface));
            let index = ExactIndex::new(&surfaces).unwrap();
            prop_assert_eq!(index.hits(&text), expected.clone());
            let stored = postcard::to_allocvec(&index).unwrap();
            let read: ExactIndex = postcard::from_bytes(&stored).unwrap();
            prop_assert_eq!(read.hits(&text), expected);
        }

        /// And what a naive search finds.
        #[test]
        fn equals_naive_search(
            surfaces in proptest::collection::btree_set("[光伏热泵电水ab1]{1,4}", 1..12),
            text in "[光伏热泵电水ab1 ]{0,40}",
        ) {
            let surfaces: Vec<String> = surfaces.into_iter().collect();
            let mut found = ExactIndex::new(&surfaces).unwrap().hits(&text);
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
