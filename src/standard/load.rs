//! Reading a pack.

use serde::Deserialize;

use super::{
    Finding, Standard, entity_file, loan_file,
    reader::{BasisRow, Reader},
};

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
    /// Faults of the rules.
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
        let head = format!("{}/standard.toml", texts.name);
        let top: HeadFile = toml::from_str(texts.head)
            .map_err(|source| StandardError::Toml { file: head.clone(), source: Box::new(source) })?;
        let mut reader = Reader::new((None, None));
        let own = BasisRow { from: top.from, to: top.to, ..BasisRow::default() };
        let (from, to) = reader.dates("standard.toml", &own);
        settled(&head, reader.findings)?;
        let name = |file: &str| format!("{}/{file}", texts.name);
        let loan = texts.loan.map(|text| part(name("loan.toml"), loan_file::read(text, (from, to)))).transpose();
        let entity =
            texts.entity.map(|text| part(name("entity.toml"), entity_file::read(text, (from, to)))).transpose();
        let (loan, entity) = both(loan, entity)?;
        let loan = loan.unwrap_or_default();
        Ok(Self {
            id: top.id,
            title: top.title,
            basis: top.basis,
            notice: top.notice,
            fingerprint,
            editions: loan.editions,
            parameters: loan.parameters,
            points: loan.points,
            rules: loan.rules,
            entity,
        })
    }
}

/// Both, or the faults of both.
fn both<A, B>(one: Result<A, StandardError>, two: Result<B, StandardError>) -> Result<(A, B), StandardError> {
    use StandardError::Faults;
    match (one, two) {
        (Ok(one), Ok(two)) => Ok((one, two)),
        (Err(Faults { file, mut findings }), Err(Faults { file: other, findings: more })) => {
            findings.extend(more);
            Err(Faults { file: format!("{file}、{other}"), findings })
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// The rules of one file, when nothing is wrong with them.
fn part<T>(file: String, read: Result<(T, Vec<Finding>), Box<toml::de::Error>>) -> Result<T, StandardError> {
    let (rules, findings) = read.map_err(|source| StandardError::Toml { file: file.clone(), source })?;
    settled(&file, findings).map(|()| rules)
}

fn settled(file: &str, findings: Vec<Finding>) -> Result<(), StandardError> {
    match findings.is_empty() {
        true => Ok(()),
        false => Err(StandardError::Faults { file: file.to_owned(), findings }),
    }
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
