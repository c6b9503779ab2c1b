//! One loan under two editions of the catalogue, side by side.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{Decision, Trace};
use crate::{
    catalogue::{Catalogue, Relation},
    model::{EntryLink, Money, Verdict},
    standard::Fact,
};

/// What one edition makes of a loan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditionSide {
    /// Edition id.
    pub edition: String,
    /// Verdict.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: String,
    /// Green share, 0…1.
    pub green_share: Option<Decimal>,
    /// Leading entry.
    pub entry: Option<EntryLink>,
    /// Codes of every entry that purpose and vouchers lead to.
    pub entries: BTreeSet<String>,
}

/// A loan under the edition that applies and under another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideBySide {
    /// 借据号.
    pub loan_id: String,
    /// 客户名称.
    pub customer: String,
    /// 放款金额, yuan.
    pub amount: Option<Money>,
    /// Under the edition that the approval date chooses.
    pub own: EditionSide,
    /// Under the other edition: a trial, never the decision.
    pub other: EditionSide,
    /// Whether verdict and share are the same.
    pub same: bool,
    /// Why they differ, or how the entries correspond.
    pub why: Vec<String>,
}

impl SideBySide {
    /// Compares the decision `own` with the trial `other` of the same loan.
    pub fn of(own: &Decision, other: &Decision, catalogue: &Catalogue) -> Self {
        Self {
            loan_id: own.loan_id.clone(),
            customer: own.customer.clone(),
            amount: own.amount,
            own: side(own),
            other: side(other),
            same: own.verdict == other.verdict && own.green_share == other.green_share,
            why: why(own, other, catalogue),
        }
    }
}

fn side(decision: &Decision) -> EditionSide {
    let mut entries = BTreeSet::new();
    walk(&decision.trace, &mut |step| {
        if let Some(rest) = step.label.strip_prefix("条目 ")
            && let Some((_, code)) = rest.split_once(' ')
        {
            entries.insert(code.split('（').next().unwrap_or(code).to_owned());
        }
    });
    EditionSide {
        edition: decision.edition.clone(),
        verdict: decision.verdict,
        rule: decision.rule.clone(),
        green_share: decision.green_share,
        entry: decision.entry.clone(),
        entries,
    }
}

fn why(own: &Decision, other: &Decision, catalogue: &Catalogue) -> Vec<String> {
    if own.edition == other.edition {
        return vec!["同一版本".to_owned()];
    }
    if own.facts.is_empty() {
        // The loan was not decided at all; its reason says why.
        return own.reasons.iter().take(1).cloned().collect();
    }
    let mut why = Vec::new();
    for (here, there) in [(own, other), (other, own)] {
        let refused = without_entry(here);
        let only: Vec<&String> = refused.iter().filter(|term| !without_entry(there).contains(*term)).collect();
        if !only.is_empty() {
            let names: Vec<&str> = only.iter().take(5).map(|term| term.as_str()).collect();
            why.push(format!("{} 没有“{}”的对应条目（M028）", here.edition, names.join("”“")));
        }
    }
    if own.verdict != other.verdict {
        why.extend(conditions(own, other));
        why.extend(conditions(other, own));
    }
    if own.green_share != other.green_share {
        why.push(format!("绿色占比不同：计入的凭证行不同（{} 与 {}）", percent(own), percent(other)));
    }
    let told = [Fact::ConditionClear, Fact::ConditionOpen, Fact::ShareGreen, Fact::ShareNegligible];
    for (here, there) in [(own, other), (other, own)] {
        let only = here.facts.difference(&there.facts).filter(|fact| !told.contains(fact));
        let names: Vec<&str> = only.map(|fact| fact.chinese()).collect();
        if !names.is_empty() && own.verdict != other.verdict {
            why.push(format!("只在 {} 成立：{}", here.edition, names.join("、")));
        }
    }
    why.extend(crossing(own, other, catalogue));
    why
}

/// The conditions that are open under `here` and not under `there`.
fn conditions(here: &Decision, there: &Decision) -> Option<String> {
    if !here.facts.contains(&Fact::ConditionOpen) || !there.facts.contains(&Fact::ConditionClear) {
        return None;
    }
    // Other things wanted settle no condition.
    let wanted = here.wanted.iter().filter(|wanted| wanted.settles.starts_with("C-"));
    let asked: BTreeSet<&str> = wanted.map(|wanted| wanted.document.as_str()).collect();
    let asked = asked.into_iter().collect::<Vec<_>>().join("、");
    Some(format!("{} 的界定条件缺数据（{asked}），{} 没有缺的条件", here.edition, there.edition))
}

/// How the leading entries correspond.
fn crossing(own: &Decision, other: &Decision, catalogue: &Catalogue) -> Option<String> {
    let (one, two) = (own.entry.as_ref()?, other.entry.as_ref()?);
    let known = catalogue.crosswalk().iter().find(|row| {
        let is = |from: &EntryLink, to: &EntryLink| {
            row.from == (from.edition.clone(), from.code.clone()) && row.to == (to.edition.clone(), to.code.clone())
        };
        is(one, two) || is(two, one)
    });
    let (here, there) = (format!("{} {}", one.edition, one.code), format!("{} {}", two.edition, two.code));
    Some(match known {
        None => format!("{here} 与 {there} 在对应表中没有直接对应"),
        Some(row) => {
            let relation = match row.relation {
                Relation::Exact => "内容相同",
                Relation::Narrower => "旧条目较窄",
                Relation::Broader => "旧条目较宽",
                Relation::Related => "部分重合",
            };
            let note = if row.note.is_empty() { String::new() } else { format!("：{}", row.note) };
            format!("{here} 与 {there} {relation}{note}")
        }
    })
}

/// Terms refused because the edition has no entry for them.
fn without_entry(decision: &Decision) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    walk(&decision.trace, &mut |step| {
        if step.result.starts_with("M028")
            && let Some(term) = step.label.strip_prefix("未采 ")
        {
            terms.insert(term.split_once(' ').map_or(term, |(_, name)| name).to_owned());
        }
    });
    terms
}

fn walk(step: &Trace, see: &mut dyn FnMut(&Trace)) {
    see(step);
    for below in &step.steps {
        walk(below, see);
    }
}

fn percent(decision: &Decision) -> String {
    decision.green_share.map_or_else(|| "未知".to_owned(), super::assess::percent)
}
