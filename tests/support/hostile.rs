//! Running the program on hostile files behind a fence.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{AS_OF, Ran, finish, folder};

/// The unoptimised program shares its machine with the other tests, and has longer.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 5 });
const MOST_KIB: u64 = 256 * 1024;
/// A child that wants more address space than this dies instead of the machine.
const FENCE_KIB: u64 = 3 * 1024 * 1024;

/// Runs `classify` on `path` behind a fence and checks time, memory, the absence of panics, and that nothing is written
/// beside the file, in the working folder, the home or the folder for temporary files.
///
/// With `LVJIAN_HOSTILE=FILE` a line for each run is added to that file: exit code, seconds, KiB of memory, bytes and
/// hash of the input, its name. `benches/record` tells what came of it.
#[track_caller]
pub fn read(path: &Path, more: &[&str]) -> Ran {
    let program = env!("CARGO_BIN_EXE_lvjian");
    let mut command = if cfg!(target_os = "linux") {
        let mut fenced = Command::new("sh");
        fenced.args(["-c", &format!("ulimit -v {FENCE_KIB}; exec \"$0\" \"$@\""), program]);
        fenced
    } else {
        Command::new(program)
    };
    command.args(["classify", path.to_str().unwrap(), "--format", "ndjson", "--as-of", AS_OF]).args(more);
    let elsewhere = folder();
    command.current_dir(elsewhere.path());
    for variable in ["HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(variable, elsewhere.path());
    }
    let beside = path.parent().unwrap();
    let before = below(beside);
    let ran = finish(command, b"");
    note(path, &ran);
    assert_eq!(below(beside), before, "nothing is written beside the file");
    assert!(below(elsewhere.path()).is_empty(), "nothing is left elsewhere: {:?}", below(elsewhere.path()));
    assert!(!ran.stderr.contains("panicked at"), "panicked:\n{}", ran.stderr);
    assert!(matches!(ran.code, Some(0..=2)), "exit code {:?}:\n{}", ran.code, ran.stderr);
    assert!(ran.took < LONGEST, "took {:?}", ran.took);
    if let Some(peak) = ran.peak_kib {
        assert!(peak < MOST_KIB, "peak memory {peak} KiB");
    }
    ran
}

/// A file that cannot be read at all: exit 2, nothing on standard output, a message that names it.
#[track_caller]
pub fn refused(path: &Path) -> Ran {
    let ran = read(path, &[]).exits(2);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(ran.stderr.contains(name), "the message names the file: {}", ran.stderr);
    assert!(ran.stdout.is_empty(), "{}", ran.text());
    ran
}

/// How many rows were set aside with `code`, as told on standard error.
pub fn told(ran: &Ran, code: &str) -> usize {
    ran.stderr.lines().filter(|line| line.contains(&format!("[{code}]"))).count()
}

/// Everything directly below `folder`, with its size and time of change.
pub fn below(folder: &Path) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let data = entry.metadata().unwrap();
            (entry.path(), data.len(), data.modified().ok())
        })
        .collect();
    all.sort();
    all
}

/// Adds what a run came to to the file that `LVJIAN_HOSTILE` names.
fn note(path: &Path, ran: &Ran) {
    let Some(file) = std::env::var_os("LVJIAN_HOSTILE") else { return };
    let bytes = fs::read(path).unwrap_or_default();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let line = format!(
        "{}\t{:.3}\t{}\t{}\t{}\t{name}\n",
        ran.code.unwrap_or(-1),
        ran.took.as_secs_f64(),
        ran.peak_kib.unwrap_or_default(),
        bytes.len(),
        &blake3::hash(&bytes).to_hex()[..16],
    );
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
}
