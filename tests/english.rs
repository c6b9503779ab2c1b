//! What is read in English is English, and no output claims conformity with a standard whose numbers are defaults.

mod support;

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use lvjian::Engine;
use serde_json::Value;
use support::string;

fn run(folder: &Path, args: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_lvjian")).current_dir(folder).args(args).output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    let mut out = String::from_utf8_lossy(&ran.stdout).into_owned();
    if let Some(file) = args.iter().position(|arg| *arg == "-o").and_then(|place| args.get(place + 1)) {
        let bytes = fs::read(folder.join(file)).unwrap();
        out.push_str(&if bytes.starts_with(b"PK") { unzipped(&bytes) } else { String::from_utf8(bytes).unwrap() });
    }
    out
}

/// Every part of a workbook, one behind the other.
fn unzipped(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut all = String::new();
    for number in 0..archive.len() {
        std::io::Read::read_to_string(&mut archive.by_index(number).unwrap(), &mut all).unwrap();
    }
    all
}

/// The demo bank, decided and rated into the store `store`.
fn demo(store: &Path) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/demo");
    let store = store.to_str().unwrap();
    let invoices = [
        "全量发票查询导出结果-2025年10月.xlsx",
        "全量发票查询导出结果-2025年11月.xlsx",
        "发票-GB18030.csv",
        "发票-其他列名.csv",
    ];
    let assess = [&["assess", "-q", "--loans", "台账.xlsx", "--store", store, "--invoices"][..], &invoices].concat();
    run(&folder, &assess);
    let rate = ["rate", "-q", "--entities", "企业采集表.csv", "--as-of", "2025-12-31", "--store", store, "--invoices"];
    run(&folder, &[&rate[..], &invoices, &["企业发票.csv"]].concat());
    folder
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Runs of Han characters that are neither the user's nor the dictionary's own text, or that the program has English for.
fn foreign(text: &str, own: &str, words: &BTreeSet<String>) -> BTreeSet<String> {
    let runs = |text| str::split(text, |c| !is_han(c)).filter(|run| !run.is_empty());
    let alone: BTreeSet<&str> = runs(own).collect();
    let wrong = runs(text).filter(|run| !alone.contains(run) && (words.contains(*run) || !own.contains(run)));
    wrong.map(str::to_owned).collect()
}

#[test]
fn what_is_read_in_english_is_english() {
    let store = support::folder();
    let folder = demo(store.path());
    let at = store.path().to_str().unwrap();
    let engine = Engine::builtin().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    let text = |name: &str| fs::read_to_string(root.join(name)).unwrap();

    // The user's own text, terms with what is said of look-alikes, and entries of the third level.
    let decisions = fs::read_to_string(store.path().join("decisions.ndjson")).unwrap();
    let decisions: Vec<Value> = decisions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tables =
        ["exclusions.csv", "negatives.csv", "cues.toml", "heads.toml", "clauses.toml", "catalogue/conditions.csv"];
    let mut own = tables.map(text).concat();
    for table in fs::read_dir(root.join("materials")).unwrap() {
        own.push_str(&fs::read_to_string(table.unwrap().path()).unwrap());
    }
    for term in engine.dictionary().terms() {
        own.push_str(&format!("|{}|{}", term.term, term.aliases.join("|")));
    }
    let third = |code: &str| code.split('.').count() > 2;
    for edition in engine.catalogue().editions() {
        for entry in engine.catalogue().entries(&edition.id).filter(|entry| third(&entry.code)) {
            own.push_str(&format!("|{}", entry.name));
        }
    }
    fn texts(value: &Value, own: &mut String) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| match (key.as_str(), value) {
                ("text" | "customer" | "branch" | "file" | "sheet", Value::String(text)) => {
                    own.push_str(&format!("|{text}"))
                }
                _ => texts(value, own),
            }),
            Value::Array(items) => items.iter().for_each(|item| texts(item, own)),
            _ => {}
        }
    }
    decisions.iter().for_each(|decision| texts(decision, &mut own));
    let goods = |label: &str| label.strip_prefix("发票 ").map(|rest| format!("|{rest}"));
    for decision in &decisions {
        let vetoed = decision["reasons"][0].as_str().and_then(|reason| reason.strip_prefix("触及否决项："));
        own.extend(vetoed.map(|reason| format!("|{reason}")));
        for part in decision["trace"]["steps"].as_array().unwrap() {
            for step in part["steps"].as_array().into_iter().flatten() {
                own.extend(goods(string(step, "label")));
            }
        }
    }

    let words: toml::Table = toml::from_str(&text("english/program.toml")).unwrap();
    let words = words["words"].as_table().unwrap().keys();
    let words: BTreeSet<String> = words.filter(|word| word.chars().all(is_han)).cloned().collect();
    let mut wrong = BTreeSet::new();
    for decision in decisions.iter().step_by(5) {
        let loan = string(decision, "loan_id");
        wrong.extend(foreign(&run(&folder, &["why", loan, "--lang", "en", "--store", at]), &own, &words));
    }
    for args in [
        &["card", "TZ2025100003", "--lang", "en", "--store", at][..],
        &["card", "TZ2025100016", "--lang", "en", "--store", at],
        &["report", "--lang", "en", "--store", at],
        &["report", "--lang", "en", "--filing", "industry", "-q", "--store", at],
    ] {
        wrong.extend(foreign(&run(&folder, args), &own, &words));
    }
    // A verb of the dictionary or a firm's field may stand alone; a sentence never does.
    assert!(wrong.is_empty(), "not put into English: {wrong:?}");
}

/// Ratings: everything but the user's own cells.
#[test]
fn ratings_are_read_in_english() {
    let store = support::folder();
    demo(store.path());
    let ratings = fs::read_to_string(store.path().join("ratings.ndjson")).unwrap();
    let first: Value = serde_json::from_str(ratings.lines().next().unwrap()).unwrap();
    let (name, at) = (string(&first, "name"), store.path().to_str().unwrap());
    let said = run(store.path(), &["why", name, "--lang", "en", "--store", at]);
    for words in
        ["Grade: ", "Score ", "Coverage ", "E01 green revenue share", "measured by sales invoices", "[default: "]
    {
        assert!(said.contains(words), "`{words}` is missing in:\n{said}");
    }
    for words in ["等级", "得分", "覆盖率", "满分", "待补", "绿色营收占比", "否决项"] {
        assert!(!said.contains(words), "`{words}` stands in:\n{said}");
    }
}

#[test]
fn no_output_claims_conformity() {
    let store = support::folder();
    let folder = demo(store.path());
    let at = store.path().to_str().unwrap();
    let own = tempfile::tempdir().unwrap();
    let file = |name: &str| own.path().join(name).display().to_string();
    let ledger = ["--loans", "台账.xlsx", "--invoices", "发票-GB18030.csv", "-q", "--store", at];
    let forms =
        ["--entities", "企业采集表.csv", "--invoices", "企业发票.csv", "-q", "--as-of", "2025-12-31", "--store", at];
    let (xlsx, html, csv) = (file("a.xlsx"), file("a.html"), file("a.csv"));
    let mut outputs = Vec::new();
    for language in ["zh", "en"] {
        let formats = if language == "zh" { ["ndjson", "xlsx"] } else { ["text", "csv"] };
        for format in formats {
            let output = if format == "xlsx" { &xlsx } else { &csv };
            let more = ["--lang", language, "--format", format, "-o", output];
            outputs.push(run(&folder, &[&["assess"], &ledger[..], &more].concat()));
            for pack in ["sme-green-2022", "cqjr-026-2024"] {
                outputs.push(run(&folder, &[&["rate", "--standard", pack], &forms[..], &more].concat()));
            }
        }
        let first = "TZ2025100003";
        outputs.push(run(&folder, &["why", first, "--lang", language, "--store", at]));
        outputs.push(run(&folder, &["card", first, "--lang", language, "--store", at]));
        for output in [&xlsx, &html] {
            outputs.push(run(&folder, &["report", "--lang", language, "--store", at, "-o", output]));
        }
    }
    for pack in ["sme-green-2022", "cqjr-026-2024"] {
        outputs.push(run(&folder, &["standard", "show", pack]));
    }
    for output in outputs {
        assert!(output.len() > 200);
        let plain = output.replace("不表示符合", "").replace("no claim of conformity", "");
        for claim in ["符合《", "符合 T/", "conformity", "conforms", "compliant with", "符合标准", "符合规范"]
        {
            let at = plain.find(claim).unwrap_or_default();
            let around: String = plain.chars().skip(plain[..at].chars().count().saturating_sub(40)).take(90).collect();
            assert!(!plain.contains(claim), "`{claim}` stands in …{around}…");
        }
    }
}
