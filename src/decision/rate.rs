//! 评绿: the enterprise procedure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use rust_decimal::Decimal;

use super::{
    Fetch, IndicatorScore, Rating, ScoreState, Trace, VetoState,
    score::{percent, score, side_name, text_trace},
};
use crate::{
    catalogue::Catalogue,
    evidence::Activity,
    model::{Checked, Classification, Direction, Enterprise, FieldValue, Money, Verdict},
    standard::{Counted, EntityRules, Measure, Standard, Veto, VetoTest, rounded},
};

/// Everything known about one enterprise when it is rated.
#[derive(Clone, Copy, Debug)]
pub struct RateCase<'c> {
    /// The enterprise.
    pub enterprise: &'c Enterprise,
    /// What it bought and sold in the window.
    pub activity: &'c Activity<'c>,
    /// The reading of its business scope, when there is one.
    pub scope: Option<&'c Classification>,
    /// Edition id.
    pub edition: &'c str,
    /// The day of rating.
    pub as_of: Date,
    /// First day of the window.
    pub since: Date,
    /// Engine version and content hashes.
    pub fingerprint: &'c str,
}

/// Rates one enterprise. Missing data is neither zero nor full: it lowers `low` and `coverage`, never `known`.
pub fn rate(case: &RateCase<'_>, standard: &Standard, rules: &EntityRules, catalogue: &Catalogue) -> Rating {
    let value = |name: &str| rules.value(name, case.as_of).map_or(Decimal::ZERO, |value| value.value);
    let overlay = rules.overlay(&case.enterprise.industry, case.as_of);
    let live = rules.indicators.iter().filter(|indicator| indicator.basis.holds(case.as_of));
    let scored: Vec<_> = live.map(|indicator| score(case, rules, catalogue, indicator, overlay)).collect();
    let total = |of: fn(&IndicatorScore) -> Decimal| scored.iter().map(|scored| of(&scored.score)).sum::<Decimal>();
    let (points, max, known_max) = (total(|row| row.low), total(|row| row.max), total(|row| row.known_max));
    let part = |part: Decimal, whole: Decimal| (!whole.is_zero()).then(|| part / whole);
    let low = rounded(part(points, max).unwrap_or_default() * Decimal::ONE_HUNDRED);
    let known = part(points, known_max).map(|share| rounded(share * Decimal::ONE_HUNDRED));
    let coverage = part(known_max, max).unwrap_or_default().round_dp(4);

    let judged: Vec<(VetoState, Trace)> =
        rules.vetoes.iter().filter(|veto| veto.basis.holds(case.as_of)).map(|veto| judge(case, rules, veto)).collect();
    let (vetoes, veto_traces): (Vec<VetoState>, Vec<Trace>) = judged.into_iter().unzip();
    let hit = vetoes.iter().any(|veto| veto.state == Checked::Yes);
    let provisional = !hit && vetoes.iter().any(|veto| veto.state == Checked::Unknown);
    let capped = |name: &str| match provisional && rules.rank(name) < rules.rank(&rules.provisional_cap) {
        true => rules.provisional_cap.clone(),
        false => name.to_owned(),
    };
    let of_score =
        |score: Decimal| rules.grade(score).map_or_else(|| rules.unrated.clone(), |grade| capped(&grade.name));
    let grade = match (hit, coverage < value("coverage_rated")) {
        (true, _) => rules.veto_grade.clone(),
        (false, true) => rules.unrated.clone(),
        (false, false) => of_score(low),
    };
    let possible_grade = known
        .filter(|_| !hit && grade != rules.unrated && coverage >= value("coverage_possible"))
        .map(of_score)
        .filter(|possible| rules.rank(possible) < rules.rank(&grade));

    let mut gains: BTreeMap<String, (Decimal, BTreeSet<String>)> = BTreeMap::new();
    for scored in &scored {
        for (document, gain) in &scored.gains {
            let entry = gains.entry(document.clone()).or_default();
            entry.0 += *gain;
            entry.1.insert(scored.score.id.clone());
        }
    }
    let share = |gain: Decimal| rounded(part(gain, max).unwrap_or_default() * Decimal::ONE_HUNDRED);
    let indicators: Vec<IndicatorScore> = scored.iter().map(|scored| scored.score.clone()).collect();
    let root = Trace::step(case.enterprise.name.clone(), grade.clone());
    let trace = trace(case, standard, rules, root, scored.into_iter().map(|scored| scored.trace), veto_traces);
    let hash = standard.fingerprint.get(..12).unwrap_or(&standard.fingerprint);
    let fetch = fetch(rules, &vetoes, gains.into_iter().map(|(document, (gain, of))| (document, share(gain), of)));
    Rating {
        entity_id: match case.enterprise.tax_id.as_str() {
            "" => case.enterprise.name.clone(),
            id => id.to_owned(),
        },
        name: case.enterprise.name.clone(),
        industry: case.enterprise.industry.clone(),
        reasons: reasons(&indicators, &vetoes),
        flags: flags(case, rules, value("declared_tolerance")),
        overlay: overlay.map(|overlay| overlay.name.clone()),
        window: (case.since.to_string(), case.as_of.to_string()),
        edition: case.edition.to_owned(),
        standard: format!("{}:{hash}", standard.id),
        notice: format!("{}（{}:{hash}）", standard.notice, standard.id),
        fingerprint: case.fingerprint.to_owned(),
        grade,
        possible_grade,
        provisional,
        low,
        known,
        coverage,
        indicators,
        vetoes,
        fetch,
        trace,
    }
}

/// `a or b` in three values: yes wins, then not knowing.
fn either(one: Checked, other: Checked) -> Checked {
    match (one, other) {
        (Checked::Yes, _) | (_, Checked::Yes) => Checked::Yes,
        (Checked::No, Checked::No) => Checked::No,
        _ => Checked::Unknown,
    }
}

/// `a and b` in three values: no wins, then not knowing.
fn both(one: Checked, other: Checked) -> Checked {
    match (one, other) {
        (Checked::No, _) | (_, Checked::No) => Checked::No,
        (Checked::Yes, Checked::Yes) => Checked::Yes,
        _ => Checked::Unknown,
    }
}

fn judge(case: &RateCase<'_>, rules: &EntityRules, veto: &Veto) -> (VetoState, Trace) {
    let mut state = Checked::No;
    let (mut because, mut open, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    for test in &veto.tests {
        let rule = rules.field(test.field());
        let cell = case.enterprise.fields.get(test.field());
        let own = cell.map_or(Checked::Unknown, |cell| answer(case.as_of, test, &cell.value));
        let heading = rule.and_then(|rule| rule.headings.first()).map_or("", String::as_str);
        if let Some(cell) = cell {
            leaves.push(text_trace(case, heading, &cell.text));
            if own == Checked::Yes {
                because.push(format!("{heading}：{}", cell.text));
            }
        }
        if own == Checked::Unknown {
            open.push(rule.map_or("", |rule| rule.document.as_str()));
        }
        state = either(state, own);
    }
    let (word, reason) = match state {
        Checked::Yes => ("触及", because.join("；")),
        Checked::No => ("已查，未触及", "已查".to_owned()),
        Checked::Unknown => ("未查", open.join("；")),
    };
    let own = veto.basis.parameter(veto.id.clone(), Decimal::ONE);
    let mut trace = Trace::step(format!("{} {}", veto.id, veto.name), word);
    trace.steps = leaves;
    trace.steps.push(Trace::parameter("否决项", Some(&own)));
    (VetoState { id: veto.id.clone(), name: veto.name.clone(), state, reason }, trace)
}

/// One test against a filled cell. An undated record may lie within the months: then nobody knows.
fn answer(as_of: Date, test: &VetoTest, value: &FieldValue) -> Checked {
    let of = |yes: bool| if yes { Checked::Yes } else { Checked::No };
    match (test, value) {
        (_, FieldValue::NotApplicable(_)) => Checked::No,
        (VetoTest::Flag(_), FieldValue::Flag(yes)) => of(*yes),
        (VetoTest::Flag(_), FieldValue::Records(records)) => of(!records.is_empty()),
        (VetoTest::Words(_, words), FieldValue::Word(word)) => of(words.contains(word)),
        (VetoTest::Records { months, above, .. }, FieldValue::Records(records)) => {
            let since = as_of.checked_sub(months.months()).unwrap_or(Date::MIN);
            records.iter().fold(Checked::No, |state, record| {
                let within = record.date.map_or(Checked::Unknown, |date| of(date >= since && date <= as_of));
                let heavy = match (above, record.amount) {
                    (None, _) => Checked::Yes,
                    (Some(above), Some(amount)) => of(amount.yuan() > *above),
                    (Some(_), None) => Checked::Unknown,
                };
                either(state, both(within, heavy))
            })
        }
        _ => Checked::Unknown,
    }
}

/// Unchecked vetoes first, because they cap the grade; then by the points that could be added.
fn fetch(
    rules: &EntityRules,
    vetoes: &[VetoState],
    gains: impl Iterator<Item = (String, Decimal, BTreeSet<String>)>,
) -> Vec<Fetch> {
    let mut list: Vec<Fetch> = gains
        .map(|(document, gain, settles)| Fetch { document, gain, settles: settles.into_iter().collect() })
        .collect();
    for veto in vetoes.iter().filter(|veto| veto.state == Checked::Unknown) {
        for document in veto.reason.split('；') {
            match list.iter_mut().find(|row| row.document == document) {
                Some(row) if !row.settles.contains(&veto.id) => row.settles.push(veto.id.clone()),
                Some(_) => {}
                None => list.push(Fetch {
                    document: document.to_owned(),
                    settles: vec![veto.id.clone()],
                    gain: Decimal::ZERO,
                }),
            }
        }
    }
    let settles_veto = |row: &Fetch| row.settles.iter().any(|id| rules.vetoes.iter().any(|veto| veto.id == *id));
    list.sort_by(|one, two| {
        let key = |row: &Fetch| (std::cmp::Reverse(settles_veto(row)), std::cmp::Reverse(row.gain));
        key(one).cmp(&key(two)).then_with(|| one.document.cmp(&two.document))
    });
    list
}

/// At most four: vetoes that hit, else the strongest gains and the heaviest losses among what was really scored.
fn reasons(indicators: &[IndicatorScore], vetoes: &[VetoState]) -> Vec<String> {
    let hits: Vec<&VetoState> = vetoes.iter().filter(|veto| veto.state == Checked::Yes).collect();
    if !hits.is_empty() {
        let say = |veto: &&VetoState| format!("触及否决项 {} {}（{}）", veto.id, veto.name, veto.reason);
        return hits.iter().take(4).map(say).collect();
    }
    let known: Vec<&IndicatorScore> =
        indicators.iter().filter(|row| matches!(row.state, ScoreState::Known | ScoreState::Partial)).collect();
    let mut gains: Vec<&&IndicatorScore> = known.iter().filter(|row| row.low > Decimal::ZERO).collect();
    gains.sort_by_key(|row| std::cmp::Reverse(row.low));
    let mut losses: Vec<&&IndicatorScore> = known.iter().filter(|row| row.known_max > row.low).collect();
    losses.sort_by_key(|row| std::cmp::Reverse(row.known_max - row.low));
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut said = Vec::new();
    for (row, lost) in gains.iter().take(2).map(|row| (row, false)).chain(losses.iter().map(|row| (row, true))) {
        if said.len() == 4 || !told.insert(&row.id) {
            continue;
        }
        let (low, most) = (row.low.normalize(), row.max.normalize());
        let verb = if lost { "只得" } else { "得" };
        let open = match row.max - row.known_max {
            points if points.is_zero() => String::new(),
            points => format!("（其中 {} 分缺数据）", points.normalize()),
        };
        said.push(format!("{}{verb} {low} 分，满分 {most}{open}：{}", row.name, row.reason));
    }
    said
}

/// Things to look at that change no point.
fn flags(case: &RateCase<'_>, rules: &EntityRules, tolerance: Decimal) -> Vec<String> {
    let unread = &case.enterprise.unread;
    let mut flags: Vec<String> =
        unread.iter().map(|cell| format!("{}“{}”无法识别，按缺数据计", cell.heading, cell.text)).collect();
    for indicator in &rules.indicators {
        let measured = indicator.parts.iter().find_map(|part| match &part.measure {
            Measure::Share { side, .. } => case.activity.side(*side).own_share(),
            _ => None,
        });
        let stated = indicator.parts.iter().find_map(|part| match &part.measure {
            Measure::Declared { field, .. } => match &case.enterprise.fields.get(field)?.value {
                FieldValue::Number(share) => Some(*share),
                _ => None,
            },
            _ => None,
        });
        if let Some((measured, stated)) = measured.zip(stated).filter(|(one, two)| (*one - *two).abs() > tolerance) {
            flags.push(format!("{}：自报 {}，发票测算 {}", indicator.name, percent(stated), percent(measured)));
        }
    }
    for side in [Direction::Sold, Direction::Bought] {
        let evidence = case.activity.side(side);
        let count = evidence.vouchers.iter().filter(|voucher| voucher.reading.verdict == Verdict::Review).count();
        if count > 0 {
            flags.push(format!(
                "{}有 {count} 行只有通用类型或不可读，未计入（{} 元）",
                side_name(side),
                evidence.unclear
            ));
        }
        if evidence.has_amounts && evidence.total <= Money::ZERO {
            flags.push(format!("{}净额不为正，占比未计算", side_name(side)));
        }
    }
    if case.activity.excluded > 0 {
        flags.push(format!("进项有 {} 行租金、人工等，不在采购合计之内", case.activity.excluded));
    }
    let scored = rules.indicators.iter().flat_map(|row| &row.parts);
    let scored = scored.into_iter().any(|part| matches!(part.measure, Measure::Count { of: Counted::Scope, .. }));
    if let Some(scope) = case.scope.filter(|scope| !scored && !scope.matches.is_empty()) {
        let terms: Vec<&str> = scope.matches.iter().take(3).map(|found| found.term.as_str()).collect();
        flags.push(format!("经营范围提到 {}，只作线索，不计分", terms.join("、")));
    }
    flags
}

fn trace(
    case: &RateCase<'_>,
    standard: &Standard,
    rules: &EntityRules,
    mut root: Trace,
    indicators: impl Iterator<Item = Trace>,
    vetoes: Vec<Trace>,
) -> Trace {
    let mut policy = Trace::step("规则包", format!("{} {}", standard.id, standard.notice));
    for (value, _) in rules.values.iter().filter(|(_, basis)| basis.holds(case.as_of)) {
        policy.steps.push(Trace::parameter(value.name.clone(), Some(value)));
    }
    for grade in rules.grades.iter().filter(|grade| grade.basis.holds(case.as_of)) {
        let own = grade.basis.parameter(grade.name.clone(), grade.from);
        policy.steps.push(Trace::parameter(format!("等级 {}", grade.name), Some(&own)));
    }
    root.steps.push(policy);
    root.steps.extend(indicators);
    root.steps.extend(vetoes);
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Record;

    #[test]
    fn yes_wins_and_not_knowing_beats_no() {
        use Checked::{No, Unknown, Yes};
        let table = [
            (No, No, No, No),
            (No, Unknown, Unknown, No),
            (No, Yes, Yes, No),
            (Unknown, Unknown, Unknown, Unknown),
            (Unknown, Yes, Yes, Unknown),
            (Yes, Yes, Yes, Yes),
        ];
        // Not: yes and no change places, and not knowing stays.
        let not = |one| match one {
            No => Yes,
            Unknown => Unknown,
            Yes => No,
        };
        for (one, other, or, and) in table {
            for (one, other) in [(one, other), (other, one)] {
                assert_eq!(either(one, other), or, "{one:?} or {other:?}");
                assert_eq!(both(one, other), and, "{one:?} and {other:?}");
                assert_eq!(not(both(one, other)), either(not(one), not(other)), "not ({one:?} and {other:?})");
            }
        }
    }

    /// What a cell says to each kind of question, and that what is not applicable is checked and clear.
    #[test]
    fn answers_of_cells_in_three_values() {
        use Checked::{No, Unknown, Yes};
        let day: Date = "2025-12-31".parse().unwrap();
        let flag = VetoTest::Flag("x".to_owned());
        let words = VetoTest::Words("x".to_owned(), vec!["红".to_owned()]);
        let fines = VetoTest::Records { field: "x".to_owned(), months: 36, above: Some(Decimal::from(500_000)) };
        let fine = |date: Option<&str>, yuan: Option<i64>| Record {
            name: String::new(),
            date: date.map(|date| date.parse().unwrap()),
            amount: yuan.map(|yuan| Money::from_fen(yuan * 100)),
        };
        let of = |rows: &[Record]| FieldValue::Records(rows.to_vec());
        let (inside, outside) = (Some("2025-03-01"), Some("2020-03-01"));
        for (test, value, answered) in [
            (&flag, FieldValue::Flag(true), Yes),
            (&flag, FieldValue::Flag(false), No),
            (&flag, FieldValue::Number(Decimal::ONE), Unknown),
            (&words, FieldValue::Word("红".to_owned()), Yes),
            (&words, FieldValue::Word("绿".to_owned()), No),
            (&fines, of(&[]), No),
            (&fines, of(&[fine(inside, Some(600_000))]), Yes),
            (&fines, of(&[fine(inside, Some(500_000))]), No),
            (&fines, of(&[fine(inside, None)]), Unknown),
            (&fines, of(&[fine(outside, None)]), No),
            (&fines, of(&[fine(None, Some(600_000))]), Unknown),
            (&fines, of(&[fine(None, Some(100))]), No),
            (&fines, of(&[fine(None, None), fine(inside, Some(600_000))]), Yes),
            (&fines, of(&[fine(outside, Some(600_000)), fine(None, None)]), Unknown),
            (&flag, FieldValue::NotApplicable("无".to_owned()), No),
            (&fines, FieldValue::NotApplicable("无".to_owned()), No),
        ] {
            assert_eq!(answer(day, test, &value), answered, "{test:?} of {value:?}");
        }
    }
}
