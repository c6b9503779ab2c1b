//! Helpers of the integration tests: run the program, watch its memory, write workbooks by hand.

#![allow(dead_code, unused_imports)]

pub mod change;
pub mod desk;
pub mod hostile;

use std::{
    ffi::OsStr,
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The day on which every test stands, unless it says otherwise: the 2025 catalogue is in force.
pub const AS_OF: &str = "2025-11-01";

/// Longest time any run may take before it is killed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
    /// Highest resident memory in KiB, where the system tells it.
    pub peak_kib: Option<u64>,
}

impl Ran {
    /// Standard output as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    /// Standard output as NDJSON: every line must be an object.
    pub fn lines(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| {
                let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
                assert!(value.is_object(), "no object: {line}");
                value
            })
            .collect()
    }

    /// Checks the exit code, and that nothing panicked.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert!(!self.stderr.contains("panicked at"), "the program panicked:\n{}", self.stderr);
        assert_eq!(self.code, Some(code), "exit code; standard error says:\n{}", self.stderr);
        self
    }
}

/// The program with `args`, on the tests' day.
pub fn command<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lvjian"));
    command.args(args).args(["--as-of", AS_OF]);
    command
}

/// Runs the program with `args` and `stdin`.
pub fn lvjian<S: AsRef<OsStr>>(args: &[S], stdin: &[u8]) -> Ran {
    finish(command(args), stdin)
}

/// Runs the program inside `folder`.
pub fn lvjian_in<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> Ran {
    let mut command = command(args);
    command.current_dir(folder);
    finish(command, b"")
}

/// Runs `command` to its end; kills it when it does not end.
pub fn finish(mut command: Command, stdin: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut to = child.stdin.take().expect("piped");
    let mut out = child.stdout.take().expect("piped");
    let mut err = child.stderr.take().expect("piped");
    thread::scope(|scope| {
        scope.spawn(move || {
            // The program may stop reading early; that is its right.
            let _ = to.write_all(stdin);
        });
        let stdout = scope.spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).map(|_| bytes).unwrap_or_default()
        });
        let stderr = scope.spawn(move || {
            let mut bytes = Vec::new();
            err.read_to_end(&mut bytes).map(|_| bytes).unwrap_or_default()
        });
        let (status, peak_kib) = watch(&mut child, began);
        Ran {
            code: status.code(),
            took: began.elapsed(),
            peak_kib,
            stdout: stdout.join().expect("reads standard output"),
            stderr: String::from_utf8_lossy(&stderr.join().expect("reads standard error")).into_owned(),
        }
    })
}

/// Waits for the child and notes the highest resident memory it had.
fn watch(child: &mut Child, began: Instant) -> (ExitStatus, Option<u64>) {
    let mut peak = None;
    loop {
        peak = peak.max(high_water(child.id()));
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return (status, peak);
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("the child can be killed");
            child.wait().expect("the child can be waited for");
            panic!("the program did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// `VmHWM` of a process, on Linux.
fn high_water(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// A folder that goes away with the test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes `bytes` as `name` in `folder`.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("the file can be written");
    path
}

/// The string at `key`.
pub fn string<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("no string `{key}` in {value}"))
}

/// Reads lines of text, one request each, as invoice lines; gives the answers.
pub fn classify(texts: &[&str]) -> Vec<Value> {
    let mut input = Vec::new();
    for (id, text) in texts.iter().enumerate() {
        serde_json::to_writer(&mut input, &serde_json::json!({"id": id.to_string(), "text": text})).expect("writes");
        input.push(b'\n');
    }
    lvjian(&["classify", "-"], &input).exits(0).lines()
}

/// Rows of text cells as a worksheet part. `dimension` is what the sheet claims to hold; empty for none.
pub fn sheet_xml(rows: &[Vec<String>], dimension: &str) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">",
    );
    if !dimension.is_empty() {
        xml.push_str(&format!("<dimension ref=\"{dimension}\"/>"));
    }
    xml.push_str("<sheetData>");
    for (number, row) in (1..).zip(rows) {
        xml.push_str(&format!("<row r=\"{number}\">"));
        for (place, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let cell = cell.replace('&', "&amp;").replace('<', "&lt;");
            let column = column_name(place);
            xml.push_str(&format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"));
        }
        xml.push_str("</row>");
    }
    xml.push_str("</sheetData></worksheet>");
    xml
}

/// `0` → `A`, `26` → `AA`.
fn column_name(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (place % 26) as u8);
        if place < 26 {
            break;
        }
        place = place / 26 - 1;
    }
    letters.reverse();
    String::from_utf8(letters).expect("letters")
}

/// The bytes of a workbook with these sheets and, if any, this shared string part.
pub fn workbook(sheets: &[(&str, Vec<u8>)], shared: Option<&[u8]>) -> Vec<u8> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let mut kinds = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" \
         ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{MAIN}.sheet.main+xml\"/>"
    );
    let mut book = format!(
        "{HEAD}<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{OFFICE}\"><sheets>"
    );
    let mut links = format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for (number, (name, _)) in (1..).zip(sheets) {
        kinds.push_str(&format!(
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{MAIN}.worksheet+xml\"/>"
        ));
        book.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"));
        links.push_str(&format!(
            "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        ));
    }
    if shared.is_some() {
        kinds.push_str(&format!(
            "<Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"{MAIN}.sharedStrings+xml\"/>"
        ));
        links.push_str(&format!(
            "<Relationship Id=\"rId99\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/>"
        ));
    }
    kinds.push_str("</Types>");
    book.push_str("</sheets></workbook>");
    links.push_str("</Relationships>");
    let root = format!(
        "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" \
         Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let mut parts: Vec<(String, &[u8])> = vec![
        ("[Content_Types].xml".to_owned(), kinds.as_bytes()),
        ("_rels/.rels".to_owned(), root.as_bytes()),
        ("xl/workbook.xml".to_owned(), book.as_bytes()),
        ("xl/_rels/workbook.xml.rels".to_owned(), links.as_bytes()),
    ];
    for (number, (_, xml)) in (1..).zip(sheets) {
        parts.push((format!("xl/worksheets/sheet{number}.xml"), xml));
    }
    if let Some(shared) = shared {
        parts.push(("xl/sharedStrings.xml".to_owned(), shared));
    }
    zipped(&parts)
}

/// A zip archive of these parts.
pub fn zipped(parts: &[(String, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(name.as_str(), options).expect("the archive takes a part");
        archive.write_all(bytes).expect("the archive takes bytes");
    }
    archive.finish().expect("the archive closes").into_inner()
}

/// Rows of `&str` as rows of owned cells.
pub fn owned(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

/// Rows as CSV, quoted where needed.
pub fn csv_of(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("writes");
    }
    writer.into_inner().expect("flushes")
}
