//! Readers of users' files.

use std::{
    collections::{BTreeMap, HashSet},
    io::{Cursor, Read, Write},
};

use proptest::prelude::*;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{Desk, ENGINE, Executed, Outcome, fuzz, sample};
use crate::{
    diag::explain,
    ingest::{
        ColumnMap, IngestError, Input, InvoiceBook, Quarantined, Sink, TableReport, read_documents, read_entities,
        read_loans,
    },
    model::{Document, FieldRule, Loan, TextKind},
};

/// What a reader gave.
struct Gave<T> {
    rows: Vec<T>,
    set_aside: Vec<Quarantined>,
    end: Result<TableReport, IngestError>,
}

fn gather<T>(read: impl FnOnce(&mut Sink<'_, T>) -> Result<TableReport, IngestError>) -> Gave<T> {
    let (mut rows, mut set_aside) = (Vec::new(), Vec::new());
    let end = read(&mut Sink { give: &mut |row| rows.push(row), set_aside: &mut |bad| set_aside.push(bad) });
    Gave { rows, set_aside, end }
}

/// Reads twice and checks what holds for every reader: the same twice, every row set aside under a code with a page, an
/// error that names the file.
fn check<T: PartialEq + std::fmt::Debug>(
    input: &Input,
    read: impl Fn(&mut Sink<'_, T>) -> Result<TableReport, IngestError>,
) -> Result<Vec<T>, TestCaseError> {
    let (first, second) = (gather(&read), gather(&read));
    prop_assert_eq!(&first.rows, &second.rows, "read twice, not the same");
    prop_assert_eq!(&first.set_aside, &second.set_aside, "read twice, not the same");
    prop_assert_eq!(first.end.is_ok(), second.end.is_ok());
    for bad in &first.set_aside {
        prop_assert!(explain(bad.code).is_some(), "{} has no page", bad.code);
        prop_assert!(!bad.reason.is_empty());
    }
    if let Err(error) = first.end {
        prop_assert!(error.to_string().contains(input.name()), "the message names no file: {error}");
    }
    Ok(first.rows)
}

fn documents(input: &Input, map: &ColumnMap, plain: bool) -> Result<Vec<Document>, TestCaseError> {
    let rows = check(input, |sink| read_documents(input, map, TextKind::InvoiceLine, plain, sink))?;
    for document in &rows {
        if plain {
            prop_assert!(!document.text.trim().is_empty());
        }
        prop_assert!(document.location.row > 0 || document.location.sheet.is_some(), "{:?}", document.location);
    }
    Ok(rows)
}

fn invoices(input: &Input) -> Executed {
    let read = |inputs: &[Input]| {
        let mut aside = Vec::new();
        let mut set_aside = |bad| aside.push(bad);
        let book = InvoiceBook::read(inputs, &ColumnMap::default(), &|_, _| true, &mut set_aside, &mut |_, _| ());
        (book, aside)
    };
    let (once, aside) = read(std::slice::from_ref(input));
    let (twice, aside_twice) = read(&[input.clone(), input.clone()]);
    prop_assert_eq!(once.is_ok(), twice.is_ok());
    let (Ok(once), Ok(twice)) = (once, twice) else { return Ok(Outcome::Refused) };
    prop_assert_eq!(aside.len() * 2, aside_twice.len());
    // Each numbered invoice counts once, whatever it looks like.
    let numbered = once.lines.iter().filter(|line| !line.invoice.is_empty()).count();
    prop_assert_eq!(twice.repeated, once.repeated + numbered);
    prop_assert_eq!(&once.lines[..], &twice.lines[..once.lines.len()]);
    Ok(Outcome::taken(!once.lines.is_empty()))
}

fn loans(input: &Input) -> Result<Vec<Loan>, TestCaseError> {
    let rows = check(input, |sink| read_loans(input, &ColumnMap::default(), sink))?;
    for loan in &rows {
        prop_assert!(!loan.id.is_empty());
        prop_assert!(loan.amount.is_none_or(|amount| amount > crate::model::Money::ZERO));
    }
    Ok(rows)
}

fn fields() -> Vec<FieldRule> {
    let pack = ENGINE.standard("sme-green-2022").expect("the shipped pack");
    pack.entity.as_ref().expect("it rates enterprises").fields.clone()
}

fn tables() -> Vec<Vec<u8>> {
    vec![
        sample("corpus/demo/messy.csv", 4_000),
        sample("corpus/demo/发票-GB18030.csv", 3_000),
        sample("corpus/demo/发票-其他列名.csv", 3_000),
        sample("corpus/demo/企业发票.csv", 2_000),
        "导出时间：2025-11-01\n序号,货物名称,金额,开票日期\n1,*光伏设备*光伏组件,-12.50,2025年10月1日\n2,\"*涂料*绿色\"\"油漆\",3,20251001\n3,短\n".into(),
        "隔离文件,隔离工作表,隔离行,隔离列,隔离代码,隔离理由,隔离原文,货物名称,金额\na.csv,,3,,Q006,x,,光伏组件,1\nb.ndjson,,9,,Q003,x,\"{\"\"text\"\":\"\"螺纹钢\"\"}\",,\n".into(),
        "\u{feff}货物名称\t规格型号\n光伏组件\t550W\n".into(),
        encoding_rs_utf16("货物名称,金额\n光伏组件,1\n"),
    ]
}

fn encoding_rs_utf16(text: &str) -> Vec<u8> {
    [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn delimited_text() {
    let desk = Desk::new();
    fuzz("delimited", 80, &tables(), |bytes| {
        let input = desk.input("a.csv", bytes);
        let rows = documents(&input, &ColumnMap::default(), false)?;
        documents(&input, &ColumnMap::default(), true)?;
        Ok(Outcome::taken(!rows.is_empty()))
    });
}

#[test]
fn invoices_in_delimited_text() {
    let desk = Desk::new();
    fuzz("invoices", 80, &tables(), |bytes| invoices(&desk.input("a.csv", bytes)));
}

#[test]
fn lines_of_json() {
    let desk = Desk::new();
    let seeds = [
        b"{\"id\":\"1\",\"text\":\"*\xe5\x85\x89\xe4\xbc\x8f\xe8\xae\xbe\xe5\xa4\x87*\xe7\xbb\x84\xe4\xbb\xb6 550W\"}\n{\"id\":2,\"text\":\"a\",\"kind\":\"purpose\",\"role\":\"make\",\"date\":\"2025-10-01\",\"amount\":\"12.5\"}\n".to_vec(),
        "{\"text\":\"电动机\",\"spec\":null,\"tax_code\":\"1090\",\"industry\":\"C3825\",\"amount\":-3}\r\n\n{\"text\":[1]}\n{}\n[]\n".into(),
        "{\"id\":\"\\ud83c\\udf31\",\"text\":\"\\u0000光\\\"伏\"}\n{\"text\":".into(),
    ];
    fuzz("ndjson", 250, &seeds, |bytes| {
        let rows = documents(&desk.input("a.ndjson", bytes), &ColumnMap::default(), false)?;
        Ok(Outcome::taken(!rows.is_empty()))
    });
}

#[test]
fn loan_ledgers() {
    let desk = Desk::new();
    let seeds = [
        "借据号,客户名称,纳税人识别号,贷款用途,放款金额,审批日期,放款日期,行业代码,凭证号码,否决项,绿色营收占比,评绿等级\nL1,甲,9133,购买光伏组件,\"1,200,000.00\",2025-10-01,2025/10/3,C3825,123、456,无,62%,中绿\nL2,乙,,流动资金,,,,,,环保处罚,0.5,\n".into(),
        "借据号,贷款用途,放款金额（万元）\nL1,购电动机,35.5\nL2,购,-1\n".into(),
    ];
    fuzz("ledger", 250, &seeds, |bytes| Ok(Outcome::taken(!loans(&desk.input("a.csv", bytes))?.is_empty())));
}

#[test]
fn collection_forms() {
    let desk = Desk::new();
    let fields = fields();
    let table = sample("corpus/demo/企业采集表.csv", 4_000);
    let read = |input: &Input| check(input, |sink| read_entities(input, &ColumnMap::default(), &fields, sink));
    fuzz("entities", 50, &[table], |bytes| Ok(Outcome::taken(!read(&desk.input("a.csv", bytes))?.is_empty())));
    let objects = [
        "{\"企业名称\":\"甲\",\"统一社会信用代码\":\"9133\",\"绿色营收\":12.5,\"环保处罚\":\"无\"}\n{\"企业名称\":\"乙\",\"认证\":[\"绿色工厂\",{\"名称\":\"x\",\"有效期\":\"2026-01-01\"}]}\n".into(),
        "[\n{\"企业名称\":\"甲\"},\n{\"企业名称\":null}\n]\n".into(),
    ];
    fuzz("entities-json", 50, &objects, |bytes| Ok(Outcome::taken(!read(&desk.input("a.ndjson", bytes))?.is_empty())));
}

fn parts(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(archive)).expect("an archive");
    (0..archive.len())
        .map(|number| {
            let mut part = archive.by_index(number).expect("a part");
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).expect("reads");
            (part.name().expect("a name").into_owned(), bytes)
        })
        .collect()
}

fn archive<'p>(parts: impl IntoIterator<Item = (&'p str, &'p [u8])>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(name, SimpleFileOptions::default()).expect("the archive takes a part");
        archive.write_all(bytes).expect("the archive takes bytes");
    }
    archive.finish().expect("the archive closes").into_inner()
}

/// A workbook with texts, numbers and dates, in a sheet with a title row and one without a header.
fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "贷款台账 2025年10月").expect("writes");
    let headings = ["借据号", "客户名称", "贷款用途", "放款金额", "放款日期", "货物名称", "数电票号码"];
    for (column, heading) in (0u16..).zip(headings) {
        sheet.write_string(2, column, heading).expect("writes");
    }
    let dated = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    for row in 3..9u32 {
        let cells = [format!("L{row}"), "甲".to_owned(), "购买光伏组件".to_owned()];
        for (column, cell) in (0u16..).zip(&cells) {
            sheet.write_string(row, column, cell).expect("writes");
        }
        sheet.write_number(row, 3, 1_000.5 * f64::from(row)).expect("writes");
        sheet.write_number_with_format(row, 4, 45_931.0 + f64::from(row), &dated).expect("writes");
        sheet.write_string(row, 5, "*光伏设备*光伏组件").expect("writes");
        sheet.write_formula(row, 6, "=1+1").expect("writes");
    }
    book.add_worksheet().write_string(40, 3, "无表头").expect("writes");
    book.save_to_buffer().expect("saves")
}

#[test]
fn workbooks_as_bytes() {
    let desk = Desk::new();
    fuzz("xlsx", 120, &[workbook()], |bytes| {
        let input = desk.input("a.xlsx", bytes);
        let rows = documents(&input, &ColumnMap::default(), false)?;
        loans(&input)?;
        Ok(Outcome::taken(!rows.is_empty()))
    });
}

#[test]
fn parts_of_workbooks() {
    let desk = Desk::new();
    let parts = parts(&workbook());
    for (name, few) in [
        ("xl/worksheets/sheet1.xml", 60),
        ("xl/sharedStrings.xml", 40),
        ("xl/workbook.xml", 40),
        ("xl/_rels/workbook.xml.rels", 40),
        ("xl/styles.xml", 40),
    ] {
        let seed = parts.iter().find(|(part, _)| part == name).expect("the part").1.clone();
        fuzz(name, few, &[seed], |bytes| {
            let changed = parts.iter().map(|(part, old)| (&**part, if part == name { bytes } else { &**old }));
            let input = desk.input("a.xlsx", &archive(changed));
            let rows = documents(&input, &ColumnMap::default(), false)?;
            invoices(&input)?;
            Ok(Outcome::taken(!rows.is_empty()))
        });
    }
}

/// Parquet files: texts as they stand and by a dictionary, with and without gaps, packed and not.
#[cfg(feature = "parquet")]
#[test]
fn parquet_files() {
    use parquet::{
        basic::Compression,
        column::writer::ColumnWriter,
        data_type::ByteArray,
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };
    let file = |compression: Compression, by_dictionary: bool| {
        let schema =
            "message t { required binary 编号 (UTF8); optional binary 货物名称 (UTF8); required double 金额; }";
        let schema = parse_message_type(schema).expect("a schema").into();
        let properties =
            WriterProperties::builder().set_compression(compression).set_dictionary_enabled(by_dictionary).build();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties.into()).expect("opens");
        for _ in 0..2 {
            let mut group = writer.next_row_group().expect("a group");
            while let Some(mut column) = group.next_column().expect("a column") {
                match column.untyped() {
                    ColumnWriter::DoubleColumnWriter(cells) => cells.write_batch(&[1.5, -2.0, 3e9], None, None),
                    ColumnWriter::ByteArrayColumnWriter(cells) if cells.get_descriptor().max_def_level() > 0 => {
                        let goods = ["光伏组件", "光伏组件"].map(ByteArray::from);
                        cells.write_batch(&goods, Some(&[1, 0, 1]), None)
                    }
                    ColumnWriter::ByteArrayColumnWriter(cells) => {
                        cells.write_batch(&["1", "2", "甲"].map(ByteArray::from), None, None)
                    }
                    _ => panic!("no such column"),
                }
                .expect("writes");
                column.close().expect("closes");
            }
            group.close().expect("closes");
        }
        writer.into_inner().expect("closes")
    };
    let seeds = [
        file(Compression::UNCOMPRESSED, true),
        file(Compression::SNAPPY, true),
        file(Compression::ZSTD(Default::default()), false),
    ];
    let desk = Desk::new();
    fuzz("parquet", 120, &seeds, |bytes| {
        let rows = documents(&desk.input("a.parquet", bytes), &ColumnMap::default(), false)?;
        Ok(Outcome::taken(!rows.is_empty()))
    });
}

const INVOICE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><EInvoice><Header><EIid>253320000000000001</EIid></Header>\
<EInvoiceData><SellerInformation><SellerIdNum>91330000000000001X</SellerIdNum><SellerName>卖方</SellerName></SellerInformation>\
<BuyerInformation><BuyerIdNum>913310000000000020</BuyerIdNum><BuyerName>买方 &amp; 子</BuyerName></BuyerInformation>\
<BasicInformation><TotalAmWithoutTax>100</TotalAmWithoutTax><RequestTime>2025-10-02 10:00:00</RequestTime></BasicInformation>\
<IssuItemInformation><ItemName>*光伏设备*光伏组件</ItemName><SpecMod>550W</SpecMod><Amount>100.00</Amount><ComTaxAm>13.00</ComTaxAm>\
<TotaltaxIncludedAmount>113.00</TotaltaxIncludedAmount><TaxClassificationCode>1090</TaxClassificationCode></IssuItemInformation>\
<IssuItemInformation><ItemName><![CDATA[*钢材*螺纹钢]]></ItemName><SpecMod xsi:nil=\"true\"/><Amount>-5</Amount>\
<TotalTax-includedAmount>-5.65</TotalTax-includedAmount></IssuItemInformation></EInvoiceData>\
<TaxSupervisionInfo><InvoiceNumber>25332000000000000001</InvoiceNumber><IssueTime>2025-10-01</IssueTime></TaxSupervisionInfo></EInvoice>";

#[test]
fn electronic_invoices() {
    let desk = Desk::new();
    let seed = INVOICE.as_bytes().to_vec();
    fuzz("einvoice", 200, std::slice::from_ref(&seed), |bytes| {
        let input = desk.input("a.xml", bytes);
        documents(&input, &ColumnMap::default(), false)?;
        invoices(&input)
    });
    fuzz("ofd-xml", 120, std::slice::from_ref(&seed), |bytes| {
        let packed = archive([("OFD.xml", &b"<ofd:OFD/>"[..]), ("Doc_0/Attachs/original_invoice.xml", bytes)]);
        invoices(&desk.input("a.ofd", &packed))
    });
    let whole = archive([("OFD.xml", &b"<ofd:OFD/>"[..]), ("Doc_0/Attachs/original_invoice.xml", &seed)]);
    fuzz("ofd", 120, &[whole], |bytes| invoices(&desk.input("a.ofd", bytes)));
}

#[test]
fn packed_text() {
    let desk = Desk::new();
    let text = tables().concat();
    let gzip = |text: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).expect("packs");
        packer.finish().expect("packs")
    };
    let zstd = |text: &[u8]| zstd::encode_all(text, 1).expect("packs");
    let rows = |input: Input| Ok(Outcome::taken(!documents(&input, &ColumnMap::default(), false)?.is_empty()));
    fuzz("gzip", 60, &[gzip(&text), [gzip(&text), gzip(&text)].concat()], |bytes| rows(desk.input("a.csv.gz", bytes)));
    fuzz("zstd", 60, &[zstd(&text), [zstd(&text), zstd(&text)].concat()], |bytes| rows(desk.input("a.csv.zst", bytes)));
    fuzz("packed-text", 30, &tables(), |bytes| {
        // What is packed reads as what is not.
        let plain = documents(&desk.input("a.csv", bytes), &ColumnMap::default(), false)?;
        for (name, packed) in [("b.csv.gz", gzip(bytes)), ("b.csv.zst", zstd(bytes))] {
            let unpacked = documents(&desk.input(name, &packed), &ColumnMap::default(), false)?;
            prop_assert_eq!(plain.len(), unpacked.len());
            prop_assert!(plain.iter().zip(&unpacked).all(|(one, other)| one.text == other.text && one.id == other.id));
        }
        Ok(Outcome::taken(!plain.is_empty()))
    });
}

#[test]
fn column_maps() {
    let desk = Desk::new();
    let table = "编号,物料描述,花费,货物名称\n1,光伏组件,2,钢\n".as_bytes();
    let seeds = ["[columns]\ngoods = \"物料描述\"\nid = \"编号\"\n".into(), "[columns]\n\"net\" = '花费'\n".into()];
    fuzz("column-map", 250, &seeds, |bytes| {
        let Ok(map) = ColumnMap::parse(&String::from_utf8_lossy(bytes)) else { return Ok(Outcome::Refused) };
        documents(&desk.input("a.csv", table), &map, false)?;
        Ok(Outcome::Taken)
    });
}

#[test]
fn quarantine_lines_come_back() {
    let desk = Desk::new();
    fuzz("quarantine", 150, &tables(), |bytes| {
        let input = desk.input("a.csv", bytes);
        let gave = gather(|sink| read_documents(&input, &ColumnMap::default(), TextKind::InvoiceLine, false, sink));
        let mut seen = HashSet::new();
        for bad in &gave.set_aside {
            // A line of the quarantine file is one line, and says the same when it is read again.
            let line = serde_json::to_string(bad).expect("serializes");
            prop_assert!(!line.contains('\n'));
            let back: BTreeMap<String, serde_json::Value> = serde_json::from_str(&line).expect("an object");
            prop_assert_eq!(back["code"].as_str(), Some(bad.code));
            prop_assert_eq!(back["raw"].as_str(), Some(&*bad.raw));
            // A row that is handed in again is told by where it stood first.
            if &*bad.location.file == input.name() {
                seen.insert(bad.location.row);
            }
        }
        // Without a column of origins no row is both read and set aside.
        let own = gave.rows.iter().all(|row| &*row.location.file == input.name());
        prop_assert!(!own || gave.rows.iter().all(|row| !seen.contains(&row.location.row)) || seen.contains(&0));
        Ok(Outcome::taken(!gave.set_aside.is_empty()))
    });
}
