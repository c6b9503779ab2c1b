//! The engine against the labelled texts and the traps that ship, with the floors that ship.

mod support;

use std::{fs, path::Path};

use lvjian::{Engine, EntryScenes, Floors, answers, entry_known, read_gold, read_traps, score, score_traps};
use support::{folder, lvjian_in, string, write};

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
    let figures = score(&held, &answers(&matcher, &held), &EntryScenes::of(engine.dictionary()));
    let traps = score_traps(&engine, &traps, today).unwrap();
    let wrong: Vec<String> =
        traps.wrong.iter().map(|(trap, said)| format!("{} {} {said}", trap.row.id, trap.row.text)).collect();
    let breaches = floors.breaches(count, &figures.total, traps.total);
    assert!(breaches.is_empty(), "{breaches:?}\n{}", wrong.join("\n"));
}

/// A corpus folder of five gold rows, all counted as held or dev by their text, a pair of traps and floors.
fn small_corpus(folder: &Path, precision: &str) {
    for part in ["gold", "traps"] {
        fs::create_dir_all(folder.join("corpus").join(part)).unwrap();
    }
    let mut gold = "id,kind,text,verdict,entries,family,why\n".to_owned();
    // Texts are numbered until both splits hold a green row and an ordinary one.
    for number in 0..12 {
        gold.push_str(&format!("g-{number},invoice_line,光伏组件 {number}00W,positive,4.1.2,plain,组件\n"));
        gold.push_str(&format!("o-{number},invoice_line,螺丝刀 {number}号,not-green,,ordinary,工具\n"));
    }
    write(folder, "corpus/gold/a.csv", gold);
    let traps = "id,pair,family,kind,text,as_of,verdict,entries,why\n\
                 t-1,p,part,invoice_line,光伏逆变器,,positive,4.1.2,逆变器\n\
                 t-2,p,part,invoice_line,光伏逆变器用螺栓,,not-green,,螺栓\n";
    write(folder, "corpus/traps/a.csv", traps);
    let floors = format!(
        "read_while_writing = []\nrows = 20\nprecision = {precision}\nrecall = 0.1\nentry = 0.1\n\
         generic_surfaced = 0.1\ntraps = 0.1\nordinary_green = 0.5\nspecific_to_review = 0.5\n"
    );
    write(folder, "corpus/floors.toml", floors);
}

/// A copy of the shipped dictionary folder with one more exclusion.
fn dictionary_without_modules(folder: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    fs::create_dir_all(folder.join("other/materials")).unwrap();
    for file in [
        "clauses.toml",
        "cues.toml",
        "exclusions.csv",
        "heads.toml",
        "negatives.csv",
        "ordinary.toml",
        "tax-labels.csv",
    ] {
        fs::copy(from.join(file), folder.join("other").join(file)).unwrap();
    }
    for file in fs::read_dir(from.join("materials")).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), folder.join("other/materials").join(file.file_name())).unwrap();
    }
    let mut exclusions = fs::read_to_string(from.join("exclusions.csv")).unwrap();
    exclusions.push_str("光伏组件 300w,homograph,*,试,S-0005,,\n");
    fs::write(folder.join("other/exclusions.csv"), exclusions).unwrap();
}

#[test]
fn floors_are_kept_named_and_only_raised() {
    let desk = folder();
    small_corpus(desk.path(), "0.5");
    let score = |more: &[&str], code| {
        let args: Vec<&str> = ["corpus", "score"].iter().chain(more).copied().collect();
        lvjian_in(desk.path(), &args).exits(code)
    };
    let text = score(&["--rivals"], 0).text().to_owned();
    for part in ["精确率", "召回率", "F1", "三级条目", "词典子串", "结巴分词", "BM25", "陷阱（对，两行都对）", "plain"]
    {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    score(&["--ratchet"], 0);
    let raised = fs::read_to_string(desk.path().join("corpus/floors.toml")).unwrap();
    let floors = Floors::read("floors.toml", &raised).unwrap();
    assert_eq!((floors.precision, floors.recall, floors.rows, floors.traps), (1.0, 1.0, 24, 1.0), "{raised}");
    assert!(floors.ordinary_green == 0.0 && raised.starts_with('#'));

    // A label that the engine cannot meet breaks the floors, which do not sink.
    let gold = desk.path().join("corpus/gold/a.csv");
    let worse = fs::read_to_string(&gold).unwrap().replace("号,not-green,,", "号,positive,4.1.2,");
    fs::write(&gold, worse).unwrap();
    let ran = score(&["--ratchet"], 1);
    assert!(ran.text().contains("未达底线 recall"), "{}", ran.text());
    assert_eq!(fs::read_to_string(desk.path().join("corpus/floors.toml")).unwrap(), raised);

    fs::write(&gold, "id,kind,text,verdict,entries,family,why\nx,line,甲,green,1.99.9,plain,x\n").unwrap();
    let ran = score(&[], 2);
    assert!(
        ran.stderr.contains("a.csv 第2行：kind `line`") && ran.stderr.contains("entries `1.99.9`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_difference_names_each_flipped_row_and_its_cause() {
    let desk = folder();
    small_corpus(desk.path(), "0.5");
    dictionary_without_modules(desk.path());
    let score = |more: &[&str]| {
        let args: Vec<&str> = ["corpus", "score", "--split", "all"].iter().chain(more).copied().collect();
        lvjian_in(desk.path(), &args).exits(0)
    };
    score(&["--format", "ndjson", "-o", "saved.ndjson"]);
    score(&["--format", "ndjson", "-o", "other.ndjson", "--base", "other"]);
    for difference in [
        score(&["--diff", "saved.ndjson", "other", "--format", "ndjson"]),
        score(&["--diff", "saved.ndjson", "other.ndjson", "--format", "ndjson"]),
        score(&["--diff", "saved.ndjson", "--base", "other", "--format", "ndjson"]),
    ] {
        let flips = difference.lines();
        assert_eq!(flips.len(), 1, "{}", difference.text());
        assert_eq!(string(&flips[0], "id"), "g-3");
        assert_eq!(string(&flips[0], "after"), "not-green");
        assert_eq!(flips[0]["causes"], serde_json::json!(["排除词新增 光伏组件300w"]));
        assert_eq!((&flips[0]["right_before"], &flips[0]["right_after"]), (&true.into(), &false.into()));
    }
    let text = score(&["--diff", "other", "saved.ndjson"]).text().to_owned();
    assert!(text.contains("+ g-3") && text.contains("因：排除词删除") && text.contains("变对 1，变错 0"), "{text}");
    assert!(score(&["--diff", "saved.ndjson"]).text().contains("0 行不同"));
}
