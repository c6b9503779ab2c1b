//! What every stable code means: title, why it exists, an example, what to do.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

/// The documentation of one code.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeDoc {
    /// What it says, in one line.
    pub title: String,
    /// The same in English.
    pub english: String,
    /// Why it exists.
    pub why: String,
    /// A text or row that gives it.
    pub example: String,
    /// What to do when it is wrong or unwanted.
    pub fix: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Must be mended.
    Error,
    /// Should be looked at.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word told to people.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Error => "错误",
            Self::Warning => "警告",
            Self::Info => "提示",
        }
    }
}

/// A finding in data that people maintain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code; [`explain`] has its page.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// File, as its folder is named.
    pub file: String,
    /// Line in the file, from 1; 0 when the finding is about the whole file.
    pub line: u64,
    /// Id of the row, or whatever else names it.
    pub id: String,
    /// What was found, in Chinese.
    pub message: String,
}

/// Read once; a test makes sure that it reads and is whole.
static DOCS: LazyLock<BTreeMap<String, CodeDoc>> =
    LazyLock::new(|| toml::from_str(include_str!("codes.toml")).unwrap_or_default());

/// The documentation of `code`, in any case.
pub fn explain(code: &str) -> Option<&'static CodeDoc> {
    DOCS.get(&code.to_uppercase())
}

/// Every page, by code.
pub fn pages() -> impl Iterator<Item = (&'static str, &'static CodeDoc)> {
    DOCS.iter().map(|(code, page)| (code.as_str(), page))
}

/// Every documented code, in order.
pub fn documented() -> impl Iterator<Item = &'static str> {
    DOCS.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;

    #[test]
    fn every_refusal_has_its_page_and_no_page_is_orphaned() {
        toml::from_str::<BTreeMap<String, CodeDoc>>(include_str!("codes.toml")).unwrap();
        for refusal in Refusal::ALL {
            assert!(explain(refusal.code()).is_some(), "{} has no page", refusal.code());
        }
        for code in documented().filter(|code| code.starts_with('M')) {
            assert!(Refusal::ALL.iter().any(|refusal| refusal.code() == code), "{code} is no refusal");
        }
    }
}
