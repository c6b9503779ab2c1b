//! The `lvjian` program.

use std::process::ExitCode;

/// Takes memory in large pages: reading the dictionary touches some forty megabytes in small pieces, and with the
/// system's allocator half of the start-up went into nine thousand page faults.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lvjian::cli::run()
}
