//! Hostile archives and electronic invoices: a typed error that names the file, in little time and memory, nothing
//! written anywhere.

mod support;

use std::{fs, io::Write, path::Path};

use support::{
    folder,
    hostile::{read, refused, told},
    lvjian, owned, sheet_xml, string, workbook, write, zipped,
};

const TABLE: &str = "序号,货物名称,价税合计\n1,光伏组件,113.00\n2,螺纹钢,5\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn invoice(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><EInvoice><Header><EIid>25332000000012345678</EIid></Header><EInvoiceData>\
         <SellerInformation><SellerIdNum>91330100MA00000001</SellerIdNum><SellerName>卖方</SellerName></SellerInformation>\
         <BuyerInformation><BuyerIdNum>91331000MA00000002</BuyerIdNum><BuyerName>买方</BuyerName></BuyerInformation>{items}\
         </EInvoiceData><TaxSupervisionInfo><IssueTime>2025-10-26</IssueTime></TaxSupervisionInfo></EInvoice>"
    )
}

fn item(goods: &str, total: &str) -> String {
    format!(
        "<IssuItemInformation><ItemName>{goods}</ItemName><SpecMod/><Amount>100</Amount><ComTaxAm>13</ComTaxAm>\
         <{total}>113</{total}></IssuItemInformation>"
    )
}

fn ofd(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = vec![("OFD.xml".to_owned(), &b"<ofd:OFD/>"[..])];
    all.extend(parts.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)));
    zipped(&all)
}

/// Everything below `folder`, to see that a run leaves nothing behind.
fn below(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string()).collect();
    names.sort();
    names
}

#[test]
fn good_invoices_are_read_as_xml_and_as_ofd() {
    let folder = folder();
    let xml = invoice(
        &(item("*光伏设备*光伏组件", "TotaltaxIncludedAmount") + &item("*钢材*螺纹钢", "TotalTax-includedAmount")),
    );
    let nested = ofd(&[("Doc_0/Attachs/original_invoice.xml", xml.as_bytes())]);
    for path in [write(folder.path(), "a.xml", &xml), write(folder.path(), "a.ofd", nested)] {
        let ran = read(&path, &[]).exits(0);
        let verdicts: Vec<String> = ran.lines().iter().map(|line| string(line, "verdict").to_owned()).collect();
        assert_eq!(verdicts, ["needs-evidence", "not-green"]);
        assert!(ran.stderr.contains("113.00 元"), "both spellings of the amount: {}", ran.stderr);
    }
    let loans = write(
        folder.path(),
        "loans.csv",
        "借据号,纳税人识别号,贷款用途,放款金额,放款日期\nL1,91331000MA00000002,购买光伏组件,113,2025-10-20\n",
    );
    let args = ["assess", "--loans", loans.to_str().unwrap(), "--invoices"];
    let xml = folder.path().join("a.xml");
    let store = folder.path().join("store");
    let more = [xml.to_str().unwrap(), "--format", "ndjson", "--store", store.to_str().unwrap()];
    let ran = lvjian(&[&args[..], &more].concat(), b"").exits(0);
    assert_eq!(string(&ran.lines()[0], "green_amount"), "56.50", "half of what was bought");
}

#[test]
fn invoices_without_data_and_other_files_are_refused_by_name() {
    let folder = folder();
    let layout = refused(&write(folder.path(), "layout.ofd", ofd(&[("Doc_0/Document.xml", b"<ofd:Document/>")])));
    assert!(layout.stderr.contains("original_invoice.xml") && layout.stderr.contains("OFD"), "{}", layout.stderr);
    let pdf = refused(&write(folder.path(), "a.pdf", b"%PDF-1.7\n1 0 obj"));
    assert!(pdf.stderr.contains("PDF"), "{}", pdf.stderr);
    let html = refused(&write(folder.path(), "a.xml", "<?xml version=\"1.0\"?><html><body/></html>"));
    assert!(html.stderr.contains("EInvoice"), "{}", html.stderr);
    refused(&write(folder.path(), "none.xml", invoice("")));
    refused(&write(folder.path(), "text.ofd", TABLE));
    refused(&write(folder.path(), "empty.ofd", b""));
}

#[test]
fn entities_are_never_followed() {
    let folder = folder();
    let good = item("光伏组件", "TotaltaxIncludedAmount");
    let bombs = [
        // A thousand million laughs, in eight steps of ten.
        (0..8).fold("<!ENTITY e0 \"ha\">".to_owned(), |text, step| {
            let before = format!("&e{step};").repeat(10);
            format!("{text}<!ENTITY e{} \"{before}\">", step + 1)
        }),
        format!("<!ENTITY e8 \"{}\">", "光".repeat(100_000)),
        "<!ENTITY e8 SYSTEM \"file:///etc/passwd\">".to_owned(),
        "<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x\"> %p; <!ENTITY e8 \"&e8;\">".to_owned(),
    ];
    for (number, bomb) in bombs.iter().enumerate() {
        let xml = invoice(&item(&"&e8;".repeat(1_000), "Amount"))
            .replace("<EInvoice>", &format!("<!DOCTYPE EInvoice [{bomb}]><EInvoice>"));
        let ran = refused(&write(folder.path(), &format!("bomb{number}.xml"), &xml));
        assert!(ran.stderr.contains("DOCTYPE"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("root:"));
        refused(&write(folder.path(), &format!("bomb{number}.ofd"), ofd(&[("original_invoice.xml", xml.as_bytes())])));
    }
    refused(&write(folder.path(), "unknown.xml", invoice(&good).replace("光伏组件", "&nbsp;光伏组件")));
}

#[test]
fn broken_xml_is_refused_wherever_it_ends() {
    let folder = folder();
    let whole = invoice(&item("*光伏设备*光伏组件", "TotaltaxIncludedAmount"));
    for part in 1..12 {
        let mut end = whole.len() * part / 12;
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        refused(&write(folder.path(), "cut.xml", &whole[..end]));
    }
    refused(&write(folder.path(), "deep.xml", invoice(&"<a>".repeat(100_000))));
    refused(&write(folder.path(), "crossed.xml", invoice("<a><b></a></b>")));
    refused(&write(folder.path(), "ends.xml", invoice("</EInvoiceData></EInvoice></a></a>")));
    refused(&write(folder.path(), "long.xml", invoice(&item(&"光".repeat(6_000_000), "Amount"))));
    let many = item("钢", "Amount").repeat(20_001);
    refused(&write(folder.path(), "many.xml", invoice(&many)));
}

#[test]
fn archives_inside_invoices_write_nothing_and_open_nothing_else() {
    let folder = folder();
    let inside = folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let xml = invoice(&item("光伏组件", "TotaltaxIncludedAmount"));
    let evil = ofd(&[("../../evil.txt", b"x"), ("/etc/evil", b"x"), ("../original_invoice.xml", xml.as_bytes())]);
    let path = write(&inside, "evil.ofd", evil);
    assert_eq!(read(&path, &[]).exits(0).lines().len(), 1, "the name is looked at, never used as a path");
    let nested = ofd(&[("original_invoice.xml", &ofd(&[("original_invoice.xml", xml.as_bytes())]))]);
    refused(&write(&inside, "nested.ofd", nested));
    let zeros = vec![b' '; 200 * 1024 * 1024];
    refused(&write(&inside, "bomb.ofd", ofd(&[("original_invoice.xml", &zeros)])));
    let rows = owned(&[&["序号", "货物名称"], &["1", "光伏组件"]]);
    let book = workbook(&[("一", sheet_xml(&rows, "A1").into_bytes())], None);
    refused(&write(&inside, "nested.xlsx", zipped(&[("xl/worksheets/book.xlsx".to_owned(), &book)])));
    assert_eq!(below(folder.path()), [inside.display().to_string()], "nothing was written above");
    assert_eq!(below(&inside).len(), 4, "nothing was written beside");
}

#[test]
fn sizes_that_an_archive_claims_are_not_believed() {
    let folder = folder();
    let xml = invoice(&item("光伏组件", "TotaltaxIncludedAmount"));
    let rows = owned(&[&["序号", "货物名称"], &["1", "光伏组件"]]);
    let archives = [
        ("claim.ofd", ofd(&[("original_invoice.xml", xml.as_bytes())])),
        ("claim.xlsx", workbook(&[("一", sheet_xml(&rows, "A1").into_bytes())], None)),
    ];
    for (name, bytes) in archives {
        for claim in [0xffff_fffeu32, 0xf000_0000, 0x7fff_ffff] {
            // The unpacked size stands at 24 in each entry of the central directory and at 22 in each local header.
            let mut forged = bytes.clone();
            for place in 0..forged.len() - 46 {
                let size = match forged[place..place + 4] {
                    [b'P', b'K', 1, 2] => place + 24,
                    [b'P', b'K', 3, 4] => place + 22,
                    _ => continue,
                };
                forged[size..size + 4].copy_from_slice(&claim.to_le_bytes());
            }
            refused(&write(folder.path(), name, forged));
        }
    }
}

#[test]
fn packed_bombs_and_false_frames_are_refused() {
    let folder = folder();
    let mut zeros = TABLE.as_bytes().to_vec();
    zeros.resize(128 * 1024 * 1024, 0);
    let mut best = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(9));
    best.write_all(&zeros).unwrap();
    for (name, bytes) in [("bomb.csv.gz", best.finish().unwrap()), ("bomb.csv.zst", zstd(&zeros))] {
        assert!(bytes.len() < 1024 * 1024);
        let ran = read(&write(folder.path(), name, &bytes), &[]).exits(2);
        assert!(ran.stderr.contains("压缩炸弹") && ran.stderr.contains(name), "{}", ran.stderr);
    }
    let mut text = TABLE.to_owned();
    text.push_str(&"3,螺纹钢,1\n".repeat(10_000_000));
    let ran = read(&write(folder.path(), "rows.csv.zst", zstd(text.as_bytes())), &[]).exits(2);
    assert!(ran.stderr.contains("压缩炸弹"), "a bomb of good rows is one too: {}", ran.stderr);
    // A frame that asks for a window of 2 GiB, and one of a size that no machine has.
    refused(&write(folder.path(), "window.csv.zst", b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"));
    refused(&write(folder.path(), "size.csv.zst", b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x00\x00"));
    refused(&write(folder.path(), "header.csv.gz", b"\x1f\x8b\x08\x1c\xff\xff\xff\xff"));
    refused(&write(folder.path(), "twice.csv.gz", gzip(&gzip(TABLE.as_bytes()))));
}

#[test]
fn truncated_and_damaged_packed_files_are_refused() {
    let folder = folder();
    let noise: String =
        (0..9_000u64).map(|row| format!("{row},螺纹钢{},1\n", row.wrapping_mul(2_654_435_761) % 99_991)).collect();
    let text = format!("{TABLE}{noise}");
    for (name, bytes) in [("a.csv.gz", gzip(text.as_bytes())), ("a.csv.zst", zstd(text.as_bytes()))] {
        assert_eq!(read(&write(folder.path(), name, &bytes), &[]).exits(0).lines().len(), 9_002);
        for part in 1..9 {
            let ran = read(&write(folder.path(), name, &bytes[..bytes.len() * part / 9]), &[]).exits(2);
            assert!(ran.stderr.contains(name), "{}", ran.stderr);
        }
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 0x55;
        let ran = read(&write(folder.path(), name, damaged), &[]);
        assert!(ran.code == Some(2) && ran.stderr.contains(name) || ran.code == Some(0), "{}", ran.stderr);
    }
}

#[test]
fn characters_cut_at_the_edge_of_a_chunk_or_of_the_file_cost_one_row_at_most() {
    let folder = folder();
    let text = TABLE.to_owned() + &"9,镕堃光伏组件镕堃,1\n".repeat(9_000);
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    let path = write(folder.path(), "gb.csv", &gb);
    let whole = read(&path, &[]).exits(0);
    for size in ["64", "257", "4097", "65537"] {
        let cut = read(&path, &["--chunk-size", size]).exits(0);
        assert!(cut.stdout == whole.stdout, "chunks of {size} bytes");
    }
    let mut torn = gb.to_vec();
    torn.extend(b"10,\xb9\xe2\xb7");
    let ran = read(&write(folder.path(), "torn.csv", torn), &[]).exits(0);
    assert_eq!((ran.lines().len(), told(&ran, "Q001")), (9_002, 1), "{}", ran.stderr);
    let mut wide: Vec<u8> = vec![0xff, 0xfe];
    wide.extend(TABLE.encode_utf16().flat_map(u16::to_le_bytes));
    wide.extend([0x3d, 0xd8, 0x0a]);
    let ran = read(&write(folder.path(), "wide.csv", wide), &[]);
    assert_eq!(ran.lines().len() + told(&ran, "Q001"), ran.lines().len().max(2), "{}", ran.stderr);
}

#[test]
fn texts_that_are_nothing_but_structure_end_soon() {
    let folder = folder();
    for (name, bytes) in [
        ("quotes.csv", "\"".repeat(3_000_000)),
        ("doubled.csv", format!("序号,货物名称\n1,{}\n2,光伏组件\n", "\"\"".repeat(1_000_000))),
        ("commas.csv", format!("序号,货物名称\n{}\n2,光伏组件\n", ",".repeat(3_000_000))),
        ("returns.csv", format!("序号,货物名称\n{}2,光伏组件\n", "\r".repeat(3_000_000))),
        ("braces.ndjson", "{".repeat(3_000_000)),
        ("blank.ndjson", "\n".repeat(3_000_000)),
        ("strings.ndjson", format!("{{\"id\":\"{}\",\"text\":\"\\u0000\"}}\n", "\\ud800".repeat(1_000))),
    ] {
        let ran = read(&write(folder.path(), name, bytes), &[]);
        assert!(ran.code != Some(2) || ran.stderr.contains(name), "{name}: {}", ran.stderr);
    }
}
