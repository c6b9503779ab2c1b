//! Reading `entity.toml`. Whatever is wrong becomes a finding with its code; a pack with findings is not used.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    Finding,
    entity::{
        Band, Counted, EntityRules, GradeRule, Indicator, Joined, LineFilter, Measure, Overlay, Part, Proof, Veto,
        VetoTest,
    },
    reader::{BasisRow, Reader},
};
use crate::model::{Direction, FieldKind, FieldRule, Scene};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntityFile {
    policy: PolicyRow,
    #[serde(default)]
    field: Vec<FieldRow>,
    #[serde(default)]
    value: Vec<ValueRow>,
    #[serde(default)]
    indicator: Vec<IndicatorRow>,
    #[serde(default)]
    overlay: Vec<OverlayRow>,
    #[serde(default)]
    veto: Vec<VetoRow>,
    #[serde(default)]
    grade: Vec<GradeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyRow {
    veto_grade: String,
    provisional_cap: String,
    unrated: String,
    #[serde(default)]
    excluded_labels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldRow {
    id: String,
    headings: Vec<String>,
    kind: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    document: String,
    #[serde(default)]
    example: String,
}

#[derive(Deserialize)]
struct ValueRow {
    name: String,
    value: toml::Value,
    #[serde(flatten)]
    basis: BasisRow,
}

#[derive(Deserialize)]
struct IndicatorRow {
    id: String,
    name: String,
    #[serde(default)]
    dimension: String,
    max: toml::Value,
    measure: String,
    #[serde(default)]
    part: Vec<PartRow>,
    #[serde(default)]
    rule: toml::Table,
    #[serde(flatten)]
    basis: BasisRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartRow {
    name: String,
    measure: String,
    #[serde(default)]
    rule: toml::Table,
}

#[derive(Deserialize)]
struct OverlayRow {
    id: String,
    name: String,
    industries: Vec<String>,
    #[serde(default)]
    weights: BTreeMap<String, toml::Value>,
    #[serde(default)]
    not_applicable: BTreeMap<String, String>,
    #[serde(flatten)]
    basis: BasisRow,
}

#[derive(Deserialize)]
struct VetoRow {
    id: String,
    name: String,
    test: Vec<TestRow>,
    #[serde(flatten)]
    basis: BasisRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestRow {
    field: String,
    #[serde(default)]
    words: Vec<String>,
    months: Option<i32>,
    above: Option<toml::Value>,
}

#[derive(Deserialize)]
struct GradeRow {
    name: String,
    from_score: toml::Value,
    #[serde(flatten)]
    basis: BasisRow,
}

/// Values that rating reads.
pub(super) const VALUES: &[&str] = &["window_months", "coverage_rated", "coverage_possible", "declared_tolerance"];

/// Reads the rules; `period` is the pack's own.
pub(super) fn read(
    text: &str,
    period: (Option<Date>, Option<Date>),
) -> Result<(EntityRules, Vec<Finding>), Box<toml::de::Error>> {
    let file: EntityFile = toml::from_str(text).map_err(Box::new)?;
    let mut reader = Reader::new(period);
    let rules = reader.rules(file);
    let mut findings = reader.findings;
    findings.extend(super::check::entity(&rules));
    Ok((rules, findings))
}

impl Reader {
    fn rules(&mut self, file: EntityFile) -> EntityRules {
        let fields = file.field.into_iter().map(|row| self.field(row)).collect();
        let values = file
            .value
            .into_iter()
            .map(|row| {
                let basis = self.basis(&row.name, &row.basis);
                let value = self.number(&row.name, &row.value);
                (basis.parameter(row.name, value), basis)
            })
            .collect();
        let indicators = file.indicator.into_iter().map(|row| self.indicator(row)).collect();
        let overlays = file
            .overlay
            .into_iter()
            .map(|row| Overlay {
                basis: self.basis(&row.id, &row.basis),
                weights: row.weights.iter().map(|(id, value)| (id.clone(), self.number(&row.id, value))).collect(),
                id: row.id,
                name: row.name,
                industries: row.industries,
                not_applicable: row.not_applicable,
            })
            .collect();
        let vetoes = file.veto.into_iter().map(|row| self.veto(row)).collect();
        let mut grades: Vec<GradeRule> = Vec::new();
        for row in file.grade {
            let basis = self.basis(&row.name, &row.basis);
            let from = self.number(&row.name, &row.from_score);
            grades.push(GradeRule { name: row.name, from, basis });
        }
        EntityRules {
            fields,
            values,
            excluded_labels: file.policy.excluded_labels,
            veto_grade: file.policy.veto_grade,
            provisional_cap: file.policy.provisional_cap,
            unrated: file.policy.unrated,
            indicators,
            overlays,
            vetoes,
            grades,
        }
    }

    fn field(&mut self, row: FieldRow) -> FieldRule {
        let kind = FieldKind::from_code(&row.kind);
        if kind.is_none() {
            self.note("P013", &row.id, format!("字段类型 `{}` 无法识别", row.kind));
        }
        if row.headings.is_empty() {
            self.note("P013", &row.id, "字段没有列名");
        }
        FieldRule {
            id: row.id,
            headings: row.headings,
            kind: kind.unwrap_or(FieldKind::Flag),
            words: row.words,
            document: row.document,
            example: row.example,
        }
    }

    fn indicator(&mut self, row: IndicatorRow) -> Indicator {
        let basis = self.basis(&row.id, &row.basis);
        let max = self.number(&row.id, &row.max);
        let joined = if row.measure == "max" { Joined::Max } else { Joined::Sum };
        let parts = if matches!(row.measure.as_str(), "sum" | "max") {
            row.part.iter().filter_map(|part| self.part(&row.id, part)).collect()
        } else {
            let part = PartRow { name: row.name.clone(), measure: row.measure, rule: row.rule };
            self.part(&row.id, &part).into_iter().collect()
        };
        Indicator { id: row.id, name: row.name, dimension: row.dimension, max, parts, joined, basis }
    }

    fn part(&mut self, id: &str, row: &PartRow) -> Option<Part> {
        let place = format!("{id} {}", row.name);
        let rule = Rule { table: &row.rule, place: &place };
        let measure = match row.measure.as_str() {
            "flag" => Measure::Flag { field: rule.text(self, "field")?, points: rule.number(self, "points")? },
            "count" => {
                let of = self.counted(&rule)?;
                Measure::Count { of, each: rule.number(self, "each")?, cap: rule.number(self, "cap")? }
            }
            "share" => Measure::Share {
                side: rule.side(self)?,
                bands: rule.bands(self),
                lower_is_better: rule.lower_is_better(),
            },
            "declared" => Measure::Declared {
                field: rule.text(self, "field")?,
                bands: rule.bands(self),
                lower_is_better: rule.lower_is_better(),
                factor: rule.number(self, "factor")?,
            },
            "lookup" => {
                let words = row.rule.get("points").and_then(toml::Value::as_table).cloned().unwrap_or_default();
                let points = words.iter().map(|(word, value)| (word.clone(), self.number(&place, value))).collect();
                Measure::Lookup { field: rule.text(self, "field")?, points }
            }
            "grade" => {
                let mut levels = Vec::new();
                for level in rule.tables("levels") {
                    let level = Rule { table: level, place: &place };
                    let digits = level.number(self, "digits")?;
                    let digits = usize::try_from(digits.trunc().mantissa()).unwrap_or_default();
                    levels.push((digits, level.number(self, "points")?));
                }
                levels.sort_by_key(|(digits, _)| std::cmp::Reverse(*digits));
                Measure::Grade { levels }
            }
            other => {
                self.note("P007", &place, format!("算法 `{other}` 不在 {} 之内", Measure::CODES.join("、")));
                return None;
            }
        };
        let document = row.rule.get("document").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        Some(Part { name: row.name.clone(), measure, document })
    }

    fn counted(&mut self, rule: &Rule<'_>) -> Option<Counted> {
        if let Some(field) = rule.table.get("field").and_then(toml::Value::as_str) {
            return Some(Counted::Field(field.to_owned()));
        }
        if rule.table.get("scope").and_then(toml::Value::as_bool) == Some(true) {
            return Some(Counted::Scope);
        }
        let list = |key: &str| -> Vec<String> {
            let items = rule.table.get(key).and_then(toml::Value::as_array).into_iter().flatten();
            items.filter_map(toml::Value::as_str).map(str::to_owned).collect()
        };
        let mut scenes = Vec::new();
        for code in list("scenes") {
            match Scene::from_code(&code) {
                Some(scene) => scenes.push(scene),
                None => self.note("P013", rule.place, format!("场景 `{code}` 无法识别")),
            }
        }
        let proof = match rule.table.get("proof").and_then(toml::Value::as_str) {
            Some("proven") => Proof::Proven,
            Some("open") => Proof::Open,
            None | Some("any") => Proof::Any,
            Some(other) => {
                self.note("P013", rule.place, format!("proof `{other}` 无法识别"));
                Proof::Any
            }
        };
        let by_scene = rule.table.get("unit").and_then(toml::Value::as_str) == Some("scene");
        Some(Counted::Lines(LineFilter { side: rule.side(self)?, scenes, entries: list("entries"), proof, by_scene }))
    }

    fn veto(&mut self, row: VetoRow) -> Veto {
        let basis = self.basis(&row.id, &row.basis);
        let mut tests = Vec::new();
        for test in row.test {
            let above = test.above.as_ref().map(|value| self.number(&row.id, value));
            tests.push(match test.months {
                Some(months) => VetoTest::Records { field: test.field, months, above },
                None if test.words.is_empty() => VetoTest::Flag(test.field),
                None => VetoTest::Words(test.field, test.words),
            });
        }
        Veto { id: row.id, name: row.name, tests, basis }
    }
}

/// The keys of one measure.
struct Rule<'r> {
    table: &'r toml::Table,
    place: &'r str,
}

impl<'r> Rule<'r> {
    fn text(&self, reader: &mut Reader, key: &str) -> Option<String> {
        let text = self.table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        if text.is_none() {
            reader.note("P013", self.place, format!("缺少 {key}"));
        }
        text
    }

    fn number(&self, reader: &mut Reader, key: &str) -> Option<Decimal> {
        match self.table.get(key) {
            Some(value) => Some(reader.number(self.place, value)),
            None => {
                reader.note("P013", self.place, format!("缺少 {key}"));
                None
            }
        }
    }

    fn side(&self, reader: &mut Reader) -> Option<Direction> {
        let side = self.table.get("side").and_then(toml::Value::as_str).and_then(Direction::from_code);
        if side.is_none() {
            reader.note("P013", self.place, "side 要写 bought 或 sold");
        }
        side
    }

    /// `lower_is_better = true`: the points may fall as the share rises.
    fn lower_is_better(&self) -> bool {
        self.table.get("lower_is_better").and_then(toml::Value::as_bool).unwrap_or_default()
    }

    fn tables(&self, key: &str) -> impl Iterator<Item = &'r toml::Table> {
        self.table.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table)
    }

    /// `{from, to, points}`; two points make the band linear.
    fn bands(&self, reader: &mut Reader) -> Vec<Band> {
        let mut bands = Vec::new();
        for table in self.tables("bands") {
            let row = Rule { table, place: self.place };
            let Some(from) = row.number(reader, "from") else { continue };
            let to = table.get("to").map(|value| reader.number(self.place, value));
            let (points, points_to) = match table.get("points") {
                Some(toml::Value::Array(pair)) => match pair.as_slice() {
                    [first, last] => (reader.number(self.place, first), Some(reader.number(self.place, last))),
                    _ => {
                        reader.note("P013", self.place, "线性档的 points 要写两个数");
                        continue;
                    }
                },
                Some(value) => (reader.number(self.place, value), None),
                None => {
                    reader.note("P013", self.place, "缺少 points");
                    continue;
                }
            };
            bands.push(Band { from, to, points, points_to });
        }
        bands
    }
}
