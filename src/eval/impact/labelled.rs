//! Texts whose right reading is written down: the dictionary's cases and the gold corpus.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Comparison;
use crate::{
    catalogue::NoEdition,
    matcher::Matcher,
    model::{Classification, Document, Refusal, TextKind, Verdict},
};

/// A case of a term: `<scene>.cases.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Case {
    /// The term.
    pub term_id: String,
    /// A text, as an invoice line or as a purpose.
    pub text: String,
    /// `hit`: the term must be found; `miss`: it must not.
    pub expect: Expected,
    /// Remark.
    #[serde(default)]
    pub why: String,
}

/// What a case expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// The term stands, or a longer one in its place.
    Hit,
    /// The term does not stand.
    Miss,
}

/// A row of the gold corpus: `id,kind,text,verdict,entries,…`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GoldRow {
    /// Stable id.
    pub id: String,
    /// `invoice_line`, `purpose` or `scope`.
    pub kind: TextKind,
    /// The text.
    pub text: String,
    /// `positive` (green or needs-evidence), or one of the four verdicts.
    pub verdict: String,
    /// Entry codes, one of which must be among the matches; empty for none asked.
    pub entries: String,
}

/// A label that one dictionary meets and the other does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip<T> {
    /// The row.
    pub row: T,
    /// True when the later dictionary mends it, false when it breaks it.
    pub mended: bool,
    /// The later dictionary's reason.
    pub reason: String,
}

/// Reads a table of cases.
pub fn read_cases(text: &str) -> Result<Vec<Case>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect()
}

/// Reads a table of gold rows.
pub fn read_gold(text: &str) -> Result<Vec<GoldRow>, csv::Error> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect()
}

impl Case {
    fn document(&self, kind: TextKind) -> Document {
        Document { text: self.text.clone(), kind, ..Document::default() }
    }

    /// Whether the case holds, with the reason of the reading as an invoice line. A hit may stand in either kind of
    /// text, and a longer term may take its place; a miss is judged as an invoice line.
    pub fn holds(&self, matcher: &Matcher<'_>) -> (bool, String) {
        let accepted = |reading: &Classification| reading.matches.iter().any(|found| found.term_id == self.term_id);
        let shadowed = |reading: &Classification| {
            reading.rejected.iter().any(|r| r.term_id == self.term_id && r.code == Refusal::Shadowed)
        };
        let line = matcher.read(&self.document(TextKind::InvoiceLine));
        let holds = match self.expect {
            Expected::Miss => !accepted(&line),
            Expected::Hit => {
                accepted(&line) || shadowed(&line) || {
                    let purpose = matcher.read(&self.document(TextKind::Purpose));
                    accepted(&purpose) || shadowed(&purpose)
                }
            }
        };
        (holds, line.reason)
    }
}

impl GoldRow {
    /// The text to read.
    pub fn document(&self) -> Document {
        Document { id: self.id.clone(), text: self.text.clone(), kind: self.kind, ..Document::default() }
    }

    /// Whether a reading agrees with the label.
    pub fn agrees(&self, reading: &Classification) -> bool {
        let verdict = match self.verdict.as_str() {
            "positive" => matches!(reading.verdict, Verdict::Green | Verdict::NeedsEvidence),
            code => reading.verdict.code() == code,
        };
        let wanted: BTreeSet<&str> = self.entries.split('|').filter(|code| !code.is_empty()).collect();
        let mut found = reading.matches.iter().flat_map(|found| &found.entries);
        verdict && (wanted.is_empty() || found.any(|entry| wanted.contains(entry.code.as_str())))
    }
}

impl Comparison<'_> {
    /// Cases that hold by one dictionary only, in the order given.
    pub fn cases(&self, cases: &[Case], as_of: jiff::civil::Date) -> Result<Vec<Flip<Case>>, NoEdition> {
        let (before, after) = self.matchers(as_of)?;
        let kinds = [TextKind::InvoiceLine, TextKind::Purpose];
        let touched = |case: &&Case| kinds.iter().any(|kind| self.touches(&case.document(*kind)));
        let flips = cases.iter().filter(touched).filter_map(|case| {
            let (held, _) = case.holds(&before);
            let (holds, reason) = case.holds(&after);
            (held != holds).then(|| Flip { row: case.clone(), mended: holds, reason })
        });
        Ok(flips.collect())
    }

    /// Gold rows whose label is met by one dictionary only, in the order given.
    pub fn gold(&self, rows: &[GoldRow], as_of: jiff::civil::Date) -> Result<Vec<Flip<GoldRow>>, NoEdition> {
        let matchers = self.matchers(as_of)?;
        let flips = rows.iter().filter_map(|row| {
            let (before, after) = self.both(&row.document(), matchers)?;
            let (agreed, agrees) = (row.agrees(&before), row.agrees(&after));
            (agreed != agrees).then(|| Flip { row: row.clone(), mended: agrees, reason: after.reason })
        });
        Ok(flips.collect())
    }
}
