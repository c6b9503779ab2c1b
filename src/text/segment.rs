//! Joints between Han characters, judged on a lattice of ordinary words.
//!
//! Only the *presence* of words counts, never their frequency, so that tuning or swapping the word list's counts
//! changes no verdict. The words are those of jieba's list, compiled into an automaton when the program is built: they
//! cost no time at the start and no memory of their own. jieba itself is loaded only where a text is cut into tokens.

use std::sync::OnceLock;

use fst::raw::Fst;
use jieba_rs::Jieba;

use super::script::{Script, script_of};

/// Longest ordinary word looked at, in characters.
const LONGEST_WORD: usize = 6;
/// Characters looked at on each side of a hit.
const WINDOW: usize = 6;
/// Longest hit, in characters, that two neighbouring words can make by accident.
const LONGEST_ACCIDENT: usize = 3;
/// Price of a word and of a character left over; a reading with fewer left-over characters is the better one.
const WORD_PRICE: u32 = 2;
const SINGLE_PRICE: u32 = 3;

/// The automaton over `words.txt`, written by the build script.
static WORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/words.fst"));

/// Ordinary Chinese words.
pub struct Segmenter {
    words: Words,
    jieba: OnceLock<Jieba>,
}

/// Where joints look words up.
enum Words {
    Compiled(Fst<&'static [u8]>),
    Given,
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

impl Segmenter {
    /// A segmenter over the words that ship with the program.
    pub fn new() -> Self {
        // The build script wrote them; were they damaged, jieba's own list would serve.
        let words = Fst::new(WORDS).map_or(Words::Given, Words::Compiled);
        Self { words, jieba: OnceLock::new() }
    }

    /// A segmenter over another word list.
    pub fn with_words(words: Jieba) -> Self {
        Self { words: Words::Given, jieba: OnceLock::from(words) }
    }

    fn jieba(&self) -> &Jieba {
        self.jieba.get_or_init(Jieba::new)
    }

    /// Whether `word` is an ordinary word of any length.
    pub fn has_word(&self, word: &str) -> bool {
        self.jieba().has_word(word)
    }

    /// Ends of the ordinary words of two characters and more that begin at `start`.
    fn ends(&self, characters: &[char], start: usize) -> Ends {
        let longest = (start + LONGEST_WORD).min(characters.len());
        let mut ends = Ends::default();
        match &self.words {
            Words::Compiled(words) => {
                let mut node = words.root();
                for (end, character) in (start + 1..=longest).zip(characters.iter().skip(start)) {
                    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                        let Some(next) = node.find_input(byte) else { return ends };
                        node = words.node(node.transition_addr(next));
                    }
                    if node.is_final() && end > start + 1 {
                        ends.add(start, end);
                    }
                }
            }
            Words::Given => {
                let word = |end: usize| characters.get(start..end).unwrap_or_default().iter().collect::<String>();
                let known = (start + 2..=longest).filter(|&end| self.jieba().has_word(&word(end)));
                known.for_each(|end| ends.add(start, end));
            }
        }
        ends
    }

    /// Tokens of `text` in order, as byte ranges.
    pub fn tokens(&self, text: &str) -> Vec<(usize, usize)> {
        let mut tokens = Vec::new();
        let mut start = 0;
        for token in self.jieba().cut(text, false) {
            let end = start + token.word.len();
            if !token.word.trim().is_empty() {
                tokens.push((start, end));
            }
            start = end;
        }
        tokens
    }

    /// The ordinary word that crosses an edge of the hit `start..end` of `text`, when the reading with that word is
    /// better than the reading with the hit. A hit of one or two characters loses a tie; one of four or more is never
    /// an accident of joints.
    pub fn crossing_word(&self, text: &str, start: usize, end: usize) -> Option<String> {
        let (Some(before), Some(hit), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
            return None;
        };
        let is_han = |c: &char| script_of(*c) == Script::Han;
        let mut left: Vec<char> = before.chars().rev().take(WINDOW).take_while(is_han).collect();
        left.reverse();
        let mut right: Vec<char> = after.chars().take(WINDOW).take_while(is_han).collect();
        let starts_han = hit.chars().next().is_some_and(|c| is_han(&c));
        let ends_han = hit.chars().next_back().is_some_and(|c| is_han(&c));
        if !starts_han {
            left.clear();
        }
        if !ends_han {
            right.clear();
        }
        let long = hit.chars().count() > LONGEST_ACCIDENT;
        if long || left.is_empty() && right.is_empty() {
            return None;
        }
        let from = left.len();
        let mut window = left;
        window.extend(hit.chars());
        let to = window.len();
        window.extend(right);
        let mut lattice = Lattice::new(&window);
        // Most hits are crossed by no word; what stands further on then need not be looked up.
        lattice.fill(0..to, self);
        let crossing = lattice.crossing(from, to)?;
        lattice.fill(to..window.len(), self);
        let (left, right) = (lattice.price(0, from, None), lattice.price(to, window.len(), None));
        let with_hit = left.unwrap_or(0) + WORD_PRICE + right.unwrap_or(0);
        // Readings with a word across the left edge, and with one across the right edge.
        let across = [from, to].into_iter().filter_map(|edge| lattice.price(0, window.len(), Some(edge))).min();
        let short = to - from <= 2;
        across.is_some_and(|ordinary| ordinary < with_hit || short && ordinary == with_hit).then_some(crossing)
    }
}

/// Longest window: a hit that is short, and what is looked at on its sides.
const LONGEST_WINDOW: usize = WINDOW + LONGEST_ACCIDENT + WINDOW;

/// Where the ordinary words end that begin at one place: a bit for each length in characters.
#[derive(Clone, Copy, Default)]
struct Ends(u8);

impl Ends {
    fn add(&mut self, start: usize, end: usize) {
        self.0 |= 1 << (end - start);
    }

    /// The ends, ascending, of words that begin at `start`.
    fn behind(self, start: usize) -> impl Iterator<Item = usize> {
        (2..=LONGEST_WORD).filter(move |length| self.0 >> length & 1 == 1).map(move |length| start + length)
    }
}

/// All ordinary words inside a short run of characters.
struct Lattice<'w> {
    characters: &'w [char],
    /// For each place the words of two characters and more that begin there.
    ends: [Ends; LONGEST_WINDOW],
}

impl<'w> Lattice<'w> {
    fn new(characters: &'w [char]) -> Self {
        Self { characters, ends: Default::default() }
    }

    /// Looks up the words that begin at these places.
    fn fill(&mut self, places: std::ops::Range<usize>, words: &Segmenter) {
        for (place, ends) in self.ends.iter_mut().enumerate().take(places.end).skip(places.start) {
            *ends = words.ends(self.characters, place);
        }
    }

    /// The longest word that begins before `from` and ends inside the hit, or begins inside it and ends after `to`.
    fn crossing(&self, from: usize, to: usize) -> Option<String> {
        let mut longest: Option<(usize, usize)> = None;
        for (start, ends) in self.ends.iter().enumerate() {
            for end in ends.behind(start) {
                let crosses_left = start < from && end > from && end < to;
                let crosses_right = start > from && start < to && end > to;
                if (crosses_left || crosses_right) && longest.is_none_or(|(s, e)| end - start > e - s) {
                    longest = Some((start, end));
                }
            }
        }
        longest.and_then(|(start, end)| self.characters.get(start..end)).map(|word| word.iter().collect())
    }

    /// The least price of reading `from..to`, without a joint at `forbidden`; `None` when there is no such reading.
    fn price(&self, from: usize, to: usize, forbidden: Option<usize>) -> Option<u32> {
        let mut best = [u32::MAX; LONGEST_WINDOW + 1];
        if let Some(first) = best.first_mut() {
            *first = 0;
        }
        for start in from..to {
            let here = best.get(start - from).copied().unwrap_or(u32::MAX);
            if here == u32::MAX || forbidden == Some(start) {
                continue;
            }
            let mut offer = |end: usize, price: u32| {
                if let Some(slot) = best.get_mut(end - from) {
                    *slot = (*slot).min(here + price);
                }
            };
            offer(start + 1, SINGLE_PRICE);
            let ends = self.ends.get(start).copied().unwrap_or_default();
            ends.behind(start).filter(|&end| end <= to).for_each(|end| offer(end, WORD_PRICE));
        }
        best.get(to - from).copied().filter(|&price| price < u32::MAX && forbidden != Some(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossing(text: &str, hit: &str) -> Option<String> {
        let start = text.find(hit).unwrap();
        Segmenter::new().crossing_word(text, start, start + hit.len())
    }

    #[test]
    fn the_compiled_words_are_those_of_jieba() {
        let (compiled, jieba) = (Segmenter::new(), Jieba::new());
        let Words::Compiled(words) = &compiled.words else { panic!("the words are not compiled") };
        let mut listed = 0;
        for word in include_str!("words.txt").lines() {
            assert!(jieba.has_word(word) && words.contains_key(word), "{word}");
            listed += 1;
        }
        assert_eq!(words.len(), listed);
        // And none is missing: jieba finds no other word in a long text.
        let text = include_str!("words.txt").replace('\n', "");
        let text: String = text.chars().step_by(7).take(60_000).collect();
        for token in jieba.cut_all(&text) {
            let han = token.word.chars().all(|c| script_of(c) == Script::Han);
            if han && (2..=LONGEST_WORD).contains(&token.word.chars().count()) {
                assert!(words.contains_key(token.word), "{}", token.word);
            }
        }
    }

    #[test]
    fn a_better_ordinary_reading_refuses_the_hit() {
        for (text, hit) in [
            ("防水电缆", "水电"),
            ("加热泵", "热泵"),
            ("审核电子版", "核电"),
            ("潮湿地面", "湿地"),
            ("季节水果", "节水"),
            ("存储能力", "储能"),
            ("集中水处理", "中水"),
        ] {
            assert!(crossing(text, hit).is_some(), "{hit} in {text}");
        }
    }

    #[test]
    fn a_term_that_the_word_list_cuts_is_kept() {
        for (text, hit) in [
            ("格力空气源热泵机组", "空气源热泵"),
            ("高温热泵", "热泵"),
            ("单晶硅太阳能组件", "太阳能组件"),
            ("生活污水处理设备", "污水处理设备"),
            ("采购光伏组件", "光伏组件"),
        ] {
            assert_eq!(crossing(text, hit), None, "{hit} in {text}");
        }
    }
}
