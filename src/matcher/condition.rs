//! Judging typed conditions against a text: met, unmet, or no data.

use rust_decimal::Decimal;

use crate::{
    catalogue::{Condition, Quantity, Test},
    model::{ConditionResult, ConditionState, Proof},
    text::{Script, cuts_latin, fold, script_of},
};

/// Judges `condition` against the folded `text` (goods name and specification together). One met test suffices; the
/// condition is unmet when none is met and a stated quantity fails. Where the text is silent, a document in `proofs`
/// decides.
pub fn judge(condition: &Condition, text: &str, proofs: &[Proof]) -> ConditionResult {
    let mut failed: Option<String> = None;
    for test in &condition.tests {
        match state(test, text) {
            Some((true, words)) => return result(condition, ConditionState::Met, words),
            Some((false, words)) => failed = failed.or(Some(words)),
            None => {}
        }
    }
    match failed {
        Some(words) => result(condition, ConditionState::Unmet, words),
        None => match proofs.iter().find(|proof| proof.condition == condition.id) {
            Some(proof) => {
                ConditionResult { by_proof: true, ..result(condition, ConditionState::Met, proof.document.clone()) }
            }
            None => result(condition, ConditionState::NoData, condition.evidence.clone()),
        },
    }
}

fn result(condition: &Condition, state: ConditionState, evidence: String) -> ConditionResult {
    ConditionResult { id: condition.id.clone(), state, evidence, by_proof: false }
}

/// Whether the test holds, with the words of the text that say so; `None` when the text does not say.
fn state(test: &Test, text: &str) -> Option<(bool, String)> {
    match test {
        Test::Document => None,
        Test::Says(words) => words.iter().find_map(|word| {
            let word = fold(word).text().to_owned();
            (affirmed(text, &word)).then_some((true, word))
        }),
        Test::Cites(number) => cites(text, number).then(|| (true, number.clone())),
        Test::Bound { quantity, at_most, bound } => stated(*quantity, text).map(|(value, words)| {
            let holds = if *at_most { value <= *bound } else { value >= *bound };
            (holds, words)
        }),
    }
}

/// Whether `word` occurs as a word and is not negated right in front.
fn affirmed(text: &str, word: &str) -> bool {
    !word.is_empty()
        && text.match_indices(word).any(|(start, _)| {
            let before = text.get(..start).unwrap_or_default();
            let negated =
                ["非", "无", "不", "未", "没有", "不含", "不是", "低于"].iter().any(|no| before.ends_with(no));
            !negated && !cuts_latin(text, start, start + word.len())
        })
}

/// Whether the text cites the standard, however it spaces the number: `GB 18613`, `gb18613-2020`.
fn cites(text: &str, number: &str) -> bool {
    let tight = |s: &str| -> String { fold(s).text().chars().filter(|c| *c != ' ').collect() };
    let (text, number) = (tight(text), tight(number));
    text.match_indices(&number).any(|(start, _)| {
        !text.get(start + number.len()..).is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// The value of `quantity` that the text states, with its words.
fn stated(quantity: Quantity, text: &str) -> Option<(Decimal, String)> {
    match quantity {
        Quantity::EnergyGrade | Quantity::TransformerGrade => {
            grade(text, false).or_else(|| class_from_model(quantity, text))
        }
        Quantity::WaterGrade => grade(text, true),
        Quantity::MotorClass => class_from_model(quantity, text),
        Quantity::EmissionStage | Quantity::NonroadStage => emission_stage(text),
        Quantity::Voc => number_behind(text, &["voc", "挥发性有机物"], &["g/l"]),
        Quantity::Content => percent(text),
        Quantity::Cop => number_behind(text, &["cop", "性能系数"], &[""]),
        Quantity::Apf => number_behind(text, &["apf"], &[""]),
        Quantity::Iplv => number_behind(text, &["iplv"], &[""]),
        Quantity::Efficiency => number_behind(text, &["效率"], &["%"]),
        Quantity::Power => power(text),
    }
}

/// `1级`, `一级能效`, `能效等级:ⅱ级`. A grade that water efficiency owns counts only for water.
fn grade(text: &str, water: bool) -> Option<(Decimal, String)> {
    const GRADES: [(&str, u32); 13] = [
        ("iii级", 3),
        ("ii级", 2),
        ("i级", 1),
        ("1级", 1),
        ("2级", 2),
        ("3级", 3),
        ("4级", 4),
        ("5级", 5),
        ("一级", 1),
        ("二级", 2),
        ("三级", 3),
        ("四级", 4),
        ("五级", 5),
    ];
    let mut best: Option<(usize, u32, String)> = None;
    for (word, value) in GRADES {
        for (start, _) in text.match_indices(word) {
            let before = text.get(..start).unwrap_or_default();
            let after = text.get(start + word.len()..).unwrap_or_default();
            // 11级, 第一级; but 48W|三级能效, whose blank is lost in folding.
            let is_han = word.starts_with(['一', '二', '三', '四', '五']);
            if before.chars().next_back().is_some_and(|c| {
                !is_han && matches!(script_of(c), Script::Latin | Script::Digit) || "十百第多".contains(c)
            }) {
                continue;
            }
            let owner = |word: &str| {
                let near: String = before.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
                near.contains(word) || after.starts_with(word)
            };
            // 一级能效 3级压缩: stages of a machine.
            if STAGES.iter().any(|stage| after.starts_with(stage)) {
                continue;
            }
            // 一级能效2级水效: the word right behind says what it grades.
            if !water && after.starts_with("水效") || water && after.starts_with("能效") {
                continue;
            }
            let about_water = owner("水效");
            let about_energy = owner("能效") || owner("节能") || owner("能耗");
            if water != about_water && (water || !about_energy) {
                continue;
            }
            // 一级建造师, 三级过滤, 二级反渗透: a grade of something else.
            let bare = !about_water && !about_energy;
            let ends = after.chars().next().is_none_or(|c| script_of(c) != Script::Han);
            if bare && !ends {
                continue;
            }
            let rank = if bare { 1 } else { 0 };
            if best.as_ref().is_none_or(|(r, ..)| rank < *r) {
                best = Some((rank, value, word.to_owned()));
            }
        }
    }
    best.map(|(_, value, word)| (Decimal::from(value), word))
}

/// What goes by stages and not by grades.
const STAGES: [&str; 10] = ["压缩", "过滤", "反渗透", "离心", "净化", "增压", "叶轮", "变速", "破碎", "蒸发"];

/// Classes that a model name states. Motors: IE1–IE5, YE1–YE5, YBX3–YBX5 (GB 18613: class 5 is grade 1); the motor of a
/// pump or compressor says nothing of the grade of the machine, so only conditions that ask for a motor's class read them.
/// Transformers (GB 20052-2020): S22 and SCB18 are grade 1, S20 and SCB14 grade 2, S13 and SCB12 grade 3.
fn class_from_model(quantity: Quantity, text: &str) -> Option<(Decimal, String)> {
    let models: &[(&str, u32)] = match quantity {
        Quantity::MotorClass => &[
            ("ie5", 5),
            ("ie4", 4),
            ("ie3", 3),
            ("ie2", 2),
            ("ie1", 1),
            ("ye5", 5),
            ("ye4", 4),
            ("ye3", 3),
            ("ye2", 2),
            ("ybx5", 5),
            ("ybx4", 4),
            ("ybx3", 3),
        ],
        Quantity::TransformerGrade => {
            &[("scb18", 1), ("s22", 1), ("scb14", 2), ("s20", 2), ("scb12", 3), ("scb11", 4), ("s13", 3), ("s11", 4)]
        }
        _ => return None,
    };
    models.iter().find_map(|&(model, class)| {
        let found = text.match_indices(model).any(|(start, _)| !cuts_latin(text, start, start + model.len()));
        found.then(|| (Decimal::from(class), model.to_uppercase()))
    })
}

fn emission_stage(text: &str) -> Option<(Decimal, String)> {
    const STAGES: [(&str, u32); 18] = [
        ("国六", 6),
        ("国6", 6),
        ("国vi", 6),
        ("国五", 5),
        ("国5", 5),
        ("国v", 5),
        ("国四", 4),
        ("国4", 4),
        ("国iv", 4),
        ("国三", 3),
        ("国3", 3),
        ("国iii", 3),
        ("国二", 2),
        ("国2", 2),
        ("国ii", 2),
        ("国一", 1),
        ("第四阶段", 4),
        ("第三阶段", 3),
    ];
    STAGES
        .iter()
        .find(|(word, _)| text.match_indices(word).any(|(start, _)| !cuts_latin(text, start, start + word.len())))
        .map(|&(word, stage)| (Decimal::from(stage), word.to_owned()))
}

/// The first number behind one of `keys`, before one of `units`.
fn number_behind(text: &str, keys: &[&str], units: &[&str]) -> Option<(Decimal, String)> {
    keys.iter().find_map(|key| {
        text.match_indices(key).find_map(|(start, _)| {
            let rest = text.get(start + key.len()..)?;
            let skipped = rest.find(|c: char| c.is_ascii_digit())?;
            let between = rest.get(..skipped)?;
            if between.chars().count() > 8 || between.contains([',', ';']) {
                return None;
            }
            let (number, length) = leading_number(rest.get(skipped..)?)?;
            let tail = rest.get(skipped + length..)?;
            let unit = units.iter().find(|unit| tail.starts_with(**unit))?;
            let words = text.get(start..start + key.len() + skipped + length + unit.len())?;
            Some((number, words.to_owned()))
        })
    })
}

fn percent(text: &str) -> Option<(Decimal, String)> {
    text.match_indices('%').find_map(|(at, _)| {
        let (number, words) = number_before(text, at)?;
        Some((number, format!("{words}%")))
    })
}

/// A power in watts: `550w`, `1.5kw`, `2mwp`.
fn power(text: &str) -> Option<(Decimal, String)> {
    [("mw", 1_000_000u32), ("kw", 1_000), ("w", 1)].iter().find_map(|&(unit, factor)| {
        text.match_indices(unit).find_map(|(at, _)| {
            let after = text.get(at + unit.len()..)?;
            let after = after.strip_prefix('p').unwrap_or(after);
            if after.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return None;
            }
            let (number, words) = number_before(text, at)?;
            Some((number.checked_mul(Decimal::from(factor))?, format!("{words}{unit}")))
        })
    })
}

fn leading_number(text: &str) -> Option<(Decimal, usize)> {
    let length = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = text.get(..length)?.trim_end_matches('.');
    Some((number.parse().ok()?, number.len()))
}

fn number_before(text: &str, at: usize) -> Option<(Decimal, &str)> {
    let before = text.get(..at)?;
    let start = before
        .rfind(|c: char| !c.is_ascii_digit() && c != '.')
        .map_or(0, |place| place + before.get(place..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8));
    let words = before.get(start..)?;
    Some((words.parse().ok()?, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(quantity: Quantity, text: &str) -> Option<String> {
        stated(quantity, fold(text).text()).map(|(value, _)| value.to_string())
    }

    #[test]
    fn reads_what_invoices_state() {
        use Quantity::*;
        let cases = [
            (EnergyGrade, "美的空调 1.5匹 新一级能效", Some("1")),
            (EnergyGrade, "冰箱 能效等级：2级", Some("2")),
            (EnergyGrade, "电动机 Ⅰ级能效", Some("1")),
            (MotorClass, "三相异步电动机 YE5-132", Some("5")),
            (MotorClass, "三相异步电动机 YE3-132", Some("3")),
            (EnergyGrade, "空压机 IE4电机", None),
            (EnergyGrade, "二级反渗透设备", None),
            (EnergyGrade, "空调 KFR-35GW 三级能效", Some("3")),
            (EnergyGrade, "节水马桶 一级水效", None),
            (WaterGrade, "节水马桶 一级水效", Some("1")),
            (MotorClass, "永磁电机 IE5 30kW", Some("5")),
            (MotorClass, "电缆 PIE50", None),
            (TransformerGrade, "干式变压器SCB18-1000", Some("1")),
            (EmissionStage, "货车 国Ⅵ", Some("6")),
            (EmissionStage, "货车 国四", Some("4")),
            (Voc, "水性漆 VOC含量≤50g/L", Some("50")),
            (Content, "再生PET 含量 30%", Some("30")),
            (Cop, "热泵 COP≥4.2", Some("4.2")),
            (Efficiency, "组件 转换效率23.2%", Some("23.2")),
            (Power, "组件 550Wp", Some("550")),
            (Power, "逆变器 110kW", Some("110000")),
        ];
        for (quantity, text, expected) in cases {
            assert_eq!(value(quantity, text).as_deref(), expected, "{quantity:?} in {text}");
        }
    }

    #[test]
    fn any_met_test_meets_and_silence_is_no_data() {
        let condition = |tests: &str| Condition {
            id: "C-1".into(),
            edition: "gfspc-2025".into(),
            entries: vec![],
            kind: "grade".into(),
            tests: tests.split('|').filter_map(Test::parse).collect(),
            evidence: "能效标识".into(),
            source: "S-0001".into(),
            locator: "1.1.7".into(),
        };
        let states = |tests: &str, text: &str| judge(&condition(tests), fold(text).text(), &[]).state;
        assert_eq!(states("energy-grade<=1|says:节能产品认证", "电机 节能产品认证"), ConditionState::Met);
        assert_eq!(states("energy-grade<=1|says:节能产品认证", "电机 3级能效"), ConditionState::Unmet);
        assert_eq!(states("energy-grade<=1|document", "电机"), ConditionState::NoData);
        assert_eq!(states("cites:GB 18613", "电机 GB18613-2020"), ConditionState::Met);
        assert_eq!(states("says:认证", "未认证"), ConditionState::NoData);
        let seen = [Proof { condition: "C-1".into(), document: "能效标识".into() }];
        let with = |tests: &str, text: &str| judge(&condition(tests), fold(text).text(), &seen);
        assert_eq!(with("energy-grade<=1", "电机").state, ConditionState::Met);
        assert!(with("energy-grade<=1", "电机").by_proof);
        assert_eq!(with("energy-grade<=1", "电机 3级能效").state, ConditionState::Unmet, "the text says otherwise");
        assert!(!with("energy-grade<=1", "电机 1级能效").by_proof, "the text says so itself");
    }
}
