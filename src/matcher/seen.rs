//! What is looked for in the whole text, remembered: many candidates ask for the same words and conditions, and looking
//! anew for each would take the square of the text's length.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::condition;
use crate::{
    catalogue::Condition,
    model::{ConditionResult, Proof},
};

/// The first and the last place of a word, as far as its places count.
pub(crate) type Ends = Option<(usize, usize)>;

/// Answers that do not depend on the candidate.
pub(crate) struct Seen {
    letters: Letters,
    places: RefCell<FxHashMap<Box<str>, Ends>>,
    denials: RefCell<FxHashMap<Box<str>, Option<String>>>,
    held: RefCell<FxHashMap<Box<str>, bool>>,
    conditions: RefCell<FxHashMap<Box<str>, ConditionResult>>,
}

impl Seen {
    /// Nothing yet, of `text`: the folded text and specification.
    pub fn of(text: &str) -> Self {
        Self {
            letters: Letters::of(text),
            places: RefCell::default(),
            denials: RefCell::default(),
            held: RefCell::default(),
            conditions: RefCell::default(),
        }
    }

    /// False only when `word` certainly does not stand in the text: a search costs far more.
    pub fn may_hold(&self, word: &str) -> bool {
        self.letters.may_hold(word)
    }

    /// Where `word` stands, as `look` finds it.
    pub fn ends(&self, word: &str, look: impl FnOnce() -> Ends) -> Ends {
        if self.may_hold(word) { remembered(&self.places, word, look) } else { None }
    }

    /// What denies `word`, as `look` finds it.
    pub fn denial(&self, word: &str, look: impl FnOnce() -> Option<String>) -> Option<String> {
        if self.may_hold(word) { remembered(&self.denials, word, look) } else { None }
    }

    /// Whether the goods name holds `word`.
    pub fn holds(&self, text: &str, word: &str) -> bool {
        self.may_hold(word) && remembered(&self.held, word, || text.contains(word))
    }

    /// What the text says of a condition.
    pub fn condition(&self, condition: &Condition, text: &str, proofs: &[Proof]) -> ConditionResult {
        remembered(&self.conditions, &condition.id, || condition::judge(condition, text, proofs))
    }
}

/// Which characters stand in a text, by the lowest bits of their code: most words of a term's company are ruled out
/// without a search.
struct Letters([u64; 4]);

impl Letters {
    fn of(text: &str) -> Self {
        let mut bits = [0; 4];
        for character in text.chars() {
            let code = character as usize & 255;
            if let Some(word) = bits.get_mut(code / 64) {
                *word |= 1 << (code % 64);
            }
        }
        Self(bits)
    }

    /// False only when `word` cannot stand in the text.
    fn may_hold(&self, word: &str) -> bool {
        word.chars().all(|character| {
            let code = character as usize & 255;
            self.0.get(code / 64).is_some_and(|bits| bits >> (code % 64) & 1 == 1)
        })
    }
}

fn remembered<T: Clone>(known: &RefCell<FxHashMap<Box<str>, T>>, key: &str, look: impl FnOnce() -> T) -> T {
    if let Some(answer) = known.borrow().get(key) {
        return answer.clone();
    }
    let answer = look();
    known.borrow_mut().insert(key.into(), answer.clone());
    answer
}
