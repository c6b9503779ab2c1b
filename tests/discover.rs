//! Terms withheld from the dictionary are found again in lines made of the gold corpus and the demo bank.

mod support;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use serde_json::{Value, json};
use support::{
    change::{Chance, Texts, shipped, table, text_of},
    folder, lvjian, lvjian_in, string, write,
};

/// A gold line that one term alone explains: text, and the span of the match.
type Explained = (String, (usize, usize));

fn root(relative: &str) -> String {
    format!("{}/{relative}", env!("CARGO_MANIFEST_DIR"))
}

fn ndjson(rows: impl IntoIterator<Item = Value>) -> Vec<u8> {
    rows.into_iter().flat_map(|row| format!("{row}\n").into_bytes()).collect()
}

/// Invoice lines of the gold corpus, by id, without `ordinary.csv`: two thousand ordinary goods written to sound like green
/// ones are no body of invoices, and crowd the list.
fn gold() -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for file in fs::read_dir(root("corpus/gold")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "csv") && !file.ends_with("ordinary.csv") {
            for row in table(&fs::read_to_string(&file).unwrap()).1 {
                if row[1] == "invoice_line" {
                    lines.insert(row[0].clone(), row[2].clone());
                }
            }
        }
    }
    lines
}

/// Gold lines by the only term that explains them: no other accepted match, no shorter one behind it.
fn explained(gold: &BTreeMap<String, String>) -> BTreeMap<String, Vec<Explained>> {
    let input = ndjson(gold.iter().map(|(id, text)| json!({"id": id, "text": text})));
    let mut by_term: BTreeMap<String, Vec<Explained>> = BTreeMap::new();
    for reading in lvjian(&["classify", "-"], &input).exits(0).lines() {
        let matches = reading["matches"].as_array().unwrap();
        let shadowed = reading["rejected"].as_array().unwrap().iter().any(|r| string(r, "reason").contains("更长"));
        if let [only] = matches.as_slice()
            && !shadowed
        {
            let span = |place: usize| only["span"][place].as_u64().unwrap() as usize;
            let text = gold[string(&reading, "id")].clone();
            by_term.entry(string(only, "term_id").to_owned()).or_default().push((text, (span(0), span(1))));
        }
    }
    by_term
}

/// Takes `held` terms out of the tables; gives their surfaces.
fn withhold(texts: &mut Texts, held: &[String]) -> HashMap<String, Vec<String>> {
    let mut surfaces = HashMap::new();
    for (file, text) in texts.iter_mut().filter(|(file, _)| file.starts_with("materials/")) {
        let (header, mut rows) = table(text);
        rows.retain(|row| {
            let out = held.contains(&row[0]);
            if out {
                let named = std::iter::once(row[1].as_str()).chain(row[2].split('|')).filter(|s| !s.is_empty());
                surfaces.insert(row[0].clone(), named.map(|s| lvjian::fold(s).text().to_owned()).collect());
            }
            !out
        });
        assert!(!rows.is_empty(), "{file}");
        *text = text_of(&header, &rows);
    }
    surfaces
}

/// Every gold line once or twice, and six lines for every term, put together from the label, the name and the rest of
/// its gold lines, with makers in front and specifications behind.
fn corpus(gold: &BTreeMap<String, String>, by_term: &BTreeMap<String, Vec<Explained>>, chance: &mut Chance) -> Vec<u8> {
    const MAKERS: [&str; 12] =
        ["正泰", "公牛", "海尔", "浙江", "宏远", "新款", "台州", "2025款", "华美", "恒力", "", ""];
    const REST: [&str; 9] = ["", " 10台", " 550W", "XH-200", " 一批", " 2套", "(含税)", " 100kg", "-3型"];
    let mut rows = Vec::new();
    let mut emit = |text: String, chance: &mut Chance| {
        let fen = 10_000 + chance.below(2_000_000);
        rows.push(json!({"text": text, "amount": format!("{}.{:02}", fen / 100, fen % 100)}));
    };
    for text in gold.values() {
        for _ in 0..1 + chance.below(2) {
            emit(text.clone(), chance);
        }
    }
    for lines in by_term.values() {
        for _ in 0..6 {
            let (text, (start, end)) = chance.of(lines).clone();
            let (before, name, behind) = (&text[..start], &text[start..end], &text[end..]);
            let label = if before.matches('*').count() >= 2 { &before[..=before.rfind('*').unwrap()] } else { "" };
            let rest = if chance.one_in(3) { behind } else { chance.of(&REST) };
            let maker = *chance.of(&MAKERS);
            emit(format!("{label}{maker}{name}{rest}"), chance);
        }
    }
    ndjson(rows)
}

fn write_folder(folder: &Path, texts: &Texts) {
    for (name, text) in texts {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Eight of ten are aimed at; the body of today gives six on average (60 of 100 over ten choices, between four and nine): the
/// lines written about rare corners name most things once, and a dictionary this full leaves few lines open.
#[test]
fn most_withheld_terms_are_found_again() {
    let gold = gold();
    let by_term = explained(&gold);
    // A name that the corpus shows only once cannot be learnt from it, and what is no Chinese name (理想L9,
    // CEMS) is a model or an abbreviation, which it does not propose.
    let repeated = |lines: &Vec<Explained>| {
        let names: Vec<&str> = lines.iter().map(|(text, (start, end))| &text[*start..*end]).collect();
        names.iter().any(|name| {
            !name.contains(|c: char| c.is_ascii_alphanumeric())
                && names.iter().filter(|other| *other == name).count() >= 2
        })
    };
    let pool: Vec<String> = by_term.iter().filter(|(_, lines)| repeated(lines)).map(|(id, _)| id.clone()).collect();
    assert!(pool.len() >= 30, "{} terms to choose from", pool.len());
    let mut missed_in_all = 0;
    for seed in 1..=3 {
        let chance = &mut Chance::seeded(seed);
        let mut rest = pool.clone();
        let held: Vec<String> = (0..10).map(|_| rest.remove(chance.below(rest.len()))).collect();
        let mut texts = shipped(1);
        let surfaces = withhold(&mut texts, &held);
        assert_eq!(surfaces.len(), 10);
        let folder = folder();
        write_folder(&folder.path().join("base"), &texts);
        write(folder.path(), "lines.ndjson", corpus(&gold, &by_term, chance));
        let args = ["dict", "discover", "lines.ndjson", &root("corpus/demo/发票-其他列名.csv"), "--base", "base"];
        let run = |more: &[&str]| {
            lvjian_in(folder.path(), &[&args[..], &["--format", "ndjson"], more].concat()).exits(0).lines()
        };
        let found = run(&[]);
        let missed: Vec<&Vec<String>> = surfaces
            .values()
            .filter(|names| !found.iter().any(|row| names.iter().any(|name| name == string(row, "surface"))))
            .collect();
        println!("seed {seed}: {} of 10 among {} candidates; missed {missed:?}", 10 - missed.len(), found.len());
        missed_in_all += missed.len();
        assert!(missed.len() <= 6 && missed_in_all <= 13, "seed {seed}: missed {missed:?}");
        for row in &found {
            let example = &row["examples"][0];
            let span = |place: usize| example["span"][place].as_u64().unwrap() as usize;
            let words = &string(example, "text")[span(0)..span(1)];
            assert_eq!(lvjian::fold(words).text(), string(row, "surface"));
        }
        if seed == 1 {
            assert_eq!(run(&["--threads", "1"]), run(&["--threads", "4"]));
            // What was refused before is not offered again, and money it explained goes to nobody twice.
            let first = string(&found[0], "surface");
            write(folder.path(), "skip.txt", format!("# 上次已否\n{first}　# 不是\n"));
            assert!(run(&["--skip", "skip.txt"]).iter().all(|row| string(row, "surface") != first));
            // With the whole dictionary the withheld names are known.
            let whole = lvjian_in(folder.path(), &[&args[..4], &["--format", "ndjson"]].concat()).exits(0).lines();
            let known: Vec<&String> = surfaces.values().flatten().collect();
            assert!(whole.iter().all(|row| !known.iter().any(|name| *name == string(row, "surface"))));
        }
    }
}

#[test]
fn amounts_are_counted_once_and_plain_text_will_do() {
    let folder = folder();
    let lines: String =
        (1..=6).map(|number| format!("*设备*{}尾气余冷回收柜 {number}kW\n", ["正泰", "宏远"][number % 2])).collect();
    write(folder.path(), "lines.txt", &lines);
    let rows = lvjian_in(folder.path(), &["dict", "discover", "lines.txt", "--format", "ndjson"]).exits(0).lines();
    let found = rows.iter().find(|row| string(row, "surface") == "尾气余冷回收柜");
    assert_eq!(found.map(|row| &row["lines"]), Some(&json!(6)), "{rows:?}");

    let priced: Vec<Value> = lines.lines().map(|text| json!({"text": text, "amount": "12.34"})).collect();
    write(folder.path(), "lines.ndjson", ndjson(priced));
    let ran = lvjian_in(folder.path(), &["dict", "discover", "lines.ndjson"]).exits(0);
    assert!(ran.text().contains("尾气余冷回收柜　6 行　74.04 元"), "{}", ran.text());
    assert!(ran.text().contains("【尾气余冷回收柜】"), "{}", ran.text());
}
