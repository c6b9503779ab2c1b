//! Reading a pack.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, de::DeserializeOwned};

use super::{EditionRule, Fact, Finding, LoanRule, Parameter, Standard, entity_file};
use crate::model::{Origin, Verdict};

/// A pack that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StandardError {
    /// No TOML or a key is missing.
    #[error("{file}: {source}")]
    Toml {
        /// File.
        file: String,
        /// What the TOML reader says.
        source: Box<toml::de::Error>,
    },
    /// A value outside the allowed set.
    #[error("{file}: {place}: `{value}` 无法识别 / not understood")]
    Value {
        /// File.
        file: String,
        /// Rule or parameter.
        place: String,
        /// What stands there.
        value: String,
    },
    /// A parameter the loan procedure needs.
    #[error("{file}: 缺少参数 {name} / missing parameter")]
    Missing {
        /// File.
        file: String,
        /// Its name.
        name: &'static str,
    },
    /// Faults of the entity rules.
    #[error("{file}: {}", listed(findings))]
    Faults {
        /// File.
        file: String,
        /// Each with its code.
        findings: Vec<Finding>,
    },
}

impl StandardError {
    /// The error as findings with their codes.
    pub fn findings(self) -> Vec<Finding> {
        let finding = |code, place: &str, detail: String| vec![Finding { code, place: place.to_owned(), detail }];
        match self {
            Self::Toml { file, source } => finding("P001", &file, source.to_string()),
            Self::Value { ref file, .. } => finding("P013", file, self.to_string()),
            Self::Missing { ref file, .. } => finding("P019", file, self.to_string()),
            Self::Faults { findings, .. } => findings,
        }
    }
}

fn listed(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|found| format!("{} {}：{}", found.code, found.place, found.detail));
    lines.collect::<Vec<_>>().join("；")
}

/// The texts of a pack's files. A pack has rules for loans, for enterprises, or both.
#[derive(Clone, Copy, Debug, Default)]
pub struct PackTexts<'t> {
    /// Name shown in messages.
    pub name: &'t str,
    /// standard.toml
    pub head: &'t str,
    /// loan.toml
    pub loan: Option<&'t str>,
    /// entity.toml
    pub entity: Option<&'t str>,
}

#[derive(Deserialize)]
struct HeadFile {
    id: String,
    title: String,
    basis: String,
    notice: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Default, Deserialize)]
struct LoanFile {
    edition: Vec<EditionRow>,
    parameters: BTreeMap<String, ParameterRow>,
    points: BTreeMap<String, ParameterRow>,
    rule: Vec<RuleRow>,
}

#[derive(Deserialize)]
struct EditionRow {
    id: String,
    from: Option<String>,
    to: Option<String>,
    flag: Option<String>,
    also: Option<String>,
    origin: Origin,
    source: String,
}

#[derive(Deserialize)]
struct ParameterRow {
    value: toml::Value,
    origin: Origin,
    source: String,
}

#[derive(Deserialize)]
struct RuleRow {
    id: String,
    any: Vec<Vec<String>>,
    verdict: Verdict,
    reason: String,
    origin: Origin,
    source: String,
}

/// Parameters and points that the loan procedure reads.
const PARAMETERS: &[&str] = &[
    "window_before_days",
    "window_after_days",
    "share_green",
    "share_partial",
    "share_negligible",
    "cover_enough",
    "confidence_green",
    "confidence_open_cap",
    "green_revenue",
    "entity_route_green",
];
const POINTS: &[&str] = &[
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

/// The packs that ship with the program.
pub fn builtin_standards() -> Result<Vec<Standard>, StandardError> {
    macro_rules! text {
        ($id:literal, $file:literal) => {
            include_str!(concat!("../../dictionaries/standards/", $id, "/", $file))
        };
    }
    Ok(vec![
        Standard::read(PackTexts {
            name: "sme-green-2022",
            head: text!("sme-green-2022", "standard.toml"),
            loan: Some(text!("sme-green-2022", "loan.toml")),
            entity: Some(text!("sme-green-2022", "entity.toml")),
        })?,
        Standard::read(PackTexts {
            name: "cqjr-026-2024",
            head: text!("cqjr-026-2024", "standard.toml"),
            loan: None,
            entity: Some(text!("cqjr-026-2024", "entity.toml")),
        })?,
    ])
}

impl Standard {
    /// Reads a pack from the texts of its files.
    pub fn read(texts: PackTexts<'_>) -> Result<Self, StandardError> {
        let parts = [Some(texts.head), texts.loan, texts.entity].map(Option::unwrap_or_default);
        let fingerprint = blake3::hash(parts.join("\0").as_bytes()).to_hex().to_string();
        let file = format!("{}/loan.toml", texts.name);
        let top: HeadFile = toml(&format!("{}/standard.toml", texts.name), texts.head)?;
        let rows: LoanFile = match texts.loan {
            Some(text) => toml(&file, text)?,
            None => LoanFile::default(),
        };
        let bad = |place: &str, value: &str| StandardError::Value {
            file: file.clone(),
            place: place.to_owned(),
            value: value.to_owned(),
        };
        let date = |text: &Option<String>| match text {
            Some(text) => text.parse::<Date>().map(Some).map_err(|_| bad("edition", text)),
            None => Ok(None),
        };
        let period = (date(&top.from)?, date(&top.to)?);
        let entity = match texts.entity {
            None => None,
            Some(text) => {
                let file = format!("{}/entity.toml", texts.name);
                let (rules, findings) = entity_file::read(text, period)
                    .map_err(|source| StandardError::Toml { file: file.clone(), source })?;
                if !findings.is_empty() {
                    return Err(StandardError::Faults { file, findings });
                }
                Some(rules)
            }
        };
        let mut editions = Vec::new();
        for row in rows.edition {
            editions.push(EditionRule {
                from: date(&row.from)?,
                to: date(&row.to)?,
                edition: row.id,
                flag: row.flag,
                also: row.also,
                origin: row.origin,
                source: row.source,
            });
        }
        let rates_only = texts.loan.is_none();
        let table = |rows: BTreeMap<String, ParameterRow>, needed: &'static [&'static str]| {
            let mut table = BTreeMap::new();
            for (name, row) in rows {
                let text = row.value.to_string();
                let value: Decimal = text.parse().map_err(|_| bad(&name, &text))?;
                table.insert(name.clone(), Parameter { name, value, origin: row.origin, source: row.source });
            }
            match needed.iter().find(|name| !rates_only && !table.contains_key(**name)) {
                Some(name) => Err(StandardError::Missing { file: file.clone(), name }),
                None => Ok(table),
            }
        };
        let mut rules = Vec::new();
        for row in rows.rule {
            let any = row
                .any
                .iter()
                .map(|group| group.iter().map(|code| Fact::from_code(code).ok_or_else(|| bad(&row.id, code))).collect())
                .collect::<Result<Vec<Vec<Fact>>, _>>()?;
            rules.push(LoanRule {
                id: row.id,
                any,
                verdict: row.verdict,
                reason: row.reason,
                origin: row.origin,
                source: row.source,
            });
        }
        Ok(Self {
            id: top.id,
            title: top.title,
            basis: top.basis,
            notice: top.notice,
            fingerprint,
            editions,
            parameters: table(rows.parameters, PARAMETERS)?,
            points: table(rows.points, POINTS)?,
            rules,
            entity,
        })
    }
}

fn toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, StandardError> {
    toml::from_str(text).map_err(|source| StandardError::Toml { file: file.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pack_reads_and_covers_every_day_since_2019() {
        let packs = builtin_standards().unwrap();
        let pack = packs.first().unwrap();
        let on = |date: &str| pack.edition_for(date.parse().unwrap()).map(|rule| rule.edition.as_str());
        assert_eq!(on("2024-12-31"), Some("gid-2019"));
        assert_eq!(on("2025-01-01"), Some("glt-2024"));
        assert_eq!(on("2025-09-30"), Some("glt-2024"));
        assert_eq!(on("2025-10-01"), Some("gfspc-2025"));
        assert_eq!(pack.rules.last().map(|rule| rule.any.as_slice()), Some(&[vec![]][..]));
    }

    #[test]
    fn an_unknown_fact_is_refused_by_name() {
        let loan =
            include_str!("../../dictionaries/standards/sme-green-2022/loan.toml").replace("\"veto\"", "\"vteo\"");
        let head = include_str!("../../dictionaries/standards/sme-green-2022/standard.toml");
        let error = Standard::read(PackTexts { name: "x", head, loan: Some(&loan), entity: None }).unwrap_err();
        assert!(error.to_string().contains("vteo"), "{error}");
    }
}
