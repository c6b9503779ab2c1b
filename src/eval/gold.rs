//! Labelled texts: `corpus/gold/*.csv`, header `id,kind,text,verdict,entries,family,why`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::model::{Document, TextKind, Verdict};

/// A corpus file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// No CSV, or a column is missing.
    #[error("{file}: {source}")]
    Csv {
        /// File.
        file: String,
        /// What the CSV reader says, with its line.
        source: csv::Error,
    },
    /// A cell that is not one of the allowed values, or a repeated id or text.
    #[error("{file} 第{line}行：{column} `{value}`：{problem}")]
    Cell {
        /// File.
        file: String,
        /// Line, from 1.
        line: u64,
        /// Column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What is wrong, in Chinese and English.
        problem: &'static str,
    },
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

#[derive(Deserialize)]
struct Raw<'r> {
    id: &'r str,
    kind: &'r str,
    text: &'r str,
    verdict: &'r str,
    entries: &'r str,
    family: &'r str,
    why: &'r str,
}

/// Reads gold files, given as (name, text). Ids and texts (with their kind) must be unique over all files, entries must
/// satisfy `known_entry`.
pub fn read_gold<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    known_entry: impl Fn(&str) -> bool,
) -> Result<Vec<GoldRow>, EvalError> {
    let mut rows = Vec::new();
    let mut seen: HashMap<(String, &'static str), String> = HashMap::new();
    for (file, text) in files {
        let bad_csv = |source| EvalError::Csv { file: file.to_owned(), source };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().map_err(bad_csv)?.clone();
        for record in reader.records() {
            let record = record.map_err(bad_csv)?;
            let raw: Raw = record.deserialize(Some(&header)).map_err(bad_csv)?;
            let line = record.position().map_or(0, csv::Position::line);
            let bad = |column, value: &str, problem| EvalError::Cell {
                file: file.to_owned(),
                line,
                column,
                value: value.to_owned(),
                problem,
            };
            let unknown = "不是允许的值 / not an allowed value";
            let row = GoldRow {
                id: raw.id.to_owned(),
                kind: TextKind::from_code(raw.kind).ok_or_else(|| bad("kind", raw.kind, unknown))?,
                text: raw.text.to_owned(),
                expected: Expected::from_code(raw.verdict).ok_or_else(|| bad("verdict", raw.verdict, unknown))?,
                entries: raw.entries.split('|').filter(|code| !code.is_empty()).map(str::to_owned).collect(),
                family: raw.family.to_owned(),
                why: raw.why.to_owned(),
            };
            if let Some(code) = row.entries.iter().find(|code| !known_entry(code)) {
                return Err(bad("entries", code, "目录里没有 / not in the catalogue"));
            }
            if row.expected.is_ordinary() && !row.entries.is_empty() {
                return Err(bad("entries", raw.entries, "非绿不应有条目 / an ordinary text has no entry"));
            }
            if row.family.is_empty() || row.text.is_empty() {
                return Err(bad("family", raw.family, "文本和类别不能为空 / text and family must be given"));
            }
            let text_key = (format!("{} {}", raw.kind, raw.text), "text");
            for (key, column) in [((row.id.clone(), "id"), "id"), (text_key, "text")] {
                if seen.insert(key, row.id.clone()).is_some() {
                    return Err(bad(column, raw.id, "重复 / given twice"));
                }
            }
            rows.push(row);
        }
    }
    Ok(rows)
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

    const HEADER: &str = "id,kind,text,verdict,entries,family,why\n";

    fn read(rows: &str) -> Result<Vec<GoldRow>, EvalError> {
        read_gold([("gold.csv", format!("{HEADER}{rows}").as_str())], |code| code.starts_with("4."))
    }

    #[test]
    fn rows_are_read_and_bad_ones_named() {
        let rows = read("a-1,invoice_line,光伏组件,positive,4.1.2|4.2.2,plain,名称\n").unwrap();
        assert_eq!(rows[0].entries, ["4.1.2", "4.2.2"]);
        for (rows, part) in [
            ("a-1,line,光伏组件,positive,4.1.2,plain,\n", "kind `line`"),
            ("a-1,purpose,光伏组件,yes,4.1.2,plain,\n", "verdict `yes`"),
            ("a-1,purpose,光伏组件,positive,9.9.9,plain,\n", "entries `9.9.9`"),
            ("a-1,purpose,螺丝,not-green,4.1.2,plain,\n", "entries `4.1.2`"),
            ("a-1,purpose,甲,not-green,,plain,\na-1,purpose,乙,not-green,,plain,\n", "id `a-1`"),
            ("a-1,purpose,甲,not-green,,plain,\na-2,purpose,甲,not-green,,plain,\n", "text `a-2`"),
        ] {
            let error = read(rows).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn two_fifths_are_held() {
        let held = (0..10_000).filter(|n| split_of(&format!("行{n}")) == Split::Held).count();
        assert!((3_700..4_300).contains(&held), "{held}");
    }
}
