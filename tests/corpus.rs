//! The engine against the labelled texts and the traps that ship, with the floors that ship.

use std::{fs, path::Path};

use lvjian::{Engine, Floors, answers, entry_known, read_gold, read_traps, score, score_traps};

fn tables(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    files.into_iter().map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

fn pairs(tables: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    tables.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

#[test]
fn the_figures_keep_their_floors() {
    let engine = Engine::builtin().unwrap();
    let today = jiff::civil::date(2026, 11, 22);
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/floors.toml")).unwrap();
    let floors = Floors::read("corpus/floors.toml", &text).unwrap();
    let known = entry_known(engine.catalogue(), today);
    let rows = read_gold(pairs(&tables("gold")), &known).unwrap_or_else(|error| panic!("{error}"));
    let traps = read_traps(pairs(&tables("traps")), &rows, &known).unwrap_or_else(|error| panic!("{error}"));
    let count = rows.len() as u32;
    let (held, dev) = floors.held_and_dev(rows);
    assert!(!held.is_empty() && !dev.is_empty());
    let matcher = engine.matcher(today).unwrap();
    let figures = score(&held, &answers(&matcher, &held));
    let traps = score_traps(&engine, &traps, today).unwrap();
    let wrong: Vec<String> =
        traps.wrong.iter().map(|(trap, said)| format!("{} {} {said}", trap.row.id, trap.row.text)).collect();
    let breaches = floors.breaches(count, &figures.total, traps.total);
    assert!(breaches.is_empty(), "{breaches:?}\n{}", wrong.join("\n"));
}
