//! What is wrong with a pack, with a code for each kind of fault.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    Standard,
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

pub(super) fn finding(code: &'static str, place: &str, detail: impl Into<String>) -> Finding {
    Finding { code, place: place.to_owned(), detail: detail.into() }
}

/// Faults of a pack that reads: entries and editions against the catalogue, words that claim conformity. Whatever needs
/// nothing but the pack was found when it was read.
pub fn check(standard: &Standard, catalogue: &Catalogue) -> Vec<Finding> {
    let mut found = Vec::new();
    let claims = |text: &str| text.contains("符合") && !text.contains("不表示") && !text.contains("不代表");
    for text in [&standard.title, &standard.notice] {
        if claims(text) {
            found.push(finding("P018", "standard.toml", format!("“{text}”宣称符合标准")));
        }
    }
    for id in standard.editions.iter().flat_map(|rule| [Some(&rule.edition), rule.also.as_ref()]).flatten() {
        if catalogue.edition(id).is_none() {
            found.push(finding("P008", id, "没有这个目录版本"));
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
    found.extend(overlays(rules));
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
            if let Measure::Share { bands, lower_is_better, .. } | Measure::Declared { bands, lower_is_better, .. } =
                &part.measure
            {
                found.extend(self::bands(&indicator.id, bands, *lower_is_better));
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
pub(super) fn repeated<'r>(rows: impl Iterator<Item = (&'r str, Option<&'r Basis>)>) -> Vec<Finding> {
    let mut seen: BTreeMap<&str, Vec<Option<&Basis>>> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (id, basis) in rows {
        let apart = |other: &Option<&Basis>| basis.zip(*other).is_some_and(|(one, two)| apart(one, two));
        let earlier = seen.entry(id).or_default();
        if !earlier.iter().all(apart) {
            found.insert(finding("P011", id, "重复；同一编号的两个版本日期不得重叠"));
        }
        earlier.push(basis);
    }
    found.into_iter().collect()
}

/// The sum of maxima on every day on which something changes, plain and under each overlay that holds.
fn weights(rules: &EntityRules) -> Vec<Finding> {
    let mut days = BTreeSet::from([Date::MAX]);
    let bases = rules.indicators.iter().map(|row| &row.basis).chain(rules.overlays.iter().map(|row| &row.basis));
    days.extend(bases.flat_map(|basis| [basis.from, basis.to]).flatten());
    let mut found = BTreeSet::new();
    for day in days {
        let live: Vec<_> = rules.indicators.iter().filter(|row| row.basis.holds(day)).collect();
        let mut expect_hundred = |place: &str, sum: Decimal| {
            if sum != Decimal::ONE_HUNDRED {
                found.insert(finding("P004", place, format!("满分合计 {sum}，应为 100")));
            }
        };
        if live.is_empty() {
            continue;
        }
        expect_hundred("指标", live.iter().map(|row| row.max).sum());
        for overlay in rules.overlays.iter().filter(|overlay| overlay.basis.holds(day)) {
            let of = |id: &str, own: Decimal| match overlay.not_applicable.contains_key(id) {
                true => Decimal::ZERO,
                false => overlay.weights.get(id).copied().unwrap_or(own),
            };
            expect_hundred(&overlay.id, live.iter().map(|row| of(&row.id, row.max)).sum());
        }
    }
    found.into_iter().collect()
}

/// Overlays that weigh what they leave out, or that an earlier one hides.
fn overlays(rules: &EntityRules) -> Vec<Finding> {
    let mut found = Vec::new();
    for (place, overlay) in rules.overlays.iter().enumerate() {
        for id in overlay.weights.keys().filter(|id| overlay.not_applicable.contains_key(*id)) {
            found.push(finding("P023", &overlay.id, format!("{id} 既有权重又不适用")));
        }
        if overlay.industries.is_empty() {
            found.push(finding("P023", &overlay.id, "没有行业，永不适用"));
        }
        for earlier in rules.overlays.iter().take(place).filter(|earlier| !apart(&earlier.basis, &overlay.basis)) {
            let hidden = |code: &&String| earlier.industries.iter().any(|own| code.starts_with(own.as_str()));
            let codes: Vec<&str> = overlay.industries.iter().filter(hidden).map(String::as_str).collect();
            if !codes.is_empty() {
                let detail = format!("行业 {} 已归 {}", codes.join("、"), earlier.id);
                found.push(finding("P023", &overlay.id, detail));
            }
        }
    }
    found
}

/// Whether no day lies in both.
fn apart(one: &Basis, two: &Basis) -> bool {
    one.to.zip(two.from).is_some_and(|(to, from)| to < from) || two.to.zip(one.from).is_some_and(|(to, from)| to < from)
}

/// Bands must follow one another from 0 without gap or overlap, stand in that order, and give points that never fall as
/// the measure rises, or never rise where the pack says that lower is better.
fn bands(place: &str, bands: &[Band], lower_is_better: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    if !bands.is_sorted_by_key(|band| band.from) || bands.iter().any(|band| band.to.is_some_and(|to| to <= band.from)) {
        found.push(finding("P016", place, "各档没有从低到高排列，或上界不大于下界"));
    }
    let mut ordered: Vec<&Band> = bands.iter().collect();
    ordered.sort_by_key(|band| band.from);
    let steps = ordered.iter().flat_map(|band| [Some((band.from, band.points)), band.to.zip(band.points_to)]);
    let steps: Vec<(Decimal, Decimal)> = steps.flatten().collect();
    for pair in steps.windows(2) {
        let [(_, before), (at, after)] = pair else { continue };
        let against = if lower_is_better { after > before } else { after < before };
        if against {
            let verb = if lower_is_better { "升" } else { "降" };
            found.push(finding("P016", place, format!("{at} 处分数由 {before} {verb}为 {after}")));
        }
    }
    let mut end = Some(Decimal::ZERO);
    for band in ordered {
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
