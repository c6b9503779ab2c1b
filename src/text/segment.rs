//! Joints between Han characters, judged on a lattice of ordinary words.
//!
//! Only the *presence* of words counts, never their frequency, so that tuning or swapping the word list's counts
//! changes no verdict. The word list is loaded when the first joint is judged: most lines never need it.

use std::sync::OnceLock;

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

/// Ordinary Chinese words.
#[derive(Default)]
pub struct Segmenter {
    words: OnceLock<Jieba>,
}

impl Segmenter {
    /// A segmenter over jieba's own word list, loaded on first use.
    pub fn new() -> Self {
        Self::default()
    }

    /// A segmenter over another word list.
    pub fn with_words(words: Jieba) -> Self {
        Self { words: OnceLock::from(words) }
    }

    fn words(&self) -> &Jieba {
        self.words.get_or_init(Jieba::new)
    }

    /// Whether `word` is an ordinary word.
    pub fn has_word(&self, word: &str) -> bool {
        self.words().has_word(word)
    }

    /// Tokens of `text` in order, as byte ranges.
    pub fn tokens(&self, text: &str) -> Vec<(usize, usize)> {
        let mut tokens = Vec::new();
        let mut start = 0;
        for token in self.words().cut(text, false) {
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
        let lattice = Lattice::new(&window, self.words());
        let crossing = lattice.crossing(from, to)?;
        let (left, right) = (lattice.price(0, from, None), lattice.price(to, window.len(), None));
        let with_hit = left.unwrap_or(0) + WORD_PRICE + right.unwrap_or(0);
        // Readings with a word across the left edge, and with one across the right edge.
        let across = [from, to].into_iter().filter_map(|edge| lattice.price(0, window.len(), Some(edge))).min();
        let short = to - from <= 2;
        across.is_some_and(|ordinary| ordinary < with_hit || short && ordinary == with_hit).then_some(crossing)
    }
}

/// All ordinary words inside a short run of characters.
struct Lattice<'w> {
    characters: &'w [char],
    /// `ends[i]`: ends of the words of two characters and more that begin at `i`.
    ends: Vec<Vec<usize>>,
}

impl<'w> Lattice<'w> {
    fn new(characters: &'w [char], words: &Jieba) -> Self {
        let mut word = String::new();
        let ends = (0..characters.len())
            .map(|start| {
                let longest = (start + LONGEST_WORD).min(characters.len());
                (start + 2..=longest)
                    .filter(|&end| {
                        word.clear();
                        word.extend(characters.get(start..end).unwrap_or_default());
                        words.has_word(&word)
                    })
                    .collect()
            })
            .collect();
        Self { characters, ends }
    }

    /// The longest word that begins before `from` and ends inside the hit, or begins inside it and ends after `to`.
    fn crossing(&self, from: usize, to: usize) -> Option<String> {
        let mut longest: Option<(usize, usize)> = None;
        for (start, ends) in self.ends.iter().enumerate() {
            for &end in ends {
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
        let mut best = vec![u32::MAX; to - from + 1];
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
            for &end in self.ends.get(start).into_iter().flatten().filter(|&&end| end <= to) {
                offer(end, WORD_PRICE);
            }
        }
        best.last().copied().filter(|&price| price < u32::MAX && forbidden != Some(to))
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
