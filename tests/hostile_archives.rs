//! Hostile workbooks and invoice archives, each of a kind of its own: a typed error that names the file, or the good rows.

mod support;

use std::fmt::Write as _;

use support::{Ran, folder, hostile::read, owned, sheet_xml, workbook, write, zipped};

/// Either the file is refused by name, or the run ends.
#[track_caller]
fn ends(name: &str, bytes: impl AsRef<[u8]>) -> Ran {
    let folder = folder();
    let ran = read(&write(folder.path(), name, bytes), &[]);
    assert!(ran.code != Some(2) || ran.stderr.contains(name), "the message names {name}: {}", ran.stderr);
    assert!(ran.code != Some(2) || ran.stdout.is_empty(), "{name}: refused, and answered all the same");
    for secret in ["root:", "daemon:"] {
        assert!(!ran.text().contains(secret) && !ran.stderr.contains(secret), "{name}: another file was read");
    }
    ran
}

fn sheet(inside: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<worksheet \
         xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{inside}</worksheet>"
    )
    .into_bytes()
}

const HEAD: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>货物名称</t></is></c></row>";

fn data(rows: &str) -> Vec<u8> {
    sheet(&format!("<sheetData>{HEAD}{rows}</sheetData>"))
}

fn row(inside: &str) -> Vec<u8> {
    data(&format!("<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>光伏组件</t></is></c>{inside}</row>"))
}

fn good_rows() -> Vec<u8> {
    sheet_xml(&owned(&[&["货物名称"], &["光伏组件"], &["螺纹钢"]]), "A1:A3").into_bytes()
}

const INVOICE: &str = "<EInvoice><Header><EIid>1</EIid></Header><EInvoiceData><BuyerInformation><BuyerName>买方\
                       </BuyerName></BuyerInformation><IssuItemInformation><ItemName>光伏组件</ItemName><Amount>1</Amount>\
                       </IssuItemInformation></EInvoiceData></EInvoice>";

fn ofd() -> Vec<u8> {
    zipped(&[
        ("OFD.xml".to_owned(), &b"<ofd:OFD/>"[..]),
        ("Doc_0/Attachs/original_invoice.xml".to_owned(), INVOICE.as_bytes()),
    ])
}

/// Where the headers of `kind` begin.
fn headers(bytes: &[u8], kind: [u8; 4]) -> Vec<usize> {
    (0..bytes.len() - 4).filter(|&place| bytes[place..place + 4] == kind).collect()
}

const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const END: [u8; 4] = *b"PK\x05\x06";

/// The archive with `bytes` put at a place of every header of each kind: (central, local).
fn forged(archive: &[u8], central: usize, local: usize, bytes: &[u8]) -> Vec<u8> {
    let mut forged = archive.to_vec();
    for (kind, at) in [(CENTRAL, central), (LOCAL, local)] {
        for place in headers(archive, kind) {
            forged[place + at..place + at + bytes.len()].copy_from_slice(bytes);
        }
    }
    forged
}

#[test]
fn headers_of_an_archive_are_not_believed() {
    let book = workbook(&[("一", good_rows())], None);
    for (kind, archive) in [("xlsx", book), ("ofd", ofd())] {
        let name = |what: &str| format!("{what}.{kind}");
        assert!(!ends(&name("good"), &archive).exits(0).lines().is_empty());
        ends(&name("locked"), forged(&archive, 8, 6, &[1, 0])).exits(2);
        ends(&name("method"), forged(&archive, 10, 8, &[99, 0])).exits(2);
        ends(&name("stored"), forged(&archive, 10, 8, &[0, 0])).exits(2);
        ends(&name("sum"), forged(&archive, 16, 14, &[1, 2, 3, 4])).exits(2);
        ends(&name("packed"), forged(&archive, 20, 18, &[0xff; 4]));
        ends(&name("names"), forged(&archive, 28, 26, &[0xff, 0xff])).exits(2);
        ends(&name("extra"), forged(&archive, 30, 28, &[0xff, 0xff])).exits(2);
        ends(&name("disk"), forged(&archive, 34, 6, &[0, 0]));
        let end = *headers(&archive, END).last().unwrap();
        for (what, at, bytes) in [
            ("entries", end + 8, &[0xff; 4][..]),
            ("length", end + 12, &[0xff; 4]),
            ("place", end + 16, &[0xff; 4]),
            ("before", end + 16, &[0; 4]),
        ] {
            let mut claimed = archive.clone();
            claimed[at..at + bytes.len()].copy_from_slice(bytes);
            ends(&name(what), claimed);
        }
        // A directory of 64 bits that claims 2^63 entries.
        let mut wide = archive[..end].to_vec();
        wide.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
        wide.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f].repeat(4));
        wide.extend(b"PK\x06\x07\0\0\0\0");
        wide.extend((end as u64).to_le_bytes());
        wide.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
        ends(&name("wide"), wide).exits(2);
        // Every entry begins where the first one does: parts that overlap.
        let mut overlapping = archive.clone();
        for place in headers(&archive, CENTRAL) {
            overlapping[place + 42..place + 46].copy_from_slice(&[0; 4]);
        }
        ends(&name("overlapping"), overlapping).exits(2);
        ends(&name("comment"), [&archive[..], &[0x50; 65_535]].concat());
        ends(&name("before"), [&[0x50; 70_000], &archive[..]].concat());
        ends(&name("twice"), [&archive[..], &archive[..]].concat());
        // An entry that claims to be a link.
        ends(&name("link"), forged_central(&archive, 38, &0xa1ff_0000u32.to_le_bytes()));
        for cut in 1..10 {
            ends(&name("cut"), &archive[..archive.len() * cut / 10]).exits(2);
        }
    }
}

fn forged_central(archive: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut forged = archive.to_vec();
    for place in headers(archive, CENTRAL) {
        forged[place + 5] = 3;
        forged[place + at..place + at + bytes.len()].copy_from_slice(bytes);
    }
    forged
}

/// A workbook whose parts are given word by word.
fn book_of(book: &str, links: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let whole = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">{book}</workbook>"
    );
    let links = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{links}</Relationships>"
    );
    let root = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{}</Relationships>",
        link(1, "xl/workbook.xml").replace("/worksheet\"", "/officeDocument\"")
    );
    let mut all: Vec<(String, &[u8])> = vec![
        ("[Content_Types].xml".to_owned(), b"<Types/>"),
        ("_rels/.rels".to_owned(), root.as_bytes()),
        ("xl/workbook.xml".to_owned(), whole.as_bytes()),
        ("xl/_rels/workbook.xml.rels".to_owned(), links.as_bytes()),
    ];
    all.extend(parts.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)));
    zipped(&all)
}

fn link(id: usize, target: &str) -> String {
    format!(
        "<Relationship Id=\"rId{id}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" \
         Target=\"{target}\"/>"
    )
}

#[test]
fn sheets_that_point_elsewhere_open_nothing() {
    let sheets = "<sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"rId1\"/></sheets>";
    let good = book_of(sheets, &link(1, "worksheets/sheet1.xml"), &[("xl/worksheets/sheet1.xml", &good_rows())]);
    assert_eq!(ends("good.xlsx", good).exits(0).lines().len(), 2);
    for (name, target) in [
        ("up.xlsx", "../../../../../../etc/passwd"),
        ("root.xlsx", "/etc/passwd"),
        ("file.xlsx", "file:///etc/passwd"),
        ("net.xlsx", "http://127.0.0.1:9/sheet1.xml"),
        ("self.xlsx", "workbook.xml"),
        ("links.xlsx", "_rels/workbook.xml.rels"),
        ("none.xlsx", ""),
        ("back.xlsx", "worksheets\\..\\..\\sheet1.xml"),
    ] {
        ends(name, book_of(sheets, &link(1, target), &[("xl/worksheets/sheet1.xml", &good_rows())]));
    }
}

#[test]
fn many_sheets_that_share_one_large_part_end_soon() {
    // Just below what counts as a bomb, and read again for each sheet.
    let mut blank = data("");
    let end = blank.len() - "</sheetData></worksheet>".len();
    blank.splice(end..end, std::iter::repeat_n(b' ', 8 * 1024 * 1024 - 1_000));
    let mut sheets = String::from("<sheets>");
    let mut links = String::new();
    for id in 1..=2_000 {
        write!(sheets, "<sheet name=\"s{id}\" sheetId=\"{id}\" r:id=\"rId{id}\"/>").unwrap();
        links.push_str(&link(id, "worksheets/sheet1.xml"));
    }
    sheets.push_str("</sheets>");
    let bytes = book_of(&sheets, &links, &[("xl/worksheets/sheet1.xml", &blank)]);
    assert!(bytes.len() < 256 * 1024);
    let ran = ends("shared.xlsx", bytes).exits(2);
    assert!(ran.stderr.contains("同一部件"), "{}", ran.stderr);
    // The same by one relationship, and by sheets of one name.
    let same = "<sheet name=\"一\" sheetId=\"1\" r:id=\"rId1\"/>".repeat(2_000);
    let parts = [("xl/worksheets/sheet1.xml", &blank[..])];
    let links = link(1, "worksheets/sheet1.xml");
    ends("same.xlsx", book_of(&format!("<sheets>{same}</sheets>"), &links, &parts)).exits(2);
    // Many parts, each just below what counts as a bomb.
    let names: Vec<String> = (1..=64).map(|id| format!("xl/worksheets/sheet{id}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &blank[..])).collect();
    let ran = ends("sum.xlsx", book_of("<sheets/>", &links, &parts)).exits(2);
    assert!(ran.stderr.contains("压缩炸弹"), "{}", ran.stderr);
}

#[test]
fn entities_in_the_parts_of_a_workbook_are_never_followed() {
    let bombs = [
        (0..8).fold("<!ENTITY e0 \"ha\">".to_owned(), |text, step| {
            format!("{text}<!ENTITY e{} \"{}\">", step + 1, format!("&e{step};").repeat(10))
        }),
        "<!ENTITY e8 SYSTEM \"file:///etc/passwd\">".to_owned(),
    ];
    for bomb in bombs {
        let kind = format!("<!DOCTYPE x [{bomb}]>");
        let cells = String::from_utf8(row("<c r=\"B2\" t=\"inlineStr\"><is><t>&e8;</t></is></c>")).unwrap();
        let bombed = cells.replacen("<worksheet", &format!("{kind}<worksheet"), 1);
        ends("sheet.xlsx", workbook(&[("一", bombed.into_bytes())], None));
        let shared = format!("{kind}<sst count=\"1\" uniqueCount=\"1\"><si><t>&e8;</t></si></sst>");
        let pointing = data("<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c></row>");
        ends("strings.xlsx", workbook(&[("一", pointing)], Some(shared.as_bytes())));
        let sheets = format!("{kind}<sheets><sheet name=\"&e8;\" sheetId=\"1\" r:id=\"rId1\"/></sheets>");
        let links = link(1, "worksheets/sheet1.xml");
        ends("book.xlsx", book_of(&sheets, &links, &[("xl/worksheets/sheet1.xml", &good_rows())]));
    }
}

#[test]
fn sheets_of_absurd_shape_end_soon() {
    let attributes = (0..60_000).fold(String::new(), |mut text, number| {
        write!(text, " a{number}=\"\"").unwrap();
        text
    });
    let cell = |inside: &str| row(&format!("<c r=\"B2\"{inside}</c>"));
    for (name, part) in [
        ("attributes.xlsx", row(&format!("<c r=\"B2\"{attributes}><v>1</v></c>"))),
        ("row.xlsx", data(&format!("<row r=\"2\"{attributes}></row>"))),
        ("deep.xlsx", row(&"<a>".repeat(700_000))),
        ("merged.xlsx", {
            let mut text = String::from_utf8(row("")).unwrap();
            let merges = "<mergeCell ref=\"A1:XFD1048576\"/>".repeat(100_000);
            text = text.replace("</sheetData>", &format!("</sheetData><mergeCells>{merges}</mergeCells>"));
            text.into_bytes()
        }),
        ("dimension.xlsx", {
            let text = String::from_utf8(row("")).unwrap();
            text.replace("<sheetData>", "<dimension ref=\"A1:XFD1048576\"/><sheetData>").into_bytes()
        }),
        ("date.xlsx", cell(" t=\"d\"><v>99999-99-99T99:99:99.999999999999</v>")),
        ("number.xlsx", cell("><v>1e99999</v>")),
        ("nan.xlsx", cell("><v>NaN</v>")),
        ("truth.xlsx", cell(" t=\"b\"><v>maybe</v>")),
        ("error.xlsx", cell(" t=\"e\"><v>#光伏!</v>")),
        ("kind.xlsx", cell(" t=\"zzz\"><v>1</v>")),
        ("string.xlsx", cell(" t=\"s\"><v>-1</v>")),
        ("formula.xlsx", cell("><f t=\"shared\" ref=\"A1:XFD1048576\" si=\"4294967295\">A1</f><v>1</v>")),
        ("array.xlsx", cell("><f t=\"array\" ref=\"A1:XFD1048576\">A1:XFD1048576</f><v>1</v>")),
        ("runs.xlsx", cell(&format!(" t=\"inlineStr\"><is>{}</is>", "<r><t>光</t></r>".repeat(300_000)))),
        ("wide.xlsx", row(&"<c t=\"inlineStr\"><is><t>x</t></is></c>".repeat(100_000))),
        ("rows.xlsx", data(&"<row/>".repeat(1_100_000))),
        ("unclosed.xlsx", row("<c r=\"B2\" t=\"inlineStr\"><is><t><![CDATA[")),
        ("control.xlsx", row("<c r=\"B2\" t=\"inlineStr\"><is><t>&#0;&#x1b;[2J&#xD800;</t></is></c>")),
        ("bytes.xlsx", row("<c r=\"B2\" t=\"inlineStr\"><is><t>\u{fffe}\u{ffff}</t></is></c>")),
    ] {
        ends(name, workbook(&[("一", part)], None));
    }
}

#[test]
fn shared_parts_of_absurd_shape_end_soon() {
    let pointing = || data("<row r=\"2\"><c r=\"A2\" t=\"s\" s=\"1\"><v>0</v></c></row>");
    for (name, shared) in [
        ("empty.xlsx", format!("<sst>{}</sst>", "<si/>".repeat(2_000_000))),
        ("long.xlsx", format!("<sst><si><t>{}</t></si></sst>", "光伏组件，".repeat(500_000))),
        ("runs.xlsx", format!("<sst><si>{}</si></sst>", "<r><rPr><b/></rPr><t>光</t></r>".repeat(400_000))),
        ("deep.xlsx", format!("<sst>{}", "<si>".repeat(500_000))),
        ("phonetic.xlsx", format!("<sst><si>{}<t>光</t></si></sst>", "<rPh sb=\"0\" eb=\"1\">".repeat(200_000))),
        ("none.xlsx", String::new()),
        ("other.xlsx", "\u{feff}\u{feff}PK\u{3}\u{4}".to_owned()),
    ] {
        ends(name, workbook(&[("一", pointing())], Some(shared.as_bytes())));
    }
    let sheets = "<sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"rId1\"/></sheets>";
    for (name, styles) in [
        (
            "formats.xlsx",
            format!("<numFmts>{}</numFmts>", "<numFmt numFmtId=\"1\" formatCode=\"yyyy\"/>".repeat(400_000)),
        ),
        ("styles.xlsx", format!("<cellXfs>{}</cellXfs>", "<xf numFmtId=\"14\"/>".repeat(600_000))),
        (
            "code.xlsx",
            format!("<numFmts><numFmt numFmtId=\"1\" formatCode=\"{}\"/></numFmts>", "[h]".repeat(1_000_000)),
        ),
    ] {
        let links = link(1, "worksheets/sheet1.xml") + &link(2, "styles.xml").replace("/worksheet\"", "/styles\"");
        let parts = [
            ("xl/worksheets/sheet1.xml", &good_rows()[..]),
            ("xl/styles.xml", format!("<styleSheet>{styles}</styleSheet>").leak().as_bytes()),
        ];
        ends(name, book_of(sheets, &links, &parts));
    }
    let many = "<sheet name=\"一\" sheetId=\"1\" r:id=\"rId1\"/>".repeat(100_000);
    ends(
        "sheets.xlsx",
        book_of(
            &format!("<sheets>{many}</sheets>"),
            &link(1, "worksheets/sheet1.xml"),
            &[("xl/worksheets/sheet1.xml", &good_rows())],
        ),
    );
    ends(
        "names.xlsx",
        book_of(
            &format!(
                "{sheets}<definedNames>{}</definedNames>",
                "<definedName name=\"a\">x</definedName>".repeat(300_000)
            ),
            &link(1, "worksheets/sheet1.xml"),
            &[("xl/worksheets/sheet1.xml", &good_rows())],
        ),
    );
}
