//! Labelled texts: `corpus/gold/*.csv`, header `id,kind,text,verdict,entries,family,why`.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::{
    catalogue::Catalogue,
    model::{Document, TextKind, Verdict},
    text::fold_text,
};

/// A corpus file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// Tables with faults, every one named.
    #[error("{}", named(.0))]
    Faults(Vec<CorpusFault>),
    /// The floors file is no TOML of floors.
    #[error("{file}: {source}")]
    Floors {
        /// File.
        file: String,
        /// What the TOML reader says.
        source: Box<toml::de::Error>,
    },
    /// A rival's index could not be built or searched.
    #[error("对照方法 / rival: {0}")]
    Rival(String),
}

/// A fault of a labelled table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} 第{line}行：{what}")]
pub struct CorpusFault {
    /// The table.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// What is wrong, in Chinese and English.
    pub what: String,
}

fn named(faults: &[CorpusFault]) -> String {
    let lines: Vec<String> = faults.iter().map(|fault| format!("\n{fault}")).collect();
    format!("标注有 {} 处错误 / faults in the labelled tables{}", faults.len(), lines.concat())
}

/// What a labelled text should come out as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Green or needs-evidence, both right.
    Positive,
    /// Exactly this.
    Exactly(Verdict),
}

impl Expected {
    /// Whether green or needs-evidence is right.
    pub fn is_positive(self) -> bool {
        matches!(self, Self::Positive | Self::Exactly(Verdict::Green | Verdict::NeedsEvidence))
    }

    /// Whether the engine should say that this is nothing green.
    pub fn is_ordinary(self) -> bool {
        self == Self::Exactly(Verdict::NotGreen)
    }

    /// Whether it is a generic type, to be surfaced as review or needs-evidence.
    pub fn is_generic(self) -> bool {
        self == Self::Exactly(Verdict::Review)
    }

    /// Whether `verdict` is a right answer.
    pub fn takes(self, verdict: Verdict) -> bool {
        match self {
            Self::Positive => matches!(verdict, Verdict::Green | Verdict::NeedsEvidence),
            Self::Exactly(Verdict::Review) => matches!(verdict, Verdict::Review | Verdict::NeedsEvidence),
            Self::Exactly(wanted) => verdict == wanted,
        }
    }

    /// The spelling in the files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Exactly(verdict) => verdict.code(),
        }
    }

    /// Reads the spelling in the files.
    pub fn from_code(code: &str) -> Option<Self> {
        if code == "positive" { Some(Self::Positive) } else { Verdict::from_code(code).map(Self::Exactly) }
    }
}

/// One labelled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoldRow {
    /// Stable id, `equipment-001`.
    pub id: String,
    /// How to read the text.
    pub kind: TextKind,
    /// The text.
    pub text: String,
    /// The label.
    pub expected: Expected,
    /// Entries of gfspc-2025 of which one must be among the candidates; none: not asked.
    pub entries: Vec<String>,
    /// Way of writing or kind of trap.
    pub family: String,
    /// Why, in a few words.
    pub why: String,
}

impl GoldRow {
    /// The text to read.
    pub fn document(&self) -> Document {
        Document { id: self.id.clone(), text: self.text.clone(), kind: self.kind, ..Document::default() }
    }
}

/// Columns of a gold table, in order.
const COLUMNS: [&str; 7] = ["id", "kind", "text", "verdict", "entries", "family", "why"];
/// Longest text of a row, in characters.
const LONGEST_TEXT: usize = 2_000;

/// Whether a level-3 entry with this code is in the loan catalogue in force on the day; no day: on `today`.
pub fn entry_known(catalogue: &Catalogue, today: Date) -> impl Fn(&str, Option<Date>) -> bool {
    move |code, day| {
        let entry = catalogue.in_force(day.unwrap_or(today)).map(|edition| catalogue.entry(&edition.id, code));
        entry.ok().flatten().is_some_and(|entry| entry.level() == 3)
    }
}

/// Reads gold files, given as (name, text). Ids and texts (with their kind, folded) must be unique over all files,
/// a positive row names entries and an ordinary one none, and entries must satisfy `known_entry`.
pub fn read_gold<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    known_entry: impl Fn(&str, Option<Date>) -> bool,
) -> Result<Vec<GoldRow>, EvalError> {
    let mut reader = RowReader::new(&known_entry);
    let mut rows = Vec::new();
    for (file, text) in files {
        reader.table(file, text, &COLUMNS, |reader, place, cell| rows.extend(reader.row(place, cell, None)));
    }
    reader.finish(rows)
}

/// Where a row stands: file and line.
pub(super) type Place<'f> = (&'f str, u64);
/// The cell of a column.
pub(super) type Cells<'r> = &'r dyn Fn(&str) -> &'r str;

/// Reads labelled rows strictly, and names every fault.
pub(super) struct RowReader<'k> {
    known_entry: &'k dyn Fn(&str, Option<Date>) -> bool,
    ids: HashMap<String, (String, u64)>,
    texts: HashMap<(String, TextKind, Option<Date>), (String, u64)>,
    faults: Vec<CorpusFault>,
}

impl<'k> RowReader<'k> {
    pub(super) fn new(known_entry: &'k dyn Fn(&str, Option<Date>) -> bool) -> Self {
        Self { known_entry, ids: HashMap::new(), texts: HashMap::new(), faults: Vec::new() }
    }

    /// Texts that stand elsewhere, which no row may repeat.
    pub(super) fn taken<'g>(&mut self, rows: impl IntoIterator<Item = &'g GoldRow>) {
        for row in rows {
            self.texts.insert((fold_text(&row.text), row.kind, None), (row.id.clone(), 0));
        }
    }

    pub(super) fn fault(&mut self, place: Place<'_>, what: String) {
        self.faults.push(CorpusFault { file: place.0.to_owned(), line: place.1, what });
    }

    /// Gives every record of a table, after its header is checked.
    pub(super) fn table(
        &mut self,
        file: &str,
        text: &str,
        columns: &[&str],
        mut give: impl FnMut(&mut Self, Place<'_>, Cells<'_>),
    ) {
        let mut table = csv::Reader::from_reader(text.as_bytes());
        if !table.headers().is_ok_and(|header| header.iter().eq(columns.iter().copied())) {
            return self.fault((file, 1), format!("表头应为 / the header must be {}", columns.join(",")));
        }
        for record in table.records() {
            match record {
                Ok(record) => {
                    let cell = |name: &str| {
                        let place = columns.iter().position(|column| *column == name);
                        place.and_then(|place| record.get(place)).unwrap_or_default()
                    };
                    give(self, (file, record.position().map_or(0, csv::Position::line)), &cell);
                }
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    self.fault((file, line), error.to_string());
                }
            }
        }
    }

    /// One row; `None` when kind or verdict cannot be read.
    pub(super) fn row(&mut self, place: Place<'_>, cell: Cells<'_>, as_of: Option<Date>) -> Option<GoldRow> {
        let mut bad = |column: &str, value: &str, problem: &str| {
            let what = format!("{column} `{value}`：{problem}");
            self.faults.push(CorpusFault { file: place.0.to_owned(), line: place.1, what });
        };
        let unknown = "不是允许的值 / not an allowed value";
        for column in ["id", "text", "family", "why"] {
            if cell(column).trim().is_empty() {
                bad(column, cell(column), "不能为空 / must be given");
            }
        }
        if cell("text").chars().count() > LONGEST_TEXT {
            bad("text", "…", "过长 / too long");
        }
        if !cell("family").chars().all(|c| c.is_ascii_lowercase() || c == '-') {
            bad("family", cell("family"), "小写字母和连字符 / lower-case letters and hyphens");
        }
        let kind = TextKind::from_code(cell("kind"));
        if kind.is_none() {
            bad("kind", cell("kind"), unknown);
        }
        let expected = Expected::from_code(cell("verdict"));
        if expected.is_none() {
            bad("verdict", cell("verdict"), unknown);
        }
        let entries: Vec<String> =
            cell("entries").split('|').filter(|code| !code.is_empty()).map(str::to_owned).collect();
        for code in entries.iter().filter(|code| !(self.known_entry)(code, as_of)) {
            bad("entries", code, "当日目录没有这个三级条目 / no level-3 entry of the catalogue in force");
        }
        if expected.is_some_and(Expected::is_ordinary) && !entries.is_empty() {
            bad("entries", cell("entries"), "非绿不应有条目 / an ordinary text has no entry");
        }
        if expected.is_some_and(Expected::is_positive) && entries.is_empty() {
            bad("entries", "", "绿色须写条目 / a green text names its entries");
        }
        let row = GoldRow {
            id: cell("id").to_owned(),
            kind: kind?,
            text: cell("text").to_owned(),
            expected: expected?,
            entries,
            family: cell("family").to_owned(),
            why: cell("why").to_owned(),
        };
        let here = (place.0.to_owned(), place.1);
        if let Some((file, line)) = self.ids.insert(row.id.clone(), here.clone()) {
            self.fault(place, format!("id `{}`：已见于 {file} 第{line}行 / given twice", row.id));
        }
        if let Some((file, line)) = self.texts.insert((fold_text(&row.text), row.kind, as_of), here) {
            self.fault(place, format!("text `{}`（{}）：已见于 {file} 第{line}行 / given twice", row.text, row.id));
        }
        Some(row)
    }

    /// What was read, or every fault.
    pub(super) fn finish<T>(self, read: T) -> Result<T, EvalError> {
        if self.faults.is_empty() { Ok(read) } else { Err(EvalError::Faults(self.faults)) }
    }
}

/// Which rows may be looked at while terms are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// For writing and mending.
    Dev,
    /// Only counted; its wrong rows are not for mending.
    Held,
}

/// The split of a text: two fifths are held, by a hash of the text alone (FNV-1a with a final mixing), so that a row
/// never changes sides when others come or go.
pub fn split_of(text: &str) -> Split {
    let mut hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    if hash % 5 < 2 { Split::Held } else { Split::Dev }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &str) -> Result<Vec<GoldRow>, EvalError> {
        let text = format!("{}\n{rows}", COLUMNS.join(","));
        read_gold([("gold.csv", text.as_str())], |code, _| code.starts_with("4."))
    }

    #[test]
    fn rows_are_read_and_every_fault_is_named() {
        let rows = read("a-1,invoice_line,光伏组件,positive,4.1.2|4.2.2,plain,名称\n").unwrap();
        assert_eq!(rows[0].entries, ["4.1.2", "4.2.2"]);
        for (rows, part) in [
            ("a-1,line,光伏组件,positive,4.1.2,plain,x\n", "第2行：kind `line`"),
            ("a-1,purpose,光伏组件,yes,4.1.2,plain,x\n", "第2行：verdict `yes`"),
            ("a-1,purpose,光伏组件,positive,9.9.9,plain,x\n", "第2行：entries `9.9.9`"),
            ("a-1,purpose,光伏组件,positive,,plain,x\n", "第2行：entries ``"),
            ("a-1,purpose,螺丝,not-green,4.1.2,plain,x\n", "第2行：entries `4.1.2`"),
            ("a-1,purpose,螺丝,not-green,,Plain,x\n", "第2行：family `Plain`"),
            ("a-1,purpose,螺丝,not-green,,plain,\n", "第2行：why ``"),
            ("a-1,purpose,螺丝,not-green\n", "第2行"),
            ("a-1,purpose,甲,not-green,,plain,x\na-1,purpose,乙,not-green,,plain,x\n", "第3行：id `a-1`"),
            ("a-1,purpose,甲M,not-green,,plain,x\na-2,purpose,甲Ｍ,not-green,,plain,x\n", "第3行：text `甲Ｍ`（a-2）"),
        ] {
            let error = read(rows).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let two = read("a-1,line,甲,yes,,plain,x\n").unwrap_err();
        assert!(matches!(two, EvalError::Faults(faults) if faults.len() == 2), "all faults are named");
        let other = read_gold([("g.csv", "id,text\n")], |_, _| true).unwrap_err().to_string();
        assert!(other.contains("g.csv 第1行：表头"), "{other}");
    }

    #[test]
    fn two_fifths_are_held() {
        let held = (0..10_000).filter(|n| split_of(&format!("行{n}")) == Split::Held).count();
        assert!((3_700..4_300).contains(&held), "{held}");
    }
}
