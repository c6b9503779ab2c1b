//! From matches to evidence: netted, amount-weighted, each invoice once.

mod activity;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

pub use activity::{Activity, TermUse, activity};

use crate::model::{Classification, EntryLink, InvoiceLine, InvoiceStatus, Loan, Match, Money, Strength, Verdict};

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
    /// Net amount of lines that a person must look at: unreadable, or only a generic type.
    pub unclear: Money,
    /// Whether there are such lines.
    pub has_unclear: bool,
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
    let is_tied = |line: &InvoiceLine| loan.vouchers.iter().any(|voucher| same_invoice(voucher, &line.invoice));
    // A ledger that names vouchers means these and no others, also when they are not at hand.
    evidence.tied = !loan.vouchers.is_empty();
    evidence.missing = loan
        .vouchers
        .iter()
        .filter(|number| !lines.iter().any(|read| same_invoice(number, &read.line.invoice)))
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
            let green = matches!(read.reading.verdict, Verdict::Green | Verdict::NeedsEvidence);
            if (green || tied) && !evidence.reused.iter().any(|number| **number == *line.invoice) {
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
        if read.reading.verdict == Verdict::Review {
            evidence.unclear += amount;
            evidence.has_unclear = true;
        }
        if counts && let Some(best) = best_match(read.reading) {
            for entry in &best.entries {
                *evidence.by_entry.entry((entry.edition.clone(), entry.code.clone())).or_default() += green;
            }
        }
        evidence.vouchers.push(Voucher { line, reading: read.reading, tied, green });
    }
    evidence
}

/// Whether a ledger's voucher number names this invoice. Ledgers often give a paper invoice's eight-digit number
/// without the ten- or twelve-digit code that exports put in front.
pub fn same_invoice(voucher: &str, invoice: &str) -> bool {
    let short = voucher.len() == 8 && matches!(invoice.len(), 18 | 20) && invoice.ends_with(voucher);
    !invoice.is_empty() && (voucher == invoice || short)
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

    /// The share if every unclear line turned out green; see [`Self::share`].
    pub fn possible_share(&self, loan: Option<Money>) -> Option<Decimal> {
        let possible = Evidence {
            green: self.green + self.unclear,
            total: self.total,
            has_amounts: self.has_amounts,
            tied: self.tied,
            ..Evidence::default()
        };
        possible.share(loan)
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

/// The entry with the most money behind it, then the one the purpose names, then the one `agrees` (the borrower's
/// industry) speaks for, then the dictionary's order; with whether an entry of another term ties with it. Several
/// entries of one term are no tie: its own order decides between them.
pub fn leading_entry(
    purpose: Option<&Match>,
    evidence: &Evidence<'_>,
    agrees: &dyn Fn(&EntryLink) -> bool,
) -> Option<(EntryLink, bool)> {
    let from_vouchers = evidence.vouchers.iter().filter_map(|voucher| best_match(voucher.reading));
    let found: Vec<&Match> = purpose.into_iter().chain(from_vouchers).collect();
    let mut scored: Vec<((Money, bool, bool), &EntryLink)> = Vec::new();
    for entry in found.iter().flat_map(|found| &found.entries) {
        if scored.iter().any(|(_, known)| known.code == entry.code) {
            continue;
        }
        let key = (entry.edition.clone(), entry.code.clone());
        let money = evidence.by_entry.get(&key).copied().unwrap_or_default();
        let named = purpose.is_some_and(|purpose| purpose.entries.iter().any(|own| own.code == entry.code));
        scored.push(((money, named, agrees(entry)), entry));
    }
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let (score, first) = scored.first()?;
    let together = |code: &str| {
        let holds = |found: &&Match, code: &str| found.entries.iter().any(|entry| entry.code == code);
        found.iter().any(|found| holds(found, code) && holds(found, &first.code))
    };
    let rival = scored.iter().skip(1).any(|(other, entry)| {
        other == score && level_two(&entry.code) != level_two(&first.code) && !together(&entry.code)
    });
    Some(((*first).clone(), rival))
}

fn level_two(code: &str) -> &str {
    let end = code.match_indices('.').nth(1).map_or(code.len(), |(at, _)| at);
    code.get(..end).unwrap_or(code)
}
