//! The tables as a workbook and back: nothing is lost, nothing wrong gets in.

mod support;

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use support::{
    Ran,
    change::{Chance, table, text_of},
    folder, lvjian_in, owned, sheet_xml, workbook,
};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries")
}

/// Every file under a folder, by its path in it.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    lvjian_in(folder, &[&["dict"], args].concat())
}

/// Parts of a workbook whose name holds `like`.
fn parts(path: &Path, like: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        if part.name().unwrap().contains(like) {
            part.read_to_string(&mut text).unwrap();
        }
    }
    text
}

#[test]
fn the_shipped_tables_come_back_byte_for_byte() {
    let folder = folder();
    let base = shipped();
    run(folder.path(), &["export", "--base", base.to_str().unwrap(), "-o", "a.xlsx"]).exits(0);
    run(folder.path(), &["import", "a.xlsx", "--to", "out"]).exits(0);
    let (wanted, found) = (files(&base), files(&folder.path().join("out")));
    assert_eq!(found.len(), 20);
    for (name, bytes) in &found {
        assert!(wanted[name] == *bytes, "{} differs", name.display());
    }
    let fingerprint =
        |folder: &Path| lvjian::Dictionary::with_folders(Some(folder), &[]).unwrap().fingerprint().to_owned();
    assert_eq!(fingerprint(&base), fingerprint(&folder.path().join("out")));

    // Once more from what was imported: the same workbook, and nothing left to write.
    run(folder.path(), &["export", "--base", "out", "-o", "b.xlsx"]).exits(0);
    assert_eq!(fs::read(folder.path().join("a.xlsx")).unwrap(), fs::read(folder.path().join("b.xlsx")).unwrap());
    let again = run(folder.path(), &["import", "b.xlsx", "--to", "out"]).exits(0);
    assert!(again.stderr.contains("0 张表有改动"), "{}", again.stderr);

    let sheets = parts(&folder.path().join("a.xlsx"), "xl/worksheets/sheet");
    assert!(!sheets.contains("<f>") && !sheets.contains("<v>=") && !sheets.contains("<f "), "a formula");
    assert!(sheets.contains("替代,减量,减污,增效,提质,回收利用"), "drop-down of scenes");
    assert!(sheets.contains("state=\"frozen\""), "frozen headings");
    assert!(parts(&folder.path().join("a.xlsx"), "styles.xml").contains("quotePrefix=\"1\""));
}

const CASES: [&str; 4] = ["term_id", "text", "expect", "why"];
const TERM: &str = "T50001,光伏组件,太阳能组件,replace,sufficient,,,,,gfspc-2025:make=4.1.2,-,S-0001,4.1.2,,,active,,";
const TERM_HEADER: &str = "id,term,aliases,scene,strength,needs,unless,before_not,after_not,entries,conditions,source,locator,from,to,status,replaced_by,note";

fn small(folder: &Path) {
    fs::create_dir_all(folder.join("materials")).unwrap();
    fs::write(folder.join("materials/replace.csv"), format!("{TERM_HEADER}\n{TERM}\n")).unwrap();
}

/// Whatever characters a text holds, it comes back.
#[test]
fn odd_texts_survive() {
    let folder = folder();
    let base = folder.path().join("base");
    small(&base);
    let chance = &mut Chance::seeded(3);
    let pieces = [
        "=1+1",
        "@SUM(A1)",
        "+86",
        "-5",
        "'单引号",
        "\"双引号\"",
        ",",
        "，",
        " ",
        "　",
        "<b>&amp;",
        "_x0041_",
        "_x000D_",
        "😀",
        "é",
        "光伏组件",
        "00123",
        "1e5",
        "2025-10-01",
        "|",
        "#",
        "TRUE",
        "\u{200b}",
    ];
    let mut rows = Vec::new();
    for _ in 0..600 {
        let mut text = String::new();
        for _ in 0..1 + chance.below(5) {
            text.push_str(chance.of::<&str>(&pieces));
        }
        let why = (*chance.of(&pieces)).to_owned();
        let expect = *chance.of(&["hit", "miss"]);
        rows.push(vec!["T50001".to_owned(), text, expect.to_owned(), why]);
    }
    // A cell of blanks alone is an empty cell to a spreadsheet's user.
    rows.retain(|row| !row[1].trim().is_empty() && !row[3].trim().is_empty());
    let header: Vec<String> = CASES.map(str::to_owned).to_vec();
    let text = text_of(&header, &rows);
    fs::write(base.join("materials/replace.cases.csv"), &text).unwrap();
    run(folder.path(), &["export", "--base", "base", "-o", "a.xlsx"]).exits(0);
    run(folder.path(), &["import", "a.xlsx", "--to", "out"]).exits(0);
    let found = fs::read_to_string(folder.path().join("out/materials/replace.cases.csv")).unwrap();
    for (found, wanted) in table(&found).1.iter().zip(&rows) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found, text);
}

/// A workbook as somebody's spreadsheet wrote it: two headings, then rows; other sheets left out.
fn edited(path: &Path, sheets: &[(&str, Vec<Vec<String>>)]) {
    let xml: Vec<(&str, Vec<u8>)> =
        sheets.iter().map(|(name, rows)| (*name, sheet_xml(rows, "").into_bytes())).collect();
    fs::write(path, workbook(&xml, None)).unwrap();
}

fn rows_of(header: &str, rows: &[&str]) -> Vec<Vec<String>> {
    let text = format!("{header}\n{header}\n{}\n", rows.join("\n"));
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn bad_rows_are_told_by_sheet_row_and_column_and_nothing_is_written() {
    let folder = folder();
    let to = folder.path().join("to");
    small(&to);
    let before = files(&to);
    let good = "T50002,新词,,替代,充分,,,,,gfspc-2025:make=4.1.2,-,S-0001,4.1.2,,,在用,,";
    let cases: [(&str, &str, &str); 11] = [
        ("T50003,词,,替代,suficient,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "强度（strength）", "可选范围"),
        ("T50003,词,,太空,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "场景（scene）", "可选范围"),
        ("T50003,词,,减量,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "场景（scene）", "工作表不符"),
        ("T50003,,,替代,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "词条（term）", "不能为空"),
        ("T50003,词,,替代,充分,,,,,gfspc-2025:make=9.9.9,-,S,1,,,在用,,", "目录条目（entries）", "没有条目 9.9.9"),
        ("T50003,词,,替代,充分,,,,,4.1.2,-,S,1,,,在用,,", "目录条目（entries）", "写法应为"),
        ("T50003,词,,替代,充分,,,,,gfspc-2025:make=4.1.2,C-0-0,S,1,,,在用,,", "界定条件（conditions）", "C-0-0"),
        ("T50003,词,,替代,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,2026/1/1,,在用,,", "起（from）", "YYYY-MM-DD"),
        ("T50003,词,甲｜乙,替代,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "别名（aliases）", "半角"),
        ("T50001,词,,替代,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "编号（id）", "重复"),
        ("T 3,词,,替代,充分,,,,,gfspc-2025:make=4.1.2,-,S,1,,,在用,,", "编号（id）", "只能用字母"),
    ];
    for (bad, column, reason) in cases {
        edited(&folder.path().join("e.xlsx"), &[("词条-替代", rows_of(TERM_HEADER, &[TERM, good, bad]))]);
        let ran = run(folder.path(), &["import", "e.xlsx", "--to", "to"]).exits(1);
        let told: Vec<&str> = ran.text().lines().collect();
        assert_eq!(told.len(), 1, "{bad}: {told:?}");
        for part in ["工作表“词条-替代”", "第5行", column, reason] {
            assert!(told[0].contains(part), "{bad}: {part} in {told:?}");
        }
        assert!(ran.stderr.contains("什么也没有写"), "{}", ran.stderr);
        assert_eq!(files(&to), before, "{bad}");
    }

    // A row added at the end finds its place.
    let earlier = good.replace("T50002", "T40001").replace("新词", "旧号");
    edited(&folder.path().join("e.xlsx"), &[("词条-替代", rows_of(TERM_HEADER, &[TERM, &earlier]))]);
    run(folder.path(), &["import", "e.xlsx", "--to", "placed"]).exits(0);
    let placed = fs::read_to_string(folder.path().join("placed/materials/replace.csv")).unwrap();
    let ids: Vec<&str> = placed.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(ids, ["T40001", "T50001"]);

    // Forced: the good row is written, the bad one is told, and what it would have replaced stays.
    let broken = TERM.replace("sufficient", "nonsense");
    edited(&folder.path().join("e.xlsx"), &[("词条-替代", rows_of(TERM_HEADER, &[&broken, good]))]);
    let ran = run(folder.path(), &["import", "e.xlsx", "--to", "to", "--force", "-q"]).exits(1);
    assert!(ran.text().contains("nonsense") && ran.stderr.contains("没有写"), "{} {}", ran.text(), ran.stderr);
    let text = fs::read_to_string(to.join("materials/replace.csv")).unwrap();
    let good = good.replace("替代", "replace").replace("充分", "sufficient").replace("在用", "active");
    assert_eq!(text, format!("{TERM_HEADER}\n{TERM}\n{good}\n"));
}

#[test]
fn damaged_headings_unknown_sheets_formulas_and_orphans_are_told() {
    let folder = folder();
    let to = folder.path().join("to");
    small(&to);
    let before = files(&to);
    let told = |sheets: &[(&str, Vec<Vec<String>>)]| {
        edited(&folder.path().join("e.xlsx"), sheets);
        let ran = run(folder.path(), &["import", "e.xlsx", "--to", "to"]).exits(1);
        assert_eq!(files(&to), before);
        ran.text().to_owned()
    };
    let cut = told(&[("词条-替代", rows_of(&TERM_HEADER.replace("aliases", "别称"), &[TERM]))]);
    assert!(cut.contains("缺 aliases，多 别称"), "{cut}");
    let odd = told(&[("新表", owned(&[&["x"]]))]);
    assert!(odd.contains("不认识的工作表"), "{odd}");
    let orphan = told(&[("用例-替代", rows_of(&CASES.join(","), &["T99999,某,应命中,"]))]);
    assert!(orphan.contains("第3行") && orphan.contains("没有这个编号的词条"), "{orphan}");
    let aside = told(&[("用例-替代", rows_of(&format!("{},", CASES.join(",")), &["T50001,某,应命中,,旁注"]))]);
    assert!(aside.contains("列之外"), "{aside}");

    let xml = sheet_xml(&rows_of(&CASES.join(","), &["T50001,某,应命中,x"]), "")
        .replace("<c r=\"D3\" t=\"inlineStr\"><is><t>x</t></is></c>", "<c r=\"D3\"><f>1+1</f><v>2</v></c>");
    assert!(xml.contains("<f>"));
    fs::write(folder.path().join("f.xlsx"), workbook(&[("用例-替代", xml.into_bytes())], None)).unwrap();
    let ran = run(folder.path(), &["import", "f.xlsx", "--to", "to"]).exits(1);
    assert!(ran.text().contains("公式"), "{}", ran.text());
}

/// Word lists: one word more changes one line; a folder that moved on since the export is not overwritten unnoticed.
#[test]
fn one_word_more_changes_one_line_and_later_changes_are_not_undone_unnoticed() {
    let folder = folder();
    let to = folder.path().join("to");
    let text = "# 中心词\n\n[[group]]\nname = \"part\"\nmeaning = \"零部件\"\nwords = [\n    \"螺栓\", \"螺母\",\n    \"垫片\"\n]\n";
    fs::create_dir_all(&to).unwrap();
    fs::write(to.join("heads.toml"), text).unwrap();
    let rows = |words: &[&str]| {
        let mut rows = owned(&[&["词组", "词"], &["group", "word"]]);
        rows.extend(words.iter().map(|word| vec!["part".to_owned(), (*word).to_owned()]));
        rows
    };
    edited(&folder.path().join("e.xlsx"), &[("中心词", rows(&["螺栓", "螺母", "垫片", "试验销"]))]);
    run(folder.path(), &["import", "e.xlsx", "--to", "to"]).exits(0);
    let found = fs::read_to_string(to.join("heads.toml")).unwrap();
    assert_eq!(found, text.replace("\"垫片\"\n", "\"垫片\",\n    \"试验销\",\n"));

    run(folder.path(), &["export", "--base", "to", "-o", "a.xlsx"]).exits(0);
    fs::write(to.join("heads.toml"), text).unwrap();
    let ran = run(folder.path(), &["import", "a.xlsx", "--to", "to"]).exits(1);
    assert!(ran.stderr.contains("又改过"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(to.join("heads.toml")).unwrap(), text);
    run(folder.path(), &["import", "a.xlsx", "--to", "to", "--force"]).exits(0);
    assert_eq!(fs::read_to_string(to.join("heads.toml")).unwrap(), found);
}
