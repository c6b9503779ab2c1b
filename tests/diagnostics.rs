//! Each refusal code is given by a text that stands beside it in tests/diagnostics/refusals.csv.

use std::{collections::BTreeSet, path::Path};

use lvjian::{Document, Engine, Refusal, TextKind};

#[test]
fn every_refusal_has_a_text_that_gives_it() {
    let engine = Engine::builtin().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/refusals.csv");
    let mut given = BTreeSet::new();
    for row in csv::Reader::from_path(path).unwrap().records().map(Result::unwrap) {
        let (code, kind, as_of, text) = (&row[0], &row[1], &row[2], &row[3]);
        let kind = TextKind::from_code(kind).unwrap();
        let document = Document { text: text.to_owned(), kind, ..Document::default() };
        let reading = engine.classify(&document, as_of.parse().unwrap()).unwrap();
        let codes: Vec<&str> = reading.rejected.iter().map(|refused| refused.code.code()).collect();
        assert!(codes.contains(&code), "{text}: wanted {code}, got {codes:?} and {:?}", reading.verdict);
        given.insert(code.to_owned());
    }
    for refusal in Refusal::ALL {
        assert!(given.contains(refusal.code()), "{} {} has no text", refusal.code(), refusal.chinese());
    }
}
