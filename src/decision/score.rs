//! Points of one indicator.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{IndicatorScore, RateCase, ScoreState, Trace};
use crate::{
    catalogue::Catalogue,
    evidence::{TermUse, best_match},
    model::{Direction, FieldCell, FieldKind, FieldRule, FieldValue, Scene, Strength},
    standard::{
        Band, Basis, Counted, EntityRules, Indicator, Joined, LineFilter, Measure, Overlay, Part, Proof, rounded,
    },
};

/// One part's points, before weights.
struct PartScore {
    low: Decimal,
    high: Decimal,
    most: Decimal,
    state: ScoreState,
    reason: String,
    trace: Trace,
    document: String,
}

/// An indicator's points, its trace and what each missing part would add.
pub(super) struct Scored {
    pub score: IndicatorScore,
    pub trace: Trace,
    pub gains: Vec<(String, Decimal)>,
}

/// Scores one indicator under an overlay.
pub(super) fn score(
    case: &RateCase<'_>,
    rules: &EntityRules,
    catalogue: &Catalogue,
    indicator: &Indicator,
    overlay: Option<&Overlay>,
) -> Scored {
    let weight = overlay.and_then(|overlay| overlay.weights.get(&indicator.id)).copied().unwrap_or(indicator.max);
    let excused = overlay.and_then(|overlay| overlay.not_applicable.get(&indicator.id));
    let scale = |points: Decimal| match indicator.max.is_zero() {
        true => Decimal::ZERO,
        false => rounded(points * weight / indicator.max),
    };
    let basis = overlay
        .filter(|overlay| overlay.weights.contains_key(&indicator.id))
        .map_or(&indicator.basis, |overlay| &overlay.basis);
    let value = Trace::parameter("满分", Some(&basis.parameter(format!("{}.max", indicator.id), weight)));
    let mut trace = Trace::step(format!("{} {}", indicator.id, indicator.name), "").with(value);
    let blank = |state, reason: String| IndicatorScore {
        id: indicator.id.clone(),
        name: indicator.name.clone(),
        dimension: indicator.dimension.clone(),
        max: Decimal::ZERO,
        low: Decimal::ZERO,
        known_max: Decimal::ZERO,
        high: Decimal::ZERO,
        state,
        reason,
    };
    if let Some((reason, overlay)) = excused.zip(overlay) {
        trace.result = format!("不适用：{reason}");
        let own = overlay.basis.parameter(format!("{}.{}", overlay.id, indicator.id), Decimal::ZERO);
        trace.steps.push(Trace::parameter(format!("行业组 {}", overlay.name), Some(&own)));
        return Scored { score: blank(ScoreState::NotApplicable, reason.clone()), trace, gains: Vec::new() };
    }
    let parts: Vec<PartScore> = indicator
        .parts
        .iter()
        .map(|part| part_score(case, rules, catalogue, part, &indicator.id, &indicator.basis))
        .collect();
    let applicable: Vec<&PartScore> = parts.iter().filter(|part| part.state != ScoreState::NotApplicable).collect();
    let reasons: Vec<&str> = match indicator.parts.as_slice() {
        [_] => parts
            .iter()
            .map(|part| part.reason.strip_prefix(indicator.name.as_str()).unwrap_or(&part.reason))
            .map(|words| words.trim_start_matches(['：', ' ']))
            .collect(),
        _ => parts.iter().filter(|part| part.state != ScoreState::Missing).map(|part| part.reason.as_str()).collect(),
    };
    let reason = reasons.join("；");
    trace.steps.extend(parts.iter().map(|part| part.trace.clone()));
    if applicable.is_empty() {
        trace.result = format!("不适用：{reason}");
        return Scored { score: blank(ScoreState::NotApplicable, reason), trace, gains: Vec::new() };
    }
    let join = |points: &mut dyn Iterator<Item = Decimal>| match indicator.joined {
        Joined::Sum => points.sum::<Decimal>().min(indicator.max),
        Joined::Max => points.max().unwrap_or_default(),
    };
    let low_raw = join(&mut applicable.iter().map(|part| part.low));
    let known = |part: &&&PartScore| part.state == ScoreState::Known;
    let max = scale(join(&mut applicable.iter().map(|part| part.most)));
    let low = scale(low_raw);
    let known_max = scale(join(&mut applicable.iter().filter(known).map(|part| part.most)));
    let high = scale(join(&mut applicable.iter().map(|part| part.high)));
    let state = match applicable.iter().filter(known).count() {
        0 => ScoreState::Missing,
        count if count == applicable.len() || known_max == max => ScoreState::Known,
        _ => ScoreState::Partial,
    };
    let gains = applicable
        .iter()
        .enumerate()
        .filter(|(_, part)| part.high > part.low)
        .map(|(place, part)| {
            let best =
                applicable.iter().enumerate().map(|(at, other)| if at == place { other.high } else { other.low });
            (part.document.clone(), scale(join(&mut { best })) - low)
        })
        .filter(|(_, gain)| *gain > Decimal::ZERO)
        .collect();
    let reason = if reason.is_empty() { "缺数据".to_owned() } else { reason };
    trace.result = format!("{} 分，满分 {}　{}", low.normalize(), max.normalize(), state.chinese());
    let score = IndicatorScore { max, low, known_max, high, ..blank(state, reason) };
    Scored { score, trace, gains }
}

fn part_score(
    case: &RateCase<'_>,
    rules: &EntityRules,
    catalogue: &Catalogue,
    part: &Part,
    id: &str,
    basis: &Basis,
) -> PartScore {
    let most = part.measure.most();
    let field = part.measure.field().and_then(|field| rules.field(field));
    let cell = field.and_then(|field| case.enterprise.fields.get(&field.id));
    let document = match (&part.document, field) {
        (document, _) if !document.is_empty() => document.clone(),
        (_, Some(field)) => field.document.clone(),
        _ => part.name.clone(),
    };
    let mut scored = PartScore {
        low: Decimal::ZERO,
        high: most,
        most,
        state: ScoreState::Missing,
        reason: format!("{}缺数据", part.name),
        trace: Trace::step(part.name.clone(), "缺数据"),
        document,
    };
    if let (Some(field), Some(cell)) = (field, cell) {
        scored.trace.steps.push(cell_trace(case, field, cell));
        if let FieldValue::NotApplicable(reason) = &cell.value {
            scored.high = Decimal::ZERO;
            scored.most = Decimal::ZERO;
            scored.state = ScoreState::NotApplicable;
            scored.reason = reason.clone();
            scored.trace.result = format!("不适用：{reason}");
            return scored;
        }
    }
    let measured = measure(case, catalogue, part, field.zip(cell), &mut scored);
    if let Some((low, high, reason)) = measured {
        scored.low = low.min(most);
        scored.high = high.min(most).max(scored.low);
        scored.state = ScoreState::Known;
        scored.reason = reason;
        scored.trace.result = format!("{}，{} 分", scored.reason, rounded(scored.low).normalize());
    }
    scored.trace.steps.push(Trace::parameter(
        format!("{}满分", part.name),
        Some(&basis.parameter(format!("{id} {}", part.name), most)),
    ));
    scored
}

/// Points now, points at best, and the sentence; `None` when there is no data.
fn measure(
    case: &RateCase<'_>,
    catalogue: &Catalogue,
    part: &Part,
    filled: Option<(&FieldRule, &FieldCell)>,
    scored: &mut PartScore,
) -> Option<(Decimal, Decimal, String)> {
    let cell = filled.map(|(_, cell)| &cell.value);
    let same = |points: Decimal, reason: String| Some((points, points, reason));
    match &part.measure {
        Measure::Flag { points, .. } => match cell? {
            FieldValue::Flag(true) => same(*points, format!("{}：是", part.name)),
            FieldValue::Flag(false) => same(Decimal::ZERO, format!("{}：否", part.name)),
            FieldValue::Records(records) if records.is_empty() => same(Decimal::ZERO, format!("{}：无", part.name)),
            FieldValue::Records(_) => same(*points, format!("{}：有", part.name)),
            _ => None,
        },
        Measure::Declared { bands, factor, .. } => match cell? {
            FieldValue::Number(share) => {
                same(points_of(bands, *share)? * *factor, format!("{} {}", part.name, percent(*share)))
            }
            _ => None,
        },
        Measure::Lookup { points, .. } => match cell? {
            FieldValue::Word(word) => same(*points.get(word)?, format!("{}：{word}", part.name)),
            _ => None,
        },
        Measure::Share { side, bands, .. } => {
            let evidence = case.activity.side(*side);
            let share = evidence.own_share()?;
            for voucher in evidence.vouchers.iter().filter(|voucher| !voucher.green.fen().eq(&0)).take(SHOWN) {
                scored.trace.steps.extend(line_trace(voucher));
            }
            let words = format!("{} {}（{}÷{}）", part.name, percent(share), evidence.green, evidence.total);
            same(points_of(bands, share)?, words)
        }
        Measure::Grade { levels } => grade(case, catalogue, levels, scored),
        Measure::Count { of, each, cap } => {
            let (sure, possible, words) = count(case, of, filled, scored)?;
            let points = |count: usize| (Decimal::from(count) * *each).min(*cap);
            Some((points(sure), points(possible), format!("{}：{words}", part.name)))
        }
    }
}

/// Lines shown under one part of the trace.
const SHOWN: usize = 5;

fn points_of(bands: &[Band], value: Decimal) -> Option<Decimal> {
    bands.iter().find_map(|band| band.points_of(value))
}

/// How closely the main industry stands in the edition.
fn grade(
    case: &RateCase<'_>,
    catalogue: &Catalogue,
    levels: &[(usize, Decimal)],
    scored: &mut PartScore,
) -> Option<(Decimal, Decimal, String)> {
    let digits: String = case.enterprise.industry.chars().filter(char::is_ascii_digit).collect();
    let shortest = levels.iter().map(|(digits, _)| *digits).min()?;
    if digits.len() < shortest {
        return None;
    }
    scored.trace.steps.push(text_trace(case, "行业代码", &case.enterprise.industry));
    let entry = |length: usize| {
        let own = digits.get(..length)?;
        catalogue.entries(case.edition).find(|entry| entry.industries.iter().any(|code| code.starts_with(own)))
    };
    let (mut low, mut high) = (Decimal::ZERO, Decimal::ZERO);
    let mut words = format!("行业 {} 未列入 {}", case.enterprise.industry, case.edition);
    for (length, points) in levels.iter().rev() {
        if digits.len() < *length {
            // A three-digit code may still be one of the four-digit ones.
            high = high.max(*points);
        } else if let Some(entry) = entry(*length) {
            low = low.max(*points);
            words = format!("行业 {} 前 {length} 位列入 {} {}", case.enterprise.industry, entry.code, entry.name);
        }
    }
    Some((low, high.max(low), words))
}

/// How many now, how many at best, and the words; `None` without data.
fn count(
    case: &RateCase<'_>,
    of: &Counted,
    filled: Option<(&FieldRule, &FieldCell)>,
    scored: &mut PartScore,
) -> Option<(usize, usize, String)> {
    match of {
        Counted::Field(_) => {
            let (rule, cell) = filled?;
            match &cell.value {
                FieldValue::Number(number) => {
                    let count = usize::try_from(number.trunc().mantissa()).unwrap_or_default();
                    Some((count, count, format!("{count} 项")))
                }
                FieldValue::Flag(yes) => {
                    let (count, word) = if *yes { (1, "有") } else { (0, "无") };
                    Some((count, count, word.to_owned()))
                }
                FieldValue::Records(_) if rule.kind == FieldKind::Records => Some(records(rule, cell, case.as_of)),
                _ => None,
            }
        }
        Counted::Scope => {
            let scope = case.scope?;
            let found: Vec<_> = scope.matches.iter().filter(|found| found.strength == Strength::Sufficient).collect();
            for found in found.iter().take(SHOWN) {
                let text = &case.enterprise.scope;
                scored.trace.steps.push(Trace::span(
                    format!("命中 {} {}", found.term_id, found.term),
                    found.codes(),
                    &case.enterprise.location,
                    text,
                    found.span,
                ));
            }
            Some((found.len(), found.len(), format!("{} 处", found.len())))
        }
        Counted::Lines(filter) => lines(case, filter, scored),
    }
}

/// Valid records of a kind the field recognises. A record without a date is neither counted nor lost.
fn records(rule: &FieldRule, cell: &FieldCell, as_of: Date) -> (usize, usize, String) {
    let FieldValue::Records(records) = &cell.value else { return (0, 0, String::new()) };
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let counts = |name: &str| rule.words.is_empty() || rule.words.iter().any(|word| plain(name).contains(&plain(word)));
    let known: Vec<_> = records.iter().filter(|record| counts(&record.name)).collect();
    let valid = known.iter().filter(|record| record.date.is_some_and(|date| date >= as_of)).count();
    let undated = known.iter().filter(|record| record.date.is_none()).count();
    let mut words = format!("有效 {valid} 项");
    for (count, what) in [
        (undated, "没写有效期"),
        (known.len() - valid - undated, "已过期"),
        (records.len() - known.len(), "不在认可之列"),
    ] {
        if count > 0 {
            words.push_str(&format!("，{count} 项{what}"));
        }
    }
    (valid, valid + undated, words)
}

fn lines(case: &RateCase<'_>, filter: &LineFilter, scored: &mut PartScore) -> Option<(usize, usize, String)> {
    let evidence = case.activity.side(filter.side);
    if evidence.vouchers.is_empty() {
        return None;
    }
    let terms = evidence.terms();
    let fits = |term: &TermUse<'_>| {
        let entry = |own: &&str, asked: &String| {
            *own == asked.as_str() || asked.ends_with('.') && own.starts_with(asked.as_str())
        };
        (filter.scenes.is_empty() || term.scene.is_some_and(|scene| filter.scenes.contains(&scene)))
            && (filter.entries.is_empty()
                || term.codes.iter().any(|own| filter.entries.iter().any(|asked| entry(own, asked))))
    };
    let proof = |term: &TermUse<'_>| match filter.proof {
        Proof::Proven => term.proven,
        Proof::Open => !term.proven,
        Proof::Any => true,
    };
    let of_kind: Vec<(&&str, &TermUse<'_>)> = terms.iter().filter(|(_, term)| fits(term)).collect();
    let counted: Vec<_> = of_kind.iter().filter(|(_, term)| proof(term)).collect();
    for (_, term) in counted.iter().take(SHOWN) {
        scored.trace.steps.extend(term.vouchers.first().and_then(|voucher| line_trace(voucher)));
    }
    if filter.by_scene {
        let mut scenes: Vec<Scene> = counted.iter().filter_map(|(_, term)| term.scene).collect();
        scenes.sort();
        scenes.dedup();
        let names: Vec<&str> = scenes.iter().map(|scene| scene.chinese()).collect();
        let words = if names.is_empty() { "无".to_owned() } else { names.join("、") };
        return Some((scenes.len(), scenes.len(), words));
    }
    let possible = if filter.proof == Proof::Proven { of_kind.len() } else { counted.len() };
    if possible > counted.len() {
        // What is missing is no invoice but the proof behind those at hand.
        let documents: Vec<&str> =
            of_kind.iter().flat_map(|(_, term)| term.documents.iter().copied()).take(2).collect();
        scored.document = if documents.is_empty() { "能效或认证证明".to_owned() } else { documents.join("；") };
    }
    let names: Vec<String> = counted
        .iter()
        .take(3)
        .filter_map(|(_, term)| Some(best_match(term.vouchers.first()?.reading)?.term.clone()))
        .collect();
    let words =
        if names.is_empty() { "无".to_owned() } else { format!("{} 项（{}）", counted.len(), names.join("、")) };
    Some((counted.len(), possible, words))
}

fn line_trace(voucher: &crate::evidence::Voucher<'_>) -> Option<Trace> {
    let found = best_match(voucher.reading)?;
    let amount = voucher.line.amount.map_or_else(|| "无金额".to_owned(), |amount| amount.to_string());
    let label = format!("命中 {} {}（{}）", found.term_id, found.term, found.scene.chinese());
    Some(Trace::span(label, amount, &voucher.line.location, &voucher.line.goods, found.span))
}

fn cell_trace(case: &RateCase<'_>, rule: &FieldRule, cell: &FieldCell) -> Trace {
    text_trace(case, rule.headings.first().map_or("", String::as_str), &cell.text)
}

pub(super) fn text_trace(case: &RateCase<'_>, label: &str, text: &str) -> Trace {
    let span = crate::model::Span::new(0, text.len());
    Trace::span(label, text, &case.enterprise.location, text, span)
}

pub(super) fn percent(share: Decimal) -> String {
    format!("{}%", (share * Decimal::ONE_HUNDRED).round_dp(2).normalize())
}

/// The side's word in sentences.
pub(super) fn side_name(side: Direction) -> &'static str {
    match side {
        Direction::Bought => "进项",
        Direction::Sold => "销项",
    }
}
