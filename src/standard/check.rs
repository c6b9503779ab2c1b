//! What is wrong with a pack, with a code for each kind of fault.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    Fact, LoanRule, Standard,
    entity::{Band, Basis, Counted, EntityRules, Joined, Measure},
    entity_file::VALUES,
};
use crate::{catalogue::Catalogue, model::FieldKind};

/// One fault of a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// `P002`.
    pub code: &'static str,
    /// Rule, indicator or value.
    pub place: String,
    /// What is wrong, in Chinese.
    pub detail: String,
}

fn finding(code: &'static str, place: &str, detail: impl Into<String>) -> Finding {
    Finding { code, place: place.to_owned(), detail: detail.into() }
}

/// Faults of a pack that reads: entries against the catalogue, order of the loan rules, words that claim conformity.
pub fn check(standard: &Standard, catalogue: &Catalogue) -> Vec<Finding> {
    let mut found = Vec::new();
    let claims = |text: &str| text.contains("符合") && !text.contains("不表示") && !text.contains("不代表");
    for text in [&standard.title, &standard.notice] {
        if claims(text) {
            found.push(finding("P018", "standard.toml", format!("“{text}”宣称符合标准")));
        }
    }
    found.extend(loan(&standard.rules));
    let ids = standard.rules.iter().map(|rule| rule.id.as_str());
    found.extend(repeated(ids.map(|id| (id, None))));
    for rule in &standard.editions {
        if catalogue.edition(&rule.edition).is_none() {
            found.push(finding("P008", &rule.edition, "没有这个目录版本"));
        }
    }
    for indicator in standard.entity.iter().flat_map(|rules| &rules.indicators) {
        for part in &indicator.parts {
            let Measure::Count { of: Counted::Lines(filter), .. } = &part.measure else { continue };
            let known = |code: &str| {
                catalogue
                    .editions()
                    .iter()
                    .any(|edition| catalogue.entries(&edition.id).any(|entry| entry.code == code.trim_end_matches('.')))
            };
            for code in filter.entries.iter().filter(|code| !known(code)) {
                found.push(finding("P008", &indicator.id, format!("目录中没有条目 {code}")));
            }
        }
    }
    found
}

/// Rules that can never be reached, and a list that leaves a loan undecided.
fn loan(rules: &[LoanRule]) -> Vec<Finding> {
    let mut found = Vec::new();
    let covers = |earlier: &[Fact], later: &[Fact]| earlier.iter().all(|fact| later.contains(fact));
    for (place, rule) in rules.iter().enumerate() {
        let before: Vec<&Vec<Fact>> = rules.iter().take(place).flat_map(|earlier| &earlier.any).collect();
        let contrary = |group: &[Fact]| {
            group.contains(&Fact::ConditionClear) && group.contains(&Fact::ConditionOpen)
                || group.contains(&Fact::ShareGreen) && group.contains(&Fact::ShareNegligible)
        };
        let dead = |group: &Vec<Fact>| contrary(group) || before.iter().any(|earlier| covers(earlier, group));
        if rule.any.iter().all(dead) {
            found.push(finding("P010", &rule.id, "前面的规则已包含它的全部情形，或所列事实不能同时成立"));
        }
    }
    if rules.last().is_some_and(|rule| !rule.any.iter().any(Vec::is_empty)) {
        found.push(finding("P017", "loan.toml", "最后一条规则应当总是成立（any = [[]]）"));
    }
    found
}

/// Faults of the entity rules that need nothing else.
pub(super) fn entity(rules: &EntityRules) -> Vec<Finding> {
    let mut found = Vec::new();
    let dated = |id, basis| (id, Some(basis));
    found.extend(repeated(rules.indicators.iter().map(|row| dated(row.id.as_str(), &row.basis))));
    found.extend(repeated(rules.vetoes.iter().map(|row| dated(row.id.as_str(), &row.basis))));
    found.extend(repeated(rules.overlays.iter().map(|row| dated(row.id.as_str(), &row.basis))));
    found.extend(repeated(rules.values.iter().map(|(value, basis)| dated(value.name.as_str(), basis))));
    found.extend(repeated(rules.fields.iter().map(|row| (row.id.as_str(), None))));
    let headings = rules.fields.iter().flat_map(|row| &row.headings);
    found.extend(repeated(headings.map(|heading| (heading.as_str(), None))));
    for name in VALUES {
        if !rules.values.iter().any(|(value, _)| value.name == *name) {
            found.push(finding("P019", name, "缺少这个值"));
        }
    }
    found.extend(weights(rules));
    for indicator in &rules.indicators {
        let tops = indicator.parts.iter().map(|part| part.measure.most());
        let reach: Decimal = match indicator.joined {
            Joined::Sum => tops.sum(),
            Joined::Max => tops.max().unwrap_or_default(),
        };
        let over = indicator.parts.iter().any(|part| part.measure.most() > indicator.max);
        // An indicator whose measure is not understood has that fault and no second one.
        if !indicator.parts.is_empty() && (reach < indicator.max || over) {
            let detail = format!("满分 {}，各部分最多给 {reach}", indicator.max);
            found.push(finding("P015", &indicator.id, detail));
        }
        for part in &indicator.parts {
            if let Measure::Share { bands, .. } | Measure::Declared { bands, .. } = &part.measure {
                found.extend(self::bands(&indicator.id, bands));
            }
            if let Some(field) = part.measure.field() {
                found.extend(field_fault(rules, &indicator.id, field, Some(&part.measure)));
            }
        }
    }
    for veto in &rules.vetoes {
        for test in &veto.tests {
            found.extend(field_fault(rules, &veto.id, test.field(), None));
        }
    }
    for overlay in &rules.overlays {
        let named = overlay.weights.keys().chain(overlay.not_applicable.keys());
        for id in named.filter(|id| !rules.indicators.iter().any(|row| row.id == **id)) {
            found.push(finding("P009", &overlay.id, format!("没有指标 {id}")));
        }
    }
    found.extend(grades(rules));
    found
}

/// Ids that stand twice for the same day.
fn repeated<'r>(rows: impl Iterator<Item = (&'r str, Option<&'r Basis>)>) -> Vec<Finding> {
    let mut seen: BTreeMap<&str, Vec<Option<&Basis>>> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (id, basis) in rows {
        let apart = |other: &Option<&Basis>| {
            basis.zip(*other).is_some_and(|(one, two)| {
                one.to.zip(two.from).is_some_and(|(to, from)| to < from)
                    || two.to.zip(one.from).is_some_and(|(to, from)| to < from)
            })
        };
        let earlier = seen.entry(id).or_default();
        if !earlier.iter().all(apart) {
            found.insert(finding("P011", id, "重复；同一编号的两个版本日期不得重叠"));
        }
        earlier.push(basis);
    }
    found.into_iter().collect()
}

/// The sum of maxima on every day on which something changes, plain and under each overlay.
fn weights(rules: &EntityRules) -> Vec<Finding> {
    let mut days = BTreeSet::from([jiff::civil::Date::MAX]);
    let bases = rules.indicators.iter().map(|row| &row.basis);
    days.extend(bases.flat_map(|basis| [basis.from, basis.to]).flatten());
    let mut found = BTreeSet::new();
    for day in days {
        let live: Vec<_> = rules.indicators.iter().filter(|row| row.basis.holds(day)).collect();
        let mut expect_hundred = |place: &str, sum: Decimal| {
            if sum != Decimal::ONE_HUNDRED {
                found.insert(finding("P004", place, format!("满分合计 {sum}，应为 100")));
            }
        };
        if !live.is_empty() {
            expect_hundred("指标", live.iter().map(|row| row.max).sum());
        }
        for overlay in &rules.overlays {
            let of = |id: &str, own: Decimal| match overlay.weights.get(id) {
                Some(weight) => *weight,
                None if overlay.not_applicable.contains_key(id) => Decimal::ZERO,
                None => own,
            };
            expect_hundred(&overlay.id, live.iter().map(|row| of(&row.id, row.max)).sum());
        }
    }
    found.into_iter().collect()
}

/// Bands must follow one another from 0 without gap or overlap, and never fall.
fn bands(place: &str, bands: &[Band]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut end = Some(Decimal::ZERO);
    for band in bands {
        match end {
            Some(end) if band.from > end => {
                found.push(finding("P002", place, format!("{end} 至 {} 没有档", band.from)))
            }
            Some(end) if band.from < end => found.push(finding("P003", place, format!("{} 起与前一档重叠", band.from))),
            None => found.push(finding("P003", place, format!("{} 起与没有上界的前一档重叠", band.from))),
            _ => {}
        }
        end = band.to;
    }
    if let Some(end) = end {
        found.push(finding("P002", place, format!("{end} 以上没有档")));
    }
    found
}

/// A field that is not collected, or that holds something the measure cannot read.
fn field_fault(rules: &EntityRules, place: &str, field: &str, measure: Option<&Measure>) -> Option<Finding> {
    let Some(rule) = rules.field(field) else {
        return Some(finding("P012", place, format!("没有字段 {field}")));
    };
    let fits = match measure {
        Some(Measure::Declared { .. }) => rule.kind == FieldKind::Share,
        Some(Measure::Lookup { .. }) => rule.kind == FieldKind::Word,
        Some(Measure::Flag { .. }) => matches!(rule.kind, FieldKind::Flag | FieldKind::Records),
        Some(Measure::Count { .. }) => matches!(rule.kind, FieldKind::Count | FieldKind::Records | FieldKind::Flag),
        _ => true,
    };
    if !fits {
        return Some(finding("P012", place, format!("字段 {field} 的类型与算法不合")));
    }
    let Some(Measure::Lookup { points, .. }) = measure else { return None };
    let unpriced = rule.words.iter().find(|word| !points.contains_key(*word));
    unpriced.map(|word| finding("P002", place, format!("“{word}”没有分值")))
}

/// Grades must fall, end at 0 and hold the grades that the policy names.
fn grades(rules: &EntityRules) -> Vec<Finding> {
    let mut found = Vec::new();
    let falls = rules.grades.windows(2).all(|pair| matches!(pair, [one, two] if one.from > two.from));
    if !falls || rules.grades.last().is_none_or(|grade| !grade.from.is_zero()) {
        found.push(finding("P014", "等级", "等级要从高到低，最低一级从 0 起"));
    }
    for name in [&rules.veto_grade, &rules.provisional_cap] {
        if !rules.grades.iter().any(|grade| grade.name == *name) {
            found.push(finding("P014", "policy", format!("没有等级 {name}")));
        }
    }
    found
}
