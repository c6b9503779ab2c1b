//! Findings in dictionary tables, one code each. What needs the engine is asked through [`LintTask::read`], so that the
//! checks stand below it.

mod cases;
mod codes;
mod company;
mod exclusions;
mod files;
mod raw;
mod references;
mod surfaces;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use codes::LintCode;
pub use raw::RawFolder;
use raw::{Row, Rows};

use crate::{
    catalogue::Catalogue,
    diag::{Diagnostic, Severity},
    model::{Classification, TextKind},
};

/// Reads one text with the dictionary that is checked.
pub type Read<'a> = &'a (dyn Fn(&str, TextKind) -> Classification + Sync);

/// What is checked, and with what.
pub struct LintTask<'a> {
    /// Layers, the base first; a later layer wins.
    pub layers: &'a [RawFolder],
    /// Tables that lend sources and cue groups to a folder that has none of its own.
    pub shipped: &'a RawFolder,
    /// Entries and conditions.
    pub catalogue: &'a Catalogue,
    /// The day on which entries must be in force.
    pub as_of: Date,
    /// Reads a text; none when the dictionary does not compile, with the reason in `compile_error`.
    pub read: Option<Read<'a>>,
    /// Why the dictionary does not compile.
    pub compile_error: Option<String>,
    /// Whether a word is an ordinary one.
    pub is_word: &'a (dyn Fn(&str) -> bool + Sync),
    /// Lines in which terms are counted.
    pub corpus: &'a [String],
    /// Threads for the cases and the corpus.
    pub threads: usize,
}

/// Every finding, by file, line and code.
pub fn lint(task: &LintTask<'_>) -> Vec<Diagnostic> {
    let rows = Rows::parse(task.layers);
    let mut check = Check { task, terms: rows.effective_terms(), rows: &rows, found: Vec::new() };
    files::check(&mut check);
    references::check(&mut check);
    company::check(&mut check);
    surfaces::check(&mut check);
    exclusions::check(&mut check);
    match (task.read, &task.compile_error) {
        (Some(read), _) => {
            surfaces::inside_words(&mut check, read);
            cases::check(&mut check, read);
            cases::corpus(&mut check, read);
        }
        // When a row is already found wrong, the compiler only says the same again.
        (None, Some(error)) if !check.found.iter().any(|found| found.severity == Severity::Error) => {
            check.whole_file(LintCode::Unreadable, 0, "", error.clone());
        }
        _ => {}
    }
    let mut found = check.found;
    found.sort_by(|a, b| (&a.file, a.line, a.code, &a.message).cmp(&(&b.file, b.line, b.code, &b.message)));
    found.dedup();
    found
}

/// The state of one check.
struct Check<'c> {
    task: &'c LintTask<'c>,
    rows: &'c Rows,
    /// Of each id the row that counts.
    terms: BTreeMap<&'c str, Row<'c>>,
    found: Vec<Diagnostic>,
}

impl<'c> Check<'c> {
    fn row(&mut self, code: LintCode, row: Row<'_>, id: &str, message: String) {
        let file = self.task.layers.get(row.layer).map_or_else(String::new, |layer| layer.label(row.file));
        let (line, id) = (row.line, id.to_owned());
        self.found.push(Diagnostic { code: code.code(), severity: code.severity(), file, line, id, message });
    }

    /// A finding about a term, which is named.
    fn term(&mut self, code: LintCode, row: Row<'_>, message: String) {
        let message = format!("{}：{message}", row.get("term"));
        self.row(code, row, row.get("id"), message);
    }

    fn whole_file(&mut self, code: LintCode, layer: usize, file: &str, message: String) {
        let file = self.task.layers.get(layer).map_or_else(String::new, |layer| layer.label(file));
        let (severity, id) = (code.severity(), String::new());
        self.found.push(Diagnostic { code: code.code(), severity, file, line: 0, id, message });
    }

    fn active(&self) -> Vec<Row<'c>> {
        self.terms.values().filter(|row| row.active()).copied().collect()
    }

    /// The texts of `file` in every layer, or the shipped one where no layer has it.
    fn texts_of(&self, file: &str) -> Vec<&'c str> {
        let own: Vec<&str> =
            self.task.layers.iter().filter_map(|layer| layer.files.get(file)).map(String::as_str).collect();
        if own.is_empty() { self.task.shipped.files.get(file).map(String::as_str).into_iter().collect() } else { own }
    }

    /// Keys of `sources.toml`.
    fn sources(&self) -> BTreeSet<String> {
        let tables = self.texts_of("sources.toml").into_iter().filter_map(|text| text.parse::<toml::Table>().ok());
        tables.flat_map(|table| table.into_iter().map(|(key, _)| key).collect::<Vec<_>>()).collect()
    }

    /// Names of cue groups.
    fn cues(&self) -> BTreeSet<String> {
        let tables = ["cues.toml", "ordinary.toml", "clauses.toml"]
            .into_iter()
            .flat_map(|file| self.texts_of(file))
            .filter_map(|text| text.trim_start_matches('\u{feff}').parse::<toml::Table>().ok());
        tables
            .flat_map(|table| table.get("group").and_then(toml::Value::as_array).cloned().unwrap_or_default())
            .filter_map(|group| group.get("name").and_then(toml::Value::as_str).map(str::to_owned))
            .collect()
    }
}

/// Runs `work` over `items` on several threads; answers in order.
fn spread<T: Sync, U: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    let work = &work;
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            items.chunks(share).map(|chunk| scope.spawn(move || chunk.iter().map(work).collect::<Vec<U>>())).collect();
        let joined = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|p| std::panic::resume_unwind(p)));
        joined.flatten().collect()
    })
}
