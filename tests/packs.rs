//! Each fault of a rule pack is found by exactly its code, on the fixtures of tests/diagnostics/packs.toml.

use std::{collections::BTreeSet, fs, path::Path};

use lvjian::{Engine, Finding, PackTexts, Standard, check};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixtures {
    fixture: Vec<Fixture>,
}

#[derive(Deserialize)]
struct Fixture {
    code: String,
    pack: String,
    edits: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    file: String,
    find: String,
    put: String,
}

fn findings(engine: &Engine, fixture: &Fixture) -> Vec<Finding> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries/standards").join(&fixture.pack);
    let text = |name: &str| {
        let mut text = fs::read_to_string(folder.join(name)).ok()?;
        for edit in fixture.edits.iter().filter(|edit| edit.file == name) {
            assert!(text.contains(&edit.find), "{}: {} is there to edit", fixture.code, edit.find);
            text = text.replacen(&edit.find, &edit.put, 1);
        }
        Some(text)
    };
    let (head, loan, entity) = (text("standard.toml").unwrap(), text("loan.toml"), text("entity.toml"));
    let texts = PackTexts { name: &fixture.pack, head: &head, loan: loan.as_deref(), entity: entity.as_deref() };
    match Standard::read(texts) {
        Ok(standard) => check(&standard, engine.catalogue()),
        Err(error) => error.findings(),
    }
}

#[test]
fn every_code_has_a_fixture_that_gives_it_and_nothing_else() {
    let engine = Engine::builtin().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/diagnostics/packs.toml")).unwrap();
    let fixtures: Fixtures = toml::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    for fixture in &fixtures.fixture {
        let found = findings(&engine, fixture);
        let codes: BTreeSet<&str> = found.iter().map(|finding| finding.code).collect();
        if codes != BTreeSet::from([fixture.code.as_str()]) {
            wrong.push(format!("{}: {found:?}", fixture.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let pages = fs::read_to_string(root.join("src/diag/codes.toml")).unwrap();
    let documented: BTreeSet<&str> = pages
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
        .filter(|code| code.starts_with('P'))
        .collect();
    let given: BTreeSet<&str> = fixtures.fixture.iter().map(|fixture| fixture.code.as_str()).collect();
    assert_eq!(documented, given, "pages and fixtures name the same codes");
}

/// A pack with faults in both files is told all of them at once.
#[test]
fn the_faults_of_both_files_are_told_together() {
    let edit =
        |file: &str, find: &str, put: &str| Edit { file: file.to_owned(), find: find.to_owned(), put: put.to_owned() };
    let broken = Fixture {
        code: "both".to_owned(),
        pack: "sme-green-2022".to_owned(),
        edits: vec![
            edit("loan.toml", "id = \"L4\"", "id = \"L3\""),
            edit("entity.toml", "each = 2, cap = 2", "each = 1, cap = 1"),
        ],
    };
    let found = findings(&Engine::builtin().unwrap(), &broken);
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["P011", "P015"]);
}

/// Falling points are right where the pack says that lower is better.
#[test]
fn a_measure_may_be_said_to_be_better_when_lower() {
    let falling = Fixture {
        code: "none".to_owned(),
        pack: "sme-green-2022".to_owned(),
        edits: vec![Edit {
            file: "entity.toml".to_owned(),
            find: "bands = [{ from = 0, to = 0.30, points = [0, 14] }, { from = 0.30, points = 14 }]".to_owned(),
            put: "lower_is_better = true, bands = [{ from = 0, to = 0.30, points = [14, 0] }, { from = 0.30, points = 0 }]"
                .to_owned(),
        }],
    };
    assert_eq!(findings(&Engine::builtin().unwrap(), &falling), []);
}

#[test]
fn the_shipped_packs_are_clean() {
    let engine = Engine::builtin().unwrap();
    for standard in engine.standards() {
        assert_eq!(check(standard, engine.catalogue()), [], "{}", standard.id);
    }
}
