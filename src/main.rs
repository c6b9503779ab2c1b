//! The `lvjian` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    lvjian::cli::run()
}
