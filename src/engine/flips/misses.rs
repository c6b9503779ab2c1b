//! What nearly held.

use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::{NO_EDITION, Seen, candidates::company};
use crate::{
    decision::Decision,
    engine::Engine,
    evidence::best_match,
    model::{Classification, ConditionState, Loan, Location, Refusal, RefusedMatch, Strength, Verdict},
    standard::{Fact, LoanRule, Standard},
};

/// Something that nearly held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "miss", rename_all = "kebab-case")]
pub enum Miss {
    /// A rule with a better verdict that did not hold; for the rule of a green loan, by how much it holds.
    Rule {
        /// Rule id.
        id: String,
        /// Its verdict.
        verdict: Verdict,
        /// What it lacks, and by how much.
        lacks: Vec<String>,
    },
    /// A condition that is open or unmet.
    Condition {
        /// Condition id.
        id: String,
        /// Which term of which text.
        of: String,
        /// Open or unmet, with the document or the words.
        lacks: String,
        /// Where the text stands.
        location: Location,
    },
    /// A term that stands but says too little by itself.
    Weak {
        /// Which term of which text.
        of: String,
        /// What would mark it.
        lacks: String,
        /// Where the text stands.
        location: Location,
    },
    /// A hit that was refused.
    Refused {
        /// Refusal code.
        code: Refusal,
        /// The hit, with its text.
        of: String,
        /// Why, and what it lacks.
        lacks: String,
        /// Where the text stands.
        location: Location,
    },
    /// Nothing tells the borrower's role.
    Role {
        /// What would tell it.
        lacks: String,
    },
}

/// At most so many refused hits are told: the first of each reason, in file order.
const REFUSED: usize = 6;

/// The misses of a loan: rules first, then terms, then refused hits.
pub(super) fn misses(
    engine: &Engine,
    decision: &Decision,
    seen: Option<&Seen>,
    loan: &Loan,
    standard: &Standard,
) -> Vec<Miss> {
    let mut misses = rules(decision, standard);
    let Some(seen) = seen else { return misses };
    let texts: Vec<(String, &Location, &Classification)> =
        std::iter::once((format!("用途“{}”", loan.purpose), &loan.location, &seen.purpose))
            .chain(
                seen.vouchers.iter().map(|(line, reading, _)| {
                    (format!("发票 {}“{}”", line.invoice, line.goods), &line.location, reading)
                }),
            )
            .collect();
    for (text, location, reading) in &texts {
        let Some(found) = best_match(reading) else { continue };
        let of = format!("{text}的“{}”（{}）", found.text, found.term_id);
        for row in found.conditions.iter().filter(|row| row.state != ConditionState::Met) {
            let lacks = match row.state {
                ConditionState::NoData => format!("缺数据，可由“{}”证明", row.evidence),
                _ => format!("不满足：文中写明“{}”", row.evidence),
            };
            misses.push(Miss::Condition { id: row.id.clone(), of: of.clone(), lacks, location: (*location).clone() });
        }
        if found.strength != Strength::Sufficient && found.verdict() != Verdict::NotGreen {
            let marks =
                engine.dictionary().term_by_id(&found.term_id).map_or_else(Vec::new, |term| company(engine, term));
            misses.push(Miss::Weak { of, lacks: weak(found.strength, &marks), location: (*location).clone() });
        }
    }
    if seen.role.is_none() && texts.iter().any(|(_, _, reading)| !reading.matches.is_empty()) {
        let lacks = "用途没有写明制造、贸易、自用或建设，台账也没有行业代码".to_owned();
        misses.push(Miss::Role { lacks });
    }
    misses.extend(refused(engine, &texts));
    let mut kept: Vec<Miss> = Vec::new();
    for miss in misses {
        if !kept.contains(&miss) {
            kept.push(miss);
        }
    }
    kept
}

fn weak(strength: Strength, marks: &[String]) -> String {
    let first: Vec<&str> = marks.iter().take(5).map(String::as_str).collect();
    if first.is_empty() {
        format!("只是{}词条，不能单独成立", strength.chinese())
    } else {
        format!("只是{}词条，同现“{}”之类的字样才作准", strength.chinese(), first.join("”“"))
    }
}

fn refused(engine: &Engine, texts: &[(String, &Location, &Classification)]) -> Vec<Miss> {
    let mut told: Vec<(Refusal, &str)> = Vec::new();
    let mut misses = Vec::new();
    // Accidents of joints and edges were never near.
    let near = |code: Refusal| !matches!(code, Refusal::Joint | Refusal::LatinEdge | Refusal::Shadowed);
    for (text, location, reading) in texts {
        // A shorter hit inside one that stands is no loss.
        let inside = |hit: &RefusedMatch| {
            reading.matches.iter().any(|own| own.span.start <= hit.span.start && hit.span.end <= own.span.end)
        };
        for hit in reading.rejected.iter().filter(|hit| near(hit.code) && !inside(hit)) {
            if misses.len() >= REFUSED || told.contains(&(hit.code, hit.term_id.as_str())) {
                continue;
            }
            told.push((hit.code, &hit.term_id));
            let mut lacks = hit.code.chinese().to_owned();
            if hit.code == Refusal::ContextMissing
                && let Some(term) = engine.dictionary().term_by_id(&hit.term_id)
            {
                let words = company(engine, term);
                let first: Vec<&str> = words.iter().take(5).map(String::as_str).collect();
                lacks = format!("{lacks}：同现“{}”之类的字样才算", first.join("”“"));
            } else if hit.reason != lacks {
                lacks.clone_from(&hit.reason);
            }
            misses.push(Miss::Refused {
                code: hit.code,
                of: format!("{text}的“{}”（{}）", hit.term, hit.term_id),
                lacks,
                location: (*location).clone(),
            });
        }
    }
    misses
}

/// The rules that would have given more, the best verdict first, each only where it lacks something else than a better
/// one; for a green loan the rule that holds, with its margin.
fn rules(decision: &Decision, standard: &Standard) -> Vec<Miss> {
    if decision.verdict == Verdict::Green {
        let own = standard.rules.iter().find(|rule| rule.id == decision.rule);
        let held = own.and_then(|rule| rule.holding(&decision.facts)).unwrap_or_default();
        let lacks = held.iter().filter_map(|fact| margin(*fact, decision, standard)).collect();
        return vec![Miss::Rule { id: decision.rule.clone(), verdict: decision.verdict, lacks }];
    }
    let mut better: Vec<&LoanRule> = standard
        .rules
        .iter()
        .filter(|rule| {
            decision.rule != NO_EDITION && rule.verdict < decision.verdict && !rule.any.iter().all(Vec::is_empty)
        })
        .collect();
    better.sort_by_key(|rule| rule.verdict);
    let mut known: Vec<BTreeSet<Fact>> = Vec::new();
    let mut misses = Vec::new();
    for rule in better {
        let Some(missing) = rule.missing(&decision.facts) else { continue };
        // Open or clear, a condition is one thing; and nobody wishes for less to be there.
        let wanted: BTreeSet<Fact> = missing
            .iter()
            .copied()
            .filter(|fact| !matches!(fact, Fact::ConditionClear | Fact::ConditionOpen))
            .collect();
        let backwards = |fact: &Fact| {
            matches!(fact, Fact::NoCandidate | Fact::VaguePurpose | Fact::AllUnmet | Fact::Veto | Fact::ShareNegligible)
        };
        if wanted.iter().any(backwards) || known.iter().any(|other| other.is_subset(&wanted)) {
            continue;
        }
        known.push(wanted);
        let lacks = if missing.is_empty() {
            vec![format!("各项都具备，但 {} 先成立", decision.rule)]
        } else {
            missing.iter().map(|fact| shortfall(*fact, decision, standard)).collect()
        };
        misses.push(Miss::Rule { id: rule.id.clone(), verdict: rule.verdict, lacks });
    }
    misses
}

/// How far a missing fact is.
fn shortfall(fact: Fact, decision: &Decision, standard: &Standard) -> String {
    match (fact, decision.green_share) {
        (Fact::ShareGreen, Some(share)) => {
            let bound = standard.value("share_green");
            format!("绿色占比 {}，达标线 {}，差 {} 个百分点", percent(share), percent(bound), points(bound - share))
        }
        (Fact::ShareGreen, None) => "绿色占比未知：没有可用的凭证金额或放款金额".to_owned(),
        (Fact::Confident, _) => {
            let (have, need) = (decision.confident, standard.value("confidence_green"));
            format!("置信分 {}，需 {}，差 {} 分", have.normalize(), need.normalize(), (need - have).normalize())
        }
        (Fact::ConditionClear, _) if decision.facts.contains(&Fact::ConditionOpen) => "界定条件还缺数据".to_owned(),
        (Fact::ConditionClear, _) => "没有足以单独成立的词条".to_owned(),
        _ => format!("缺“{}”", fact.chinese()),
    }
}

/// By how much a fact that holds does.
fn margin(fact: Fact, decision: &Decision, standard: &Standard) -> Option<String> {
    match fact {
        Fact::ShareGreen => {
            let (share, bound) = (decision.green_share?, standard.value("share_green"));
            Some(format!("绿色占比 {}，高出达标线 {} 个百分点", percent(share), points(share - bound)))
        }
        Fact::Confident => {
            let (have, need) = (decision.confident, standard.value("confidence_green"));
            Some(format!("置信分 {}，高出 {} 分", have.normalize(), (have - need).normalize()))
        }
        _ => None,
    }
}

/// A share, cut and not rounded: one 分 under the bound is not the bound.
fn percent(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp_with_strategy(2, RoundingStrategy::ToZero).normalize())
}

/// A difference of shares in percentage points; never rounded to nothing.
fn points(difference: Decimal) -> Decimal {
    let points = difference * Decimal::ONE_HUNDRED;
    let short = points.round_dp(2);
    if short.is_zero() { points.round_sf(1).unwrap_or(points).normalize() } else { short.normalize() }
}
