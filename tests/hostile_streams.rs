//! Hostile texts, packed streams and electronic invoices, each of a kind of its own: a typed error that names the file, or
//! the good rows answered and the bad ones set aside.

mod support;

use std::{fmt::Write as _, io::Write};

use support::{
    Ran, folder,
    hostile::{read, refused, told},
    lvjian, string, write,
};

const ROWS: &str = "编号,货物名称\n1,光伏组件\n2,螺纹钢\n3,污水处理设备\n";

fn ids(ran: &Ran) -> Vec<String> {
    ran.lines().iter().map(|answer| string(answer, "id").to_owned()).collect()
}

/// Either the file is refused by name, or the run ends; nothing on the terminal that moves the cursor.
#[track_caller]
fn ends(name: &str, bytes: impl AsRef<[u8]>) -> Ran {
    let folder = folder();
    let ran = read(&write(folder.path(), name, bytes), &[]);
    assert!(ran.code != Some(2) || ran.stderr.contains(name), "the message names {name}: {}", ran.stderr);
    assert!(ran.code != Some(2) || ran.stdout.is_empty(), "{name}: refused, and answered all the same");
    assert!(!ran.stderr.contains('\u{1b}'), "{name}: a control sequence reaches the terminal");
    ran
}

#[test]
fn delimited_text_cut_anywhere_loses_its_last_row_at_most() {
    let text = ROWS.replace("2,螺纹钢", "2,\"螺纹钢, \"\"HRB400\"\"\n12mm\"");
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    for (name, bytes) in [("utf8.csv", text.as_bytes()), ("gb.csv", &gb)] {
        let header = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in (1..8).map(|part| header + (bytes.len() - header) * part / 8) {
            let ran = ends(name, &bytes[..cut]).exits(0);
            assert!(["1", "2", "3"].iter().zip(&ids(&ran)).all(|(known, id)| known == id), "{:?}", ids(&ran));
            let (last, _, _) = encoding_rs::GB18030.decode(&bytes[..cut]);
            assert!(
                !last.is_empty() && ids(&ran).len() + told(&ran, "Q001") + told(&ran, "Q002") <= 3,
                "{}",
                ran.stderr
            );
        }
    }
}

#[test]
fn rows_parted_by_carriage_returns_alone_have_each_their_number() {
    let mut text = "编号,货物名称\r1,光伏组件\r2,\"螺纹钢".replace("2,\"", "2,");
    text.push_str("\r3,光伏,组件\r4,水,泵\r\n5,光伏,组件\n");
    let ran = ends("mac.csv", &text).exits(0);
    assert_eq!(ids(&ran), ["1", "2"]);
    for row in [4, 5, 6] {
        assert!(ran.stderr.contains(&format!("mac.csv 第{row}行")), "{}", ran.stderr);
    }
    // More than one chunk of them.
    let many = "编号,货物名称,备注\r".to_owned()
        + &(0..90_000).map(|row| format!("{row},螺纹钢,第{row}行\r")).collect::<String>();
    assert!(many.len() > 2 * 1024 * 1024);
    assert_eq!(ends("long.csv", many + "1,2,3,4\r").exits(0).lines().len(), 90_000);
}

#[test]
fn headers_of_absurd_size_are_refused() {
    let wide = format!("货物名称,{}\n光伏组件\n", "规格,".repeat(200_000));
    let same = format!("{}\n光伏组件\n", ["货物名称"; 500].join(","));
    let long = format!("货物名称{},编号\n光伏组件,1\n", "很长".repeat(3_000_000));
    for (name, bytes) in [("wide.csv", wide), ("long.csv", long)] {
        let ran = ends(name, &bytes);
        assert!(ran.code == Some(2), "{name}: {}", ran.stderr);
        assert!(ran.stderr.len() < 4_096, "{name}: a short message");
    }
    assert_eq!(ends("same.csv", same).exits(0).lines().len(), 1);
    // Too many columns to be a header, whichever way the rows are read.
    let folder = folder();
    let many = write(folder.path(), "many.csv", format!("{}\n光伏组件\n", ["货物名称"; 513].join(",")));
    let path = many.to_str().unwrap();
    for format in ["csv", "ndjson", "text"] {
        let ran = lvjian(&["classify", path, "--format", format], b"").exits(2);
        assert!(ran.stderr.contains("many.csv"), "{format}: {}", ran.stderr);
    }
}

#[test]
fn text_without_line_ends_or_of_odd_encodings_is_told() {
    ends("one-line.csv", "光伏组件,".repeat(1_500_000)).exits(2);
    ends("separator.csv", format!("sep=;\n{}", ROWS.replace(',', ";")));
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut odd = wide(&format!("\u{feff}{ROWS}"));
    odd.push(0x31);
    assert!(ids(&ends("odd.csv", &odd)).starts_with(&["1".to_owned(), "2".to_owned()]));
    let mut lone = wide(&format!("\u{feff}{ROWS}"));
    lone.extend([0x34, 0, 0x2c, 0, 0x00, 0xd8, 0x0a, 0]);
    assert_eq!(ids(&ends("lone.csv", &lone)).first().map(String::as_str), Some("1"));
    let four: Vec<u8> = format!("\u{feff}{ROWS}").chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    ends("utf32.csv", four);
    ends("marks.csv", format!("{}{ROWS}", "\u{feff}".repeat(50_000)));
    ends("latin.csv", [ROWS.as_bytes(), &[0xa3, 0xff, 0x80, b'\n'].repeat(300_000)].concat());
}

#[test]
fn cells_of_nothing_but_marks_and_controls_are_read_in_time() {
    let cell = |text: &str| format!("{ROWS}4,{text}\n5,光伏组件\n");
    for (name, text) in [
        ("nul.csv", "光伏\0组件".repeat(1_000)),
        ("invisible.csv", "光\u{200b}伏\u{2060}组\u{feff}件".repeat(2_000)),
        ("combining.csv", format!("光{}", "\u{0301}".repeat(30_000))),
        ("turned.csv", "\u{202e}件组伏光\u{202c}".repeat(1_500)),
        ("ligatures.csv", "\u{fdfa}".repeat(20_000)),
        ("escapes.csv", "\u{1b}[2J\u{1b}]0;x\u{7}光伏组件".repeat(500)),
        ("terms.csv", "光伏组件污水处理设备锂离子电池风力发电机组".repeat(1_000)),
        ("negated.csv", "不含报废二手拆除光伏组件支架用于替代".repeat(1_000)),
        ("brackets.csv", format!("{}光伏组件{}", "（".repeat(9_000), "）".repeat(9_000))),
        ("stars.csv", "*".repeat(60_000)),
        ("digits.csv", "9".repeat(60_000)),
        ("blanks.csv", format!("光{}伏组件", "\u{3000}".repeat(20_000))),
    ] {
        let ran = ends(name, cell(&text)).exits(0);
        let found = ids(&ran);
        assert_eq!(
            (&found[..3], found.last().map(String::as_str)),
            (&["1", "2", "3"].map(str::to_owned)[..], Some("5"))
        );
        assert_eq!(found.len() + told(&ran, "Q001") + told(&ran, "Q002"), 5, "{name}: {}", ran.stderr);
    }
    let folder = folder();
    let bad = format!("{ROWS}4,\u{1b}[2J{}\n", "光".repeat(30_000));
    let ran = read(&write(folder.path(), "told.csv", bad), &[]).exits(0);
    assert!(told(&ran, "Q002") == 1 && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    let strange = refused(&write(folder.path(), "strange.csv", "\u{1b}[2J甲,乙\n1,2\n"));
    assert!(!strange.stderr.contains('\u{1b}'), "a control sequence of a heading reaches the terminal");
    let escapes = write(folder.path(), "escapes.csv", format!("{ROWS}4,\"\u{1b}[2J\u{202e}光伏组件\n2\"\n"));
    let table = lvjian(&["classify", escapes.to_str().unwrap(), "--format", "text"], b"").exits(0);
    assert!(!table.text().contains(['\u{1b}', '\u{202e}']) && table.text().lines().count() == 6, "{}", table.text());
}

#[test]
fn lines_of_json_cut_anywhere_or_of_absurd_shape_cost_one_line_each() {
    let good = "{\"id\":\"1\",\"text\":\"光伏组件\"}\n";
    let last = "{\"id\":\"2\",\"text\":\"\\u5149伏组件\",\"kind\":\"invoice_line\",\"amount\":1.50}";
    for cut in (1..last.len()).step_by(9) {
        let mut bytes = good.as_bytes().to_vec();
        bytes.extend_from_slice(&last.as_bytes()[..cut]);
        let ran = ends("cut.ndjson", bytes).exits(0);
        assert_eq!((ids(&ran), told(&ran, "Q001") + told(&ran, "Q003")), (vec!["1".to_owned()], 1), "{}", ran.stderr);
    }
    let keys = (0..40_000).fold(String::new(), |mut text, key| {
        write!(text, "\"k{key}\":{key},").unwrap();
        text
    });
    for (name, line) in [
        ("digits.ndjson", format!("{{\"id\":{},\"text\":\"x\"}}", "9".repeat(500_000))),
        ("exponent.ndjson", "{\"id\":1e999,\"text\":\"x\"}".to_owned()),
        ("keys.ndjson", format!("{{{keys}\"text\":\"x\",\"text\":\"y\"}}")),
        ("key.ndjson", format!("{{\"{}\":1}}", "k".repeat(900_000))),
        ("array.ndjson", format!("{{\"text\":[{}1]}}", "null,".repeat(150_000))),
        ("deep.ndjson", format!("{{\"text\":{}{}}}", "[".repeat(120), "]".repeat(120))),
        ("scalar.ndjson", "\"光伏组件\"".to_owned()),
        ("two.ndjson", "{\"text\":\"x\"}{\"text\":\"y\"}".to_owned()),
        ("blank.ndjson", format!("{}{{\"text\":\"x\"}}", " ".repeat(900_000))),
        ("surrogate.ndjson", "{\"text\":\"\\ud800\\u0000\"}".to_owned()),
        ("amount.ndjson", "{\"text\":\"x\",\"amount\":\"99999999999999999999999999999999999999\"}".to_owned()),
        ("date.ndjson", "{\"text\":\"x\",\"date\":\"-999999-99-99\"}".to_owned()),
        ("kind.ndjson", "{\"text\":\"x\",\"kind\":{\"kind\":{}}}".to_owned()),
    ] {
        let ran = ends(name, format!("{good}{line}\n{good}")).exits(0);
        let aside = ran.stderr.lines().filter(|line| line.contains("[Q0")).count();
        assert_eq!(ran.lines().len() + aside, 3, "{name}: {}", ran.stderr);
        assert!(ran.stderr.len() < 20_000, "{name}: a short message");
    }
    let ran = ends("byte.ndjson", [good.as_bytes(), b"{\"text\":\"\xff\xfe\"}\n", good.as_bytes()].concat()).exits(0);
    assert_eq!((ran.lines().len(), told(&ran, "Q001")), (2, 1), "{}", ran.stderr);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_members_and_trailers_are_not_believed() {
    let packed = gzip(ROWS.as_bytes());
    let mut checked = packed.clone();
    let end = checked.len();
    checked[end - 8] ^= 1;
    ends("sum.csv.gz", &checked).exits(2);
    let mut claimed = packed.clone();
    claimed[end - 4..].copy_from_slice(&[0xff; 4]);
    ends("size.csv.gz", &claimed).exits(2);
    ends("behind.csv.gz", [&packed[..], &[0x55; 100]].concat()).exits(2);
    ends("name.csv.gz", [b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", &b"n".repeat(5_000_000)[..]].concat()).exits(2);
    ends("method.csv.gz", [b"\x1f\x8b\x09", &packed[3..]].concat()).exits(2);
    ends("half.csv.gz", [&packed[..], &packed[..10]].concat()).exits(2);
    let empty = gzip(b"");
    ends("members.csv.gz", [&packed[..], &empty.repeat(200_000)[..]].concat());
    let parts: Vec<u8> = ROWS.as_bytes().chunks(1).flat_map(gzip).collect();
    assert_eq!(ids(&ends("bytes.csv.gz", parts).exits(0)), ["1", "2", "3"], "one member for each byte");
    // A stored block of a length that its complement denies, and a code of no lengths.
    ends("stored.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\xff\xff\x01\x01abcdef").exits(2);
    ends("codes.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x05\xe0\xff\xff\xff\xff\xff\xff\xff\xff").exits(2);
}

#[test]
fn zstd_frames_are_not_believed() {
    let packed = zstd::encode_all(ROWS.as_bytes(), 1).unwrap();
    let skipped = |length: u32| [&b"\x50\x2a\x4d\x18"[..], &length.to_le_bytes()].concat();
    ends("skipped.csv.zst", [&skipped(0).repeat(300_000)[..], &packed].concat());
    ends("long.csv.zst", [&skipped(u32::MAX)[..], &packed].concat()).exits(2);
    ends("behind.csv.zst", [&packed[..], &[0x55; 100]].concat()).exits(2);
    ends("half.csv.zst", [&packed[..], &packed[..7]].concat()).exits(2);
    // A dictionary that nobody has; a reserved bit; a reserved kind of block.
    ends("dictionary.csv.zst", b"\x28\xb5\x2f\xfd\x23\xff\xff\xff\x7f\x04\x01\0\0").exits(2);
    ends("bit.csv.zst", b"\x28\xb5\x2f\xfd\x08\x00\x01\0\0").exits(2);
    ends("block.csv.zst", b"\x28\xb5\x2f\xfd\x00\x58\x07\0\0").exits(2);
    // Blocks of one repeated byte: 128 KiB from four bytes, sixteen thousand times.
    let mut repeated = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
    repeated.extend([0x02, 0x00, 0x10, b'\n'].repeat(16_384));
    let bomb = ends("repeated.csv.zst", &repeated).exits(2);
    assert!(bomb.stderr.contains("repeated.csv.zst"), "{}", bomb.stderr);
    // A claimed size of 4 GiB in front of a few rows.
    let mut claimed = b"\x28\xb5\x2f\xfd\xa0\xff\xff\xff\xff".to_vec();
    claimed.extend(((ROWS.len() as u32) << 3 | 1).to_le_bytes()[..3].iter());
    claimed.extend(ROWS.as_bytes());
    ends("claimed.csv.zst", &claimed).exits(2);
}

fn invoice(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><EInvoice><Header><EIid>25332000000012345678</EIid></Header><EInvoiceData>\
         <SellerInformation><SellerName>卖方</SellerName></SellerInformation>\
         <BuyerInformation><BuyerName>买方</BuyerName></BuyerInformation>{items}</EInvoiceData>\
         <TaxSupervisionInfo><IssueTime>2025-10-26</IssueTime></TaxSupervisionInfo></EInvoice>"
    )
}

const ITEM: &str = "<IssuItemInformation><ItemName>光伏组件</ItemName><Amount>100</Amount><ComTaxAm>13</ComTaxAm>\
                    <TotaltaxIncludedAmount>113</TotaltaxIncludedAmount></IssuItemInformation>";

#[test]
fn electronic_invoices_of_absurd_shape_are_refused_or_read_in_time() {
    let attributes = (0..60_000).fold(String::new(), |mut text, number| {
        write!(text, " a{number}=\"\"").unwrap();
        text
    });
    let good = invoice(ITEM);
    for (name, xml) in [
        ("attributes.xml", good.replace("<EInvoiceData>", &format!("<EInvoiceData{attributes}>"))),
        ("comments.xml", good.replace("<EInvoiceData>", &format!("<EInvoiceData>{}", "<!-- - -->".repeat(500_000)))),
        ("comment.xml", good.replace("<EInvoiceData>", &format!("<EInvoiceData><!--{}", "-".repeat(3_000_000)))),
        ("cdata.xml", good.replace("光伏组件", "<![CDATA[光伏组件")),
        ("instruction.xml", good.replace("<EInvoiceData>", &format!("<EInvoiceData><?x {}", "?".repeat(3_000_000)))),
        ("null.xml", good.replace("光伏", "&#0;光伏")),
        ("surrogate.xml", good.replace("光伏", "&#xD800;光伏")),
        ("beyond.xml", good.replace("光伏", "&#x110000;光伏")),
        ("lower.xml", good.replace("<EInvoice>", "<!doctype EInvoice [<!ENTITY a \"x\">]><EInvoice>")),
        ("second.xml", format!("{good}{good}")),
        ("behind.xml", format!("{good}<x>")),
        ("wide.xml", good.replace("UTF-8", "UTF-16")),
        ("unknown.xml", good.replace("UTF-8", "EBCDIC-CP-US")),
        ("prefix.xml", good.replace("<EInvoice>", &format!("<EInvoice{}>", " xmlns:a=\"x\"".repeat(20_000)))),
        ("amount.xml", good.replace("113", &"9".repeat(300))),
        ("exponent.xml", good.replace("113", "1e999")),
        ("date.xml", good.replace("2025-10-26", "9999999-99-99T99:99")),
        ("goods.xml", good.replace("光伏组件", &"光".repeat(300_000))),
        ("none.xml", good.replace("光伏组件", "")),
        ("void.xml", String::from_utf8_lossy(&[b'<'; 100_000]).into_owned()),
        ("names.xml", good.replace("EInvoiceData>", &format!("{}>", "E".repeat(2_000_000)))),
    ] {
        ends(name, xml);
    }
    let (gb, _, _) = encoding_rs::GB18030.encode(&good);
    ends("gb.xml", &gb);
    ends("half.xml", [good.as_bytes(), b"\xe5\x85"].concat());
    let mut torn = good.clone().into_bytes();
    let place = good.find("光伏").unwrap();
    torn[place + 1] = b'<';
    ends("torn.xml", torn).exits(2);
}
