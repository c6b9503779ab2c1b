//! Tells at one pass over a raw text, without folding it into memory, whether any surface stands in it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::ExactIndex;
use crate::text::{Layout, Script, Single, fold_into, fold_single, keeps_blank, script_of};

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
    /// Watched words, the codes of their first two characters, and the last characters of watched endings, all folded.
    watched: Vec<String>,
    watch: Option<ExactIndex>,
    beginnings: FxHashSet<(u16, u16)>,
    last: Vec<char>,
    /// Characters of the longest watched ending.
    longest_ending: usize,
    /// Nothing that is looked for goes on over a `*`.
    parts_at_stars: bool,
    /// Tax labels in which no watched word stands, with the `*` in front, and whether a surface stands in them.
    labels: FxHashMap<Box<str>, bool>,
    /// What is known of each character of the folded text.
    folded: Vec<u32>,
    /// Places in `folded` of the blanks between two Han characters.
    blanks: Vec<usize>,
}

/// Labels remembered, and bytes of the longest.
const LABELS: usize = 4096;
const LONGEST_LABEL: usize = 60;

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
        let watched: Vec<String> = words.filter(|word| word.chars().count() >= 2).map(str::to_owned).collect();
        let codes = |word: &String| {
            let mut codes = word.chars().map(|character| index.code(character));
            codes.next().zip(codes.next())
        };
        let beginnings = watched.iter().filter_map(codes).collect();
        let watch = ExactIndex::new(&watched).ok();
        let parts_at_stars =
            index.code('*') == 0 && watched.iter().all(|word| !word.trim_start_matches('*').contains('*'));
        let endings: Vec<&str> = endings.collect();
        let last = endings.iter().filter_map(|word| word.chars().next_back()).collect();
        let longest_ending = endings.iter().map(|word| word.chars().count()).max().unwrap_or(0);
        let known = vec![0; 0x1_0000];
        Self {
            index,
            known,
            watched,
            watch,
            beginnings,
            last,
            longest_ending,
            parts_at_stars,
            labels: FxHashMap::default(),
            folded: Vec::new(),
            blanks: Vec::new(),
        }
    }

    /// Looks at `text`, which need not be folded. A surface in the tax label of an invoice line (`has_label`) is passed
    /// over, when more is said behind it than `short` Han characters.
    pub fn look(&mut self, text: &str, has_label: bool, short: usize) -> Look {
        let (label_names, text) = self.behind_label(text, has_label);
        let Some(all) = self.fold(text) else { return Look::Unsure };
        let is_short = || self.folded.iter().filter(|&&known| script(known) == Script::Han).count() <= short;
        if all & SINGLE != 0 || self.holds() || label_names && is_short() {
            return Look::Surface;
        }
        let watched = all & FIRST != 0 && all & SECOND != 0 && self.may_hold_watched(text);
        if all & ALPHABETIC == 0 || watched || self.may_end_watched() || self.holds_broken() {
            return Look::Unsure;
        }
        Look::Plain
    }

    /// Whether a surface stands in the tax label of `text`, and what is left to be looked at: all of it, or what follows a
    /// label in which nothing stands that is looked for in the whole. There are some thousand labels, and one in front of
    /// most lines.
    fn behind_label<'t>(&mut self, text: &'t str, has_label: bool) -> (bool, &'t str) {
        let Some((label, rest)) = label_of(text).filter(|_| self.parts_at_stars) else { return (false, text) };
        let names = match self.labels.get(label) {
            Some(&names) => names,
            None => match self.learn_label(label) {
                Some(names) => names,
                None => return (false, text),
            },
        };
        if names && !has_label { (false, text) } else { (names, rest) }
    }

    /// Whether a surface stands in a label; nothing when it must be looked at with the text.
    fn learn_label(&mut self, label: &str) -> Option<bool> {
        let all = self.fold(label)?;
        let names = all & SINGLE != 0 || self.holds() || self.holds_broken();
        if self.may_hold_watched(label) {
            return None;
        }
        if names {
            // What stands there counts for nothing only where the grammar takes it for a label.
            let mut folded = String::new();
            fold_into(label, &mut folded);
            Layout::of(&format!("{folded}*"), true).label?;
        }
        if self.labels.len() < LABELS {
            self.labels.insert(label.into(), names);
        }
        Some(names)
    }

    /// Whether a surface of several characters stands in the folded text.
    fn holds(&self) -> bool {
        self.index.holds(&self.folded)
    }

    /// Folds `text` into what is known of its characters, and gives everything that is true of one of them; nothing
    /// when one becomes several.
    fn fold(&mut self, text: &str) -> Option<u32> {
        self.folded.clear();
        self.blanks.clear();
        self.folded.reserve(text.len());
        let mut all = 0;
        let mut blank = false;
        for character in text.chars() {
            let now = self.known(character);
            if now & (BLANK | INVISIBLE | SEVERAL) != 0 {
                if now & SEVERAL != 0 {
                    return None;
                }
                blank |= now & BLANK != 0;
                continue;
            }
            if blank {
                blank = false;
                self.keep_blank(now);
            }
            all |= now;
            self.folded.push(now);
        }
        Some(all)
    }

    /// Adds the blank in front of `now`, if folding keeps it.
    fn keep_blank(&mut self, now: u32) {
        let Some(before) = self.folded.last().map(|&before| script(before)) else { return };
        if keeps_blank(before, script(now)) {
            if before == Script::Han {
                self.blanks.push(self.folded.len());
            }
            self.folded.push(self.index.code(' ').into());
        }
    }

    /// Whether a surface stands there once the blanks between Han characters are taken away, or once the words around one
    /// change places.
    fn holds_broken(&self) -> bool {
        let joined = self.folded.iter().zip(0..).filter(|(_, place)| !self.blanks.contains(place));
        !self.blanks.is_empty() && self.index.holds(&joined.map(|(&known, _)| known).collect::<Vec<_>>())
            || self.blanks.iter().any(|&blank| self.holds_turned(blank))
    }

    /// Whether a surface stands in the word behind this blank and the word in front of it, in this order.
    fn holds_turned(&self, blank: usize) -> bool {
        let is_han = |known: &&u32| script(**known) == Script::Han;
        let (before, behind) = (self.folded.get(..blank), self.folded.get(blank + 1..));
        let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
        let first = before.len() - before.iter().rev().take_while(is_han).count();
        let second = behind.iter().take_while(is_han);
        let turned: Vec<u32> = second.chain(before.iter().skip(first)).copied().collect();
        self.index.holds(&turned)
    }

    /// Whether the text could end in one of the watched endings and hold nothing else behind its last `*`.
    fn may_end_watched(&self) -> bool {
        self.folded.last().is_some_and(|last| last & LAST != 0) && {
            let body = self.folded.iter().rposition(|known| known & STAR != 0).map_or(0, |star| star + 1);
            self.folded.len() - body <= self.longest_ending
        }
    }

    /// Whether a watched word could stand in `text`.
    fn may_hold_watched(&self, text: &str) -> bool {
        let is = |known: Option<&u32>, bit: u32| known.is_some_and(|known| known & bit != 0);
        let may_begin = |two: &[u32]| {
            let code = |known: Option<&u32>| known.map_or(0, |known| *known as u16);
            is(two.first(), FIRST)
                && is(two.last(), SECOND)
                && self.beginnings.contains(&(code(two.first()), code(two.last())))
        };
        self.folded.windows(2).any(may_begin) && self.is_watched(text)
    }

    #[cold]
    fn is_watched(&self, text: &str) -> bool {
        let mut folded = String::new();
        fold_into(text, &mut folded);
        self.watch.as_ref().is_none_or(|watch| !watch.hits(&folded).is_empty())
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
                        | flag(self.watched.iter().any(|word| word.starts_with(folded)), FIRST)
                        | flag(self.watched.iter().any(|word| word.chars().nth(1) == Some(folded)), SECOND)
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

/// The tax label that `text` begins with, and the rest of it from the `*` behind the label on.
fn label_of(text: &str) -> Option<(&str, &str)> {
    let length = text.strip_prefix('*')?.find('*').filter(|&length| (1..=LONGEST_LABEL).contains(&length))?;
    text.split_at_checked(length + 1)
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
            text in "(\\*[光伏热1]{1,3}\\*)?[光伏熱泵Ａa１1 　×*㎡，\u{200b}𬭎-]{0,24}",
        ) {
            let surfaces: Vec<String> = surfaces.iter().map(|surface| fold(surface).text().to_owned()).collect();
            let index = ExactIndex::new(&surfaces).unwrap();
            let mut sieve = Sieve::new(&index, ["泵1", "1a热"].into_iter(), ["伏热", "泵"].into_iter());
            let folded = fold(&text);
            let found = !index.hits(folded.text()).is_empty();
            let look = sieve.look(&text, false, 0);
            prop_assert_eq!(sieve.look(&text, false, 0), look, "with its label remembered");
            // A surface in a label alone is passed over, in a line that says more than one Han character behind it.
            let line = sieve.look(&text, true, 1);
            prop_assert_eq!(sieve.look(&text, true, 1), line, "with its label remembered");
            let body = Layout::of(folded.text(), true).body;
            let is_named = index.hits(folded.text()).iter().any(|hit| hit.end > body);
            if line != look {
                prop_assert!(look == Look::Surface && !is_named);
                let behind = folded.text().get(body..).unwrap_or_default();
                prop_assert!(behind.chars().filter(|&c| script_of(c) == Script::Han).count() > 1);
            }
            match look {
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
