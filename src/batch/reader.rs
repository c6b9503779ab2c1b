//! Reading one line: a quick look first, then the full reading where a term stands, of which the last are remembered.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::{
    ingest::Line,
    matcher::{Glance, Matcher, Silence},
    model::{Classification, Document, TextKind, Verdict},
    text::{Single, fold_into, fold_single},
};

/// Answers remembered by one reader.
const REMEMBERED: usize = 1 << 13;
/// Longest text, with what stands around it, that is remembered, in bytes.
const LONGEST: usize = 512;

/// How an answer is written behind the line or its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Four more columns: 结论, 词条, 条目, 理由; the byte parts fields.
    Columns(u8),
    /// The same four cells without quotation marks, [`CELL_END`] between them.
    #[cfg(feature = "parquet")]
    Cells,
    /// The rest of the line contract's object, from `"verdict"` on.
    Contract,
}

/// Reads lines and writes answers. Make one for each thread.
pub struct LineReader<'e> {
    glance: Glance<'e>,
    style: Style,
    slots: Vec<Slot>,
    key: Vec<u8>,
    folded: String,
    last: Slot,
    /// The commonest answer.
    nothing: Vec<u8>,
    /// The last other answer to a text without a surface.
    said: Vec<u8>,
}

/// A remembered answer.
#[derive(Clone, Default)]
struct Slot {
    key: Vec<u8>,
    answer: Vec<u8>,
    verdict: Option<Verdict>,
}

impl<'e> LineReader<'e> {
    /// A reader that remembers nothing yet.
    pub fn new(matcher: Matcher<'e>, style: Style) -> Self {
        let mut nothing = Vec::new();
        write_silent(style, Verdict::NotGreen, Silence::Nothing, &mut nothing);
        Self {
            glance: Glance::new(matcher),
            style,
            slots: vec![Slot::default(); REMEMBERED],
            key: Vec::new(),
            folded: String::new(),
            last: Slot::default(),
            nothing,
            said: Vec::new(),
        }
    }

    /// The matcher.
    pub fn matcher(&self) -> &Matcher<'e> {
        self.glance.matcher()
    }

    /// The verdict of `line`, and its answer as [`Style`] says, without a line end.
    pub fn answer(&mut self, line: &Line<'_>) -> (Verdict, &[u8]) {
        match self.glance.silent(&line.text, line.kind) {
            None => self.read(line),
            Some(silent) => self.silent(silent),
        }
    }

    /// The same for a text in which no surface of the dictionary stands; nothing when one does, and the whole line must
    /// be read.
    pub fn glance(&mut self, text: &str, kind: TextKind) -> Option<(Verdict, &[u8])> {
        let silent = self.glance.silent(text, kind)?;
        Some(self.silent(silent))
    }

    /// The whole reading of a document.
    pub fn reading(&mut self, document: &Document) -> Classification {
        match self.glance.silent(&document.text, document.kind) {
            None => self.matcher().read(document),
            Some((verdict, silence)) => silent_reading(document.id.clone(), verdict, silence),
        }
    }

    fn silent(&mut self, (verdict, silence): (Verdict, Silence<'_>)) -> (Verdict, &[u8]) {
        if silence == Silence::Nothing {
            return (verdict, &self.nothing);
        }
        self.said.clear();
        write_silent(self.style, verdict, silence, &mut self.said);
        (verdict, &self.said)
    }

    /// Reads a line in which a surface of the dictionary stands.
    pub fn read(&mut self, line: &Line<'_>) -> (Verdict, &[u8]) {
        self.key.clear();
        self.key.extend([line.kind as u8, line.role.map_or(0, |role| role as u8 + 1)]);
        for part in [&line.text, &line.spec, &line.tax_code, &line.industry] {
            self.key.extend_from_slice(part.as_bytes());
            self.key.push(0);
        }
        if self.names_a_party(line) {
            // Which party it is matters then; such lines are few.
            self.key.resize(LONGEST + 1, 0);
        }
        let place = self.place();
        let known = self.slots.get(place).is_some_and(|slot| slot.key == self.key);
        if !known {
            let reading = self.glance.matcher().read(&line.document());
            let style = self.style;
            let slot = self.take_slot(place);
            slot.verdict = Some(reading.verdict);
            write_reading(style, &reading, &mut slot.answer);
        }
        let slot = self.slots.get(place).unwrap_or(&self.last);
        (slot.verdict.unwrap_or(Verdict::Review), &slot.answer)
    }

    /// Whether the name of a party stands in the text.
    fn names_a_party(&mut self, line: &Line<'_>) -> bool {
        if line.parties.iter().all(|name| name.is_empty()) {
            return false;
        }
        fold_into(&line.text, &mut self.folded);
        let text = std::mem::take(&mut self.folded);
        let named = line.parties.iter().filter(|name| !name.is_empty()).any(|name| {
            // Most names end in a character that the text does not have.
            if let Some(Single::One(last)) = name.chars().next_back().map(fold_single)
                && !text.contains(last)
            {
                return false;
            }
            fold_into(name, &mut self.folded);
            !self.folded.is_empty() && text.contains(self.folded.as_str())
        });
        self.folded = text;
        named
    }

    /// The slot of the present key; one past the last for a key too long to remember.
    fn place(&self) -> usize {
        if self.key.len() > LONGEST {
            return REMEMBERED;
        }
        let mut hasher = FxHasher::default();
        hasher.write(&self.key);
        hasher.finish() as usize % REMEMBERED
    }

    /// The slot, emptied, under the present key.
    fn take_slot(&mut self, place: usize) -> &mut Slot {
        let slot = self.slots.get_mut(place).unwrap_or(&mut self.last);
        slot.key.clear();
        slot.key.extend_from_slice(&self.key);
        slot.answer.clear();
        slot
    }
}

fn write_silent(style: Style, verdict: Verdict, silence: Silence<'_>, out: &mut Vec<u8>) {
    write_reading(style, &silent_reading(String::new(), verdict, silence), out);
}

fn silent_reading(id: String, verdict: Verdict, silence: Silence<'_>) -> Classification {
    Classification { id, verdict, matches: Vec::new(), rejected: Vec::new(), reason: silence.to_string() }
}

fn write_reading(style: Style, reading: &Classification, out: &mut Vec<u8>) {
    match style {
        Style::Columns(delimiter) => {
            let best = reading.best();
            push_cell(delimiter, reading.verdict.chinese(), out);
            push_cell(delimiter, best.map_or("", |found| &found.term), out);
            push_cell(delimiter, &best.map_or_else(String::new, |found| found.codes()), out);
            push_cell(delimiter, &reading.reason, out);
        }
        #[cfg(feature = "parquet")]
        Style::Cells => {
            let best = reading.best();
            let codes = best.map_or_else(String::new, |found| found.codes());
            let cells = [reading.verdict.chinese(), best.map_or("", |found| &found.term), &codes, &reading.reason];
            for (place, cell) in cells.into_iter().enumerate() {
                if place > 0 {
                    out.push(CELL_END);
                }
                out.extend(cell.bytes().filter(|byte| *byte != CELL_END));
            }
        }
        Style::Contract => {
            // Everything behind the id, which is not remembered.
            let whole = serde_json::to_vec(reading).unwrap_or_default();
            let id = serde_json::to_vec(&reading.id).map_or(0, |id| id.len());
            out.extend_from_slice(whole.get(ID_KEY.len() + id + 1..).unwrap_or_default());
        }
    }
}

/// What ends a cell of [`Style::Cells`].
#[cfg(feature = "parquet")]
pub const CELL_END: u8 = 0x1f;

/// How an object of the line contract begins.
pub const ID_KEY: &[u8] = b"{\"id\":";

/// Adds a delimiter and a cell, quoted where needed, that no spreadsheet runs as a formula.
pub fn push_cell(delimiter: u8, cell: &str, out: &mut Vec<u8>) {
    out.push(delimiter);
    let bytes = cell.as_bytes();
    let quoted = memchr::memchr3(delimiter, b'"', b'\n', bytes).is_some() || memchr::memchr(b'\r', bytes).is_some();
    if quoted {
        out.push(b'"');
    }
    if is_formula(cell) {
        out.push(b'\'');
    }
    if !quoted {
        out.extend_from_slice(bytes);
        return;
    }
    for (number, part) in cell.split('"').enumerate() {
        if number > 0 {
            out.extend(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// Whether a spreadsheet would run the cell: text that begins like a formula. Numbers are none.
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
        && cell.parse::<rust_decimal::Decimal>().is_err()
}
