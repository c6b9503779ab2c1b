//! Electronic invoices: 数电票 XML (`EInvoice`), and OFD that carries the original XML. Each item becomes a row under
//! headings as tax bureaus write them, so that everything behind reads them like any other table.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    sync::Arc,
};

use quick_xml::{Reader, events::Event};

use super::{IngestError, limits, table::RawRow};
use crate::model::Location;

/// Headings of the rows, in the order of [`Item`].
const HEADINGS: [&str; 14] = [
    "数电票号码",
    "开票日期",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "税收分类编码",
    "货物或应税劳务名称",
    "规格型号",
    "金额",
    "税额",
    "价税合计",
    "是否正数发票",
    "发票状态",
];

/// Elements of an item, and the heading that each fills. 价税合计 is spelt in two ways.
const ITEM: [(&str, usize); 7] = [
    ("TaxClassificationCode", 6),
    ("ItemName", 7),
    ("SpecMod", 8),
    ("Amount", 9),
    ("ComTaxAm", 10),
    ("TotaltaxIncludedAmount", 11),
    ("TotalTax-includedAmount", 11),
];

/// Elements of the whole invoice.
const WHOLE: [(&str, usize); 7] = [
    ("EIid", 0),
    ("InvoiceNumber", 0),
    ("IssueTime", 1),
    ("SellerIdNum", 2),
    ("SellerName", 3),
    ("BuyerIdNum", 4),
    ("BuyerName", 5),
];

/// Elements that hold the day when `IssueTime` is missing.
const OTHER_DAY: [&str; 1] = ["RequestTime"];

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An XML that names `EInvoice`.
    Xml,
    /// A zip archive with `OFD.xml`.
    Ofd,
}

/// Whether the file is an electronic invoice; an XML of another kind is refused by name.
pub(super) fn kind_of(path: &Path, head: &[u8]) -> Result<Option<Kind>, IngestError> {
    let name = path.display().to_string();
    if head.starts_with(b"PK") {
        let is_ofd = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("ofd"))
            || File::open(path)
                .ok()
                .and_then(|file| zip::ZipArchive::new(BufReader::new(file)).ok())
                .is_some_and(|archive| archive.index_for_name("OFD.xml").is_some());
        return Ok(is_ofd.then_some(Kind::Ofd));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = text.trim_ascii_start();
    let is_xml = text.starts_with(b"<?xml") || text.starts_with(b"<EInvoice");
    if !is_xml {
        return Ok(None);
    }
    let named = String::from_utf8_lossy(text).contains("EInvoice");
    if named {
        return Ok(Some(Kind::Xml));
    }
    Err(IngestError::Unsupported {
        path: name,
        format: "XML",
        advice: "只读数电票 XML（根元素 EInvoice）；其他请导出为 xlsx 或 csv",
    })
}

/// Gives the heading row and one row for each item of the invoice.
pub(super) fn rows(path: &Path, file: &Arc<str>, kind: Kind, give: &mut dyn FnMut(RawRow)) -> Result<(), IngestError> {
    let xml = match kind {
        Kind::Xml => {
            let mut bytes = Vec::new();
            File::open(path)
                .and_then(|file| file.take(limits::INVOICE_XML + 1).read_to_end(&mut bytes))
                .map_err(|source| IngestError::Read { path: file.to_string(), source })?;
            bytes
        }
        Kind::Ofd => inside_ofd(path, file)?,
    };
    if xml.len() as u64 > limits::INVOICE_XML {
        return Err(damaged(file, format!("超过 {} 字节", limits::INVOICE_XML)));
    }
    for (number, cells) in (0u64..).zip(items(&xml, file)?) {
        give(RawRow {
            location: Location { file: file.clone(), sheet: Some(Arc::from("发票明细")), row: number },
            cells,
        });
    }
    Ok(())
}

fn damaged(file: &str, reason: String) -> IngestError {
    IngestError::Invoice { path: file.to_owned(), reason }
}

/// The original XML inside an OFD. Only this one part is unpacked, into memory, with a limit; no name of the archive is
/// ever used as a path.
fn inside_ofd(path: &Path, file: &Arc<str>) -> Result<Vec<u8>, IngestError> {
    let read = |source| IngestError::Read { path: file.to_string(), source };
    let handle = File::open(path).map_err(read)?;
    let mut archive = zip::ZipArchive::new(BufReader::new(handle))
        .map_err(|error| damaged(file, format!("不是完整的 OFD（zip）文件：{error}")))?;
    if archive.len() > limits::ARCHIVE_ENTRIES {
        return Err(damaged(file, format!("压缩包内有 {} 个部件，上限 {}", archive.len(), limits::ARCHIVE_ENTRIES)));
    }
    let found = (0..archive.len()).find(|&index| {
        archive.name_for_index(index).and_then(Result::ok).is_some_and(|name| {
            let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
            last.eq_ignore_ascii_case("original_invoice.xml")
        })
    });
    let Some(index) = found else {
        return Err(IngestError::Unsupported {
            path: file.to_string(),
            format: "只有版式的 OFD",
            advice: "文件里没有 original_invoice.xml，只有版面；请向开票方索取 XML，或从电子税务局导出 xlsx",
        });
    };
    let part = archive.by_index(index).map_err(|error| damaged(file, error.to_string()))?;
    if part.size() > limits::INVOICE_XML {
        return Err(damaged(file, format!("original_invoice.xml 声称 {} 字节，超出上限", part.size())));
    }
    let mut bytes = Vec::new();
    part.take(limits::INVOICE_XML + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(file, format!("original_invoice.xml 解压失败：{error}")))?;
    Ok(bytes)
}

/// The heading row, then the items.
fn items(xml: &[u8], file: &str) -> Result<Vec<Vec<String>>, IngestError> {
    let bad = |reason: String| damaged(file, reason);
    let text = crate::text::decode(xml);
    let mut reader = Reader::from_reader(text.text.as_bytes());
    let mut whole: Vec<String> = vec![String::new(); HEADINGS.len()];
    let mut other_day = String::new();
    let mut items: Vec<Vec<String>> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut content = String::new();
    let mut buffer = Vec::new();
    loop {
        let event = reader.read_event_into(&mut buffer).map_err(|error| bad(format!("不是完整的 XML：{error}")))?;
        match event {
            // Entities of the document's own making are what bombs are made of; invoices have none.
            Event::DocType(_) => return Err(bad("含有 DOCTYPE，可能是实体炸弹，不读".to_owned())),
            Event::Start(start) => {
                let name = local(start.name().as_ref());
                if open.len() >= limits::XML_DEPTH {
                    return Err(bad(format!("元素嵌套超过 {} 层", limits::XML_DEPTH)));
                }
                if name == "IssuItemInformation" {
                    if items.len() >= limits::INVOICE_ITEMS {
                        return Err(bad(format!("明细超过 {} 行", limits::INVOICE_ITEMS)));
                    }
                    items.push(vec![String::new(); HEADINGS.len()]);
                }
                open.push(name);
                content.clear();
            }
            Event::Text(text) => content.push_str(&text),
            Event::CData(text) => content.push_str(&text),
            Event::GeneralRef(reference) => {
                content.push_str(&character(&reference).ok_or_else(|| bad(format!("未知的实体 &{};", &*reference)))?)
            }
            Event::End(_) => {
                let Some(name) = open.pop() else { return Err(bad("结束标签多于开始标签".to_owned())) };
                let in_item = open.iter().any(|outer| outer == "IssuItemInformation");
                let places: &[(&str, usize)] = if in_item { &ITEM } else { &WHOLE };
                let value = content.trim();
                if let Some((_, place)) = places.iter().find(|(known, _)| *known == name) {
                    let row = if in_item { items.last_mut() } else { Some(&mut whole) };
                    if let Some(cell) = row.and_then(|row| row.get_mut(*place)).filter(|cell| cell.is_empty()) {
                        *cell = value.to_owned();
                    }
                } else if OTHER_DAY.contains(&name.as_str()) && other_day.is_empty() {
                    other_day = value.to_owned();
                }
                content.clear();
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    if !open.is_empty() {
        return Err(bad("XML 没有写完".to_owned()));
    }
    if let Some(day) = whole.get_mut(1).filter(|day| day.is_empty()) {
        *day = other_day;
    }
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for mut item in items {
        for (cell, common) in item.iter_mut().zip(&whole) {
            if cell.is_empty() {
                cell.clone_from(common);
            }
        }
        rows.push(item);
    }
    if rows.len() == 1 {
        return Err(bad("没有 IssuItemInformation 明细".to_owned()));
    }
    Ok(rows)
}

/// The name of an element without its prefix.
fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// One of the five entities that XML itself has, or a character by its number.
fn character(name: &str) -> Option<String> {
    Some(match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?.to_string()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_nil_items_are_read() {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><EInvoice><Header><EIid>25332000000012345678</EIid></Header>\
            <EInvoiceData><SellerInformation><SellerIdNum>S1</SellerIdNum><SellerName>甲&amp;乙</SellerName></SellerInformation>\
            <BuyerInformation><BuyerIdNum>B1</BuyerIdNum><BuyerName>丙</BuyerName></BuyerInformation>\
            <IssuItemInformation><ItemName>*光伏设备*组件</ItemName><SpecMod xsi:nil=\"true\"/><Amount>100.00</Amount>\
            <ComTaxAm>13.00</ComTaxAm><TotaltaxIncludedAmount>113.00</TotaltaxIncludedAmount></IssuItemInformation>\
            <IssuItemInformation><ItemName>折扣</ItemName><Amount>-1</Amount>\
            <TotalTax-includedAmount>-1.13</TotalTax-includedAmount></IssuItemInformation>\
            </EInvoiceData><TaxSupervisionInfo><IssueTime>2025-10-26 10:11:12</IssueTime></TaxSupervisionInfo></EInvoice>";
        let rows = items(xml.as_bytes(), "a.xml").unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1][..6], ["25332000000012345678", "2025-10-26 10:11:12", "S1", "甲&乙", "B1", "丙"]);
        assert_eq!(rows[1][6..12], ["", "*光伏设备*组件", "", "100.00", "13.00", "113.00"]);
        assert_eq!(rows[2][9..12], ["-1", "", "-1.13"]);
    }
}
