//! Running the program on hostile files behind a fence.

use std::{path::Path, process::Command, time::Duration};

use super::{AS_OF, Ran, finish};

const LONGEST: Duration = Duration::from_secs(10);
const MOST_KIB: u64 = 256 * 1024;
/// A child that wants more address space than this dies instead of the machine.
const FENCE_KIB: u64 = 3 * 1024 * 1024;

/// Runs `classify` on `path` behind a fence and checks time, memory and the absence of panics.
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
    let ran = finish(command, b"");
    assert!(!ran.stderr.contains("panicked"), "panicked:\n{}", ran.stderr);
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
