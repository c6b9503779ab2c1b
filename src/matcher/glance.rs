//! The quick look at a text: most texts name nothing of the dictionary, and those are answered without taking memory.

use std::fmt;

use super::{Matcher, SHORT_NAME};
use crate::{
    dictionary::{Cues, Look, Sieve},
    model::{TextKind, Verdict},
    text::{Layout, fold_into},
};

/// Why a text in which nothing green stands gets its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence<'d> {
    /// No letter at all: empty or masked.
    Empty,
    /// Words that stand for goods without naming them, such as 详见销货清单.
    Unnamed(&'d str),
    /// A purpose that says nothing specific.
    Vague(&'d str),
    /// Something else.
    Nothing,
}

impl fmt::Display for Silence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("文本为空或被遮盖，无法判断"),
            Self::Unnamed(word) => write!(f, "“{word}”没有写明货物，需调阅清单"),
            Self::Vague(word) => write!(f, "用途笼统（{word}），未写明所购之物"),
            Self::Nothing => f.write_str("未发现绿色生产资料"),
        }
    }
}

/// A text that names nothing green: unreadable, vague, or simply something else. `text` is folded.
pub(super) fn silent<'d>(matcher: &Matcher<'d>, kind: TextKind, text: &str) -> (Verdict, Silence<'d>) {
    let layout = Layout::of(text, kind == TextKind::InvoiceLine);
    silent_in(matcher, kind, text, &layout, matcher.dictionary.cues_in(text))
}

/// The same of a text that was laid out before, and whose cue groups, or more of them, are known.
pub(super) fn silent_in<'d>(
    matcher: &Matcher<'d>,
    kind: TextKind,
    text: &str,
    layout: &Layout,
    cues: Cues<'d>,
) -> (Verdict, Silence<'d>) {
    if !text.chars().any(char::is_alphabetic) {
        return (Verdict::Review, Silence::Empty);
    }
    let body = text.get(layout.body..).unwrap_or_default().trim();
    let whole = words(matcher, "unreadable-whole").iter().find(|word| *word == body);
    let said = |group: &str| cues.words(group).iter().map(String::as_str).find(|word| text.contains(word));
    if let Some(word) = said("unreadable").or(whole.map(String::as_str)) {
        return (Verdict::Review, Silence::Unnamed(word));
    }
    if kind == TextKind::Purpose
        && let Some(word) = said("vague-purpose")
    {
        return (Verdict::NotGreen, Silence::Vague(word));
    }
    (Verdict::NotGreen, Silence::Nothing)
}

/// The words of a cue group.
fn words<'d>(matcher: &Matcher<'d>, group: &str) -> &'d [String] {
    matcher.dictionary.cue(group).map_or(&[], |group| group.words.as_slice())
}

/// A matcher with what the quick look needs. Make one for each thread.
pub struct Glance<'d> {
    matcher: Matcher<'d>,
    sieve: Sieve<'d>,
    folded: String,
}

impl<'d> Glance<'d> {
    /// Prepares the quick look.
    pub fn new(matcher: Matcher<'d>) -> Self {
        let dictionary = matcher.dictionary;
        let group =
            |name| dictionary.cue(name).map_or(&[][..], |group| group.words.as_slice()).iter().map(String::as_str);
        let cues = group("unreadable").chain(group("vague-purpose"));
        let sieve = Sieve::new(dictionary.exact(), cues, group("unreadable-whole"));
        Self { matcher, sieve, folded: String::new() }
    }

    /// The matcher that reads texts in full.
    pub fn matcher(&self) -> &Matcher<'d> {
        &self.matcher
    }

    /// The verdict of a text in which no surface of the dictionary occurs; `None` when one does, and the text must be
    /// read in full. The answer is that of [`Matcher::read`].
    pub fn silent(&mut self, text: &str, kind: TextKind) -> Option<(Verdict, Silence<'d>)> {
        if self.matcher.near.is_some() {
            return None;
        }
        match self.sieve.look(text, kind == TextKind::InvoiceLine, SHORT_NAME) {
            Look::Plain => return Some((Verdict::NotGreen, Silence::Nothing)),
            Look::Surface => return None,
            Look::Unsure => {}
        }
        fold_into(text, &mut self.folded);
        if !self.matcher.hits(kind, &self.folded).is_empty() {
            return None;
        }
        Some(silent(&self.matcher, kind, &self.folded))
    }
}
