//! What stands around the terms of a text, told in one scan: words of cue groups, and exclusions.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{CueGroup, Dictionary, ExactIndex, Exclusion};

/// Groups that one set can tell apart; a group beyond is always looked through.
const TOLD: usize = 128;

/// Finds exclusions and the words of all groups at once.
#[derive(Debug)]
pub(super) struct CueFinder {
    /// The exclusions in their order, then the words.
    index: ExactIndex,
    /// Number of the exclusions.
    exclusions: usize,
    /// Group of each word.
    group_of: Vec<usize>,
    number: FxHashMap<String, usize>,
}

impl CueFinder {
    /// `None` when the words cannot be compiled; then every group is looked through.
    pub(super) fn new(exclusions: &[Exclusion], groups: &FxHashMap<String, CueGroup>) -> Option<Self> {
        let mut names: Vec<&String> = groups.keys().collect();
        names.sort();
        let mut words: Vec<&str> = exclusions.iter().map(|exclusion| exclusion.surface.as_str()).collect();
        let mut group_of = Vec::new();
        for (number, name) in names.iter().enumerate().take(TOLD) {
            for word in groups.get(*name).into_iter().flat_map(|group| &group.words) {
                words.push(word);
                group_of.push(number);
            }
        }
        let number = names.into_iter().cloned().enumerate().map(|(number, name)| (name, number)).collect();
        Some(Self { index: ExactIndex::new(&words).ok()?, exclusions: exclusions.len(), group_of, number })
    }
}

impl CueFinder {
    /// Whether `word` is a word of the group, by its number. Asked of the index, for the longest groups have thousands.
    fn is_word(&self, number: usize, word: &str) -> bool {
        let mut words = self.index.whole(word).iter().filter_map(|&row| (row as usize).checked_sub(self.exclusions));
        words.any(|word| self.group_of.get(word) == Some(&number))
    }
}

/// The cue groups that have a word in some text.
#[derive(Clone, Copy, Debug)]
pub struct Cues<'d> {
    dictionary: &'d Dictionary,
    said: u128,
}

impl<'d> Cues<'d> {
    /// The words of a group; none when no word of it stands in the text.
    pub fn words(&self, name: &str) -> &'d [String] {
        if self.is_silent(name) { &[] } else { self.dictionary.cue(name).map_or(&[], |group| group.words.as_slice()) }
    }

    /// Whether `noun`, which stands in the text, is a word of a group.
    pub fn is_word(&self, name: &str, noun: &str) -> bool {
        !self.is_silent(name) && self.dictionary.is_cue_word(name, noun)
    }

    /// Whether `noun`, which stands in the text, ends in a word of a group.
    pub fn is_ending(&self, name: &str, noun: &str) -> bool {
        !self.is_silent(name) && self.dictionary.is_cue_ending(name, noun)
    }

    /// Whether no word of a group stands in the text.
    fn is_silent(&self, name: &str) -> bool {
        let finder = self.dictionary.cue_finder.get().and_then(Option::as_ref);
        let number = finder.and_then(|finder| finder.number.get(name));
        number.is_some_and(|number| *number < TOLD && self.said >> number & 1 == 0)
    }
}

/// An exclusion in a text: start, end, exclusion.
pub type Excluded<'d> = (usize, usize, &'d Exclusion);

impl Dictionary {
    /// The cue groups that have a word in `context`, which is folded, and the exclusions that stand in its first `text`
    /// bytes.
    pub fn around<'d>(&'d self, context: &str, text: usize) -> (Cues<'d>, Vec<Excluded<'d>>) {
        let finder = self.cue_finder.get_or_init(|| CueFinder::new(&self.exclusions, &self.cues));
        let mut said = 0_u128;
        let mut excluded = Vec::new();
        if let Some(finder) = finder {
            for found in finder.index.hits(context) {
                match found.surface.checked_sub(finder.exclusions) {
                    Some(word) => said |= finder.group_of.get(word).map_or(0, |number| 1_u128 << number),
                    None if found.end <= text => {
                        excluded.extend(self.exclusions.get(found.surface).map(|row| (found.start, found.end, row)));
                    }
                    None => {}
                }
            }
        }
        (Cues { dictionary: self, said }, excluded)
    }

    /// Whether `word` is a word of a cue group.
    pub fn is_cue_word(&self, group: &str, word: &str) -> bool {
        match self.numbered(group) {
            Some((finder, number)) => finder.is_word(number, word),
            None => self.cue(group).is_some_and(|group| group.words.iter().any(|other| other == word)),
        }
    }

    /// Whether `words` end in a word of a cue group, or are one.
    pub fn is_cue_ending(&self, group: &str, words: &str) -> bool {
        match self.numbered(group) {
            Some((finder, number)) => {
                words.char_indices().any(|(at, _)| words.get(at..).is_some_and(|ending| finder.is_word(number, ending)))
            }
            None => self.cue(group).is_some_and(|group| group.words.iter().any(|end| words.ends_with(end.as_str()))),
        }
    }

    /// The number of a group that the finder tells apart.
    fn numbered(&self, group: &str) -> Option<(&CueFinder, usize)> {
        let finder = self.cue_finder.get_or_init(|| CueFinder::new(&self.exclusions, &self.cues)).as_ref()?;
        finder.number.get(group).filter(|number| **number < TOLD).map(|&number| (finder, number))
    }

    /// The cue groups that have a word in `text`, which is folded.
    pub fn cues_in(&self, text: &str) -> Cues<'_> {
        self.around(text, 0).0
    }

    /// Exclusions found in a folded text.
    pub fn excluded(&self, text: &str) -> Vec<Excluded<'_>> {
        self.around(text, text.len()).1
    }
}

/// Made on first use: most texts have no candidate, and need none.
pub(super) type LazyCueFinder = OnceLock<Option<CueFinder>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_told_exactly_when_one_of_its_words_stands_there() {
        let dictionary = Dictionary::with_overlays(&[]).unwrap();
        let texts =
            ["详见销货清单", "拆除旧光伏组件", "浙江某某有限公司", "二手节能灯,非节能", "led", "", "废旧电池回收处置"];
        for text in texts {
            let cues = dictionary.cues_in(text);
            for (name, group) in &dictionary.cues {
                let stands = group.words.iter().any(|word| text.contains(word.as_str()));
                assert_eq!(!cues.words(name).is_empty(), stands, "{name} in {text}");
                let is_word = group.words.iter().any(|word| word == text);
                assert_eq!(dictionary.is_cue_word(name, text), is_word, "{name} is {text}");
                let is_ending = group.words.iter().any(|word| text.ends_with(word.as_str()));
                assert_eq!(dictionary.is_cue_ending(name, text), is_ending, "{name} ends {text}");
            }
        }
    }
}
