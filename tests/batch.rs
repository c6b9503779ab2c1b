//! Large inputs: the same bytes on any number of threads and at any seam between chunks, nothing lost, nothing run.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{Ran, folder, lvjian, string, write};

const GOODS: [&str; 8] = [
    "*光伏设备*光伏组件 550W",
    "*环境污染防治设备*一体化污水处理设备",
    "*电动机*三相异步电动机 YE5-132S-4",
    "*紧固件*光伏支架用螺栓",
    "*黑色金属冶炼压延品*螺纹钢 HRB400",
    "(详见销货清单)",
    "\"*涂料*绿色油漆, 20kg\"",
    "\"*阀门*管件 1/2\"\"\n第二行\"",
];

/// A table with commas, quotation marks and line ends inside cells, and some bad rows.
fn table(rows: usize, line_end: &str) -> String {
    let mut text = format!("序号,开票日期,销方名称,货物名称,规格型号,价税合计,备注{line_end}");
    for row in 0..rows {
        let goods = GOODS[row * 7 % GOODS.len()];
        let date = if row % 97 == 13 { "十月" } else { "2025-10-26" };
        let surplus = if row % 89 == 7 { ",多出的" } else { "" };
        let remark = if row % 5 == 0 { "=HYPERLINK(1)" } else { "无" };
        text.push_str(&format!(
            "{row},{date},卖方{}有限公司,{goods},5\" 型{row},-{row}.50,{remark}{surplus}{line_end}",
            row % 11
        ));
    }
    text
}

fn args<'a>(path: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["classify", path.to_str().unwrap()], more].concat()
}

fn run(path: &Path, more: &[&str]) -> Ran {
    lvjian(&args(path, more), b"").exits(0)
}

#[test]
fn threads_and_seams_change_no_byte() {
    let folder = folder();
    let gb18030 = encoding_rs::GB18030.encode(&table(4_000, "\r\n")).0.into_owned();
    for (name, bytes) in [("utf8.csv", table(4_000, "\n").into_bytes()), ("gb.csv", gb18030)] {
        let path = write(folder.path(), name, bytes);
        for format in ["csv", "ndjson"] {
            let bad = folder.path().join("bad.ndjson");
            let bad = bad.to_str().unwrap();
            let one = run(&path, &["--format", format, "--threads", "1", "--quarantine", bad]);
            let aside = fs::read(bad).unwrap();
            assert!(aside.len() > 1_000, "bad rows are set aside");
            for more in [&["--threads", "2"][..], &["--threads", "8"], &["--threads", "8", "--chunk-size", "3000"]] {
                let many = run(&path, &[&["--format", format, "--quarantine", bad], more].concat());
                assert!(many.stdout == one.stdout, "{name} as {format} with {more:?}");
                assert!(fs::read(bad).unwrap() == aside, "{name}: rows set aside with {more:?}");
            }
        }
    }
}

#[test]
fn the_quick_path_answers_as_the_row_by_row_path_does() {
    let folder = folder();
    let text = table(600, "\n");
    let path = write(folder.path(), "rows.csv", &text);
    let bad = folder.path().join("bad.ndjson");
    let quick = run(&path, &["--format", "ndjson", "--quarantine", bad.to_str().unwrap()]);
    let quick_bad = fs::read_to_string(&bad).unwrap();
    let slow = lvjian(&["classify", "-", "--format", "ndjson", "--quarantine", bad.to_str().unwrap()], text.as_bytes())
        .exits(0);
    assert!(quick.stdout == slow.stdout, "the answers");
    let slow_bad =
        fs::read_to_string(&bad).unwrap().replace("\"file\":\"-\"", &format!("\"file\":{:?}", path.to_str().unwrap()));
    let places = |text: &str| -> Vec<(u64, String, String)> {
        let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.map(|row| {
            (row["row"].as_u64().unwrap(), string(&row, "code").to_owned(), string(&row, "column").to_owned())
        })
        .collect()
    };
    assert_eq!(places(&quick_bad), places(&slow_bad), "the rows set aside");
    assert!(quick_bad.contains("Q009") && quick_bad.contains("Q006"));
}

#[test]
fn rows_handed_in_again_as_text_keep_their_place_and_their_line() {
    let folder = folder();
    let text = concat!(
        "隔离文件,隔离工作表,隔离行,隔离原文,货物名称,金额\n",
        "b.ndjson,,9,\"{\"\"text\"\":\"\"光伏组件\"\"}\",,\n",
        "a.csv,,3,,光伏组件,1\n",
        "a.csv,,00,,光伏组件,1\n",
    );
    let path = write(folder.path(), "again.csv", text);
    let ran = run(&path, &["--format", "ndjson"]);
    let rows: Vec<Value> = ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = rows.iter().map(|row| string(row, "id")).collect();
    assert_eq!(ids, ["9", "3", "4"], "no row is the 0th");
    assert!(rows.iter().all(|row| string(row, "verdict") == "needs-evidence"), "{}", ran.text());
    let table = run(&path, &["--format", "csv"]);
    assert_eq!(table.text().matches("待补证").count(), 3, "{}", table.text());
}

#[test]
fn records_are_copied_as_they_stand_with_four_more_columns() {
    let folder = folder();
    let text =
        "导出时间：2025-11-01\n序号,货物名称,金额\n1,*光伏设备*光伏组件,-12.50\n2,\"*涂料*绿色\"\"油漆\",3\n3,短\n";
    let ran = run(&write(folder.path(), "a.csv", text), &["--format", "csv"]);
    let lines: Vec<&str> = ran.text().trim_start_matches('\u{feff}').lines().collect();
    assert!(ran.text().starts_with('\u{feff}'), "spreadsheets need the mark");
    assert_eq!(lines[0], "序号,货物名称,金额,结论,词条,条目,理由");
    assert!(lines[1].starts_with("1,*光伏设备*光伏组件,-12.50,待补证,光伏组件,"), "{}", lines[1]);
    assert!(lines[2].starts_with("2,\"*涂料*绿色\"\"油漆\",3,非绿,,,"), "{}", lines[2]);
    assert!(lines[3].starts_with("3,短,,非绿,,,"), "a short row is filled up: {}", lines[3]);
    assert_eq!(lines.len(), 4);
    let mut reader = csv::Reader::from_reader(&ran.stdout[3..]);
    assert!(reader.records().all(|row| row.unwrap().len() == 7));
}

#[test]
fn copied_cells_are_inert_in_a_spreadsheet() {
    let folder = folder();
    let payloads = ["=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@WEBSERVICE(1)", "＝1+1", "=HYPERLINK(\"http://x\")"];
    let mut text = "序号,货物名称,备注\n".to_owned();
    for (row, payload) in payloads.iter().enumerate() {
        text.push_str(&format!("{row},光伏组件,\"{}\"\n", payload.replace('"', "\"\"")));
        if !payload.contains('"') {
            text.push_str(&format!("{row},{payload},-12.50\n"));
        }
    }
    let ran = run(&write(folder.path(), "evil.csv", text), &["--format", "csv"]);
    let mut seen = 0;
    for row in csv::Reader::from_reader(&ran.stdout[3..]).records() {
        for cell in &row.unwrap() {
            let number = cell.parse::<f64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '＝']), "{cell:?} would run");
            seen += usize::from(cell.starts_with('\''));
        }
    }
    assert_eq!(seen, 11);
    assert!(ran.text().contains(",-12.50,"), "numbers stay");
}

#[test]
fn workbooks_of_readings_and_of_rows_set_aside_hold_texts_only() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let payloads = ["=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@WEBSERVICE(1)", "＝1+1"];
    let rows = payloads.iter().map(|payload| format!("1,2025-10-01,{payload}光伏组件,1\n2,{payload},{payload},1\n"));
    let text = "序号,开票日期,货物名称,价税合计\n".to_owned() + &rows.collect::<String>();
    let evil = write(folder.path(), "evil.csv", text);
    run(&evil, &["--format", "xlsx", "-o", &at("out.xlsx"), "--quarantine", &at("bad.xlsx")]).exits(0);
    for name in ["out.xlsx", "bad.xlsx"] {
        let mut archive = zip::ZipArchive::new(fs::File::open(at(name)).unwrap()).unwrap();
        let mut part = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
        let sheet = part("xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>") && !sheet.contains("<f ") && !sheet.contains("<hyperlink"), "{name}: {sheet}");
        assert_eq!(sheet.matches("<c ").count(), sheet.matches("t=\"s\"").count(), "{name}: every cell is a string");
        assert!(part("xl/sharedStrings.xml").contains("=cmd|"), "{name}: the text itself is kept as it is");
    }
}

#[test]
fn files_with_other_headers_fall_back_to_one_common_layout() {
    let folder = folder();
    let one = write(folder.path(), "a.csv", "序号,货物名称\n1,光伏组件\n");
    let two = write(folder.path(), "b.csv", "品名,数量\n螺纹钢,2\n");
    let ran = lvjian(&["classify", one.to_str().unwrap(), two.to_str().unwrap(), "--format", "csv"], b"").exits(0);
    assert!(ran.text().contains("来源,编号,结论,文本,词条,条目,理由"), "{}", ran.text());
    assert_eq!(ran.text().lines().count(), 3);
}

#[test]
fn packed_files_are_read_and_written() {
    let folder = folder();
    let text = table(300, "\n");
    let plain = run(&write(folder.path(), "a.csv", &text), &["--format", "csv"]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, text.as_bytes()).unwrap();
    let gz = write(folder.path(), "a.csv.gz", gzip.finish().unwrap());
    let zst = write(folder.path(), "a.csv.zst", zstd::encode_all(text.as_bytes(), 1).unwrap());
    assert!(run(&gz, &["--format", "csv"]).stdout == plain.stdout);
    assert!(run(&zst, &["--format", "csv"]).stdout == plain.stdout);
    let out = folder.path().join("out.csv.gz");
    run(&gz, &["--format", "csv", "-o", out.to_str().unwrap()]);
    let mut back = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(fs::File::open(&out).unwrap());
    std::io::Read::read_to_end(&mut reader, &mut back).unwrap();
    assert!(back == plain.stdout);
    let out = folder.path().join("out.csv.zst");
    run(&zst, &["--format", "csv", "-o", out.to_str().unwrap()]);
    assert!(zstd::decode_all(fs::File::open(&out).unwrap()).unwrap() == plain.stdout);
}

#[test]
fn the_order_of_files_changes_nothing_but_the_order() {
    let folder = folder();
    let parts: Vec<_> = (0..6)
        .map(|part| {
            let text = table(500, "\n").lines().enumerate().fold(String::new(), |mut text, (row, line)| {
                if row == 0 || row % 6 == part {
                    text.push_str(line);
                    text.push('\n');
                }
                text
            });
            write(folder.path(), &format!("{part}.csv"), text.replace("\"*阀门*管件 1/2\"\"\n第二行\"", "管件"))
        })
        .collect();
    let sorted = |order: &[usize], threads: &str| {
        let mut args = vec!["classify"];
        args.extend(order.iter().map(|&part| parts[part].to_str().unwrap()));
        args.extend(["--format", "csv", "--threads", threads]);
        let ran = lvjian(&args, b"").exits(0);
        let mut lines: Vec<String> = ran.text().lines().map(str::to_owned).collect();
        lines.sort();
        blake3::hash(lines.join("\n").as_bytes())
    };
    let first = sorted(&[0, 1, 2, 3, 4, 5], "1");
    for (order, threads) in [([5, 3, 1, 0, 2, 4], "2"), ([2, 5, 0, 4, 1, 3], "8"), ([0, 1, 2, 3, 4, 5], "8")] {
        assert_eq!(sorted(&order, threads), first, "{order:?} on {threads} threads");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_is_written_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().unwrap();
    let (input, pipe) = (folder.path().join("lines.csv"), folder.path().join("pipe"));
    fs::write(&input, table(50, "\n")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    run(&input, &["--format", "csv", "-o", pipe.to_str().unwrap()]);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(reader.join().unwrap() == run(&input, &["--format", "csv"]).stdout);
}
