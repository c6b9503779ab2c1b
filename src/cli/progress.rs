//! How a long run is getting on: a line on a terminal, JSON lines, a file for Prometheus.

use std::{
    fs,
    io::{IsTerminal, Write},
    path::PathBuf,
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

/// Shows how far a run is.
pub struct Progress {
    format: ProgressFormat,
    metrics: Option<PathBuf>,
    /// Bytes to read, where they are known.
    total: Option<u64>,
    began: Instant,
    shown: Instant,
    written: Instant,
    /// What was done before this process began.
    before: Totals,
    live: bool,
}

impl Progress {
    /// `total`: bytes to read, where they are known; `before`: what an earlier process of the same run has done.
    pub fn new(
        shared: &Shared,
        format: ProgressFormat,
        metrics: Option<PathBuf>,
        total: Option<u64>,
        before: Totals,
    ) -> Self {
        let now = Instant::now();
        let live = format == ProgressFormat::Auto && std::io::stderr().is_terminal() && !shared.quiet;
        Self { format, metrics, total, began: now, shown: now, written: now, before, live }
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
        let seconds = self.began.elapsed().as_secs_f64().max(1e-6);
        let rate = totals.rows.saturating_sub(self.before.rows) as f64 / seconds;
        let eta = self.eta(totals, seconds);
        if self.format == ProgressFormat::Json {
            let verdicts: serde_json::Map<_, _> = Verdict::ALL
                .iter()
                .zip(totals.verdicts)
                .map(|(verdict, count)| (verdict.code().to_owned(), json!(count)))
                .collect();
            let line = json!({
                "rows": totals.rows,
                "bytes": totals.bytes,
                "rows_per_second": rate.round(),
                "eta_seconds": if done { Some(0.0) } else { eta.map(f64::round) },
                "rejects": totals.rejects,
                "verdicts": verdicts,
                "done": done,
            });
            eprintln!("{line}");
        } else if self.live {
            let eta = eta.filter(|_| !done).map_or_else(String::new, |eta| format!(" · 余 {eta:.0} 秒"));
            eprint!(
                "\r{} 行 · {:.1} MB · {:.1} 万行/秒{eta} · 隔离 {}\u{1b}[K",
                totals.rows,
                totals.bytes as f64 / 1e6,
                rate / 1e4,
                totals.rejects
            );
            let _ = std::io::stderr().flush();
        }
    }

    fn eta(&self, totals: &Totals, seconds: f64) -> Option<f64> {
        let done = totals.bytes.saturating_sub(self.before.bytes) as f64;
        let left = self.total?.saturating_sub(totals.bytes) as f64;
        (done > 0.0).then(|| left / done * seconds)
    }

    /// Writes the numbers in the text format of Prometheus, whole or not at all.
    fn write_metrics(&self, totals: &Totals, done: bool) {
        let Some(path) = &self.metrics else { return };
        let mut text = String::from("# HELP lvjian_rows_total Rows answered.\n# TYPE lvjian_rows_total counter\n");
        for (verdict, count) in Verdict::ALL.iter().zip(totals.verdicts) {
            text.push_str(&format!("lvjian_rows_total{{verdict=\"{}\"}} {count}\n", verdict.code()));
        }
        for (name, help, kind, value) in [
            ("rejected_rows_total", "Rows set aside.", "counter", totals.rejects.to_string()),
            ("read_bytes_total", "Bytes of input read, unpacked.", "counter", totals.bytes.to_string()),
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
