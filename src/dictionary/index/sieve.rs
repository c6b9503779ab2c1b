//! Tells at one pass over a raw text, without folding it into memory, whether any surface stands in it.

use rustc_hash::FxHashMap;

use super::ExactIndex;
use crate::text::{Script, Single, fold_single, keeps_blank, script_of};

/// What a look through the sieve says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A surface stands there.
    Surface,
    /// No surface, no watched pair, at least one letter, and a last character that was not watched.
    Plain,
    /// Anything else: fold the text and look at it in full.
    Unsure,
}

/// Folds and looks up a character by one access to a table that fills itself. Make one for each thread.
#[derive(Clone, Debug)]
pub struct Sieve<'d> {
    index: &'d ExactIndex,
    /// What is known of each character of the basic plane; 0: not looked at yet.
    known: Vec<u32>,
    /// Watched words by their first two characters, and the last characters of watched endings, all folded.
    watched: FxHashMap<(char, char), Vec<String>>,
    last: Vec<char>,
    /// Characters of the longest watched ending.
    longest_ending: usize,
    /// The codes of the text so far.
    codes: Vec<u16>,
    /// Places in `codes` where a surface could begin.
    gates: Vec<usize>,
    /// Places in `codes` of the blanks between two Han characters.
    blanks: Vec<usize>,
}

/// Bits of what is known of a character; the lowest sixteen are its code in the index.
const KNOWN: u32 = 1 << 16;
const BLANK: u32 = 1 << 17;
const INVISIBLE: u32 = 1 << 18;
const SEVERAL: u32 = 1 << 19;
const ALPHABETIC: u32 = 1 << 20;
const FIRST: u32 = 1 << 21;
const SECOND: u32 = 1 << 22;
const LAST: u32 = 1 << 23;
/// A surface in itself.
const SINGLE: u32 = 1 << 24;
/// The sign around a tax label.
const STAR: u32 = 1 << 25;
const SCRIPT: u32 = 26;

impl<'d> Sieve<'d> {
    /// Looks for the surfaces of `index`. A text in which one of `words` (of two characters or more) could stand is never
    /// plain, nor is one that ends like one of `endings` and is, behind its last `*`, no longer than the longest of them.
    /// Words and endings are folded.
    pub fn new<'w>(
        index: &'d ExactIndex,
        words: impl Iterator<Item = &'w str>,
        endings: impl Iterator<Item = &'w str>,
    ) -> Self {
        let mut watched: FxHashMap<(char, char), Vec<String>> = FxHashMap::default();
        for word in words {
            let mut characters = word.chars();
            if let Some(first_two) = characters.next().zip(characters.next()) {
                watched.entry(first_two).or_default().push(characters.collect());
            }
        }
        let endings: Vec<&str> = endings.collect();
        let last = endings.iter().filter_map(|word| word.chars().next_back()).collect();
        let longest_ending = endings.iter().map(|word| word.chars().count()).max().unwrap_or(0);
        let known = vec![0; 0x1_0000];
        Self { index, known, watched, last, longest_ending, codes: Vec::new(), gates: Vec::new(), blanks: Vec::new() }
    }

    /// Looks at `text`, which need not be folded.
    pub fn look(&mut self, text: &str) -> Look {
        let look = self.fill(text);
        if look == Look::Unsure && self.codes.is_empty() {
            return look;
        }
        if look == Look::Surface || self.gates.iter().any(|&gate| self.index.begins_at(&self.codes, gate)) {
            return Look::Surface;
        }
        if look == Look::Plain && self.holds_broken() { Look::Unsure } else { look }
    }

    /// Whether a surface stands there once the blanks between Han characters are taken away.
    fn holds_broken(&self) -> bool {
        if self.blanks.is_empty() {
            return false;
        }
        let joined = self.codes.iter().zip(0..).filter(|(_, place)| !self.blanks.contains(place));
        self.index.holds(&joined.map(|(code, _)| *code).collect::<Vec<_>>())
    }

    /// Folds `text` into codes of the index and notes where a surface could begin. A surface of one character is told
    /// at once.
    fn fill(&mut self, text: &str) -> Look {
        self.codes.clear();
        self.gates.clear();
        self.blanks.clear();
        self.codes.reserve(text.len());
        // What is known of the last two characters, and the last one itself.
        let (mut earlier, mut before) = (0, 0);
        let mut last = ' ';
        let mut blank = false;
        let mut all = 0;
        let mut watched = false;
        let mut body = 0;
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let now = self.known(character);
            if now & (BLANK | INVISIBLE | SEVERAL) != 0 {
                if now & SEVERAL != 0 {
                    self.codes.clear();
                    return Look::Unsure;
                }
                blank |= now & BLANK != 0;
                continue;
            }
            if blank {
                blank = false;
                if before != 0 && keeps_blank(script(before), script(now)) {
                    if script(before) == Script::Han {
                        self.blanks.push(self.codes.len());
                    }
                    let code = u32::from(self.index.code(' '));
                    self.push(earlier, before, code);
                    (earlier, before) = (before, code);
                }
            }
            self.push(earlier, before, now);
            watched |= before & FIRST != 0 && now & SECOND != 0 && self.is_watched(last, character, rest.as_str());
            if now & STAR != 0 {
                body = self.codes.len();
            }
            all |= now;
            (earlier, before) = (before, now);
            last = character;
        }
        if all & SINGLE != 0 {
            return Look::Surface;
        }
        let ends = before & LAST != 0 && self.codes.len() - body <= self.longest_ending;
        let plain = all & ALPHABETIC != 0 && !watched && !ends;
        if plain { Look::Plain } else { Look::Unsure }
    }

    /// Adds the code of `now`, behind `earlier` and `before`, and notes where a surface could begin with it.
    fn push(&mut self, earlier: u32, before: u32, now: u32) {
        let (earlier, before, now) = (earlier as u16, before as u16, now as u16);
        let place = self.codes.len();
        if self.index.may_be(before, now) {
            self.gates.push(place.saturating_sub(1));
        }
        if self.index.may_begin(earlier, before, now) {
            self.gates.push(place.saturating_sub(2));
        }
        self.codes.push(now);
    }

    /// Whether a watched word could stand at `first` and `second`, which `rest` follows.
    #[cold]
    fn is_watched(&self, first: char, second: char, rest: &str) -> bool {
        let (Single::One(first), Single::One(second)) = (fold_single(first), fold_single(second)) else { return true };
        let words = self.watched.get(&(first, second)).map_or(&[][..], Vec::as_slice);
        words.iter().any(|word| may_go_on(rest, word))
    }

    fn known(&mut self, character: char) -> u32 {
        match self.known.get(character as usize) {
            Some(&known) if known != 0 => known,
            _ => self.learn(character),
        }
    }

    #[cold]
    fn learn(&mut self, character: char) -> u32 {
        let known = KNOWN
            | match fold_single(character) {
                Single::Blank => BLANK,
                Single::Invisible => INVISIBLE,
                Single::Several => SEVERAL,
                Single::One(folded) => {
                    let flag = |set: bool, bit: u32| if set { bit } else { 0 };
                    let code = self.index.code(folded);
                    u32::from(code)
                        | flag(self.index.is_single(code), SINGLE)
                        | flag(folded.is_alphabetic(), ALPHABETIC)
                        | flag(self.watched.keys().any(|pair| pair.0 == folded), FIRST)
                        | flag(self.watched.keys().any(|pair| pair.1 == folded), SECOND)
                        | flag(self.last.contains(&folded), LAST)
                        | flag(folded == '*', STAR)
                        | (script_of(folded) as u32) << SCRIPT
                }
            };
        if let Some(place) = self.known.get_mut(character as usize) {
            *place = known;
        }
        known
    }
}

/// Whether `text` could begin with `word`, which is folded: false is certain.
fn may_go_on(text: &str, word: &str) -> bool {
    let mut text = text.chars().map(fold_single);
    for expected in word.chars() {
        match text.next() {
            Some(Single::One(folded)) if folded == expected => {}
            Some(Single::One(_)) | None => return false,
            Some(_) => return true,
        }
    }
    true
}

fn script(known: u32) -> Script {
    match known >> SCRIPT & 3 {
        0 => Script::Han,
        1 => Script::Latin,
        2 => Script::Digit,
        _ => Script::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fold;

    proptest! {
        /// The sieve never calls plain what folding and looking in full would not, and misses no surface.
        #[test]
        fn agrees_with_the_folded_text(
            surfaces in proptest::collection::vec("[光伏热泵a1 ]{1,4}", 1..8),
            text in "[光伏熱泵Ａa１1 　×*㎡，\u{200b}𬭎-]{0,24}",
        ) {
            let surfaces: Vec<String> = surfaces.iter().map(|surface| fold(surface).text().to_owned()).collect();
            let index = ExactIndex::new(&surfaces).unwrap();
            let mut sieve = Sieve::new(&index, ["泵1", "1a热"].into_iter(), ["伏热", "泵"].into_iter());
            let folded = fold(&text);
            let found = !index.hits(folded.text()).is_empty();
            match sieve.look(&text) {
                Look::Surface => prop_assert!(found),
                Look::Unsure => prop_assert!(!found || text.contains('㎡')),
                Look::Plain => {
                    prop_assert!(!found);
                    prop_assert!(folded.text().chars().any(char::is_alphabetic));
                    prop_assert!(!folded.text().contains("泵1") && !folded.text().contains("1a热"));
                    let body = folded.text().rsplit('*').next().unwrap_or_default().trim();
                    prop_assert!(body != "伏热" && body != "泵");
                }
            }
        }
    }
}
