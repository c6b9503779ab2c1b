//! The language of what people read: Chinese, as decisions are kept, or English.

use std::{io::Read, path::Path};

use clap::ValueEnum;
use serde_json::Value;

use super::{Failure, output::width, report::Heading};
use crate::language::{English, LanguageError};

/// Languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English; goods, names, terms and third-level entries stay as they are.
    En,
}

/// Says things in the language asked for.
pub struct Speech(Option<English>);

/// Members of decisions and ratings that are sentences or names, not the user's own text.
const SAID: [&str; 14] = [
    "reasons",
    "flags",
    "document",
    "settles",
    "notice",
    "grade",
    "possible_grade",
    "overlay",
    "dimension",
    "reason",
    "label",
    "result",
    "source",
    "value",
];

/// Members whose `name` is a name of the rules, not the user's.
const NAMED: [&str; 4] = ["indicators", "vetoes", "entry", "leaf"];

/// Most bytes of a pack's `english.toml`.
const FILE: u64 = 1024 * 1024;

impl Speech {
    /// Speech in `language`. `pack` is the rule pack in use, by id or folder; a folder may hold its own `english.toml`.
    pub fn new(language: Language, pack: Option<&str>) -> Result<Self, Failure> {
        if language == Language::Zh {
            return Ok(Self(None));
        }
        let failed = |error: LanguageError| Failure::Said(error.to_string());
        let mut english = English::builtin().map_err(failed)?;
        if let Some(path) = pack.map(|pack| Path::new(pack).join("english.toml")).filter(|path| path.is_file()) {
            let mut text = String::new();
            let read = std::fs::File::open(&path).and_then(|file| file.take(FILE).read_to_string(&mut text));
            let name = path.display().to_string();
            read.map_err(|error| Failure::Said(format!("{name}：无法读取 / cannot be read: {error}")))?;
            english.add(&name, &text).map_err(failed)?;
        }
        Ok(Self(Some(english)))
    }

    /// A phrase or sentence.
    pub fn of(&self, chinese: &str) -> String {
        self.0.as_ref().map_or_else(|| chinese.to_owned(), |english| english.of(chinese))
    }

    /// Sentences, one behind the other.
    pub fn all(&self, chinese: &[String]) -> String {
        let said: Vec<String> = chinese.iter().map(|one| self.of(one)).collect();
        said.join(self.either("；", "; "))
    }

    /// `chinese`, or `english` when that is asked for: for marks between words.
    pub fn either<'s>(&self, chinese: &'s str, english: &'s str) -> &'s str {
        if self.0.is_some() { english } else { chinese }
    }

    /// `label：words`.
    pub fn told(&self, label: &str, words: &str) -> String {
        format!("{}{}{words}", self.of(label), self.either("：", ": "))
    }

    /// `words（note）`.
    pub fn noted(&self, words: &str, note: &str) -> String {
        let (open, close) = (self.either("（", " ("), self.either("）", ")"));
        format!("{words}{open}{note}{close}")
    }

    /// The names of a table's columns.
    pub fn names(&self, headings: &[Heading<'_>]) -> Vec<String> {
        headings.iter().map(|heading| self.of(heading.name)).collect()
    }

    /// A decision or rating with everything that the program said put into the language.
    pub fn value(&self, value: &Value) -> Value {
        if self.0.is_none() { value.clone() } else { self.member("", "", value) }
    }

    fn member(&self, parent: &str, key: &str, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.member(key, name, value))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.member(parent, key, item)).collect(),
            Value::String(text) if SAID.contains(&key) || key == "name" && NAMED.contains(&parent) => {
                Value::String(self.of(text))
            }
            other => other.clone(),
        }
    }
}

/// Headings under these names; Latin letters need more room.
pub fn headings<'n>(names: &'n [String], of: &[Heading<'_>]) -> Vec<Heading<'n>> {
    let wide = |name: &str, columns: usize| if name.is_ascii() { (2 * columns).max(width(name)) } else { columns };
    names.iter().zip(of).map(|(name, heading)| Heading { name, width: wide(name, heading.width) }).collect()
}
