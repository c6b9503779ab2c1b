//! Company: the words around a candidate that it needs, that rule it out, or that turn its meaning.

use crate::{
    dictionary::{Cues, Need, Needs, Term},
    model::{Refusal, Scene},
    text::cuts_latin,
};

/// The first alternative of `needs` that holds in `text`, as its words; `None` when none does. Inside the term's own
/// surface `start..end` a word counts only when `marks` takes it.
pub fn company(
    cues: Cues<'_>,
    needs: &Needs,
    text: &str,
    (start, end): (usize, usize),
    marks: impl Fn(&str) -> bool,
) -> Option<String> {
    needs.iter().find_map(|alternative| {
        let words: Option<Vec<String>> =
            alternative.iter().map(|need| found(cues, need, text, (start, end), &marks)).collect();
        words.filter(|words| !words.is_empty()).map(|words| words.join("+"))
    })
}

fn found(
    cues: Cues<'_>,
    need: &Need,
    text: &str,
    (start, end): (usize, usize),
    marks: &impl Fn(&str) -> bool,
) -> Option<String> {
    let stands = |word: &String| {
        !word.is_empty()
            && text.match_indices(word.as_str()).any(|(at, _)| {
                let stop = at + word.len();
                (stop <= start || at >= end || marks(word))
                    && (!cuts_latin(text, at, stop) || in_model_code(text, at, stop))
                    && !negated(text.get(..at).unwrap_or_default())
            })
    };
    match need {
        Need::Word(word) => stands(word).then(|| word.clone()),
        Need::Cue(name) => cues.words(name).iter().find(|word| stands(word)).cloned(),
    }
}

/// A word of `needs` that `text` denies, with the denial: 非节能.
pub fn denied(cues: Cues<'_>, needs: &Needs, text: &str) -> Option<String> {
    let denial = |word: &String| {
        text.match_indices(word.as_str()).find_map(|(at, _)| {
            let before = text.get(..at)?;
            let no = ["非", "不含", "无"].iter().find(|no| before.ends_with(**no))?;
            Some(format!("{no}{word}"))
        })
    };
    needs.iter().flatten().find_map(|need| match need {
        Need::Word(word) => denial(word),
        Need::Cue(name) => cues.words(name).iter().find_map(denial),
    })
}

/// Whether the Latin word `start..end` stands in a model code behind a number, as the drive of a vehicle does:
/// XMA7000M|BEV|R2, BYD7152WT6|PHEV.
fn in_model_code(text: &str, start: usize, end: usize) -> bool {
    let word = text.get(start..end).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let code = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let code = before.get(code.len()..).unwrap_or_default();
    let digits = code.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let longest = digits.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    word.len() >= 3
        && word.chars().all(|c| c.is_ascii_alphabetic())
        && longest >= 3
        // HEV also ends PHEV, which is another drive.
        && word != "hev"
}

/// Whether the text right in front denies what follows.
fn negated(before: &str) -> bool {
    ["非", "无", "不含", "不", "未", "没有", "免"].iter().any(|no| before.ends_with(no))
}

/// Whether the words before and after turn the candidate into something that does not count: denied, scrapped,
/// replaced, second-hand, or a toy. `phrase` is where its phrase begins, `clause` where its clause begins.
pub fn turned(
    cues: Cues<'_>,
    term: &Term,
    text: &str,
    (start, end): (usize, usize),
    (phrase, clause): (usize, usize),
) -> Option<(Refusal, String)> {
    let before = text.get(..start).unwrap_or_default();
    let in_phrase = text.get(phrase..start).unwrap_or_default();
    let in_clause = text.get(clause..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let group = |name: &str| cues.words(name);

    if let Some(word) = group("negation").iter().find(|word| before.ends_with(word.as_str())) {
        return Some((Refusal::Negated, word.clone()));
    }
    if let Some(word) = ["不含", "不包括", "不包含", "不涉及", "除外"].iter().find(|word| in_clause.contains(**word))
    {
        return Some((Refusal::Negated, (*word).to_owned()));
    }
    if let Some(word) = group("replaces").iter().find(|word| last_words(in_clause, 6).contains(word.as_str())) {
        return Some((Refusal::Replaced, word.clone()));
    }
    // Recycling is about scrapped things; everything else that is scrapped is no green purchase.
    if term.scene != Scene::Recycle {
        let near_before = last_words(in_clause, 6);
        if let Some(word) = group("disposal").iter().find(|word| near_before.contains(word.as_str())) {
            return Some((Refusal::Disposal, word.clone()));
        }
        if let Some(word) = group("disposal").iter().find(|word| after.starts_with(word.as_str())) {
            return Some((Refusal::Disposal, word.clone()));
        }
        if let Some(word) = group("second-hand").iter().find(|word| in_phrase.contains(word.as_str())) {
            return Some((Refusal::SecondHand, word.clone()));
        }
    }
    if let Some(word) = group("fake").iter().find(|word| in_phrase.contains(word.as_str())) {
        return Some((Refusal::Toy, word.clone()));
    }
    None
}

/// The last `count` characters.
fn last_words(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().take(count).last().map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}
