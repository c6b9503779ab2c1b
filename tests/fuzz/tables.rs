//! Parsers of what maintainers write: dictionary tables, bundles, catalogues, rule packs, labelled texts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{ENGINE, Executed, Outcome, fuzz, text_sample};
use crate::{
    BundleFault, Catalogue, CatalogueSources, Dictionary, DictionaryError, Engine, Floors, PackTexts, Standard,
    TextKind,
    catalogue::builtin_sources,
    dictionary::{Texts, builtin_texts, canonical, lint},
    model::Document,
    read_gold, read_traps,
};

const DAY: jiff::civil::Date = jiff::civil::date(2025, 11, 1);

/// The shipped tables, each no longer than its first rows; TOML files whole.
fn small() -> Texts {
    let cut = |file: &str, text: String| match file.ends_with(".csv") {
        true => text.split_inclusive('\n').take(40).collect(),
        false => text,
    };
    builtin_texts().into_iter().map(|(file, text)| (file.clone(), cut(&file, text))).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const TEXTS: [&str; 4] =
    ["*光伏设备*光伏组件 550W", "购买永磁变频空压机2台替代原有空压机", "*涂料*水性绿色油漆", "拆除旧电动机、煤炭"];

/// An engine that was built reads.
fn reads(engine: &Engine) -> Result<(), TestCaseError> {
    for text in TEXTS {
        for kind in [TextKind::InvoiceLine, TextKind::Purpose] {
            let reading = engine.classify(&Document { text: text.to_owned(), kind, ..Document::default() }, DAY);
            let Ok(reading) = reading else { continue };
            for found in &reading.matches {
                prop_assert_eq!(found.span.slice(text), Some(found.text.as_str()));
            }
        }
    }
    Ok(())
}

fn table(file: &'static str, few: u32) {
    let small = small();
    let seed = small.get(file).unwrap_or_else(|| panic!("no table {file}")).clone().into_bytes();
    fuzz(&format!("dictionary {file}"), few, &[seed], |bytes| {
        let text = lossy(bytes);
        // What the formatter writes, it leaves alone.
        if let Ok(once) = canonical(file, &text) {
            let twice = canonical(file, &once).ok();
            prop_assert_eq!(twice, Some(once), "formatting twice changes something");
        }
        let mut texts = small.clone();
        texts.insert(file.to_owned(), text);
        findings(&texts)?;
        match Engine::with_layers(&[texts], None) {
            Ok(engine) => {
                reads(&engine)?;
                Ok(Outcome::Taken)
            }
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                Ok(Outcome::Refused)
            }
        }
    });
}

/// The checker of tables takes what the compiler refuses.
fn findings(texts: &Texts) -> Result<(), TestCaseError> {
    let folder = lint::RawFolder { name: "x".to_owned(), files: texts.clone() };
    let shipped = lint::RawFolder::default();
    let task = lint::LintTask {
        layers: &[folder],
        shipped: &shipped,
        catalogue: ENGINE.catalogue(),
        as_of: DAY,
        read: None,
        compile_error: Some("x".to_owned()),
        is_word: &|word| word.chars().count() == 2,
        corpus: &[],
        threads: 1,
    };
    for found in lint::lint(&task) {
        prop_assert!(crate::diag::explain(found.code).is_some(), "{} has no page", found.code);
    }
    Ok(())
}

#[test]
fn tables_of_terms() {
    table("materials/efficiency.csv", 30);
    table("materials/replace.csv", 30);
}

#[test]
fn tables_around_terms() {
    table("exclusions.csv", 30);
    table("negatives.csv", 30);
    table("tax-labels.csv", 30);
}

#[test]
fn word_lists() {
    table("cues.toml", 20);
    table("ordinary.toml", 20);
    table("heads.toml", 20);
    table("clauses.toml", 20);
}

#[test]
fn bundles() {
    let dictionary = Dictionary::compile(&[small()]).expect("compiles");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.bundle");
    dictionary.write_bundle(&path).expect("writes");
    let bytes = std::fs::read(&path).expect("reads");
    fuzz("bundle", 150, std::slice::from_ref(&bytes), |changed| match Dictionary::from_bundle(changed) {
        Ok(_) => {
            prop_assert!(changed == bytes, "a changed bundle was taken");
            Ok(Outcome::Taken)
        }
        Err(fault) => {
            prop_assert!(!matches!(fault, BundleFault::Stale));
            Ok(Outcome::Refused)
        }
    });
    // A bundle whose hash was made to fit.
    let (head, payload) = bytes.split_at(44);
    fuzz("bundle-forged", 100, &[payload.to_vec()], |payload| {
        let whole = [&head[..12], blake3::hash(payload).as_bytes(), payload].concat();
        let Ok(dictionary) = Dictionary::from_bundle(&whole) else { return Ok(Outcome::Refused) };
        for text in TEXTS {
            let folded = crate::text::fold(text);
            for hit in dictionary.exact().hits(folded.text()) {
                prop_assert!(folded.text().get(hit.start..hit.end).is_some(), "{:?}", hit);
            }
            let _ = dictionary.excluded(folded.text()).len();
        }
        Ok(Outcome::Taken)
    });
}

#[test]
fn catalogues() {
    let shipped = builtin_sources();
    let load = |sources: &CatalogueSources<'_>| match Catalogue::load(sources) {
        Ok(catalogue) => {
            let _ = catalogue.in_force(DAY).map(|edition| edition.id.clone());
            Ok(Outcome::Taken)
        }
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            Ok(Outcome::Refused)
        }
    };
    let head = |text: &str| text.split_inclusive('\n').take(60).collect::<String>().into_bytes();
    fuzz("catalogue editions", 60, &[shipped.editions.1.into()], |bytes| {
        let text = lossy(bytes);
        load(&CatalogueSources { editions: ("e", &text), ..shipped.clone() })
    });
    fuzz("catalogue entries", 60, &[head(shipped.entries[0].1)], |bytes| {
        let text = lossy(bytes);
        let equipment = ("q", "edition,works,make,trade,note\n");
        load(&CatalogueSources { entries: vec![("e", &text)], equipment, ..shipped.clone() })
    });
    fuzz("catalogue equipment", 60, &[shipped.equipment.1.into()], |bytes| {
        let text = lossy(bytes);
        load(&CatalogueSources { equipment: ("q", &text), ..shipped.clone() })
    });
    fuzz("catalogue conditions", 60, &[head(shipped.conditions[0].1)], |bytes| {
        let text = lossy(bytes);
        load(&CatalogueSources { conditions: vec![("c", &text)], ..shipped.clone() })
    });
    fuzz("catalogue crosswalk", 60, &[head(shipped.crosswalk.1)], |bytes| {
        let text = lossy(bytes);
        load(&CatalogueSources { crosswalk: ("x", &text), ..shipped.clone() })
    });
}

/// A pack that was read can be checked.
fn pack(texts: PackTexts<'_>) -> Executed {
    match Standard::read(texts) {
        Ok(pack) => {
            for finding in crate::check(&pack, ENGINE.catalogue()) {
                prop_assert!(crate::diag::explain(finding.code).is_some(), "{} has no page", finding.code);
            }
            for date in ["0001-01-01", "2025-10-01", "9999-12-31"] {
                let _ = pack.edition_for(date.parse().expect("a date"));
            }
            Ok(Outcome::Taken)
        }
        Err(error) => {
            prop_assert!(!error.to_string().is_empty());
            for finding in error.findings() {
                prop_assert!(crate::diag::explain(finding.code).is_some(), "{} has no page", finding.code);
            }
            Ok(Outcome::Refused)
        }
    }
}

#[test]
fn packs() {
    let read = |file: &str| text_sample(&format!("dictionaries/standards/{file}"), 1 << 20);
    let (head, loan) = (read("sme-green-2022/standard.toml"), read("sme-green-2022/loan.toml"));
    let (entity, other) = (read("sme-green-2022/entity.toml"), read("cqjr-026-2024/entity.toml"));
    fuzz("pack head", 150, &[head.clone().into()], |bytes| {
        pack(PackTexts { name: "x", head: &lossy(bytes), loan: Some(&loan), entity: None })
    });
    fuzz("pack loan", 150, &[loan.clone().into()], |bytes| {
        pack(PackTexts { name: "x", head: &head, loan: Some(&lossy(bytes)), entity: None })
    });
    fuzz("pack entity", 150, &[entity.into(), other.into()], |bytes| {
        pack(PackTexts { name: "x", head: &head, loan: None, entity: Some(&lossy(bytes)) })
    });
}

#[test]
fn labelled_texts() {
    let any = |_: &str, _: Option<jiff::civil::Date>| true;
    let gold = text_sample("corpus/gold/equipment.csv", 6_000);
    fuzz("gold", 150, &[gold.into()], |bytes| match read_gold([("a.csv", &*lossy(bytes))], any) {
        Ok(rows) => Ok(Outcome::taken(!rows.is_empty())),
        Err(error) => {
            prop_assert!(error.to_string().contains("a.csv"), "{}", error);
            Ok(Outcome::Refused)
        }
    });
    // The rows of a pair stand together below the header.
    let traps: String = text_sample("corpus/traps/base.csv", 1 << 20).split_inclusive('\n').take(41).collect();
    fuzz("traps", 150, &[traps.into()], |bytes| match read_traps([("a.csv", &*lossy(bytes))], &[], any) {
        Ok(rows) => Ok(Outcome::taken(!rows.is_empty())),
        Err(error) => {
            prop_assert!(error.to_string().contains("a.csv"), "{}", error);
            Ok(Outcome::Refused)
        }
    });
    fuzz("floors", 100, &[text_sample("corpus/floors.toml", 1 << 16).into()], |bytes| {
        Ok(Outcome::taken(Floors::read("floors.toml", &lossy(bytes)).is_ok()))
    });
}

#[test]
fn errors_of_tables_name_their_file() {
    let mut texts: BTreeMap<String, String> = small();
    texts.insert("exclusions.csv".to_owned(), "surface\n\"x".to_owned());
    let error = Dictionary::compile(&[texts]).expect_err("no such columns");
    assert!(matches!(error, DictionaryError::Row { .. }) && error.to_string().contains("exclusions.csv"), "{error}");
}
