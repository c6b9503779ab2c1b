//! What an enterprise bought and sold in the window before it is rated.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Evidence, ReadLine, Voucher, Window, best_match, collect};
use crate::model::{Direction, Loan, Money, Scene, Verdict};

/// Both sides of an enterprise's invoices in the window.
#[derive(Clone, Debug, Default)]
pub struct Activity<'l> {
    /// Purchases, without the excluded ones.
    pub bought: Evidence<'l>,
    /// Sales.
    pub sold: Evidence<'l>,
    /// Purchases left out as rent or wages.
    pub excluded: usize,
}

/// One term that stands behind the lines of a side.
#[derive(Clone, Debug, Default)]
pub struct TermUse<'l> {
    /// Its lines, in file order.
    pub vouchers: Vec<&'l Voucher<'l>>,
    /// Its scene.
    pub scene: Option<Scene>,
    /// Codes of its entries.
    pub codes: BTreeSet<&'l str>,
    /// Whether one of its lines has no open condition.
    pub proven: bool,
    /// Documents that would settle open conditions.
    pub documents: BTreeSet<&'l str>,
    net: Money,
    unpriced: bool,
}

/// Collects both sides. `bought` and `sold` are the enterprise's lines; only those within `days` before `as_of` count,
/// and red-letter lines whatever later day they bear, because they take back what stood inside.
pub fn activity<'l>(
    bought: &[ReadLine<'l>],
    sold: &[ReadLine<'l>],
    excluded_labels: &[String],
    (days, as_of): (i64, Date),
) -> Activity<'l> {
    let day = Loan { disbursed: Some(as_of), ..Loan::default() };
    let window = Window { before: days, after: 0 };
    let kept: Vec<ReadLine<'l>> = bought.iter().filter(|read| !has_label(read, excluded_labels)).copied().collect();
    Activity {
        bought: collect(&day, &kept, window),
        sold: collect(&day, sold, window),
        excluded: bought.len() - kept.len(),
    }
}

/// Whether the tax label in front of the goods name, `*经营租赁*`, holds one of `labels`.
fn has_label(read: &ReadLine<'_>, labels: &[String]) -> bool {
    let mut parts = read.line.goods.split('*');
    let (Some(""), Some(label)) = (parts.next().map(str::trim), parts.next()) else { return false };
    labels.iter().any(|word| label.contains(word.as_str()))
}

impl<'l> Activity<'l> {
    /// One side.
    pub fn side(&self, side: Direction) -> &Evidence<'l> {
        match side {
            Direction::Bought => &self.bought,
            Direction::Sold => &self.sold,
        }
    }
}

impl<'l> Evidence<'l> {
    /// Net green amount ÷ net amount, 0…1; `None` without amounts, or when nothing is left after netting.
    pub fn own_share(&self) -> Option<Decimal> {
        let share = self.green.share_of(self.total).filter(|_| self.has_amounts)?;
        Some(share.clamp(Decimal::ZERO, Decimal::ONE))
    }

    /// The accepted terms whose lines are not taken back, by term id.
    pub fn terms(&'l self) -> BTreeMap<&'l str, TermUse<'l>> {
        let mut terms: BTreeMap<&'l str, TermUse<'l>> = BTreeMap::new();
        for voucher in &self.vouchers {
            let counts = matches!(voucher.reading.verdict, Verdict::Green | Verdict::NeedsEvidence);
            let Some(found) = best_match(voucher.reading).filter(|_| counts) else { continue };
            let term = terms.entry(found.term_id.as_str()).or_default();
            term.scene = Some(found.scene);
            term.codes.extend(found.entries.iter().map(|entry| entry.code.as_str()));
            term.net += voucher.green;
            term.unpriced |= voucher.line.amount.is_none() && !voucher.line.red;
            if voucher.green >= Money::ZERO {
                term.proven |= voucher.reading.verdict == Verdict::Green;
                let open = found.conditions.iter().filter(|row| row.state == crate::model::ConditionState::NoData);
                term.documents.extend(open.map(|row| row.evidence.as_str()));
                term.vouchers.push(voucher);
            }
        }
        terms.retain(|_, term| term.net > Money::ZERO || term.unpriced);
        terms
    }
}
