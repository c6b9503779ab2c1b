//! How a long run is getting on: a line on a terminal, JSON lines, a file for Prometheus.

use std::{
    fs,
    io::{IsTerminal, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::ValueEnum;
use serde_json::json;

use super::Shared;
use crate::{batch::Totals, model::Verdict};

/// How progress is shown on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressFormat {
    /// A line on a terminal, nothing elsewhere.
    Auto,
    /// One JSON object a second.
    Json,
    /// Nothing.
    None,
}

/// What a run works through.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// Rows of files; bytes to read, where they are known.
    Rows { bytes: Option<u64> },
    /// So many loans, behind the rows of their invoices that were seen.
    Loans { all: u64, invoices: u64 },
}

/// Shows how far a run is.
pub struct Progress {
    format: ProgressFormat,
    metrics: Option<PathBuf>,
    work: Work,
    began: Instant,
    /// Since when rows are answered.
    answering: Instant,
    shown: Instant,
    written: Instant,
    /// What was done before this process began.
    before: Totals,
    live: bool,
}

impl Progress {
    /// `bytes`: bytes to read, where they are known; `before`: what an earlier process of the same run has done.
    pub fn new(
        shared: &Shared,
        format: ProgressFormat,
        metrics: Option<PathBuf>,
        bytes: Option<u64>,
        before: Totals,
    ) -> Self {
        Self::of(shared, (format, metrics), Work::Rows { bytes }, before)
    }

    fn of(shared: &Shared, (format, metrics): (ProgressFormat, Option<PathBuf>), work: Work, before: Totals) -> Self {
        let now = Instant::now();
        let live = format == ProgressFormat::Auto && std::io::stderr().is_terminal() && !shared.quiet;
        Self { format, metrics, work, began: now, answering: now, shown: now, written: now, before, live }
    }

    /// Takes note of what is done, and shows it when it is time.
    pub fn at(&mut self, totals: &Totals) {
        let pause = Duration::from_millis(if self.live { 200 } else { 1_000 });
        if self.shown.elapsed() >= pause {
            self.shown = Instant::now();
            self.show(totals, false);
        }
        if self.metrics.is_some() && self.written.elapsed() >= Duration::from_secs(5) {
            self.written = Instant::now();
            self.write_metrics(totals, false);
        }
    }

    /// Shows the end of the run.
    pub fn end(&mut self, totals: &Totals) {
        self.show(totals, true);
        if self.live {
            eprint!("\r\u{1b}[K");
        }
        self.write_metrics(totals, true);
    }

    fn show(&self, totals: &Totals, done: bool) {
        let seconds = self.answering.elapsed().as_secs_f64().max(1e-6);
        let rate = totals.rows.saturating_sub(self.before.rows) as f64 / seconds;
        let eta = self.eta(totals, seconds);
        if self.format == ProgressFormat::Json {
            let verdicts: serde_json::Map<_, _> = Verdict::ALL
                .iter()
                .zip(totals.verdicts)
                .map(|(verdict, count)| (verdict.code().to_owned(), json!(count)))
                .collect();
            let mut line = match self.work {
                Work::Rows { .. } => json!({"rows": totals.rows, "bytes": totals.bytes}),
                Work::Loans { all, invoices } => {
                    json!({"rows": totals.rows, "of_rows": all, "invoice_lines": invoices})
                }
            };
            line["rows_per_second"] = json!(rate.round());
            line["eta_seconds"] = json!(if done { Some(0.0) } else { eta.map(f64::round) });
            line["rejects"] = json!(totals.rejects);
            line["verdicts"] = verdicts.into();
            line["done"] = json!(done);
            eprintln!("{line}");
        } else if self.live {
            let what = match self.work {
                Work::Rows { .. } => {
                    format!("{} 行 · {:.1} MB · {:.1} 万行/秒", totals.rows, totals.bytes as f64 / 1e6, rate / 1e4)
                }
                Work::Loans { all, invoices } => format!("认绿 {}/{all} · 发票 {invoices} 行", totals.rows),
            };
            let eta = eta.filter(|_| !done).map_or_else(String::new, |eta| format!(" · 余 {eta:.0} 秒"));
            eprint!("\r{what}{eta} · 隔离 {}\u{1b}[K", totals.rejects);
            let _ = std::io::stderr().flush();
        }
    }

    fn eta(&self, totals: &Totals, seconds: f64) -> Option<f64> {
        let (all, done, before) = match self.work {
            Work::Rows { bytes } => (bytes?, totals.bytes, self.before.bytes),
            Work::Loans { all, .. } => (all, totals.rows, self.before.rows),
        };
        let (left, done) = (all.saturating_sub(done) as f64, done.saturating_sub(before) as f64);
        (done > 0.0).then(|| left / done * seconds)
    }

    /// Writes the numbers in the text format of Prometheus, whole or not at all.
    fn write_metrics(&self, totals: &Totals, done: bool) {
        let Some(path) = &self.metrics else { return };
        let mut text = String::from("# HELP lvjian_rows_total Rows answered.\n# TYPE lvjian_rows_total counter\n");
        for (verdict, count) in Verdict::ALL.iter().zip(totals.verdicts) {
            text.push_str(&format!("lvjian_rows_total{{verdict=\"{}\"}} {count}\n", verdict.code()));
        }
        let read = match self.work {
            Work::Rows { .. } => ("read_bytes_total", "Bytes of input read, unpacked.", totals.bytes),
            Work::Loans { invoices, .. } => ("invoice_lines_total", "Invoice lines read.", invoices),
        };
        for (name, help, kind, value) in [
            ("rejected_rows_total", "Rows set aside.", "counter", totals.rejects.to_string()),
            (read.0, read.1, "counter", read.2.to_string()),
            (
                "run_seconds",
                "Seconds since the run began.",
                "gauge",
                format!("{:.3}", self.began.elapsed().as_secs_f64()),
            ),
            ("run_complete", "1 when the run is complete.", "gauge", u8::from(done).to_string()),
        ] {
            text.push_str(&format!(
                "# HELP lvjian_{name} {help}\n# TYPE lvjian_{name} {kind}\nlvjian_{name} {value}\n"
            ));
        }
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        // A metrics file that cannot be written must not stop the run.
        if let Err(error) = fs::write(&new, text).and_then(|()| fs::rename(&new, path)) {
            eprintln!("{}：无法写入 / cannot be written: {error}", path.display());
        }
    }
}

/// Shows how far the loans of a ledger are: their invoices are read first, then several threads decide.
pub struct LoanProgress(Option<Mutex<(Progress, Totals)>>);

impl LoanProgress {
    /// `all`: loans of the ledger; `before`: what an earlier process of the same run has done.
    pub fn new(shared: &Shared, format: ProgressFormat, metrics: Option<PathBuf>, all: usize, before: Totals) -> Self {
        let work = Work::Loans { all: all as u64, invoices: 0 };
        Self(Some(Mutex::new((Progress::of(shared, (format, metrics), work, before), before))))
    }

    /// Shows nothing.
    pub fn none() -> Self {
        Self(None)
    }

    /// A row was set aside.
    pub fn set_aside(&self) {
        self.with(|_, totals| totals.rejects += 1);
    }

    /// So many invoice lines were seen.
    pub fn invoices(&self, rows: u64) {
        self.with(|progress, totals| {
            if let Work::Loans { invoices, .. } = &mut progress.work {
                *invoices = rows;
            }
            progress.answering = Instant::now();
            progress.at(totals);
        });
    }

    /// So many loans are decided, in parts that are finished and in this one.
    pub fn loans(&self, decided: usize) {
        self.with(|progress, totals| {
            // The verdicts of the part on hand are told when it is finished.
            progress.at(&Totals { rows: totals.rows.max(decided as u64), ..*totals });
        });
    }

    /// A part is finished, whose loans have these verdicts.
    pub fn finished(&self, part: &Totals) {
        self.with(|_, totals| totals.add(part));
    }

    /// Shows the end of the run.
    pub fn end(&self) {
        self.with(|progress, totals| progress.end(totals));
    }

    fn with(&self, act: impl FnOnce(&mut Progress, &mut Totals)) {
        if let Some(shown) = &self.0 {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            let (progress, totals) = &mut *shown;
            act(progress, totals);
        }
    }
}
