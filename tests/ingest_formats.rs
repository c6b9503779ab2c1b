//! The same lines in every format that users bring give the same verdicts.

mod support;

use std::{path::Path, sync::OnceLock};

use serde_json::{Value, json};
use support::{Ran, csv_of, folder, lvjian, owned, sheet_xml, string, workbook, write};

/// 商品编码, goods as the tax bureau writes them, 规格型号, and the verdict.
const GOODS: [(&str, &str, &str, &str); 8] = [
    ("1", "*光伏设备*光伏组件", "550W", "needs-evidence"),
    ("2", "*环境污染防治设备*一体化污水处理设备", "50t/d", "needs-evidence"),
    ("3", "*电动机*三相异步电动机", "YE5-132S-4 5.5kW", "green"),
    ("4", "*电动机*三相异步电动机", "YE3-132S-4 5.5kW", "not-green"),
    ("5", "*涂料*绿色油漆", "20kg/桶", "not-green"),
    ("6", "*电线电缆*防水电缆", "3*2.5", "not-green"),
    ("7", "*黑色金属冶炼压延品*螺纹钢", "HRB400 12mm", "not-green"),
    ("8", "(详见销货清单)", "", "review"),
];

/// What must be equal whatever the format: everything but the id.
fn essence(answer: &Value) -> Value {
    json!([answer["verdict"], answer["matches"], answer["rejected"], answer["reason"]])
}

/// The answers that the same lines give as NDJSON on standard input.
fn expected() -> &'static [Value] {
    static EXPECTED: OnceLock<Vec<Value>> = OnceLock::new();
    EXPECTED.get_or_init(ask)
}

fn ask() -> Vec<Value> {
    let mut input = Vec::new();
    for (id, goods, spec, _) in GOODS {
        serde_json::to_writer(&mut input, &json!({"id": id, "text": goods, "spec": spec})).unwrap();
        input.push(b'\n');
    }
    let answers = lvjian(&["classify", "-"], &input).exits(0).lines();
    for ((_, goods, _, verdict), answer) in GOODS.iter().zip(&answers) {
        assert_eq!(string(answer, "verdict"), *verdict, "{goods}: {answer}");
    }
    answers.iter().map(essence).collect()
}

/// Reads `path` and checks that its answers are the expected ones.
#[track_caller]
fn agrees(path: &Path, more: &[&str]) -> Ran {
    let mut args = vec!["classify", path.to_str().unwrap(), "--format", "ndjson"];
    args.extend(more);
    let ran = lvjian(&args, b"").exits(0);
    let answers: Vec<Value> = ran.lines().iter().map(essence).collect();
    let expected = expected();
    assert_eq!(answers.len(), expected.len(), "{}", ran.stderr);
    for ((_, goods, ..), (answer, expected)) in GOODS.iter().zip(answers.iter().zip(expected)) {
        assert_eq!(answer, expected, "{goods}");
    }
    ran
}

/// Rows under these headings: id, goods, spec.
fn table(headings: [&str; 3]) -> Vec<Vec<String>> {
    let mut rows = owned(&[&headings]);
    rows.extend(GOODS.iter().map(|(id, goods, spec, _)| owned(&[&[*id, *goods, *spec]]).remove(0)));
    rows
}

const LINES: [&str; 14] = [
    "序号",
    "发票代码",
    "发票号码",
    "数电票号码",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "开票日期",
    "税收分类编码",
    "货物或应税劳务名称",
    "规格型号",
    "金额",
    "发票状态",
];

/// Sheet 信息汇总表 of the tax bureau's export, with `above` rows over its header.
fn line_sheet(above: &[&[&str]], dimension: &str) -> Vec<u8> {
    let mut rows = owned(above);
    rows.push(LINES.iter().map(|heading| (*heading).to_owned()).collect());
    for (id, goods, spec, _) in GOODS {
        rows.push(
            owned(&[&[
                id,
                "",
                "",
                &format!("2511000000000000000{id}"),
                "91330100MA00000001",
                "卖方有限公司",
                "91331000MA00000002",
                "买方有限公司",
                "2025-10-26 10:11:12",
                "",
                goods,
                spec,
                "1000.00",
                "正常",
            ]])
            .remove(0),
        );
    }
    sheet_xml(&rows, dimension).into_bytes()
}

/// Sheet 发票基础信息: whole invoices without goods.
fn invoice_sheet() -> Vec<u8> {
    let mut rows = owned(&[&[
        "序号",
        "发票代码",
        "发票号码",
        "数电票号码",
        "销方名称",
        "购买方名称",
        "开票日期",
        "金额",
        "发票状态",
        "是否正数发票",
    ]]);
    for (id, ..) in GOODS {
        rows.push(
            owned(&[&[
                id,
                "",
                "",
                &format!("2511000000000000000{id}"),
                "卖方有限公司",
                "买方有限公司",
                "2025-10-26",
                "1000.00",
                "正常",
                "是",
            ]])
            .remove(0),
        );
    }
    sheet_xml(&rows, "A1:J9").into_bytes()
}

#[test]
fn the_tax_bureaus_export_reads_the_same_in_both_orders_of_its_sheets() {
    let folder = folder();
    let (lines, invoices) = (("信息汇总表", line_sheet(&[], "A1:N9")), ("发票基础信息", invoice_sheet()));
    let first = write(folder.path(), "导出1.xlsx", workbook(&[lines.clone(), invoices.clone()], None));
    let second = write(folder.path(), "导出2.xlsx", workbook(&[invoices, lines], None));
    agrees(&first, &[]);
    agrees(&second, &[]);
}

#[test]
fn title_rows_above_the_header_are_passed_over() {
    let folder = folder();
    let above: [&[&str]; 4] =
        [&["全量发票查询导出结果"], &["纳税人：买方有限公司", "", "金额单位：元"], &[""], &["查询日期", "2025-10-31"]];
    for count in 0..=above.len() {
        let sheet = line_sheet(&above[above.len() - count..], "A1:N13");
        agrees(&write(folder.path(), "titles.xlsx", workbook(&[("信息汇总表", sheet)], None)), &[]);
    }
    let mut rows = owned(&above);
    rows.extend(table(["编号", "货物名称", "规格型号"]));
    agrees(&write(folder.path(), "titles.csv", csv_of(&rows)), &[]);
}

#[test]
fn a_wrong_dimension_is_not_believed() {
    let folder = folder();
    for dimension in ["", "A1", "A1:A1", "A1:B2", "A1:XFD1048576", "C5:D6"] {
        let sheet = line_sheet(&[&["全量发票查询导出结果"]], dimension);
        agrees(&write(folder.path(), "dimension.xlsx", workbook(&[("信息汇总表", sheet)], None)), &[]);
    }
}

#[test]
fn a_dimension_that_is_no_range_is_not_believed() {
    let folder = folder();
    for dimension in ["nonsense", "A1:", ":", "ZZZZZZZZ1:ZZZZZZZZ2", "A1:B99999999999999999999"] {
        let path = write(folder.path(), "range.xlsx", workbook(&[("信息汇总表", line_sheet(&[], dimension))], None));
        let ran = lvjian(&["classify", path.to_str().unwrap(), "--format", "ndjson"], b"");
        assert!(!ran.stderr.contains("panicked"), "{dimension}:\n{}", ran.stderr);
        match ran.code {
            Some(0) => assert_eq!(ran.lines().len(), GOODS.len()),
            Some(2) => assert!(ran.stderr.contains("range.xlsx"), "{}", ran.stderr),
            other => panic!("{other:?}: {}", ran.stderr),
        }
    }
}

#[test]
fn a_workbook_written_by_a_spreadsheet_reads_the_same() {
    let folder = folder();
    let path = folder.path().join("written.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let cover = book.add_worksheet();
    cover.set_name("说明").unwrap();
    cover.write_string(0, 0, "本表由财务部导出").unwrap();
    let page = book.add_worksheet();
    page.set_name("明细").unwrap();
    for (row, cells) in (0u32..).zip(table(["编号", "项目名称", "规格型号"])) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell.parse::<f64>() {
                Ok(number) => page.write_number(row + 2, column, number).unwrap(),
                Err(_) => page.write_string(row + 2, column, cell).unwrap(),
            };
        }
    }
    book.save(&path).unwrap();
    agrees(&path, &[]);
}

#[test]
fn csv_reads_the_same_in_every_encoding_and_says_which_it_took() {
    let folder = folder();
    let utf8 = csv_of(&table(["编号", "货物名称", "规格型号"]));
    let text = String::from_utf8(utf8.clone()).unwrap();
    let with_bom = [b"\xef\xbb\xbf", utf8.as_slice()].concat();
    let (gb18030, _, lossy) = encoding_rs::GB18030.encode(&text);
    assert!(!lossy);
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes, encoding) in [
        ("plain.csv", utf8, "UTF-8"),
        ("bom.csv", with_bom, "UTF-8"),
        ("gbk.csv", gb18030.into_owned(), "GB18030"),
        ("utf16.csv", utf16, "UTF-16"),
    ] {
        let ran = agrees(&write(folder.path(), name, bytes), &[]);
        let told = ran.stderr.lines().any(|line| line.contains(name) && line.contains(encoding));
        assert!(told, "{name} is read as {encoding}: {}", ran.stderr);
    }
}

#[test]
fn a_long_file_in_gb18030_is_read_as_one() {
    let folder = folder();
    let mut rows = owned(&[&["编号", "货物名称"]]);
    rows.extend(
        (0..9_000).map(|number| vec![number.to_string(), "螺纹钢 HRB400E 直径十二毫米 定尺九米 含运费".to_owned()]),
    );
    rows.push(owned(&[&["最后", "光伏组件"]]).remove(0));
    let text = String::from_utf8(csv_of(&rows)).unwrap();
    let bytes = encoding_rs::GB18030.encode(&text).0.into_owned();
    assert!(bytes.len() > 350_000, "longer than any sample");
    let path = write(folder.path(), "long.csv", bytes);
    let ran = lvjian(&["classify", path.to_str().unwrap(), "--format", "ndjson"], b"").exits(0);
    assert!(ran.stderr.contains("GB18030"), "{}", ran.stderr);
    let answers = ran.lines();
    assert_eq!(answers.len(), 9_001);
    assert_eq!(string(answers.last().unwrap(), "id"), "最后");
    assert_eq!(string(answers.last().unwrap(), "verdict"), "needs-evidence");
}

#[test]
fn line_ends_tabs_and_semicolons_change_nothing() {
    let folder = folder();
    let rows = table(["编号", "货物名称", "规格型号"]);
    let text = String::from_utf8(csv_of(&rows)).unwrap();
    agrees(&write(folder.path(), "crlf.csv", text.replace('\n', "\r\n")), &[]);
    agrees(&write(folder.path(), "noend.csv", text.trim_end()), &[]);
    agrees(&write(folder.path(), "tab.tsv", text.replace(',', "\t")), &[]);
    agrees(&write(folder.path(), "semicolon.csv", text.replace(',', ";")), &[]);
}

#[test]
fn other_usual_headings_are_known() {
    let folder = folder();
    for goods in
        ["货物或应税劳务名称", "货物或应税劳务、服务名称", "项目名称", "商品名称", "品名", "貨物名稱", " 货物 名称 "]
    {
        agrees(&write(folder.path(), "headings.csv", csv_of(&table(["编号", goods, "规格型号"]))), &[]);
    }
    for spec in ["规格", "型号"] {
        agrees(&write(folder.path(), "headings.csv", csv_of(&table(["行号", "品名", spec]))), &[]);
    }
}

#[test]
fn a_column_map_names_any_heading() {
    let folder = folder();
    let path = write(folder.path(), "own.csv", csv_of(&table(["流水", "物料描述", "补充描述"])));
    let unmapped = lvjian(&["classify", path.to_str().unwrap()], b"").exits(2);
    assert!(unmapped.stderr.contains("物料描述") && unmapped.stderr.contains("--map"), "{}", unmapped.stderr);
    let map =
        write(folder.path(), "cols.toml", "[columns]\nid = \"流水\"\ngoods = \"物料描述\"\nspec = \"补充描述\"\n");
    let ran = agrees(&path, &["--map", map.to_str().unwrap()]);
    assert_eq!(string(&ran.lines()[2], "id"), "3", "ids come from the mapped column");
    let wrong = write(folder.path(), "wrong.toml", "[columns]\ncolour = \"颜色\"\n");
    let ran = lvjian(&["classify", path.to_str().unwrap(), "--map", wrong.to_str().unwrap()], b"").exits(2);
    assert!(ran.stderr.contains("colour") && ran.stderr.contains("wrong.toml"), "{}", ran.stderr);
}

#[test]
fn ndjson_files_and_standard_input_agree() {
    let folder = folder();
    let mut lines = Vec::new();
    for (id, goods, spec, _) in GOODS {
        serde_json::to_writer(&mut lines, &json!({"id": id, "text": goods, "spec": spec})).unwrap();
        lines.push(b'\n');
    }
    let whole = lvjian(&["classify", "-"], &lines).exits(0);
    for name in ["lines.ndjson", "lines.jsonl"] {
        let ran = agrees(&write(folder.path(), name, &lines), &[]);
        assert_eq!(ran.stdout, whole.stdout, "byte for byte");
    }
    let with_bom = [b"\xef\xbb\xbf", lines.as_slice()].concat();
    assert_eq!(agrees(&write(folder.path(), "bom.ndjson", with_bom), &[]).stdout, whole.stdout);
    let crlf = String::from_utf8(lines.clone()).unwrap().replace('\n', "\r\n");
    assert_eq!(lvjian(&["classify", "-"], crlf.as_bytes()).exits(0).stdout, whole.stdout);
    assert_eq!(lvjian::<&str>(&["classify"], &lines).exits(0).stdout, whole.stdout, "standard input is the default");
}

#[test]
fn bare_lines_of_text_are_read_from_standard_input_in_any_encoding() {
    let text = "光伏组件\n螺纹钢\n污水处理设备\n";
    let verdicts = |bytes: &[u8]| -> Vec<String> {
        let answers = lvjian(&["classify", "-"], bytes).exits(0).lines();
        answers.iter().map(|answer| string(answer, "verdict").to_owned()).collect()
    };
    let expected = ["needs-evidence", "not-green", "needs-evidence"];
    assert_eq!(verdicts(text.as_bytes()), expected);
    assert_eq!(verdicts(&encoding_rs::GB18030.encode(text).0), expected);
    let folder = folder();
    let path = write(folder.path(), "lines.txt", text);
    let ran = lvjian(&["classify", "--plain", path.to_str().unwrap(), "--format", "ndjson"], b"").exits(0);
    assert_eq!(ran.lines().len(), 3);
}

#[test]
fn several_files_are_read_one_after_the_other() {
    let folder = folder();
    let csv = write(folder.path(), "a.csv", csv_of(&table(["编号", "货物名称", "规格型号"])));
    let xlsx = write(folder.path(), "b.xlsx", workbook(&[("信息汇总表", line_sheet(&[], "A1:N9"))], None));
    let args = ["classify", csv.to_str().unwrap(), xlsx.to_str().unwrap(), "--format", "ndjson"];
    let ran = lvjian(&args, b"").exits(0);
    let answers: Vec<Value> = ran.lines().iter().map(essence).collect();
    assert_eq!(answers.len(), 2 * GOODS.len());
    assert_eq!(answers[..GOODS.len()], answers[GOODS.len()..]);
}
