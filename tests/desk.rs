//! The maintainer's desk from outside.

mod support;

use std::{fs, path::Path};

use support::{folder, lvjian, lvjian_in, write};

fn shipped() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries").display().to_string()
}

#[test]
fn the_shipped_tables_are_in_canonical_form() {
    let ran = lvjian(&["dict", "fmt", &shipped(), "--check"], b"").exits(0);
    assert_eq!(ran.text(), "");
}

#[test]
fn a_check_without_a_folder_takes_the_one_at_hand() {
    let dir = folder();
    let usual = dir.path().join("dictionaries");
    fs::create_dir(&usual).unwrap();
    let shipped = lvjian_in(dir.path(), &["dict", "check"]).exits(0);
    assert!(!shipped.stderr.contains("dictionaries/"), "an empty folder is no dictionary: {}", shipped.stderr);

    write(&usual, "exclusions.csv", "surface,kind,blocks,reason,source,from,to\n绿茶,food,*,,S-0001,,\n".as_bytes());
    let own = lvjian_in(dir.path(), &["dict", "check"]);
    assert!(own.stderr.contains("dictionaries/"), "it says what it works on: {}", own.stderr);
    assert!(own.text().contains("dictionaries/exclusions.csv:2"), "{}", own.text());
    assert!(!own.text().contains("materials/"), "nothing of the shipped tables: {}", own.text());
}

#[test]
fn fmt_takes_what_excel_writes() {
    let dir = folder();
    fs::create_dir(dir.path().join("materials")).unwrap();
    let canonical =
        "surface,kind,blocks,reason,source,from,to\n白茶,food,T1|T2,茶叶,S-0001,,\n绿茶,food,*,茶叶,S-0001,,\n";
    let excel = "surface,kind,blocks,reason,source,from,to\r\n绿茶,food,*,茶叶,S-0001,,\r\n\"白茶\",food, T1 |T2|,茶叶,S-0001,,\r\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(excel);
    for bytes in [excel.as_bytes().to_vec(), [b"\xEF\xBB\xBF", excel.as_bytes()].concat(), gb.into_owned()] {
        let path = write(dir.path(), "exclusions.csv", &bytes);
        let name = dir.path().display().to_string();
        lvjian(&["dict", "fmt", &name, "--check"], b"").exits(1);
        assert_eq!(fs::read(&path).unwrap(), bytes, "--check writes nothing");
        lvjian(&["dict", "fmt", &name], b"").exits(0);
        assert_eq!(fs::read_to_string(&path).unwrap(), canonical);
        lvjian(&["dict", "fmt", &name, "--check"], b"").exits(0);
    }
}

#[test]
fn build_writes_a_bundle_that_answers_like_its_tables() {
    let dir = folder();
    let bundle = dir.path().join("d.bundle").display().to_string();
    lvjian(&["dict", "build", &shipped(), "-o", &bundle], b"").exits(0);
    let line = "{\"id\":\"1\",\"text\":\"*光伏设备*单晶硅太阳能组件 550W\"}".as_bytes();
    let from_bundle = lvjian(&["classify", "--base", &bundle, "--format", "ndjson", "-"], line).exits(0);
    let from_tables = lvjian(&["classify", "--base", &shipped(), "--format", "ndjson", "-"], line).exits(0);
    assert_eq!(from_bundle.stdout, from_tables.stdout);
    assert!(from_tables.text().contains("\"term_id\":\"T50001\""));
}

#[test]
fn diff_names_rows_columns_and_surfaces() {
    let (one, other) = (folder(), folder());
    let header = "id,term,aliases,scene,strength,needs,unless,before_not,after_not,entries,conditions,source,locator,from,to,status,replaced_by,note\n";
    let row = |id: &str, term: &str, aliases: &str, status: &str| {
        format!("{id},{term},{aliases},efficiency,sufficient,,,,,gfspc-2025:make=1.1.7,-,S-0001,1.1.7,,,{status},,\n")
    };
    for dir in [&one, &other] {
        fs::create_dir(dir.path().join("materials")).unwrap();
    }
    let text = [header, &row("T1", "甲机", "甲器|旧名", "active"), &row("T2", "乙机", "", "active")].concat();
    write(one.path(), "materials/efficiency.csv", text);
    let text = [
        header,
        &row("T1", "甲机", "甲器|新名", "active"),
        &row("T2", "乙机", "", "withdrawn"),
        &row("T3", "丙机", "", "active"),
    ];
    write(other.path(), "materials/efficiency.csv", text.concat());
    let (one, other) = (one.path().display().to_string(), other.path().display().to_string());
    let text = lvjian(&["dict", "diff", &one, &other], b"").exits(0);
    let text = text.text();
    assert!(text.contains("~ materials/efficiency.csv T1 甲机\n    aliases：+新名 -旧名\n"), "{text}");
    assert!(text.contains("    status：active → withdrawn\n"), "{text}");
    assert!(text.contains("+ materials/efficiency.csv T3 丙机\n"), "{text}");
    assert!(text.contains("多出写法 2：丙机 新名\n失去写法 2：乙机 旧名\n"), "{text}");
    let lines = lvjian(&["dict", "diff", &one, &other, "--format", "ndjson"], b"").exits(0).lines();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["columns"]["aliases"]["after"], "甲器|新名");
}

const HEADER: &str = "id,term,aliases,scene,strength,needs,unless,before_not,after_not,entries,conditions,source,locator,from,to,status,replaced_by,note\n";

/// An overlay that puts one shipped term in another words, in a folder of its own.
fn overlay() -> tempfile::TempDir {
    let dir = folder();
    fs::create_dir(dir.path().join("materials")).unwrap();
    let row = "T50001,光伏组件,光伏板试称,replace,generic,,,,,gfspc-2025:make=4.1.2,-,S-0001,4.1.2,,,active,,\n";
    write(dir.path(), "materials/replace.csv", [HEADER, row].concat());
    dir
}

#[test]
fn show_tells_everything_and_the_layer_that_wins() {
    let dir = overlay();
    let name = dir.path().display().to_string();
    let shown =
        lvjian(&["dict", "show", "太阳能电池组件", "--dir", &shipped(), "--format", "ndjson"], b"").exits(0).lines();
    assert_eq!(shown.len(), 1);
    let term = &shown[0];
    assert_eq!(term["id"], "T50001");
    assert!(
        term["entries"].as_array().unwrap().iter().any(|entry| entry["code"] == "4.1.2" && entry["role"] == "make")
    );
    assert_eq!(term["source"]["number"], "银发〔2025〕132号");
    assert!(term["cases"].as_array().unwrap().iter().all(|case| case["holds"] == true));
    assert!(
        term["longer"]
            .as_array()
            .unwrap()
            .iter()
            .any(|longer| longer["surface"].as_str().unwrap().contains("光伏组件"))
    );
    assert_eq!(term["layers"].as_array().unwrap().len(), 1);

    let over = ["dict", "show", "T50001", "--dir", &shipped(), "--dict", &name, "--format", "ndjson"];
    let term = lvjian(&over, b"").exits(0).lines().remove(0);
    assert_eq!(term["strength"], "generic", "the later layer wins");
    assert_eq!(term["layers"].as_array().unwrap().len(), 2);
    assert_eq!(term["layers"][1]["layer"], name.as_str());
    let text = lvjian(&over[..7], b"").exits(0);
    assert!(
        text.text().contains("被后者取代") && text.text().contains("strength：sufficient → generic"),
        "{}",
        text.text()
    );
    let gone = lvjian(&["dict", "show", "没有这个词", "--dir", &shipped()], b"").exits(1);
    assert_eq!(gone.text(), "");
}

#[test]
fn find_proposes_by_beginning_by_one_slip_and_by_full_text() {
    let found =
        |query: &str| lvjian(&["dict", "find", query, "--dir", &shipped(), "--format", "ndjson"], b"").exits(0).lines();
    let has = |query: &str, id: &str, way: &str| found(query).iter().any(|line| line["id"] == id && line["way"] == way);
    assert!(has("光伏组", "T50001", "词头"));
    assert!(has("光优组件", "T50001", "近似"));
    #[cfg(feature = "recall")]
    assert!(has("组件太阳能电池", "T50001", "全文"));
    assert!(found("绿色油漆").iter().any(|line| line["kind"] == "exclusion" && line["surface"] == "绿色油漆"));
}

/// The floors of the library: what the issue asks, and nothing less.
#[test]
fn the_library_reaches_its_floors() {
    let lines = lvjian(&["dict", "stats", &shipped(), "--format", "ndjson"], b"").exits(0).lines();
    let count = |value: &serde_json::Value| value.as_u64().unwrap();
    let summary = &lines[0];
    assert!(count(&summary["surfaces"]) >= 6_000, "{summary}");
    assert!(count(&summary["covered"]) >= 230, "{summary}");
    assert_eq!(count(&summary["entries"]), 271);
    for scene in ["replace", "reduce", "abate", "efficiency", "quality", "recycle"] {
        assert!(count(&summary["scenes"][scene]) >= 100, "{scene}: {summary}");
    }
    let entries: Vec<_> = lines.iter().filter(|line| line["kind"] == "entry").collect();
    assert_eq!(entries.len(), 271);
    for entry in entries {
        let field = entry["code"].as_str().unwrap().split('.').next().unwrap();
        if ["1", "2", "3", "4", "8"].contains(&field) && count(&entry["terms"]) < 5 {
            assert!(entry["reason"].is_string(), "too few terms and no reason: {entry}");
        }
    }
}

#[test]
fn stats_over_a_corpus_counts_lines_in_which_a_term_stands() {
    let dir = folder();
    let lines = "*光伏设备*隆基光伏组件 550W\n*光伏设备*晶科光伏组件 580W\n*紧固件*光伏组件螺栓 M8\n*文具*铅笔\n";
    let corpus = write(dir.path(), "lines.txt", lines).display().to_string();
    let args = ["dict", "stats", &shipped(), "--corpus", &corpus, "--format", "ndjson"];
    let counted = lvjian(&args, b"").exits(0).lines();
    let solar = counted.iter().find(|line| line["kind"] == "term" && line["id"] == "T50001").unwrap();
    assert_eq!((&solar["accepted"], &solar["refused"], &solar["noisy"]), (&2.into(), &1.into(), &true.into()));
    let text = lvjian(&args[..5], b"").exits(0);
    assert!(text.text().contains("语料 4 行") && text.text().contains("！T50001 光伏组件  2 行，另有 1 行不作数"));
}

#[test]
fn add_writes_a_term_with_its_cases_and_refuses_what_is_known_or_fails() {
    let dir = folder();
    let name = dir.path().display().to_string();
    let base = shipped();
    let add = |term: &str, more: &[&str]| {
        let all = [
            "dict",
            "add",
            "--base",
            &base,
            "--dir",
            &name,
            "--term",
            term,
            "--source",
            "S-0001",
            "--locator",
            "4.1.2",
        ];
        lvjian(&[&all, more].concat(), b"")
    };
    let entries = ["--entry", "make=4.1.2", "--entry", "trade=8.5.2"];
    let hit = ["--hit", "*光伏设备*某牌 试制光电瓦片机 5kW"];
    let files = || fs::read_dir(dir.path()).unwrap().count();

    assert!(add("光伏组件", &[]).exits(1).stderr.contains("T50001"), "a surface that stands already");
    assert!(add("節能", &[]).exits(1).stderr.contains("说明不了"), "a weak word, in traditional characters");
    let ran = add("试制光电瓦片机", &[]).exits(2);
    assert!(ran.text().contains("可能的条目"), "{}", ran.text());
    add("试制光电瓦片机", &["--entry", "make=4.1.99"]).exits(2);
    add("试制光电瓦片机", &entries).exits(2);
    let bad = [&entries[..], &["--hit", "*文具*铅笔 2B"]].concat();
    assert!(add("试制光电瓦片机", &bad).exits(1).text().contains("✗ 应中"));
    let needs =
        [&entries[..], &hit, &["--strength", "needs-context", "--needs", "@nothing", "--miss", "瓦片机"]].concat();
    assert!(add("试制光电瓦片机", &needs).exits(2).stderr.contains("@nothing"));
    let good = [&entries[..], &hit, &["--aliases", "光电瓦机|试制光瓦机", "--miss", "试制光电瓦片机螺栓"]].concat();
    add("试制光电瓦片机", &[&good[..], &["--dry-run"]].concat()).exits(0);
    assert_eq!(files(), 0, "nothing is written until all is well");

    add("试制光电瓦片机", &good).exits(0);
    let rows = fs::read_to_string(dir.path().join("materials/replace.csv")).unwrap();
    let row = rows.lines().nth(1).unwrap();
    assert!(row.contains(",试制光电瓦片机,光电瓦机|试制光瓦机,replace,sufficient,"), "{row}");
    assert!(row.contains(",gfspc-2025:make=4.1.2|trade=8.5.2,C-4.1.2-1,S-0001,4.1.2,"), "{row}");
    let id = row.split(',').next().unwrap();
    let shipped_rows = fs::read_to_string(Path::new(&base).join("materials/replace.csv")).unwrap();
    assert!(!shipped_rows.contains(&format!("\n{id},")), "{id} is taken");
    let cases = fs::read_to_string(dir.path().join("materials/replace.cases.csv")).unwrap();
    assert_eq!(cases.lines().count(), 3, "{cases}");
    assert!(add("光电瓦机", &[]).exits(1).stderr.contains(id), "an alias that was added just now");
    lvjian(&["dict", "fmt", &name, "--check"], b"").exits(0);
    let line = "{\"id\":\"1\",\"text\":\"采购试制光电瓦片机 2 台\"}".as_bytes();
    let args = ["classify", "--base", &base, "--dict", &name, "--format", "ndjson", "-"];
    assert!(lvjian(&args, line).exits(0).text().contains(&format!("\"term_id\":\"{id}\"")));
}
