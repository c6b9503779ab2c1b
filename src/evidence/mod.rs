//! From matches to evidence: netted, amount-weighted, each invoice once.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::model::{
    Classification, ConditionState, EntryLink, InvoiceLine, InvoiceStatus, Loan, Match, Money, Strength, Verdict,
};

/// An invoice line with its reading.
#[derive(Clone, Copy, Debug)]
pub struct ReadLine<'l> {
    /// The line; the borrower is its buyer.
    pub line: &'l InvoiceLine,
    /// What the text says.
    pub reading: &'l Classification,
    /// Claimed by an earlier loan.
    pub claimed: bool,
}

/// Days before and after disbursement within which invoices count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Days before.
    pub before: i64,
    /// Days after.
    pub after: i64,
}

/// One voucher line as the decision uses it.
#[derive(Clone, Debug)]
pub struct Voucher<'l> {
    /// The line.
    pub line: &'l InvoiceLine,
    /// Its reading.
    pub reading: &'l Classification,
    /// Tied to the loan by number.
    pub tied: bool,
    /// What it adds to the green amount; zero unless it is green or needs evidence.
    pub green: Money,
}

/// The evidence of one loan.
#[derive(Clone, Debug, Default)]
pub struct Evidence<'l> {
    /// Lines that count, in file order.
    pub vouchers: Vec<Voucher<'l>>,
    /// Net total of the lines that count.
    pub total: Money,
    /// Net amount of green lines.
    pub green: Money,
    /// Whether any line carries an amount.
    pub has_amounts: bool,
    /// Whether the lines are tied to the loan by number.
    pub tied: bool,
    /// Net green amount by entry; a line with several candidate entries counts under each.
    pub by_entry: BTreeMap<(String, String), Money>,
    /// Lines left out: void.
    pub void: usize,
    /// Lines left out: dated outside the window.
    pub outside: usize,
    /// Invoices left out because an earlier loan used them.
    pub reused: Vec<String>,
    /// Tied numbers that no invoice bears.
    pub missing: Vec<String>,
}

/// Collects the evidence of `loan` from the lines its borrower bought.
///
/// Tied vouchers count whatever their date; without tied ones, every purchase in the window counts. Red-letter lines
/// count even after the window, because they take back what stood inside it.
pub fn collect<'l>(loan: &Loan, lines: &[ReadLine<'l>], window: Window) -> Evidence<'l> {
    let mut evidence = Evidence::default();
    let is_tied = |line: &InvoiceLine| !line.invoice.is_empty() && loan.vouchers.iter().any(|v| *v == *line.invoice);
    evidence.tied = lines.iter().any(|read| is_tied(read.line));
    evidence.missing = loan
        .vouchers
        .iter()
        .filter(|number| !lines.iter().any(|read| *read.line.invoice == ***number))
        .cloned()
        .collect();
    for read in lines {
        let line = read.line;
        let tied = is_tied(line);
        let takes_back = line.red || line.amount.is_some_and(|amount| amount < Money::ZERO);
        if evidence.tied && !tied && !takes_back {
            continue;
        }
        if line.status == InvoiceStatus::Void {
            evidence.void += 1;
            continue;
        }
        if !tied && !within(line.date, loan.disbursed, window, takes_back) {
            evidence.outside += 1;
            continue;
        }
        if evidence.tied && !tied && !matches_tied(line, lines, &is_tied) {
            continue;
        }
        if read.claimed {
            if !evidence.reused.iter().any(|number| **number == *line.invoice) {
                evidence.reused.push(line.invoice.to_string());
            }
            continue;
        }
        let amount = line.amount.unwrap_or_default();
        let counts = matches!(read.reading.verdict, Verdict::Green | Verdict::NeedsEvidence);
        let green = if counts { amount } else { Money::ZERO };
        evidence.has_amounts |= line.amount.is_some();
        evidence.total += amount;
        evidence.green += green;
        if counts && let Some(best) = best_match(read.reading) {
            for entry in &best.entries {
                *evidence.by_entry.entry((entry.edition.clone(), entry.code.clone())).or_default() += green;
            }
        }
        evidence.vouchers.push(Voucher { line, reading: read.reading, tied, green });
    }
    evidence
}

/// A red-letter line outside the tied invoices belongs to them when goods and seller are the same.
fn matches_tied(red: &InvoiceLine, lines: &[ReadLine<'_>], is_tied: &dyn Fn(&InvoiceLine) -> bool) -> bool {
    lines.iter().any(|read| is_tied(read.line) && read.line.goods == red.goods && read.line.seller_id == red.seller_id)
}

fn within(date: Option<Date>, disbursed: Option<Date>, window: Window, takes_back: bool) -> bool {
    let (Some(date), Some(disbursed)) = (date, disbursed) else { return true };
    let days = disbursed.until(date).map_or(0, |span| i64::from(span.get_days()));
    -window.before <= days && (days <= window.after || takes_back)
}

/// The match a reading rests on: the best verdict, then the first in the text.
pub fn best_match(reading: &Classification) -> Option<&Match> {
    reading.matches.iter().min_by_key(|found| (found.verdict(), found.span))
}

impl Evidence<'_> {
    /// Green share of the loan: tied vouchers ÷ loan; untied, the lower of that and green ÷ all purchases, because a
    /// big buyer could otherwise dress any loan. `None` when there are no amounts. Always within 0…1.
    pub fn share(&self, loan: Option<Money>) -> Option<Decimal> {
        if !self.has_amounts {
            return None;
        }
        let bounded = |share: Decimal| share.clamp(Decimal::ZERO, Decimal::ONE);
        let of_loan = bounded(self.green.share_of(loan?)?);
        if self.tied {
            return Some(of_loan);
        }
        let of_purchases = self.green.share_of(self.total).map_or(Decimal::ZERO, bounded);
        Some(of_loan.min(of_purchases))
    }

    /// Voucher total ÷ loan.
    pub fn cover(&self, loan: Option<Money>) -> Option<Decimal> {
        if self.has_amounts { self.total.share_of(loan?) } else { None }
    }

    /// The strongest strength among voucher matches that stand; lines with an unmet condition do not.
    pub fn strength(&self) -> Option<Strength> {
        self.vouchers.iter().filter_map(|voucher| strength(voucher.reading)).min()
    }
}

/// The strength of a reading that is not refuted by an unmet condition.
pub fn strength(reading: &Classification) -> Option<Strength> {
    reading.matches.iter().filter(|found| found.verdict() != Verdict::NotGreen).map(|found| found.strength).min()
}

/// Whether a match has a condition in this state.
pub fn has_condition(found: &Match, state: ConditionState) -> bool {
    found.conditions.iter().any(|condition| condition.state == state)
}

/// The entry both sides point to, or the one with the most money behind it; with whether another one ties with it.
pub fn leading_entry(purpose: Option<&Match>, evidence: &Evidence<'_>) -> Option<(EntryLink, bool)> {
    let mut scored: Vec<(Money, bool, EntryLink)> = Vec::new();
    let from_vouchers = evidence.vouchers.iter().filter_map(|voucher| best_match(voucher.reading));
    for found in purpose.into_iter().chain(from_vouchers) {
        for entry in &found.entries {
            if scored.iter().any(|(_, _, known)| known.code == entry.code) {
                continue;
            }
            let money =
                evidence.by_entry.get(&(entry.edition.clone(), entry.code.clone())).copied().unwrap_or_default();
            let named = purpose.is_some_and(|purpose| purpose.entries.iter().any(|own| own.code == entry.code));
            scored.push((money, named, entry.clone()));
        }
    }
    scored.sort_by_key(|(money, named, _)| std::cmp::Reverse((*money, *named)));
    let (money, named, first) = scored.first()?.clone();
    // Entries of one term under several roles are no tie: the role decides between them.
    let rival = scored.iter().skip(1).any(|(other, other_named, entry)| {
        *other == money
            && *other_named == named
            && entry.role == first.role
            && entry.code != first.code
            && level_two(&entry.code) != level_two(&first.code)
    });
    Some((first, rival))
}

fn level_two(code: &str) -> &str {
    let end = code.match_indices('.').nth(1).map_or(code.len(), |(at, _)| at);
    code.get(..end).unwrap_or(code)
}
