//! What a change of the dictionary changes: lines, loans, amounts, cases, gold labels and shadowed neighbours.
//!
//! The answer equals the difference of two full runs. Only what the changed rows can touch is read again
//! ([`Difference`]), by both dictionaries; everything else reads the same by construction.

mod labelled;
mod loans;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use labelled::{Case, CaseExpected, LabelFlip, read_cases};
pub use loans::{LoanChange, LoanImpact};

use crate::{
    batch::each_in_order,
    catalogue::{Catalogue, NoEdition},
    dictionary::{DictionaryError, Difference},
    engine::Engine,
    matcher::Matcher,
    model::{Classification, Document, Match, Money, Refusal, Role, Verdict},
};

/// What changed in a line, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The verdict.
    Verdict,
    /// The verdict stands, but the accepted matches lead to other entries.
    Entries,
    /// Verdict and entries stand, but on other terms or other words.
    Terms,
}

impl ChangeKind {
    /// The spelling in output.
    pub fn code(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Entries => "entries",
            Self::Terms => "terms",
        }
    }

    /// What changed between two readings of one text; `None` when nothing of this did.
    pub fn between(before: &Classification, after: &Classification) -> Option<Self> {
        let entries = |reading: &Classification| -> BTreeSet<(String, String, Role)> {
            let all = reading.matches.iter().flat_map(|found| &found.entries);
            all.map(|entry| (entry.edition.clone(), entry.code.clone(), entry.role)).collect()
        };
        let terms = |reading: &Classification| -> Vec<_> {
            reading.matches.iter().map(|found| (found.term_id.clone(), found.span)).collect()
        };
        if before.verdict != after.verdict {
            Some(Self::Verdict)
        } else if entries(before) != entries(after) {
            Some(Self::Entries)
        } else if terms(before) != terms(after) {
            Some(Self::Terms)
        } else {
            None
        }
    }
}

/// A line that reads differently.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChange {
    /// The line.
    pub line: Document,
    /// What changed.
    pub kind: ChangeKind,
    /// As the earlier dictionary reads it.
    pub before: Classification,
    /// As the later dictionary reads it.
    pub after: Classification,
}

/// What changed over a body of lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineImpact {
    /// Lines looked at.
    pub lines: usize,
    /// Their net amount.
    pub amount: Money,
    /// Lines read again because a changed row may touch them.
    pub read_again: usize,
    /// Lines that changed, in file order.
    pub changes: Vec<LineChange>,
}

impl LineImpact {
    /// Changed verdicts: from and to → number of lines and net amount.
    pub fn transitions(&self) -> BTreeMap<(Verdict, Verdict), (usize, Money)> {
        let mut sums: BTreeMap<(Verdict, Verdict), (usize, Money)> = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.kind == ChangeKind::Verdict) {
            let (count, amount) = sums.entry((change.before.verdict, change.after.verdict)).or_default();
            *count += 1;
            *amount += change.line.amount.unwrap_or_default();
        }
        sums
    }

    /// Number and net amount of the lines with this kind of change.
    pub fn of_kind(&self, kind: ChangeKind) -> (usize, Money) {
        let changes = self.changes.iter().filter(|change| change.kind == kind);
        changes.fold((0, Money::ZERO), |(count, sum), change| (count + 1, sum + change.line.amount.unwrap_or_default()))
    }

    /// Terms whose accepted matches gave way to a longer surface of another term, those with most lines first.
    pub fn shadowed(&self) -> Vec<Shadowing> {
        let mut found: BTreeMap<(String, String), Shadowing> = BTreeMap::new();
        for change in &self.changes {
            for lost in &change.before.matches {
                let Some(winner) = shadow_over(lost, &change.after) else { continue };
                let key = (lost.term_id.clone(), winner.term_id.clone());
                let shadowing = found.entry(key).or_insert_with(|| Shadowing {
                    term_id: lost.term_id.clone(),
                    term: lost.term.clone(),
                    by_id: winner.term_id.clone(),
                    by: winner.term.clone(),
                    lines: 0,
                    amount: Money::ZERO,
                    example: change.line.text.clone(),
                });
                shadowing.lines += 1;
                shadowing.amount += change.line.amount.unwrap_or_default();
            }
        }
        let mut shadowed: Vec<Shadowing> = found.into_values().collect();
        shadowed.sort_by(|a, b| (b.lines, &a.term_id, &a.by_id).cmp(&(a.lines, &b.term_id, &b.by_id)));
        shadowed
    }
}

/// A term that loses lines to a longer surface of another term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadowing {
    /// The term that loses.
    pub term_id: String,
    /// Its name.
    pub term: String,
    /// The term that wins.
    pub by_id: String,
    /// Its name.
    pub by: String,
    /// Lines lost.
    pub lines: usize,
    /// Their net amount.
    pub amount: Money,
    /// The first such line.
    pub example: String,
}

/// The accepted match of another term that covers `lost` in the later reading, where `lost` is refused as shadowed.
fn shadow_over<'r>(lost: &Match, after: &'r Classification) -> Option<&'r Match> {
    let refused = |refused: &&crate::model::RefusedMatch| {
        refused.code == Refusal::Shadowed && refused.term_id == lost.term_id && refused.span == lost.span
    };
    after.rejected.iter().find(refused)?;
    let covers = |found: &&Match| {
        found.term_id != lost.term_id && found.span.start <= lost.span.start && lost.span.end <= found.span.end
    };
    after.matches.iter().filter(covers).max_by_key(|found| found.span.end - found.span.start)
}

/// Two engines that differ in their dictionary, and what their tables differ in.
pub struct Comparison<'e> {
    before: &'e Engine,
    after: &'e Engine,
    difference: Difference,
    /// Catalogue conditions that differ.
    conditions: usize,
    /// Entries, editions or crosswalk differ: nothing can be said of any line without reading it.
    other_catalogue: bool,
    threads: usize,
}

impl<'e> Comparison<'e> {
    /// Compares the tables of two engines. `threads` never changes an answer.
    pub fn new(before: &'e Engine, after: &'e Engine, threads: usize) -> Result<Self, DictionaryError> {
        let (old, new) = (before.catalogue(), after.catalogue());
        let conditions = changed_conditions(old, new);
        Ok(Self {
            difference: Difference::between(before.dictionary(), after.dictionary(), &conditions)?,
            conditions: conditions.len(),
            other_catalogue: !old.same_entries(new),
            before,
            after,
            threads,
        })
    }

    /// What the tables differ in.
    pub fn difference(&self) -> &Difference {
        &self.difference
    }

    /// Number of catalogue conditions that differ.
    pub fn changed_conditions(&self) -> usize {
        self.conditions
    }

    /// Whether the two engines may read `document` differently. Never false when they do.
    pub fn touches(&self, document: &Document) -> bool {
        self.other_catalogue || self.difference.touches(self.before.dictionary(), self.after.dictionary(), document)
    }

    /// Reads the lines that the change can touch by both dictionaries, under the edition in force on `as_of`, and
    /// keeps those that read differently.
    pub fn lines(&self, lines: &[Document], as_of: jiff::civil::Date) -> Result<LineImpact, NoEdition> {
        let matchers = self.matchers(as_of)?;
        let mut impact = LineImpact { lines: lines.len(), ..LineImpact::default() };
        impact.amount = lines.iter().filter_map(|line| line.amount).sum();
        let work = |line: &Document| self.both(line, matchers);
        let take = |line: &Document, readings: Option<(Classification, Classification)>| {
            let Some((before, after)) = readings else { return };
            impact.read_again += 1;
            if let Some(kind) = ChangeKind::between(&before, &after) {
                impact.changes.push(LineChange { line: line.clone(), kind, before, after });
            }
        };
        each_in_order(self.threads, lines, work, take);
        Ok(impact)
    }

    fn matchers(&self, as_of: jiff::civil::Date) -> Result<(Matcher<'e>, Matcher<'e>), NoEdition> {
        Ok((self.before.matcher(as_of)?, self.after.matcher(as_of)?))
    }

    /// Both readings of a text that the change can touch.
    fn both(
        &self,
        document: &Document,
        matchers: (Matcher<'_>, Matcher<'_>),
    ) -> Option<(Classification, Classification)> {
        self.touches(document).then(|| (matchers.0.read(document), matchers.1.read(document)))
    }
}

/// Ids of conditions that only one catalogue has, or that differ.
fn changed_conditions(before: &Catalogue, after: &Catalogue) -> HashSet<String> {
    let differs = |one: &Catalogue, other: &Catalogue| -> Vec<String> {
        let changed = one.conditions().iter().filter(|condition| other.condition(&condition.id) != Some(condition));
        changed.map(|condition| condition.id.clone()).collect()
    };
    differs(before, after).into_iter().chain(differs(after, before)).collect()
}
