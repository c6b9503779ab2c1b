//! Texts whose right reading is written down: the dictionary's cases and the gold corpus.

use serde::Deserialize;

use super::Comparison;
use crate::{
    catalogue::NoEdition,
    eval::GoldRow,
    matcher::Matcher,
    model::{Classification, Document, Refusal, TextKind},
};

/// A case of a term: `<scene>.cases.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Case {
    /// The term.
    pub term_id: String,
    /// A text, as an invoice line or as a purpose.
    pub text: String,
    /// `hit`: the term must be found; `miss`: it must not.
    pub expect: CaseExpected,
    /// Remark.
    #[serde(default)]
    pub why: String,
}

/// What a case expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseExpected {
    /// The term stands, or a longer one in its place.
    Hit,
    /// The term does not stand.
    Miss,
}

/// A label that one dictionary meets and the other does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFlip<T> {
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
            CaseExpected::Miss => !accepted(&line),
            CaseExpected::Hit => {
                accepted(&line) || shadowed(&line) || {
                    let purpose = matcher.read(&self.document(TextKind::Purpose));
                    accepted(&purpose) || shadowed(&purpose)
                }
            }
        };
        (holds, line.reason)
    }
}

/// Whether a reading agrees with a gold row's label.
fn agrees(row: &GoldRow, reading: &Classification) -> bool {
    let mut found = reading.matches.iter().flat_map(|found| &found.entries);
    row.expected.takes(reading.verdict)
        && (!row.expected.is_positive()
            || row.entries.is_empty()
            || found.any(|entry| row.entries.contains(&entry.code)))
}

impl Comparison<'_> {
    /// Cases that hold by one dictionary only, in the order given.
    pub fn cases(&self, cases: &[Case], as_of: jiff::civil::Date) -> Result<Vec<LabelFlip<Case>>, NoEdition> {
        let (before, after) = self.matchers(as_of)?;
        let kinds = [TextKind::InvoiceLine, TextKind::Purpose];
        let touched = |case: &&Case| kinds.iter().any(|kind| self.touches(&case.document(*kind)));
        let flips = cases.iter().filter(touched).filter_map(|case| {
            let (held, _) = case.holds(&before);
            let (holds, reason) = case.holds(&after);
            (held != holds).then(|| LabelFlip { row: case.clone(), mended: holds, reason })
        });
        Ok(flips.collect())
    }

    /// Gold rows whose label is met by one dictionary only, in the order given.
    pub fn gold(&self, rows: &[GoldRow], as_of: jiff::civil::Date) -> Result<Vec<LabelFlip<GoldRow>>, NoEdition> {
        let matchers = self.matchers(as_of)?;
        let flips = rows.iter().filter_map(|row| {
            let (before, after) = self.both(&row.document(), matchers)?;
            let (agreed, agrees) = (agrees(row, &before), agrees(row, &after));
            (agreed != agrees).then(|| LabelFlip { row: row.clone(), mended: agrees, reason: after.reason })
        });
        Ok(flips.collect())
    }
}
