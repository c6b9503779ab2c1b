//! Loans whose decision changes.

use std::collections::HashSet;

use super::Comparison;
use crate::{
    decision::Decision,
    engine::{DecisionTask, LoanInput},
    model::{Document, InvoiceLine, Loan, Money, TextKind},
};

/// A loan that is decided differently.
#[derive(Clone, Debug, PartialEq)]
pub struct LoanChange {
    /// By the earlier dictionary.
    pub before: Decision,
    /// By the later dictionary.
    pub after: Decision,
}

/// What changed over a ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoanImpact {
    /// Loans in the ledger.
    pub loans: usize,
    /// Loans decided again because their purpose or their borrower's lines may be touched.
    pub decided_again: usize,
    /// Loans whose verdict, entry, green share or green amount changed, in ledger order.
    pub changes: Vec<LoanChange>,
}

impl LoanImpact {
    /// Sum of the proposed green amounts of the changed loans, before and after.
    pub fn green_amounts(&self) -> (Money, Money) {
        let sum = |side: fn(&LoanChange) -> &Decision| -> Money {
            self.changes.iter().filter_map(|change| side(change).green_amount).sum()
        };
        (sum(|change| &change.before), sum(|change| &change.after))
    }
}

/// Whether two decisions on one loan differ in what a bank books: verdict, entry, share or amount.
fn differ(before: &Decision, after: &Decision) -> bool {
    let entry = |decision: &Decision| decision.entry.as_ref().map(|entry| (entry.code.clone(), entry.role));
    before.verdict != after.verdict
        || entry(before) != entry(after)
        || before.green_share != after.green_share
        || before.green_amount != after.green_amount
}

impl Comparison<'_> {
    /// Decides again, by both dictionaries, the loans of every borrower with a purpose or a bought line that the
    /// change can touch: the loans of one borrower share its invoices, so they are decided together.
    pub fn loans(&self, input: LoanInput<'_>, task: DecisionTask<'_>) -> LoanImpact {
        let borrowers: HashSet<&str> = input.loans.iter().map(borrower).collect();
        let buyer = |line: &'_ InvoiceLine| -> String {
            if borrowers.contains(&*line.buyer_id) { line.buyer_id.to_string() } else { line.buyer.to_string() }
        };
        let mut touched: HashSet<String> = HashSet::new();
        for loan in input.loans {
            let purpose = Document { text: loan.purpose.clone(), kind: TextKind::Purpose, ..Document::default() };
            if self.touches(&purpose) {
                touched.insert(borrower(loan).to_owned());
            }
        }
        for line in input.invoices {
            let key = buyer(line);
            if borrowers.contains(key.as_str()) && !touched.contains(&key) && self.touches(&line.document(None)) {
                touched.insert(key);
            }
        }
        let loans: Vec<Loan> = input.loans.iter().filter(|loan| touched.contains(borrower(loan))).cloned().collect();
        // The lines keep their buyer: one whose tax id names a borrower that is left out is left out with it.
        let invoices: Vec<InvoiceLine> =
            input.invoices.iter().filter(|line| touched.contains(&buyer(line))).cloned().collect();
        let part = LoanInput { loans: &loans, invoices: &invoices };
        let before = self.before.assess(part, task);
        let after = self.after.assess(part, task);
        let changes = before
            .into_iter()
            .zip(after)
            .filter(|(before, after)| differ(before, after))
            .map(|(before, after)| LoanChange { before, after })
            .collect();
        LoanImpact { loans: input.loans.len(), decided_again: loans.len(), changes }
    }
}

/// What joins a loan to its invoices: the tax id, or without one the name.
fn borrower(loan: &Loan) -> &str {
    if loan.tax_id.is_empty() { &loan.customer } else { &loan.tax_id }
}
