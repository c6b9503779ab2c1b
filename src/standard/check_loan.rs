//! What is wrong with a pack's rules for loans.

use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

use super::{
    EditionRule, Fact, Finding, Parameter,
    check::{finding, repeated},
    loan_file::LoanRules,
};

/// Facts that never hold together.
const CONTRARY: &[(Fact, Fact)] = &[
    (Fact::ConditionClear, Fact::ConditionOpen),
    (Fact::ShareGreen, Fact::ShareNegligible),
    (Fact::NoCandidate, Fact::AllUnmet),
    (Fact::NoCandidate, Fact::ConditionClear),
    (Fact::NoCandidate, Fact::ConditionOpen),
    (Fact::NoCandidate, Fact::TwoKinds),
    (Fact::AllUnmet, Fact::ConditionClear),
    (Fact::AllUnmet, Fact::ConditionOpen),
    (Fact::AllUnmet, Fact::TwoKinds),
    (Fact::VaguePurpose, Fact::TwoKinds),
];

/// A fact that always brings another.
const IMPLIED: &[(Fact, Fact)] = &[(Fact::Veto, Fact::VetoChecked)];

/// Faults of the rules for loans that need nothing else.
pub(super) fn loan(rules: &LoanRules, period: (Option<Date>, Option<Date>)) -> Vec<Finding> {
    let mut found = reach(rules);
    found.extend(repeated(rules.rules.iter().map(|rule| (rule.id.as_str(), None))));
    found.extend(editions(&rules.editions, period));
    found.extend(bounds(rules));
    found
}

/// Rules and groups that can never be reached, and a list that leaves a loan undecided.
fn reach(rules: &LoanRules) -> Vec<Finding> {
    let mut found = Vec::new();
    let value = |table: &std::collections::BTreeMap<String, Parameter>, name: &str| {
        table.get(name).map_or(Decimal::ZERO, |parameter| parameter.value)
    };
    // A purpose and a voucher are each strong or weak; everything else adds or takes away once.
    let best = |strong: &str, weak: &str| value(&rules.points, strong).max(value(&rules.points, weak));
    let once = ["label_agrees", "industry_agrees", "condition_clear"];
    let most = best("purpose_strong", "purpose_weak")
        + best("voucher_strong", "voucher_weak")
        + once.iter().map(|name| value(&rules.points, name).max(Decimal::ZERO)).sum::<Decimal>();
    let confident = most >= value(&rules.parameters, "confidence_green");
    let with_implied = |group: &[Fact]| -> Vec<Fact> {
        let implied = IMPLIED.iter().filter(|(fact, _)| group.contains(fact)).map(|(_, other)| *other);
        group.iter().copied().chain(implied).collect()
    };
    let mut before: Vec<&Vec<Fact>> = Vec::new();
    for rule in &rules.rules {
        for group in &rule.any {
            let names = || group.iter().map(|fact| fact.chinese()).collect::<Vec<_>>().join(" 且 ");
            let holds = with_implied(group);
            let clash = CONTRARY.iter().find(|(one, other)| holds.contains(one) && holds.contains(other));
            if let Some((one, other)) = clash {
                let detail = format!("“{}”与“{}”不能同时成立", one.chinese(), other.chinese());
                found.push(finding("P010", &rule.id, detail));
            } else if !confident && group.contains(&Fact::Confident) {
                let detail = format!("置信分至多 {most}，达不到 confidence_green，“{}”永不成立", names());
                found.push(finding("P010", &rule.id, detail));
            } else if before.iter().any(|earlier| earlier.iter().all(|fact| holds.contains(fact))) {
                found.push(finding("P010", &rule.id, format!("前面的规则已包含“{}”", names())));
            }
        }
        if rule.any.is_empty() {
            found.push(finding("P010", &rule.id, "any 为空，永不成立"));
        }
        before.extend(&rule.any);
    }
    if rules.rules.last().is_none_or(|rule| !rule.any.iter().any(Vec::is_empty)) {
        found.push(finding("P017", "loan.toml", "最后一条规则应当总是成立（any = [[]]）"));
    }
    found
}

/// Every day from the first edition on must have exactly one.
fn editions(rows: &[EditionRule], period: (Option<Date>, Option<Date>)) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut ordered: Vec<&EditionRule> = rows.iter().collect();
    ordered.sort_by_key(|row| row.from);
    let next = |day: Date| day.checked_add(1.day()).unwrap_or(Date::MAX);
    for pair in ordered.windows(2) {
        let [one, two] = pair else { continue };
        let place = &two.edition;
        match (one.to, two.from) {
            (Some(to), Some(from)) if from > next(to) => {
                found.push(finding("P020", place, format!("{} 至 {from} 前没有目录版本", next(to))));
            }
            (Some(to), Some(from)) if from == next(to) => {}
            _ => found.push(finding("P020", place, format!("与 {} 的日期重叠", one.edition))),
        }
    }
    match ordered.last().map(|last| (last, last.to)) {
        Some((last, Some(to))) if period.1.is_none_or(|end| to < end) => {
            found.push(finding("P020", &last.edition, format!("{to} 之后没有目录版本")));
        }
        Some(_) => {}
        None => found.push(finding("P020", "loan.toml", "没有目录版本")),
    }
    found
}

/// Bounds outside their range or out of order, and points with the wrong sign.
fn bounds(rules: &LoanRules) -> Vec<Finding> {
    let mut found = Vec::new();
    let of = |name: &str| rules.parameters.get(name).map(|parameter| parameter.value);
    let mut expect = |holds: bool, place: &str, detail: &str| {
        if !holds {
            found.push(finding("P022", place, detail));
        }
    };
    let ordered = |low: &str, high: &str| of(low).zip(of(high)).is_none_or(|(low, high)| low < high);
    expect(ordered("share_negligible", "share_partial"), "share_partial", "应大于 share_negligible");
    expect(ordered("share_partial", "share_green"), "share_green", "应大于 share_partial");
    for name in ["share_negligible", "share_partial", "share_green", "green_revenue"] {
        let holds = of(name).is_none_or(|share| share >= Decimal::ZERO && share <= Decimal::ONE);
        expect(holds, name, "应在 0 与 1 之间");
    }
    for name in ["window_before_days", "window_after_days"] {
        let holds = of(name).is_none_or(|days| days >= Decimal::ZERO && days.fract().is_zero());
        expect(holds, name, "应为不小于 0 的整天数");
    }
    for name in ["cover_enough", "confidence_green", "confidence_open_cap"] {
        expect(of(name).is_none_or(|value| value >= Decimal::ZERO), name, "不应小于 0");
    }
    for (name, points) in &rules.points {
        let penalty = matches!(name.as_str(), "tie" | "role_unknown");
        let holds = if penalty { points.value <= Decimal::ZERO } else { points.value >= Decimal::ZERO };
        expect(holds, name, if penalty { "是扣分，不应大于 0" } else { "不应小于 0" });
    }
    found
}
