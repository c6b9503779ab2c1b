//! Where output goes, and safe cells.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use clap::ValueEnum;

use super::Failure;
use crate::model::Verdict;

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// One JSON object a line.
    Ndjson,
    /// UTF-8 with BOM, for spreadsheets.
    Csv,
    /// A workbook.
    Xlsx,
    /// A Parquet file.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Standard output, a device, or a file that appears whole or not at all; a file is packed when its name ends in `.gz` or
/// `.zst`.
pub struct Output {
    sink: Sink,
}

type Held = BufWriter<tempfile::NamedTempFile>;

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// A device or a pipe with a name, such as `/dev/null`: no file can take its place.
    Device(BufWriter<File>),
    /// A temporary file that becomes `PathBuf` at the end.
    File(Held, PathBuf),
    Gzip(Box<flate2::write::GzEncoder<Held>>, PathBuf),
    Zstd(Box<zstd::stream::write::Encoder<'static, Held>>, PathBuf),
}

impl Output {
    /// Opens the output. A file is written beside its final place and renamed at the end.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self { sink: Sink::Stdout(BufWriter::new(io::stdout())) }) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed =
            |error: io::Error| Failure::Said(format!("{}：无法写入 / cannot be written: {error}", path.display()));
        let is_device = std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
        if is_device {
            let device = File::options().write(true).open(path).map_err(failed)?;
            return Ok(Self { sink: Sink::Device(BufWriter::with_capacity(256 * 1024, device)) });
        }
        let file = BufWriter::with_capacity(256 * 1024, tempfile::NamedTempFile::new_in(folder).map_err(failed)?);
        let path = path.to_owned();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        let sink = match ending.as_str() {
            "gz" => {
                let encoder = flate2::GzBuilder::new().write(file, flate2::Compression::default());
                Sink::Gzip(Box::new(encoder), path)
            }
            "zst" => Sink::Zstd(Box::new(zstd::stream::write::Encoder::new(file, 3).map_err(failed)?), path),
            _ => Sink::File(file, path),
        };
        Ok(Self { sink })
    }

    /// Whether this is standard output.
    pub fn is_stdout(&self) -> bool {
        matches!(self.sink, Sink::Stdout(_))
    }

    /// Finishes the output.
    pub fn finish(self) -> Result<(), Failure> {
        self.close(false)
    }

    /// Finishes the output so that a power cut does not take it back.
    pub fn finish_safely(self) -> Result<(), Failure> {
        self.close(true)
    }

    fn close(self, safely: bool) -> Result<(), Failure> {
        let (held, path) = match self.sink {
            Sink::Stdout(mut out) => return Ok(out.flush()?),
            Sink::Device(mut out) => return Ok(out.flush()?),
            Sink::File(held, path) => (held, path),
            Sink::Gzip(encoder, path) => (encoder.finish()?, path),
            Sink::Zstd(encoder, path) => (encoder.finish()?, path),
        };
        let file = held.into_inner().map_err(|error| Failure::Output(error.into_error()))?;
        readable(file.as_file())?;
        if safely {
            file.as_file().sync_all()?;
        }
        file.persist(&path).map(|_| ()).map_err(|error| {
            Failure::Said(format!("{}：无法写入 / cannot be written: {}", path.display(), error.error))
        })
    }
}

/// A temporary file is private; what the user asked for is as readable as any new file.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Stdout(out) => out.write(bytes),
            Sink::Device(out) => out.write(bytes),
            Sink::File(out, _) => out.write(bytes),
            Sink::Gzip(out, _) => out.write(bytes),
            Sink::Zstd(out, _) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Stdout(out) => out.flush(),
            Sink::Device(out) => out.flush(),
            Sink::File(out, _) => out.flush(),
            Sink::Gzip(out, _) => out.flush(),
            Sink::Zstd(out, _) => out.flush(),
        }
    }
}

/// A cell that no spreadsheet runs as a formula: text that begins like one gets an apostrophe in front, numbers stay.
pub fn inert(cell: &str) -> String {
    if crate::batch::is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// A text that does nothing to a terminal: cells of a hostile file may hold sequences that move its cursor, clear it or
/// turn the direction of writing. Line ends stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let acts = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(acts) { Cow::Owned(text.replace(acts, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// The same for a cell of a table, which stands on one line.
pub fn one_line(cell: &str) -> Cow<'_, str> {
    match harmless(cell) {
        text if text.contains(['\n', '\t']) => Cow::Owned(text.replace(['\n', '\t'], " ")),
        text => text,
    }
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

static COLORED: AtomicBool = AtomicBool::new(false);

/// Chooses whether text on standard output is coloured, for the whole run of the program.
pub fn choose_color(when: ColorWhen) {
    let colored = match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    COLORED.store(colored, Ordering::Relaxed);
}

/// A fitted cell in the colour of the verdict that `cell` names, if it names one.
pub fn painted(cell: &str, fitted: String) -> String {
    if !COLORED.load(Ordering::Relaxed) {
        return fitted;
    }
    let color = match Verdict::ALL.iter().find(|verdict| verdict.chinese() == cell) {
        Some(Verdict::Green) => 32,
        Some(Verdict::NeedsEvidence) => 33,
        Some(Verdict::Review) => 36,
        Some(Verdict::NotGreen) => 90,
        None => return fitted,
    };
    format!("\u{1b}[{color}m{fitted}\u{1b}[0m")
}

/// Width on a terminal: Chinese characters take two columns.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| if c as u32 >= 0x1100 && !c.is_ascii() && !matches!(c, '…' | '·' | '›') { 2 } else { 1 }).sum()
}

/// Cuts or fills `text` to `columns` on a terminal.
pub fn fit(text: &str, columns: usize) -> String {
    let mut fitted = String::new();
    let mut used = 0;
    let total = width(text);
    for character in text.chars() {
        let next = width(&character.to_string());
        if total > columns && used + next > columns.saturating_sub(1) {
            fitted.push('…');
            used += 1;
            break;
        }
        fitted.push(character);
        used += next;
    }
    fitted.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_inert_and_numbers_stay() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("+SUM(A1)", "'+SUM(A1)"),
            ("@x", "'@x"),
            ("-cmd", "'-cmd"),
            ("-12.50", "-12.50"),
            ("光伏组件", "光伏组件"),
        ] {
            assert_eq!(inert(cell), safe);
        }
    }

    #[test]
    fn a_terminal_is_left_alone() {
        assert_eq!(harmless("光伏\u{1b}[2J组件\r\n"), "光伏\u{fffd}[2J组件\u{fffd}\n");
        assert_eq!(one_line("\u{202e}件组\n光伏\t1"), "\u{fffd}件组 光伏 1");
        assert!(matches!(harmless("光伏组件 550W"), Cow::Borrowed(_)));
    }

    #[test]
    fn fits_by_display_width() {
        assert_eq!(fit("光伏", 6), "光伏  ");
        assert_eq!(fit("光伏组件", 6), "光伏… ");
        assert_eq!(width(&fit("光伏组件550W", 7)), 7);
    }
}
