//! The principal reasons of a loan's decision: few, in plain Chinese, each naming its evidence.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::assess::{Case, Findings, percent};
use crate::{
    evidence::best_match,
    model::{Checked, Classification, ConditionState, Match, Money, Strength},
    standard::{Fact, LoanRule, Standard},
};

/// How many reasons a reader is given.
const PRINCIPAL: usize = 4;

/// The rule's own sentence first, then the facts that it rests on. A rule that always holds rests on what kept a better
/// rule from holding: of those the nearest one. No other factor is named.
pub(super) fn reasons(case: &Case<'_>, findings: &Findings, rule: &LoanRule, standard: &Standard) -> Vec<String> {
    let lead = match case.loan.vetoed {
        Checked::Yes if rule.any.iter().flatten().any(|fact| *fact == Fact::Veto) => {
            format!("{}：{}", rule.reason, case.loan.veto_reason)
        }
        _ => rule.reason.clone(),
    };
    let held = rule.holding(&findings.facts).unwrap_or_default();
    let factors: Vec<String> = if held.is_empty() {
        let better = standard.rules.iter().filter(|other| other.verdict < rule.verdict && !other.any.is_empty());
        let nearest = better.min_by_key(|other| other.missing(&findings.facts).map_or(usize::MAX, |lacks| lacks.len()));
        let missing: BTreeSet<Fact> =
            nearest.and_then(|other| other.missing(&findings.facts)).unwrap_or_default().into_iter().collect();
        let open = nearest.is_some_and(|other| other.any.iter().flatten().any(|fact| *fact == Fact::ConditionOpen))
            && findings.facts.contains(&Fact::ConditionOpen);
        OBSTACLES
            .iter()
            .filter(|fact| missing.contains(fact) || **fact == Fact::ConditionOpen && open)
            .filter_map(|fact| obstacle(*fact, case, findings, standard))
            .collect()
    } else {
        let mut said: Vec<&Fact> = held.iter().collect();
        said.sort_by_key(|fact| SUPPORTS.iter().position(|known| known == *fact).unwrap_or(SUPPORTS.len()));
        said.into_iter().filter_map(|fact| support(*fact, case, findings, standard)).collect()
    };
    std::iter::once(lead).chain(factors).take(PRINCIPAL).collect()
}

/// In what order facts that hold are told.
const SUPPORTS: [Fact; 11] = [
    Fact::NoCandidate,
    Fact::VaguePurpose,
    Fact::AllUnmet,
    Fact::ConditionOpen,
    Fact::ShareNegligible,
    Fact::CoverEnough,
    Fact::GreenRevenue,
    Fact::GradeMid,
    Fact::TwoKinds,
    Fact::ShareGreen,
    Fact::ConditionClear,
];

/// In what order facts that are missing are told. Confidence comes last: it follows from the others.
const OBSTACLES: [Fact; 8] = [
    Fact::ShareGreen,
    Fact::TwoKinds,
    Fact::ConditionOpen,
    Fact::RoleKnown,
    Fact::NoTie,
    Fact::VetoChecked,
    Fact::EditionClear,
    Fact::Confident,
];

/// What a fact that holds says of this loan, with its evidence.
fn support(fact: Fact, case: &Case<'_>, findings: &Findings, standard: &Standard) -> Option<String> {
    let bound = |name: &str| percent(standard.value(name));
    Some(match fact {
        Fact::NoCandidate if case.purpose.reason.starts_with("用途") => case.purpose.reason.clone(),
        Fact::NoCandidate => format!("用途：{}", case.purpose.reason),
        Fact::VaguePurpose if findings.facts.contains(&Fact::NoCandidate) => return None,
        Fact::VaguePurpose => format!("用途“{}”笼统", case.loan.purpose),
        Fact::AllUnmet => readings(case).find_map(|(name, reading)| {
            let unmet = best_match(reading)?.conditions.iter().find(|row| row.state == ConditionState::Unmet)?;
            Some(format!("{name}写明“{}”，不满足条件 {}", unmet.evidence, unmet.id))
        })?,
        Fact::ShareNegligible => {
            format!("绿色占比 {}，低于 {}{}", percent(findings.share?), bound("share_negligible"), sums(case))
        }
        Fact::CoverEnough => format!("凭证合计 {}，为放款金额的 {}", case.evidence.total, percent(findings.cover?)),
        Fact::GreenRevenue => format!("绿色营收占比 {}", percent(case.loan.green_revenue?)),
        Fact::GradeMid => format!("评绿等级{}", case.loan.grade),
        Fact::ConditionClear => {
            let met = |found: &Match| {
                found.conditions.iter().find(|row| row.state == ConditionState::Met).map(|row| row.evidence.clone())
            };
            let said =
                readings(case).find_map(|(name, reading)| best_match(reading).and_then(met).map(|it| (name, it)));
            match said {
                Some((name, words)) => format!("界定条件已满足（{name}：{words}）"),
                None => "条目对该物没有界定条件".to_owned(),
            }
        }
        Fact::ConditionOpen => {
            let documents: BTreeSet<String> = readings(case)
                .filter_map(|(_, reading)| best_match(reading))
                .filter(|found| found.strength == Strength::Sufficient)
                .flat_map(|found| &found.conditions)
                .filter(|row| row.state == ConditionState::NoData)
                .map(|row| row.evidence.clone())
                .collect();
            format!("缺：{}", documents.into_iter().collect::<Vec<_>>().join("、"))
        }
        Fact::TwoKinds => {
            let named = best_match(case.purpose)?;
            let green = case.evidence.vouchers.iter().filter(|voucher| voucher.green > Money::ZERO);
            let voucher = green.max_by_key(|voucher| voucher.green)?;
            format!("用途写明“{}”，发票 {} 为“{}”", named.text, voucher.line.invoice, voucher.line.goods)
        }
        Fact::ShareGreen => {
            format!("绿色占比 {}，达标线 {}{}", percent(findings.share?), bound("share_green"), sums(case))
        }
        _ => return None,
    })
}

/// What a missing fact means for this loan.
fn obstacle(fact: Fact, case: &Case<'_>, findings: &Findings, standard: &Standard) -> Option<String> {
    Some(match fact {
        Fact::ShareGreen => match findings.share {
            None => "没有可用的凭证金额，绿色占比未知".to_owned(),
            Some(share) => {
                let short = |share: Decimal| format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp(1).normalize());
                // Rounding must not turn 94.96 % into the bound itself.
                let near = short(share) == short(standard.value("share_green"));
                format!("绿色占比 {}，未达标", if near { percent(share) } else { short(share) })
            }
        },
        Fact::TwoKinds => {
            if findings.disagree {
                "用途与凭证指向不同条目".to_owned()
            } else if best_match(case.purpose).is_none() {
                format!("用途没有写明绿色内容（{}）", case.purpose.reason)
            } else if case.evidence.vouchers.is_empty() {
                "只有用途文本，没有发票凭证".to_owned()
            } else if case.evidence.strength().is_none() {
                "凭证中没有与用途相符的绿色内容".to_owned()
            } else {
                "用途或凭证只有通用类型，不足以互证".to_owned()
            }
        }
        Fact::ConditionOpen => "界定条件缺数据".to_owned(),
        Fact::RoleKnown => "借款人角色不明（制造、贸易、自用或建设）".to_owned(),
        Fact::NoTie => "两个条目难分先后".to_owned(),
        Fact::VetoChecked => "否决项未查".to_owned(),
        Fact::EditionClear => "审批日处于新旧目录交替期".to_owned(),
        Fact::Confident => format!("置信分 {}，未达建议认绿的分数", findings.confidence),
        _ => return None,
    })
}

/// The texts of the loan by name: its purpose, then its vouchers.
fn readings<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (String, &'c Classification)> {
    let vouchers = case.evidence.vouchers.iter();
    std::iter::once(("用途".to_owned(), case.purpose))
        .chain(vouchers.map(|voucher| (format!("发票 {}", voucher.line.invoice), voucher.reading)))
}

/// The amounts behind the share.
fn sums(case: &Case<'_>) -> String {
    let loan = case.loan.amount.map_or_else(String::new, |amount| format!("，放款 {amount}"));
    format!("（绿色凭证 {}，凭证合计 {}{loan}）", case.evidence.green, case.evidence.total)
}
