//! Hostile and broken input: a clear message or a quarantined row, in little time and little memory, never a panic.

mod support;

use std::{fs, process::Command};

use serde_json::json;
use support::{
    Ran, csv_of, finish, folder,
    hostile::{read, refused, told},
    lvjian, owned, sheet_xml, string, workbook, write, zipped,
};

fn ids(ran: &Ran) -> Vec<String> {
    ran.lines().iter().map(|answer| string(answer, "id").to_owned()).collect()
}

fn sheet_with(cells: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<worksheet \
         xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{cells}</sheetData></worksheet>"
    )
    .into_bytes()
}

fn text_cell(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// A plain good workbook.
fn good() -> Vec<u8> {
    let rows = owned(&[&["编号", "货物名称", "规格型号"], &["1", "光伏组件", "550W"], &["2", "螺纹钢", "12mm"]]);
    workbook(&[("明细", sheet_xml(&rows, "A1:C3").into_bytes())], None)
}

#[test]
fn a_single_cell_in_the_far_corner_costs_nothing() {
    let folder = folder();
    for (name, place, row) in [("last.xlsx", "XFD1048576", 1_048_576), ("far.xlsx", "XFD100000", 100_000)] {
        let cells = format!("<row r=\"{row}\">{}</row>", text_cell(place, "货物名称"));
        let path = write(folder.path(), name, workbook(&[("一", sheet_with(&cells))], None));
        refused(&path);
    }
}

#[test]
fn a_far_cell_beside_good_rows_does_not_hide_them() {
    let folder = folder();
    let cells = format!(
        "<row r=\"1\">{}{}</row><row r=\"2\">{}{}</row><row r=\"1048576\">{}</row>",
        text_cell("A1", "编号"),
        text_cell("B1", "货物名称"),
        text_cell("A2", "7"),
        text_cell("B2", "光伏组件"),
        text_cell("XFD1048576", "x"),
    );
    let path = write(folder.path(), "far.xlsx", workbook(&[("一", sheet_with(&cells))], None));
    let ran = read(&path, &[]).exits(0);
    assert_eq!(ids(&ran), ["7"]);
}

#[test]
fn cells_out_of_order_or_with_absurd_places_do_not_break_the_run() {
    let folder = folder();
    for (name, cells) in [
        ("a.xlsx", "<row r=\"4294967295\"><c r=\"A4294967295\"><v>1</v></c></row>".to_owned()),
        ("b.xlsx", "<row r=\"0\"><c r=\"A0\"><v>1</v></c></row>".to_owned()),
        ("c.xlsx", "<row r=\"-1\"><c r=\"\"><v>1</v></c></row>".to_owned()),
        ("d.xlsx", "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>4000000000</v></c></row>".to_owned()),
        ("e.xlsx", "<row r=\"1\"><c r=\"A1\" s=\"4000000000\"><v>1e308</v></c></row>".to_owned()),
        ("f.xlsx", format!("<row r=\"5\">{}</row><row r=\"2\">{}</row>", text_cell("B5", "x"), text_cell("A2", "y"))),
    ] {
        refused(&write(folder.path(), name, workbook(&[("一", sheet_with(&cells))], Some(b"<sst></sst>"))));
    }
}

#[test]
fn a_row_number_of_twenty_digits_does_not_break_the_run() {
    let folder = folder();
    let cells = "<row r=\"99999999999999999999\"><c r=\"A99999999999999999999\"><v>1</v></c></row>";
    refused(&write(folder.path(), "row.xlsx", workbook(&[("一", sheet_with(cells))], None)));
}

#[test]
fn a_column_of_eight_letters_does_not_break_the_run() {
    let folder = folder();
    let cells = "<row r=\"1\"><c r=\"ZZZZZZZZ1\"><v>1</v></c></row>";
    refused(&write(folder.path(), "column.xlsx", workbook(&[("一", sheet_with(cells))], None)));
}

#[test]
fn a_false_count_of_shared_strings_is_refused_before_memory_is_taken() {
    let folder = folder();
    for count in ["4294967295", "99999999999", "99999999999999999999999"] {
        let shared = format!(
            "<?xml version=\"1.0\"?><sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
             count=\"{count}\" uniqueCount=\"{count}\"><si><t>货物名称</t></si></sst>"
        );
        let cells = sheet_with("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>");
        let path = write(folder.path(), "count.xlsx", workbook(&[("一", cells)], Some(shared.as_bytes())));
        refused(&path);
    }
}

#[test]
fn zip_bombs_are_refused() {
    let folder = folder();
    let zeros = vec![0u8; 200 * 1024 * 1024];
    let plain = sheet_with(&format!("<row r=\"1\">{}</row>", text_cell("A1", "货物名称")));
    let in_strings = write(folder.path(), "strings.xlsx", workbook(&[("一", plain)], Some(&zeros)));
    let in_sheet = write(folder.path(), "sheet.xlsx", workbook(&[("一", zeros)], None));
    for path in [in_strings, in_sheet] {
        assert!(fs::metadata(&path).unwrap().len() < 1024 * 1024, "a bomb is small");
        refused(&path);
    }
}

#[test]
fn a_bomb_of_well_formed_cells_stays_small_in_memory() {
    let folder = folder();
    let row = format!("<row r=\"2\">{}</row>", text_cell("A2", &"光".repeat(2_000)));
    let mut cells = format!("<row r=\"1\">{}</row>", text_cell("A1", "货物名称"));
    cells.push_str(&row.repeat(12_000));
    let path = write(folder.path(), "cells.xlsx", workbook(&[("一", sheet_with(&cells))], None));
    let ran = read(&path, &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("cells.xlsx") || ran.code == Some(0), "{}", ran.stderr);
}

#[test]
fn a_workbook_of_very_many_parts_is_refused() {
    let folder = folder();
    let parts: Vec<(String, &[u8])> = (0..5_000).map(|number| (format!("xl/x{number}.xml"), &b"<x/>"[..])).collect();
    refused(&write(folder.path(), "parts.xlsx", zipped(&parts)));
}

#[test]
fn a_truncated_workbook_is_refused_wherever_it_ends() {
    let folder = folder();
    let whole = good();
    let path = write(folder.path(), "whole.xlsx", &whole);
    assert_eq!(ids(&read(&path, &[]).exits(0)), ["1", "2"]);
    for part in 0..12 {
        let end = whole.len() * part / 12;
        refused(&write(folder.path(), "cut.xlsx", &whole[..end]));
    }
    refused(&write(folder.path(), "cut.xlsx", &whole[..whole.len() - 1]));
}

#[test]
fn a_workbook_with_flipped_bytes_never_panics() {
    let folder = folder();
    let whole = good();
    for place in (0..whole.len()).step_by(whole.len() / 16) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x5a;
        let ran = read(&write(folder.path(), "flipped.xlsx", damaged), &[]);
        assert!(ran.code != Some(2) || ran.stderr.contains("flipped.xlsx"), "{}", ran.stderr);
    }
}

#[test]
fn archives_that_are_no_workbook_are_refused() {
    let folder = folder();
    refused(&write(folder.path(), "empty.xlsx", zipped(&[])));
    refused(&write(folder.path(), "other.xlsx", zipped(&[("word/document.xml".to_owned(), b"<x/>")])));
    let loops = zipped(&[
        ("[Content_Types].xml".to_owned(), &b"<Types/>"[..]),
        ("xl/workbook.xml".to_owned(), b"<!DOCTYPE x [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;&a;\">]><x>&a;</x>"),
    ]);
    refused(&write(folder.path(), "loops.xlsx", loops));
}

#[test]
fn one_byte_that_is_no_utf8_costs_one_row() {
    let folder = folder();
    let mut bytes = b"\xE7\xBC\x96\xE5\x8F\xB7,\xE8\xB4\xA7\xE7\x89\xA9\xE5\x90\x8D\xE7\xA7\xB0\n".to_vec();
    for number in 0..200 {
        bytes.extend_from_slice(format!("{number},光伏组件").as_bytes());
        if number == 100 {
            bytes.push(0xff);
        }
        bytes.push(b'\n');
    }
    let ran = read(&write(folder.path(), "byte.csv", bytes), &[]).exits(0);
    assert_eq!(told(&ran, "Q001"), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("第102行"), "the row is named: {}", ran.stderr);
    assert_eq!(ran.lines().len(), 199);
    assert!(!ids(&ran).contains(&"100".to_owned()));
}

#[test]
fn a_field_of_ten_megabytes_costs_one_row() {
    let folder = folder();
    let long = "光伏组件".repeat(10 * 1024 * 1024 / 12);
    let rows = vec![
        vec!["编号".to_owned(), "货物名称".to_owned()],
        vec!["1".to_owned(), "光伏组件".to_owned()],
        vec!["2".to_owned(), long],
        vec!["3".to_owned(), "污水处理设备".to_owned()],
    ];
    let ran = read(&write(folder.path(), "long.csv", csv_of(&rows)), &[]).exits(0);
    assert_eq!(told(&ran, "Q002"), 1, "{}", ran.stderr);
    assert_eq!(ids(&ran), ["1", "3"]);
    assert!(ran.stderr.len() < 20_000, "the message is short");
}

#[test]
fn a_cell_just_over_the_limit_and_a_row_of_too_many_columns_are_set_aside() {
    let folder = folder();
    let mut rows = owned(&[&["编号", "货物名称"], &["1", "光伏组件"]]);
    rows.push(vec!["2".to_owned(), "光".repeat(30_000)]);
    rows.push(vec!["x".to_owned(); 100_000]);
    rows.extend(owned(&[&["4", "污水处理设备"]]));
    let ran = read(&write(folder.path(), "wide.csv", csv_of(&rows)), &[]).exits(0);
    assert_eq!(told(&ran, "Q002"), 2, "{}", ran.stderr);
    assert_eq!(ids(&ran), ["1", "4"]);
}

#[test]
fn a_long_line_of_ndjson_costs_one_row() {
    let folder = folder();
    let mut text = String::new();
    for (id, body) in [("1", "光伏组件".to_owned()), ("2", "光".repeat(1024 * 1024)), ("3", "污水处理设备".to_owned())]
    {
        text.push_str(&json!({"id": id, "text": body}).to_string());
        text.push('\n');
    }
    let ran = read(&write(folder.path(), "long.ndjson", text), &[]).exits(0);
    assert_eq!(told(&ran, "Q002"), 1, "{}", ran.stderr);
    assert_eq!(ids(&ran), ["1", "3"]);
}

#[test]
fn deeply_nested_json_is_a_bad_line() {
    let folder = folder();
    let text = format!("{{\"id\":\"1\",\"text\":{}\n{{\"id\":\"2\",\"text\":\"光伏组件\"}}\n", "[".repeat(100_000));
    let ran = read(&write(folder.path(), "deep.ndjson", text), &[]).exits(0);
    assert_eq!(told(&ran, "Q003"), 1, "{}", ran.stderr);
    assert_eq!(ids(&ran), ["2"]);
}

#[test]
fn a_quote_that_never_closes_is_not_swallowed_in_silence() {
    let folder = folder();
    let text = "编号,货物名称\n1,光伏组件\n2,\"污水处理设备\n3,光伏组件\n4,光伏组件\n";
    let ran = read(&write(folder.path(), "quote.csv", text), &[]);
    assert_eq!(ids(&ran).first().map(String::as_str), Some("1"), "rows before the quote are read");
    let told = ran.stderr.lines().any(|line| line.contains("quote.csv") && line.contains("[Q"));
    assert!(told, "rows 3 and 4 are inside the open quote of row 2, and nobody is told:\n{}", ran.stderr);
}

#[test]
fn a_very_long_open_quote_stays_small_in_memory() {
    let folder = folder();
    let mut text = "编号,货物名称\n1,光伏组件\n2,\"污水处理设备\n".to_owned();
    for number in 3..400_000 {
        text.push_str(&format!("{number},光伏组件\n"));
    }
    let ran = read(&write(folder.path(), "quote.csv", text), &[]).exits(0);
    assert!(told(&ran, "Q002") >= 1, "{}", ran.stderr);
    assert_eq!(ids(&ran).first().map(String::as_str), Some("1"));
}

#[test]
fn files_of_other_kinds_are_refused_by_name() {
    let folder = folder();
    let mut ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    ole.resize(8_192, 0);
    let xls = refused(&write(folder.path(), "old.xls", &ole));
    assert!(xls.stderr.contains("xls") && xls.stderr.contains("xlsx"), "says what to do: {}", xls.stderr);
    refused(&write(folder.path(), "old.xlsx", &ole));
    let pdf = refused(&write(folder.path(), "invoice.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"));
    assert!(pdf.stderr.contains("PDF"), "{}", pdf.stderr);
    refused(&write(folder.path(), "text.xlsx", "编号,货物名称\n1,光伏组件\n"));
    refused(&write(folder.path(), "noise.csv", (0..50_000u32).map(|n| ((n * 7_919) >> 3) as u8).collect::<Vec<u8>>()));
    refused(&write(folder.path(), "zeros.csv", vec![0u8; 3 * 1024 * 1024]));
}

#[test]
fn an_empty_file_a_folder_and_a_missing_file_are_refused_by_name() {
    let folder = folder();
    refused(&write(folder.path(), "empty.csv", b""));
    refused(&write(folder.path(), "empty.xlsx", b""));
    refused(&write(folder.path(), "blank.csv", b"\n\n\n"));
    refused(&write(folder.path(), "bom.csv", b"\xef\xbb\xbf"));
    let inside = folder.path().join("a-folder");
    fs::create_dir(&inside).unwrap();
    refused(&inside);
    refused(&folder.path().join("missing.xlsx"));
    refused(&folder.path().join("missing.ndjson"));
    // No line asks, so nothing is answered.
    let nothing = read(&write(folder.path(), "empty.ndjson", b""), &[]).exits(0);
    assert!(nothing.stdout.is_empty());
}

#[test]
fn a_file_without_a_known_heading_says_what_it_saw() {
    let folder = folder();
    let ran = refused(&write(folder.path(), "strange.csv", "甲,乙,丙\n1,2,3\n"));
    assert!(ran.stderr.contains("甲") && ran.stderr.contains("--map"), "{}", ran.stderr);
}

#[test]
fn hostile_ledgers_and_invoices_are_refused_too() {
    let folder = folder();
    let loans = write(folder.path(), "loans.csv", "借据号,贷款用途\nL1,购买光伏组件\n");
    let zeros = vec![0u8; 64 * 1024 * 1024];
    let bomb = write(folder.path(), "bomb.xlsx", workbook(&[("一", zeros)], None));
    let store = folder.path().join("store");
    for (loans, invoices) in [(&loans, &bomb), (&bomb, &loans)] {
        let args = [
            "assess",
            "--loans",
            loans.to_str().unwrap(),
            "--invoices",
            invoices.to_str().unwrap(),
            "--store",
            store.to_str().unwrap(),
        ];
        let ran = lvjian(&args, b"").exits(2);
        assert!(ran.stderr.contains("bomb.xlsx"), "{}", ran.stderr);
        assert!(ran.stdout.is_empty() && !store.exists(), "nothing is decided");
    }
}

#[test]
fn a_damaged_store_is_told() {
    let folder = folder();
    fs::create_dir(folder.path().join(".lvjian")).unwrap();
    write(&folder.path().join(".lvjian"), "decisions.ndjson", "{\"loan_id\":\"L1\"}\n{oops\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lvjian"));
    command.args(["why", "L1"]).current_dir(folder.path());
    let ran = finish(command, b"").exits(2);
    assert!(ran.stderr.contains("decisions.ndjson") && ran.stderr.contains('2'), "{}", ran.stderr);
}
