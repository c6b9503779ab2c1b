//! Every finding of `dict check` has a page and a fixture that gives it and nothing else; the shipped tables have no
//! errors.

mod support;

use std::{collections::BTreeSet, path::Path};

use lvjian::LintCode;
use support::lvjian;

fn codes_of(folder: &Path, code: Option<i32>) -> BTreeSet<String> {
    let corpus = folder.join("corpus.txt");
    let mut args = vec!["dict", "check", folder.to_str().unwrap(), "--format", "ndjson"];
    if corpus.is_file() {
        args.extend(["--corpus", corpus.to_str().unwrap()]);
    }
    let ran = lvjian(&args, b"");
    assert!(code.is_none() || ran.code == code, "{}: exit {:?}: {}", folder.display(), ran.code, ran.stderr);
    ran.lines().iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_code_has_a_page_and_a_fixture_that_gives_exactly_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    assert!(LintCode::ALL.len() >= 29);
    assert_eq!(codes_of(&root.join("clean"), Some(0)), BTreeSet::new(), "the clean fixture");
    let mut wrong = Vec::new();
    for lint in LintCode::ALL {
        let code = lint.code();
        let page = lvjian(&["explain", code], b"");
        assert_eq!(page.code, Some(0), "{code} has no page");
        let folder = root.join(code);
        assert!(folder.is_dir(), "{code} has no fixture");
        let found = codes_of(&folder, None);
        if found != BTreeSet::from([code.to_owned()]) {
            wrong.push(format!("{code}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "fixtures that give something else:\n{}", wrong.join("\n"));
    let known: BTreeSet<&str> = LintCode::ALL.iter().map(|lint| lint.code()).collect();
    for folder in std::fs::read_dir(&root).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(name == "clean" || known.contains(name.as_str()), "tests/lint/{name} belongs to no code");
    }
}

#[test]
fn the_shipped_tables_have_no_errors() {
    let ran = lvjian(&["dict", "check", "--format", "ndjson"], b"").exits(0);
    let errors: Vec<_> = ran.lines().into_iter().filter(|line| line["severity"] == "error").collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
