//! Cases run through the engine, and terms counted in a corpus.

use std::collections::{BTreeMap, HashSet};

use super::{Check, LintCode, Read, raw::Row, spread};
use crate::model::{Classification, Refusal, TextKind};

/// Found in more than one line of this many: noisy.
const NOISY: usize = 100;
/// A corpus with fewer lines says nothing of frequencies.
const ENOUGH: usize = 200;

/// How one case came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Stands,
    Shadowed,
    Absent,
}

/// Faults of a row that keep its cases from coming out; running them would only say the same again.
const BROKEN: [LintCode; 5] =
    [LintCode::NoRole, LintCode::UnknownRole, LintCode::UnknownEntry, LintCode::ExpiredEntry, LintCode::NeedsMissing];

pub(super) fn check(check: &mut Check<'_>, read: Read<'_>) {
    let is_broken = |code: &str| BROKEN.iter().any(|broken| broken.code() == code);
    let broken: HashSet<String> =
        check.found.iter().filter(|found| is_broken(found.code)).map(|found| found.id.clone()).collect();
    let cases: Vec<Row<'_>> = check
        .rows
        .cases()
        .filter(|case| check.terms.get(case.get("term_id")).is_some_and(|term| term.active()))
        .filter(|case| !broken.contains(case.get("term_id")))
        .collect();
    let outcomes = spread(check.task.threads, &cases, |case| {
        let (id, text) = (case.get("term_id"), case.get("text"));
        let line = read(text, TextKind::InvoiceLine);
        let first = outcome(&line, id);
        if case.get("expect") == "hit" && first != Outcome::Stands {
            // A hit may stand in either kind of text.
            let second = outcome(&read(text, TextKind::Purpose), id);
            if second == Outcome::Stands || first == Outcome::Absent {
                return (second, reason(&line, id));
            }
        }
        (first, reason(&line, id))
    });
    let mut shadowed: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (case, (outcome, reason)) in cases.iter().zip(outcomes) {
        let (id, text) = (case.get("term_id"), case.get("text"));
        let failed = match case.get("expect") {
            "hit" => {
                let count = shadowed.entry(id).or_default();
                count.0 += usize::from(outcome == Outcome::Shadowed);
                count.1 += 1;
                outcome == Outcome::Absent
            }
            "miss" => outcome == Outcome::Stands,
            _ => false,
        };
        if failed {
            let wanted = if case.get("expect") == "hit" { "应命中而未命中" } else { "不应命中而命中" };
            check.row(LintCode::FailingCase, *case, id, format!("“{text}”{wanted}（{reason}）"));
        }
    }
    for (id, (covered, all)) in shadowed {
        if covered == all
            && let Some(row) = check.terms.get(id).copied()
        {
            check.term(LintCode::AlwaysShadowed, row, format!("{all} 条 hit 用例都由更长的词条覆盖"));
        }
    }
}

/// How often each term stands in the corpus.
pub(super) fn corpus(check: &mut Check<'_>, read: Read<'_>) {
    let corpus = check.task.corpus;
    if corpus.is_empty() {
        return;
    }
    let found = spread(check.task.threads, corpus, |line| {
        let reading = read(line, TextKind::InvoiceLine);
        reading.matches.into_iter().map(|found| found.term_id).collect::<HashSet<String>>()
    });
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for id in found.into_iter().flatten() {
        *count.entry(id).or_default() += 1;
    }
    for row in check.active() {
        match count.get(row.get("id")).copied().unwrap_or(0) {
            0 => check.term(LintCode::NeverHit, row, format!("{} 行语料里没有命中", corpus.len())),
            hits if corpus.len() >= ENOUGH && hits * NOISY > corpus.len() => {
                check.term(LintCode::Noisy, row, format!("{} 行语料里命中 {hits} 行，超过百分之一", corpus.len()));
            }
            _ => {}
        }
    }
}

fn outcome(reading: &Classification, id: &str) -> Outcome {
    if reading.matches.iter().any(|found| found.term_id == id) {
        Outcome::Stands
    } else if reading.rejected.iter().any(|refused| refused.term_id == id && refused.code == Refusal::Shadowed) {
        Outcome::Shadowed
    } else {
        Outcome::Absent
    }
}

/// Why the term does not stand, or how the text was read.
fn reason(reading: &Classification, id: &str) -> String {
    let refused = reading.rejected.iter().find(|refused| refused.term_id == id);
    refused.map_or_else(|| reading.reason.clone(), |refused| format!("{} {}", refused.code, refused.reason))
}
