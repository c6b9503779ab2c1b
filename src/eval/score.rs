//! From labels and answers to figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::gold::GoldRow;
use crate::{
    dictionary::Dictionary,
    matcher::Matcher,
    model::{Scene, Verdict},
};

/// What the engine said of one labelled text, kept for comparison between versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Id of the row.
    pub id: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Candidate entries, sorted.
    pub entries: Vec<String>,
    /// Ids of the accepted terms, sorted.
    pub terms: Vec<String>,
    /// Ids of the refused terms with their codes, sorted.
    pub refused: Vec<String>,
    /// Conditions judged, with their state, sorted.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// Scene of the best match.
    pub scene: Option<Scene>,
    /// The sentence given.
    pub reason: String,
}

/// Reads every row with the matcher.
pub fn answers(matcher: &Matcher<'_>, rows: &[GoldRow]) -> Vec<Answer> {
    rows.iter()
        .map(|row| {
            let reading = matcher.read(&row.document());
            let sorted = |mut list: Vec<String>| {
                list.sort();
                list.dedup();
                list
            };
            let best = reading.matches.iter().min_by_key(|found| (found.verdict(), found.span));
            Answer {
                id: reading.id,
                verdict: reading.verdict,
                entries: sorted(reading.matches.iter().flat_map(|m| &m.entries).map(|e| e.code.clone()).collect()),
                terms: sorted(reading.matches.iter().map(|found| found.term_id.clone()).collect()),
                refused: sorted(reading.rejected.iter().map(|r| format!("{} {}", r.term_id, r.code)).collect()),
                conditions: sorted(
                    reading
                        .matches
                        .iter()
                        .flat_map(|m| &m.conditions)
                        .map(|c| format!("{} {}", c.id, c.state))
                        .collect(),
                ),
                scene: best.map(|found| found.scene),
                reason: reading.reason,
            }
        })
        .collect()
}

/// Whether the label takes the answer: its verdict and, for a positive row, one of its entries among the candidates.
pub fn answered_right(row: &GoldRow, answer: &Answer) -> bool {
    let entry = || row.entries.is_empty() || row.entries.iter().any(|code| answer.entries.contains(code));
    row.expected.takes(answer.verdict) && (!row.expected.is_positive() || entry())
}

/// Counts over a set of rows. Positive means green or needs-evidence. Review is neither: a positive row sent to review
/// is missed, an ordinary row sent to review is no false positive but is counted in `ordinary_to_review`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows.
    pub rows: u32,
    /// Rows whose answer the label takes, entries included.
    pub right: u32,
    /// Positive rows found positive.
    pub true_positive: u32,
    /// Ordinary rows found positive.
    pub false_positive: u32,
    /// Positive rows not found positive.
    pub missed: u32,
    /// Found positive rows whose label names entries.
    pub entry_asked: u32,
    /// … of which one is among the candidates.
    pub entry_right: u32,
    /// … of which the field (first number) of one is among the candidates'.
    pub field_right: u32,
    /// Ordinary rows.
    pub ordinary: u32,
    /// … called green outright.
    pub ordinary_green: u32,
    /// … sent to review.
    pub ordinary_to_review: u32,
    /// Rows that are no generic type.
    pub specific: u32,
    /// … sent to review.
    pub specific_to_review: u32,
    /// Generic types.
    pub generic: u32,
    /// … surfaced as review or needs-evidence.
    pub generic_surfaced: u32,
    /// … called green.
    pub generic_green: u32,
}

impl Tally {
    fn add(&mut self, row: &GoldRow, answer: &Answer) -> bool {
        let positive = matches!(answer.verdict, Verdict::Green | Verdict::NeedsEvidence);
        let wanted = row.expected.is_positive();
        let review = answer.verdict == Verdict::Review;
        let right = answered_right(row, answer);
        self.rows += 1;
        self.true_positive += u32::from(wanted && positive);
        self.missed += u32::from(wanted && !positive);
        self.false_positive += u32::from(row.expected.is_ordinary() && positive);
        if wanted && positive && !row.entries.is_empty() {
            let field = |code: &String| code.split('.').next().map(str::to_owned);
            let entry = row.entries.iter().any(|code| answer.entries.contains(code));
            self.entry_asked += 1;
            self.entry_right += u32::from(entry);
            self.field_right +=
                u32::from(row.entries.iter().any(|code| answer.entries.iter().any(|got| field(got) == field(code))));
        }
        if row.expected.is_ordinary() {
            self.ordinary += 1;
            self.ordinary_green += u32::from(answer.verdict == Verdict::Green);
            self.ordinary_to_review += u32::from(review);
        }
        if row.expected.is_generic() {
            self.generic += 1;
            self.generic_surfaced += u32::from(matches!(answer.verdict, Verdict::Review | Verdict::NeedsEvidence));
            self.generic_green += u32::from(answer.verdict == Verdict::Green);
        } else {
            self.specific += 1;
            self.specific_to_review += u32::from(review);
        }
        self.right += u32::from(right);
        right
    }

    /// True positives and everything called positive among positive and ordinary rows.
    pub fn precision(&self) -> (u32, u32) {
        (self.true_positive, self.true_positive + self.false_positive)
    }

    /// True positives and all positive rows.
    pub fn recall(&self) -> (u32, u32) {
        (self.true_positive, self.true_positive + self.missed)
    }

    /// Harmonic mean of precision and recall; 0 when nothing is found.
    pub fn f1(&self) -> f64 {
        let twice = 2 * self.true_positive;
        let all = twice + self.false_positive + self.missed;
        if all == 0 { 0.0 } else { f64::from(twice) / f64::from(all) }
    }
}

/// One row whose answer the label does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The row.
    pub row: GoldRow,
    /// What the engine said.
    pub answer: Answer,
}

/// Figures of a set of rows, whole and by group.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// All rows.
    pub total: Tally,
    /// By kind of text.
    pub by_kind: BTreeMap<String, Tally>,
    /// By family.
    pub by_family: BTreeMap<String, Tally>,
    /// By field of the catalogue: the first number of the label's entries, of the answer's for an ordinary row called
    /// positive, `-` for other rows.
    pub by_field: BTreeMap<String, Tally>,
    /// By scene: of the best match of a row answered positive; of a missed row the scene that most terms of its first
    /// entry have; `-` for other rows.
    pub by_scene: BTreeMap<String, Tally>,
    /// Rows that came out wrong, in file order.
    pub wrong: Vec<Wrong>,
}

/// Entry code → the scene that most of its terms have.
#[derive(Clone, Debug, Default)]
pub struct EntryScenes(BTreeMap<String, Scene>);

impl EntryScenes {
    /// Counts the active terms of a dictionary.
    pub fn of(dictionary: &Dictionary) -> Self {
        let mut counts: BTreeMap<String, BTreeMap<Scene, u32>> = BTreeMap::new();
        for term in dictionary.terms().iter().filter(|term| term.active) {
            for code in term.links.iter().flat_map(|link| &link.codes) {
                *counts.entry(code.clone()).or_default().entry(term.scene).or_default() += 1;
            }
        }
        let most = counts.into_iter().filter_map(|(code, scenes)| {
            scenes.into_iter().max_by_key(|(scene, count)| (*count, std::cmp::Reverse(*scene))).map(|(s, _)| (code, s))
        });
        Self(most.collect())
    }
}

/// Counts rows against answers, which stand in the same order.
pub fn score(rows: &[GoldRow], answers: &[Answer], scenes: &EntryScenes) -> Score {
    let mut score = Score::default();
    for (row, answer) in rows.iter().zip(answers) {
        let right = score.total.add(row, answer);
        let positive = matches!(answer.verdict, Verdict::Green | Verdict::NeedsEvidence);
        let entry = row.entries.first().or(if positive { answer.entries.first() } else { None });
        let field = entry.and_then(|code| code.split('.').next()).unwrap_or("-");
        let wanted = || row.entries.first().filter(|_| row.expected.is_positive()).and_then(|code| scenes.0.get(code));
        let scene = if positive { answer.scene } else { wanted().copied() }.map_or("-", Scene::code);
        for (group, name) in [
            (&mut score.by_kind, row.kind.code()),
            (&mut score.by_family, row.family.as_str()),
            (&mut score.by_field, field),
            (&mut score.by_scene, scene),
        ] {
            group.entry(name.to_owned()).or_default().add(row, answer);
        }
        if !right {
            score.wrong.push(Wrong { row: row.clone(), answer: answer.clone() });
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{eval::Expected, model::TextKind};

    fn row(expected: Expected, entries: &[&str]) -> GoldRow {
        GoldRow {
            id: "a".to_owned(),
            kind: TextKind::InvoiceLine,
            text: "甲".to_owned(),
            expected,
            entries: entries.iter().map(|code| (*code).to_owned()).collect(),
            family: "plain".to_owned(),
            why: String::new(),
        }
    }

    fn answer(verdict: Verdict, entries: &[&str]) -> Answer {
        Answer {
            id: "a".to_owned(),
            verdict,
            entries: entries.iter().map(|code| (*code).to_owned()).collect(),
            terms: Vec::new(),
            refused: Vec::new(),
            conditions: Vec::new(),
            scene: None,
            reason: String::new(),
        }
    }

    /// Counted by hand: two positives found (one under another entry of the same field), one sent to review, one
    /// ordinary row called green, one sent to review, one generic type surfaced and one called green.
    #[test]
    fn counts() {
        let generic = Expected::Exactly(Verdict::Review);
        let ordinary = Expected::Exactly(Verdict::NotGreen);
        let pairs = [
            (row(Expected::Positive, &["4.1.2"]), answer(Verdict::Green, &["4.1.2", "8.5.2"])),
            (row(Expected::Positive, &["4.1.2"]), answer(Verdict::NeedsEvidence, &["4.1.8"])),
            (row(Expected::Positive, &["4.1.2"]), answer(Verdict::Review, &["4.1.2"])),
            (row(ordinary, &[]), answer(Verdict::Green, &["4.1.2"])),
            (row(ordinary, &[]), answer(Verdict::Review, &["4.1.2"])),
            (row(ordinary, &[]), answer(Verdict::NotGreen, &[])),
            (row(generic, &["1.1.7"]), answer(Verdict::Review, &["1.1.7"])),
            (row(generic, &["1.1.7"]), answer(Verdict::Green, &["1.1.7"])),
        ];
        let (rows, said): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let score = score(&rows, &said, &EntryScenes::default());
        let total = &score.total;
        assert_eq!(total.precision(), (2, 3));
        assert_eq!(total.recall(), (2, 3));
        assert!((total.f1() - 4.0 / 6.0).abs() < 1e-9);
        assert_eq!((total.entry_right, total.field_right, total.entry_asked), (1, 2, 2));
        assert_eq!((total.ordinary, total.ordinary_green, total.ordinary_to_review), (3, 1, 1));
        assert_eq!((total.generic, total.generic_surfaced, total.generic_green), (2, 1, 1));
        assert_eq!((total.specific, total.specific_to_review), (6, 2));
        assert_eq!((total.right, score.wrong.len()), (3, 5));
    }
}
