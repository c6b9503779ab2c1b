//! The maintainer's desk from outside.

mod support;

use std::{fs, path::Path};

use support::{folder, lvjian, write};

fn shipped() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries").display().to_string()
}

#[test]
fn the_shipped_tables_are_in_canonical_form() {
    let ran = lvjian(&["dict", "fmt", &shipped(), "--check"], b"").exits(0);
    assert_eq!(ran.text(), "");
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
