//! Reading `loan.toml`. Whatever is wrong becomes a finding with its code; a pack with findings is not used.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{
    EditionRule, Fact, Finding, LoanRule, Parameter,
    reader::{BasisRow, Reader},
};
use crate::model::Verdict;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoanFile {
    edition: Vec<EditionRow>,
    parameters: BTreeMap<String, ParameterRow>,
    points: BTreeMap<String, ParameterRow>,
    rule: Vec<RuleRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EditionRow {
    id: String,
    from: Option<String>,
    to: Option<String>,
    flag: Option<String>,
    also: Option<String>,
    origin: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterRow {
    value: toml::Value,
    origin: Option<String>,
    source: Option<String>,
    clause: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    id: String,
    any: Vec<Vec<String>>,
    verdict: Verdict,
    reason: String,
    origin: Option<String>,
    source: Option<String>,
}

/// Parameters that the loan procedure reads.
pub(super) const PARAMETERS: &[&str] = &[
    "window_before_days",
    "window_after_days",
    "share_green",
    "share_partial",
    "share_negligible",
    "cover_enough",
    "confidence_green",
    "confidence_open_cap",
    "green_revenue",
];

/// Confidence points that it adds.
pub(super) const POINTS: &[&str] = &[
    "purpose_strong",
    "purpose_weak",
    "voucher_strong",
    "voucher_weak",
    "label_agrees",
    "industry_agrees",
    "condition_clear",
    "tie",
    "role_unknown",
];

/// The rules for loans.
#[derive(Debug, Default)]
pub(super) struct LoanRules {
    /// Edition by approval date.
    pub editions: Vec<EditionRule>,
    /// Parameters by name.
    pub parameters: BTreeMap<String, Parameter>,
    /// Confidence points by name.
    pub points: BTreeMap<String, Parameter>,
    /// Ordered rules.
    pub rules: Vec<LoanRule>,
}

/// Reads the rules; `period` is the pack's own.
pub(super) fn read(
    text: &str,
    period: (Option<Date>, Option<Date>),
) -> Result<(LoanRules, Vec<Finding>), Box<toml::de::Error>> {
    let file: LoanFile = toml::from_str(text).map_err(Box::new)?;
    let mut reader = Reader::new(period);
    let rules = LoanRules {
        editions: file.edition.into_iter().map(|row| edition(&mut reader, row)).collect(),
        parameters: table(&mut reader, file.parameters, PARAMETERS),
        points: table(&mut reader, file.points, POINTS),
        rules: file.rule.into_iter().map(|row| rule(&mut reader, row)).collect(),
    };
    let mut findings = reader.findings;
    findings.extend(super::check_loan::loan(&rules, period));
    Ok((rules, findings))
}

fn edition(reader: &mut Reader, row: EditionRow) -> EditionRule {
    let basis = BasisRow { origin: row.origin, source: row.source, from: row.from, to: row.to, clause: None };
    let basis = reader.basis(&row.id, &basis);
    EditionRule {
        edition: row.id,
        from: basis.from,
        to: basis.to,
        flag: row.flag,
        also: row.also,
        origin: basis.origin,
        source: basis.source,
    }
}

fn table(
    reader: &mut Reader,
    rows: BTreeMap<String, ParameterRow>,
    needed: &'static [&'static str],
) -> BTreeMap<String, Parameter> {
    for name in needed.iter().filter(|name| !rows.contains_key(**name)) {
        reader.note("P019", name, "缺少这个值");
    }
    let mut table = BTreeMap::new();
    for (name, row) in rows {
        if !needed.contains(&name.as_str()) {
            reader.note("P021", &name, "程序不读这个参数");
        }
        let basis = BasisRow { origin: row.origin, source: row.source, clause: row.clause, ..BasisRow::default() };
        let basis = reader.basis(&name, &basis);
        let value = reader.signed(&name, &row.value);
        table.insert(name.clone(), basis.parameter(name, value));
    }
    table
}

fn rule(reader: &mut Reader, row: RuleRow) -> LoanRule {
    let basis = BasisRow { origin: row.origin, source: row.source, ..BasisRow::default() };
    let basis = reader.basis(&row.id, &basis);
    let mut any = Vec::new();
    for group in row.any {
        let mut facts = Vec::new();
        for code in group {
            match Fact::from_code(&code) {
                Some(fact) => facts.push(fact),
                None => reader.note("P013", &row.id, format!("事实 `{code}` 无法识别")),
            }
        }
        any.push(facts);
    }
    LoanRule { id: row.id, any, verdict: row.verdict, reason: row.reason, origin: basis.origin, source: basis.source }
}
