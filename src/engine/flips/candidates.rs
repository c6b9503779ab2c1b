//! Which changes are worth trying on a loan.

use std::collections::BTreeSet;

use super::{Change, Seen};
use crate::{
    decision::Decision,
    dictionary::{Need, Term},
    engine::Engine,
    evidence::best_match,
    matcher::{Matcher, buyer_role},
    model::{
        Checked, Classification, ConditionState, Document, Loan, Match, Money, Refusal, Role, Strength, TextKind,
        Verdict,
    },
    standard::Standard,
};

/// A change with an amount to be found.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// The change; its amount is filled in.
    pub of: Change,
    /// What nothing changed is, for the size of a loan; zero otherwise.
    from: Money,
    /// Whether larger steps make the amount smaller.
    down: bool,
    /// The largest step to try, in 分.
    pub most: i64,
}

impl Scale {
    /// The change at `fen` 分 from nothing changed.
    pub fn change(&self, fen: i64) -> Change {
        let step = Money::from_fen(fen);
        let put = if self.down { self.from - step } else { self.from + step };
        let mut change = self.of.clone();
        match &mut change {
            Change::Bought { amount, .. } | Change::TakenBack { amount, .. } | Change::Lent { amount } => *amount = put,
            _ => {}
        }
        change
    }
}

/// How many words that mark a term are tried.
const MARKS: usize = 6;

/// A green loan is supposed to grow to so many times its size.
const TIMES: i64 = 40;

/// Changes worth trying.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    /// Without an amount, the likeliest first.
    pub fixed: Vec<Change>,
    /// With an amount.
    pub scales: Vec<Scale>,
}

impl Candidates {
    pub fn of(engine: &Engine, standard: &Standard, decision: &Decision, seen: &Seen, loan: &Loan) -> Self {
        if decision.verdict == Verdict::Green { losing(seen, loan) } else { bettering(engine, standard, seen, loan) }
    }
}

/// What would lose the verdict of a green loan.
fn losing(seen: &Seen, loan: &Loan) -> Candidates {
    let mut found = Candidates { fixed: vec![Change::VetoFound], scales: Vec::new() };
    if !loan.proofs.is_empty() {
        found.fixed.push(Change::NoProofs);
    }
    if let Some((line, ..)) = greenest(seen) {
        let of = Change::TakenBack {
            goods: line.goods.clone(),
            spec: line.spec.clone(),
            tax_code: line.tax_code.clone(),
            seller_id: line.seller_id.clone(),
            amount: Money::ZERO,
        };
        let green: Money = seen.vouchers.iter().map(|(_, _, green)| *green).sum();
        found.scales.push(Scale { of, from: Money::ZERO, down: false, most: green.fen().max(1) });
    }
    if let Some(amount) = loan.amount {
        let of = Change::Lent { amount };
        found.scales.push(Scale { of, from: amount, down: false, most: amount.fen().saturating_mul(TIMES) });
    }
    found
}

/// What might better the verdict of a loan that is not green.
fn bettering(engine: &Engine, standard: &Standard, seen: &Seen, loan: &Loan) -> Candidates {
    let mut found = Candidates::default();
    if loan.vetoed != Checked::No {
        found.fixed.push(Change::VetoCleared);
    }
    found.fixed.extend(proofs(seen));
    found.fixed.extend(marks(engine, seen, loan));
    found.fixed.extend(industries(engine, seen, loan));
    if seen.vague && seen.purpose.matches.is_empty() {
        found.fixed.push(Change::Rated { green_revenue: standard.value("green_revenue"), grade: "中绿".to_owned() });
    }
    let mut green: Vec<String> = Vec::new();
    for (line, _, amount) in &seen.vouchers {
        if *amount > Money::ZERO && !line.invoice.is_empty() && !green.contains(&line.invoice.to_string()) {
            green.push(line.invoice.to_string());
        }
    }
    if loan.vouchers.is_empty() && !green.is_empty() {
        found.fixed.push(Change::Tied { invoices: green });
    }
    found.fixed.extend(purposes(seen, loan));
    found.scales = amounts(seen, loan);
    found
}

/// A document for each open condition of what the purpose or a voucher is surely about.
fn proofs(seen: &Seen) -> Vec<Change> {
    let mut asked = BTreeSet::new();
    for found in readings(seen).filter_map(best_match).filter(|found| found.strength == Strength::Sufficient) {
        for row in found.conditions.iter().filter(|row| row.state == ConditionState::NoData) {
            asked.insert((row.id.clone(), row.evidence.clone()));
        }
    }
    asked.into_iter().map(|(condition, document)| Change::Proof { condition, document }).collect()
}

/// Words that would mark a generic term, or that a refused one lacks, in purpose and vouchers.
fn marks(engine: &Engine, seen: &Seen, loan: &Loan) -> Vec<Change> {
    let Some(edition) = engine.catalogue().edition(&seen.edition) else { return Vec::new() };
    let matcher = engine.matcher_for(edition);
    let mut found: Vec<Change> = Vec::new();
    let mut tried: Vec<&str> = Vec::new();
    for (line, reading, _) in &seen.vouchers {
        if tried.contains(&line.goods.as_str()) {
            continue;
        }
        tried.push(&line.goods);
        let plain = line.document(seen.role);
        let with = |mark: &str| {
            let spec = if line.spec.is_empty() { mark.to_owned() } else { format!("{} {mark}", line.spec) };
            Document { spec: Some(spec), ..plain.clone() }
        };
        if let Some(mark) = mark(engine, &matcher, reading, &with) {
            found.push(Change::Marked { goods: line.goods.clone(), mark });
        }
    }
    // 购买空调 → 购买一级能效空调: in front of the thing, where a sentence has it.
    let bare = |text: String| Document {
        text,
        kind: TextKind::Purpose,
        industry: Some(loan.industry.clone()).filter(|code| !code.is_empty()),
        parties: vec![loan.customer.clone()],
        ..Document::default()
    };
    let at = lacking(engine, &seen.purpose).map(|(start, _)| start);
    let marked = |mark: &str| {
        let (before, behind) = loan.purpose.split_at_checked(at.unwrap_or_default()).unwrap_or_default();
        format!("{before}{mark}{behind}")
    };
    if let Some(mark) = mark(engine, &matcher, &seen.purpose, &|mark| bare(marked(mark))) {
        found.push(Change::Purpose { text: marked(&mark) });
    }
    found
}

/// The mark, of those the term knows, under which the text reads best.
fn mark(
    engine: &Engine,
    matcher: &Matcher<'_>,
    reading: &Classification,
    with: &dyn Fn(&str) -> Document,
) -> Option<String> {
    let (_, term) = lacking(engine, reading)?;
    let better = |mark: &String| Some(matcher.read(&with(mark)).verdict).filter(|verdict| *verdict < Verdict::Review);
    let words = company(engine, term).into_iter().take(MARKS);
    words.filter_map(|mark| Some((better(&mark)?, mark))).min_by_key(|(verdict, _)| *verdict).map(|(_, mark)| mark)
}

/// The term of a reading that lacks company: a generic one that stands alone, or one refused for want of it; with its
/// place in the text.
fn lacking<'e>(engine: &'e Engine, reading: &Classification) -> Option<(usize, &'e Term)> {
    let generic = best_match(reading).filter(|found| found.strength == Strength::Generic);
    let refused = reading.rejected.iter().find(|refused| refused.code == Refusal::ContextMissing);
    let (place, id) = match (generic, best_match(reading), refused) {
        (Some(found), ..) => (found.span.start, &found.term_id),
        (None, None, Some(refused)) => (refused.span.start, &refused.term_id),
        _ => return None,
    };
    engine.dictionary().term_by_id(id).map(|term| (place, term))
}

/// Words that are the company a term needs: one for each way to have it, a group of cues standing for its first words.
pub(super) fn company(engine: &Engine, term: &Term) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for way in term.needs.iter() {
        let parts: Vec<Vec<String>> = way
            .iter()
            .map(|need| match need {
                Need::Word(word) => vec![word.clone()],
                Need::Cue(name) => engine
                    .dictionary()
                    .cue(name)
                    .map_or_else(Vec::new, |group| group.words.iter().take(4).cloned().collect()),
            })
            .collect();
        match parts.as_slice() {
            [only] => words.extend(only.iter().cloned()),
            several => {
                let first: Vec<&str> = several.iter().filter_map(|part| part.first()).map(String::as_str).collect();
                words.push(first.join(" "));
            }
        }
    }
    words
}

/// An industry for each role that an entry of the loan knows, when nothing tells the borrower's.
fn industries(engine: &Engine, seen: &Seen, loan: &Loan) -> Vec<Change> {
    if seen.role.is_some() || !loan.industry.is_empty() {
        return Vec::new();
    }
    let mut roles: Vec<Option<Role>> = Vec::new();
    let mut found = Vec::new();
    let entries = readings(seen).filter_map(best_match).flat_map(|found| &found.entries);
    for entry in entries.filter_map(|link| engine.catalogue().entry(&link.edition, &link.code)) {
        for code in &entry.industries {
            let role = buyer_role(code);
            if !roles.contains(&role) {
                roles.push(role);
                found.push(Change::Industry { code: code.clone() });
            }
        }
    }
    found
}

/// The purpose with what the vouchers show was bought: in addition, then alone.
fn purposes(seen: &Seen, loan: &Loan) -> Vec<Change> {
    let Some((_, reading, _)) = greenest(seen) else { return Vec::new() };
    let Some(bought) = best_match(reading) else { return Vec::new() };
    let shares = |named: &Match| {
        named.strength == Strength::Sufficient
            && named.entries.iter().any(|entry| bought.entries.iter().any(|own| own.code == entry.code))
    };
    if best_match(&seen.purpose).is_some_and(shares) {
        return Vec::new();
    }
    let alone = format!("购买{}", bought.text);
    let mut found = Vec::new();
    if !loan.purpose.is_empty() {
        found.push(Change::Purpose { text: format!("{}，{alone}", loan.purpose) });
    }
    found.push(Change::Purpose { text: alone });
    found
}

/// Further invoices, and a smaller loan.
fn amounts(seen: &Seen, loan: &Loan) -> Vec<Scale> {
    let mut scales = Vec::new();
    let goods = match greenest(seen) {
        Some((line, ..)) => Some((line.goods.clone(), line.spec.clone(), line.tax_code.clone())),
        None => best_match(&seen.purpose)
            .filter(|found| found.strength == Strength::Sufficient && found.verdict() != Verdict::NotGreen)
            .map(|found| (found.text.clone(), String::new(), String::new())),
    };
    let Some(lent) = loan.amount else { return scales };
    if let Some((goods, spec, tax_code)) = goods {
        let of = Change::Bought { goods, spec, tax_code, amount: Money::ZERO };
        // More than is lent cannot be what the loan pays for.
        scales.push(Scale { of, from: Money::ZERO, down: false, most: lent.fen() });
    }
    let green: Money = seen.vouchers.iter().map(|(_, _, green)| *green).sum();
    if green > Money::ZERO && green < lent {
        // Less than what the vouchers back would serve nobody.
        scales.push(Scale { of: Change::Lent { amount: lent }, from: lent, down: true, most: (lent - green).fen() });
    }
    scales
}

/// The voucher that adds most to the green amount.
fn greenest(seen: &Seen) -> Option<&(crate::model::InvoiceLine, Classification, Money)> {
    seen.vouchers.iter().filter(|(_, _, green)| *green > Money::ZERO).max_by_key(|(_, _, green)| *green)
}

/// Every text of the loan.
fn readings(seen: &Seen) -> impl Iterator<Item = &Classification> {
    std::iter::once(&seen.purpose).chain(seen.vouchers.iter().map(|(_, reading, _)| reading))
}
