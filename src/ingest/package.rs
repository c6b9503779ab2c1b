//! The zip package of a workbook, checked before anything of it is believed or held in memory.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek},
};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{IngestError, limits};

/// Checks number of entries, unpacked sizes and packing ratio of each part and of all together, a shared-string count that
/// the part cannot hold (a reader that believes it would reserve gigabytes), the number of styles, and that no part is
/// named by two sheets (a part of 8 MiB that thousands of sheets share is a bomb, too). Streamed parts cannot hold more than the directory
/// claims, because the reader stops there.
pub(super) fn check_package(path: &str, file: &mut File) -> Result<(), IngestError> {
    let damaged = |reason: String| IngestError::Workbook { path: path.to_owned(), reason };
    let failed = |source| IngestError::Read { path: path.to_owned(), source };
    let size = file.metadata().map_err(failed)?.len();
    let mut archive = zip::ZipArchive::new(BufReader::new(&mut *file))
        .map_err(|error| damaged(format!("不是完整的 xlsx（zip）文件：{error}")))?;
    if archive.len() > limits::ARCHIVE_ENTRIES {
        return Err(damaged(format!("压缩包内有 {} 个部件，上限 {}", archive.len(), limits::ARCHIVE_ENTRIES)));
    }
    let is_bomb =
        |unpacked: u64, packed: u64| unpacked > limits::RATIO_FROM && unpacked / packed.max(1) > limits::RATIO;
    let (mut all_packed, mut all_unpacked) = (0u64, 0u64);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| damaged(format!("部件 {index} 无法读取：{error}")))?;
        let name = part.name().map_err(|error| damaged(format!("部件 {index} 名称无法读取：{error}")))?.into_owned();
        let (packed, claimed) = (part.compressed_size(), part.size());
        (all_packed, all_unpacked) = (all_packed.saturating_add(packed), all_unpacked.saturating_add(claimed));
        let is_sheet = name.starts_with("xl/worksheets/sheet") || name.starts_with("xl/worksheets/Sheet");
        let limit = if is_sheet { limits::SHEET } else { limits::HELD_PART };
        if claimed > limit || is_bomb(claimed, packed) {
            return Err(damaged(format!("部件 {name} 解压后 {claimed} 字节（压缩 {packed}），超出上限，疑为压缩炸弹")));
        }
        if is_sheet || !(name.ends_with(".xml") || name.ends_with(".rels")) {
            continue;
        }
        // Sizes in the directory can lie: unpack and count. Parts that are held in memory are small.
        let mut counted = Counted { inner: BufReader::new(part.by_ref().take(limit + 1)), count: 0 };
        let failed = |error: io::Error| damaged(format!("部件 {name} 解压失败：{error}"));
        let mut claimed_strings = None;
        if name.ends_with("sharedStrings.xml") {
            let mut head = Vec::new();
            (&mut counted).take(4_096).read_to_end(&mut head).map_err(failed)?;
            claimed_strings = attribute(&String::from_utf8_lossy(&head), "uniqueCount");
        } else if let Some(fault) = fault_of(&mut counted) {
            return Err(damaged(format!("部件 {name} 中{fault}，文件损坏或有意伪造")));
        }
        io::copy(&mut counted, &mut io::sink()).map_err(failed)?;
        let unpacked = counted.count;
        if unpacked > limit || is_bomb(unpacked, packed) {
            return Err(damaged(format!("部件 {name} 解压后超过 {limit} 字节，疑为压缩炸弹")));
        }
        // `<si/>` is the shortest entry.
        if let Some(count) = claimed_strings.filter(|count| *count > unpacked / 5 + 1) {
            return Err(damaged(format!("共享字符串声称有 {count} 条，部件只有 {unpacked} 字节，文件损坏或有意伪造")));
        }
    }
    if all_packed > size || is_bomb(all_unpacked, all_packed) {
        return Err(damaged(format!(
            "{} 个部件解压后共 {all_unpacked} 字节（压缩 {all_packed}，文件 {size}），疑为压缩炸弹",
            archive.len()
        )));
    }
    drop(archive);
    file.rewind().map_err(failed)
}

/// What makes a part other than worksheets and shared strings a danger: two `<sheet>` of one name or one relationship, two
/// relationships to worksheets with one target, more styles than the limit. What is wrong with it otherwise, its reader tells.
fn fault_of(part: &mut impl BufRead) -> Option<&'static str> {
    let mut known: HashSet<(&'static str, String)> = HashSet::new();
    let mut styles = 0;
    let mut reader = Reader::from_reader(part);
    let config = reader.config_mut();
    (config.check_end_names, config.allow_unmatched_ends) = (false, true);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let element = match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => element,
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => continue,
        };
        let mut twice = |kind, value: Option<String>| value.is_some_and(|value| !known.insert((kind, value)));
        match element.local_name().as_ref() {
            "sheet" if twice("id", value_of(&element, "id")) | twice("name", value_of(&element, "name")) => {
                return Some("两个工作表同名或指向同一部件");
            }
            "Relationship"
                if value_of(&element, "Type").is_some_and(|kind| kind.ends_with("/worksheet"))
                    && twice("target", value_of(&element, "Target").map(|target| part_of(&target))) =>
            {
                return Some("两个工作表指向同一部件");
            }
            "xf" | "font" | "fill" | "border" | "numFmt" => {
                styles += 1;
                if styles > limits::STYLES {
                    return Some("样式多于上限");
                }
            }
            _ => {}
        }
    }
}

/// The value of an attribute, whatever its prefix.
fn value_of(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    attributes
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map(|attribute| attribute.value.into_owned())
}

/// The part that a relationship of the workbook names, in one spelling.
fn part_of(target: &str) -> String {
    let target = target.to_lowercase().replace('\\', "/");
    target.strip_prefix("/xl/").unwrap_or(&target).to_owned()
}

/// The number in `name="…"`.
fn attribute(xml: &str, name: &str) -> Option<u64> {
    let rest = xml.get(xml.find(name)? + name.len()..)?;
    let start = rest.find(['"', '\''])? + 1;
    let value = rest.get(start..)?;
    let digits = value.get(..value.find(['"', '\''])?)?;
    // More digits than a u64 holds are a false count just the same.
    Some(digits.trim().parse().unwrap_or(u64::MAX))
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count += amount as u64;
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn false_counts_are_seen() {
        assert_eq!(attribute("<sst count=\"1\" uniqueCount=\"4294967295\">", "uniqueCount"), Some(4_294_967_295));
        assert_eq!(attribute("<sst>", "uniqueCount"), None);
    }

    #[test]
    fn parts_named_twice_are_seen() {
        let link = |target: &str| format!("<Relationship Type=\"http://x/worksheet\" Target='{target}'/>");
        let twice = |xml: &str| fault_of(&mut xml.as_bytes()).is_some();
        assert!(twice("<x:sheet name=\"a\" r:id=\"rId1\"/><sheet name='b' r:id='rId1'/>"));
        assert!(twice("<sheet name=\"a\" r:id=\"rId1\"/><a></b></sheet><sheet name='a' r:id='rId2'/>"));
        assert!(twice(&(link("worksheets/sheet1.xml") + &link("/xl/worksheets/Sheet1.xml"))));
        assert!(!twice(&(link("worksheets/sheet1.xml") + &link("worksheets/sheet2.xml"))));
        assert!(!twice("<sheet name=\"a\" r:id=\"rId1\"/><sheet name='b' r:id='rId2'/><"));
        assert!(!twice(&"<xf/>".repeat(limits::STYLES)) && twice(&"<xf/>".repeat(limits::STYLES + 1)));
    }
}
