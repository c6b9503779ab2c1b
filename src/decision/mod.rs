//! The decisions: 认绿 for a loan, and the trace that explains it.

mod assess;
mod editions;
mod rate;
mod rating;
mod reasons;
mod score;
mod trace;

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

pub use assess::{Case, assess, try_out};
pub use editions::{EditionSide, SideBySide};
pub use rate::{RateCase, rate};
pub use rating::{Fetch, IndicatorScore, Rating, ScoreState, VetoState};
pub use trace::Trace;

use crate::{
    model::{EntryLink, Money, Scene, Verdict},
    standard::Fact,
};

/// A document that would settle something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Wanted {
    /// The document.
    pub document: String,
    /// The condition or check it settles.
    pub settles: String,
}

/// 认绿: is this loan green?
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// 借据号.
    pub loan_id: String,
    /// 客户名称.
    pub customer: String,
    /// 经办机构.
    pub branch: String,
    /// 放款日期.
    pub disbursed: Option<Date>,
    /// GB/T 4754 code of the borrower.
    pub industry: String,
    /// 放款金额, yuan.
    pub amount: Option<Money>,
    /// The verdict. Green is a suggestion until a named reviewer signs.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: String,
    /// 绿色占比, 0…1, exact; absent when there are no amounts.
    pub green_share: Option<Decimal>,
    /// Proposed green amount, yuan.
    pub green_amount: Option<Money>,
    /// Voucher total ÷ loan.
    pub cover: Option<Decimal>,
    /// Confidence in whole points: an order, not a probability.
    pub confidence: i64,
    /// Leading entry.
    pub entry: Option<EntryLink>,
    /// Its scene.
    pub scene: Option<Scene>,
    /// At most four principal reasons, the rule's own first; the trace has all.
    pub reasons: Vec<String>,
    /// Documents to fetch.
    pub wanted: Vec<Wanted>,
    /// Things a reviewer should look at; none rejects by itself.
    pub flags: Vec<String>,
    /// Edition id.
    pub edition: String,
    /// Pack id.
    pub standard: String,
    /// What every reader must know of the pack.
    pub notice: String,
    /// Engine version and content hashes.
    pub fingerprint: String,
    /// The tree of reasons.
    pub trace: Trace,
    /// The facts that held. Not kept: the trace says them in words.
    #[serde(skip)]
    pub facts: BTreeSet<Fact>,
    /// The confidence that the rules saw, where an open condition does not cap it. Not kept.
    #[serde(skip)]
    pub confident: Decimal,
}
