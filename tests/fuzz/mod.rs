//! Fuzz targets on stable Rust: every reader, the fold, the matcher, and the parsers of dictionaries, packs and corpora are
//! given changed copies of valid input (bytes flipped, cut, repeated, spliced, replaced by words that parsers look for)
//! and plain random bytes. They are part of the library's unit tests, because the readers are private.
//!
//! A suite runs a few hundred inputs for each target. A long run takes as many as it is told, or as many as fit into the
//! seconds it is given:
//!
//! ```sh
//! CARGO_PROFILE_DEV_OPT_LEVEL=2 LVJIAN_FUZZ=100000 LVJIAN_FUZZ_SEED=7 cargo test --lib fuzz:: -- --nocapture
//! CARGO_PROFILE_DEV_OPT_LEVEL=2 LVJIAN_FUZZ_SECONDS=600 LVJIAN_FUZZ_SEED=8 cargo test --lib fuzz:: -- --nocapture
//! ```

mod batch;
mod readers;
mod tables;
mod texts;

use std::{
    cell::Cell,
    path::PathBuf,
    sync::LazyLock,
    time::{Duration, Instant},
};

use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

use crate::{Engine, ingest::Input};

/// The engine on the shipped tables.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::builtin().expect("the shipped tables load"));

/// No input is larger after its changes.
const LARGEST: usize = 192 * 1024;
/// No execution may take longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one execution came to.
type Executed = Result<Outcome, TestCaseError>;

/// Whether the input got through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Something was read.
    Taken,
    /// Refused with a typed error, or every row set aside.
    Refused,
}

impl Outcome {
    fn taken(taken: bool) -> Self {
        if taken { Self::Taken } else { Self::Refused }
    }
}

/// One change of a valid input.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Put(Index, Vec<u8>),
    Word(Index, Index),
    Cut(Index, usize),
    Repeat(Index, usize, usize),
    End(Index),
    Splice { from: Index, at: Index, length: usize, to: Index },
}

/// Bytes that parsers look for.
const WORDS: &[&[u8]] = &[
    b"\"",
    b"\"\"",
    b"\",\"",
    b",",
    b"\t",
    b";",
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n\n",
    b"|",
    b"=",
    b"-",
    b"'",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"\xb9\xe2",
    b"\x81\x30\x81\x30",
    b"\xf0\x9f\x8c\xb1",
    b"\xe3\x80\x80",
    b"\xe2\x80\x8b",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"true",
    b"1e999",
    b"-0",
    b"99999999999999999999",
    b"9223372036854775807",
    b"0.005",
    b"(12.00)",
    b"9999-12-31",
    b"0000-00-00",
    b"2025-02-30",
    b"<![CDATA[",
    b"<!--",
    b"&#x10ffff;",
    b"&lt;",
    b"&a;",
    b"</",
    b"/>",
    b"<?xml",
    b"xmlns:x=\"\"",
    b"gfspc-2025:make=1.1.7",
    b"@",
    b"&",
    b"1-9",
    "货物名称".as_bytes(),
    "光伏组件".as_bytes(),
    "否".as_bytes(),
    "万".as_bytes(),
    "不适用：".as_bytes(),
    "隔离行".as_bytes(),
];

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        4 => (place(), 1u8..).prop_map(|(at, with)| Change::Flip(at, with)),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..12)).prop_map(|(at, bytes)| Change::Put(at, bytes)),
        6 => (place(), place()).prop_map(|(at, word)| Change::Word(at, word)),
        3 => (place(), 1usize..400).prop_map(|(at, length)| Change::Cut(at, length)),
        2 => (place(), 1usize..200, 1usize..300).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        1 => place().prop_map(Change::End),
        3 => (place(), place(), 1usize..600, place())
            .prop_map(|(from, at, length, to)| Change::Splice { from, at, length, to }),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let end = |at: usize, length: usize, all: usize| (at + length).min(all);
        match self {
            Self::Flip(at, with) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] ^= with;
            }
            Self::Put(at, more) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Word(at, word) => {
                let at = at.index(bytes.len() + 1);
                bytes.splice(at..at, WORDS[word.index(WORDS.len())].iter().copied());
            }
            Self::Cut(at, length) => {
                let at = at.index(bytes.len() + 1);
                bytes.drain(at..end(at, *length, bytes.len()));
            }
            Self::Repeat(at, length, times) => {
                let at = at.index(bytes.len() + 1);
                let piece = bytes[at..end(at, *length, bytes.len())].to_vec();
                let times = (*times).min((LARGEST - bytes.len().min(LARGEST)) / piece.len().max(1));
                bytes.splice(at..at, piece.repeat(times));
            }
            Self::End(at) => bytes.truncate(at.index(bytes.len() + 1)),
            Self::Splice { from, at, length, to } => {
                let other = &seeds[from.index(seeds.len())];
                let at = at.index(other.len() + 1);
                let piece = &other[at..end(at, *length, other.len())];
                let to = to.index(bytes.len() + 1);
                bytes.splice(to..to, piece.iter().copied());
            }
            Self::Flip(..) => {}
        }
    }
}

/// An input of a target.
#[derive(Clone, Debug)]
enum Mutant {
    Changed(Index, Vec<Change>),
    Random(Vec<u8>),
}

impl Mutant {
    fn bytes(&self, seeds: &[Vec<u8>]) -> Vec<u8> {
        match self {
            Self::Random(bytes) => bytes.clone(),
            Self::Changed(seed, changes) => {
                let mut bytes = seeds[seed.index(seeds.len())].clone();
                changes.iter().for_each(|change| change.make(&mut bytes, seeds));
                bytes.truncate(LARGEST.max(seeds[seed.index(seeds.len())].len()));
                bytes
            }
        }
    }
}

fn mutant() -> impl Strategy<Value = Mutant> {
    prop_oneof![
        15 => (any::<Index>(), prop::collection::vec(change(), 0..7)).prop_map(|(seed, changes)| Mutant::Changed(seed, changes)),
        1 => prop::collection::vec(any::<u8>(), 0..600).prop_map(Mutant::Random),
    ]
}

/// A number that the environment gives.
fn asked(name: &str) -> Option<u32> {
    std::env::var(name).ok().and_then(|count| count.parse().ok())
}

/// Executions of a round of a run that lasts for some seconds.
const ROUND: u32 = 64;

/// A runner whose chance depends on the target's name, on `LVJIAN_FUZZ_SEED` and on the round.
fn runner(name: &str, round: u32, cases: u32) -> TestRunner {
    let seed = std::env::var("LVJIAN_FUZZ_SEED").unwrap_or_default();
    let words = if round == 0 { format!("{name}/{seed}") } else { format!("{name}/{seed}/{round}") };
    let chance = TestRng::from_seed(RngAlgorithm::ChaCha, blake3::hash(words.as_bytes()).as_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    TestRunner::new_with_rng(config, chance)
}

/// Counts executions, and fails with the smallest input that breaks `check`.
fn execute<S: Strategy>(
    name: &str,
    few: u32,
    strategy: &S,
    shown: impl Fn(&S::Value) -> String,
    check: impl Fn(&S::Value) -> Executed,
) where
    S::Value: Clone,
{
    let (count, taken) = (Cell::new(0u32), Cell::new(0u32));
    let seconds = asked("LVJIAN_FUZZ_SECONDS").map(|seconds| Duration::from_secs(seconds.into()));
    let cases = seconds.map_or(asked("LVJIAN_FUZZ").unwrap_or(few), |_| ROUND);
    let begun = Instant::now();
    let one = |value: S::Value| {
        let began = Instant::now();
        let outcome = check(&value)?;
        prop_assert!(began.elapsed() < PATIENCE, "took {:?}", began.elapsed());
        count.set(count.get() + 1);
        taken.set(taken.get() + u32::from(outcome == Outcome::Taken));
        Ok(())
    };
    let mut outcome = runner(name, 0, cases).run(strategy, one);
    for round in 1.. {
        if outcome.is_err() || seconds.is_none_or(|seconds| begun.elapsed() >= seconds) {
            break;
        }
        outcome = runner(name, round, cases).run(strategy, one);
    }
    match outcome {
        Ok(()) => println!("fuzz {name}: {} executions, {} read, no finding", count.get(), taken.get()),
        Err(TestError::Fail(reason, value)) => panic!("fuzz {name}: {reason}\nsmallest input: {}", shown(&value)),
        Err(TestError::Abort(reason)) => panic!("fuzz {name}: {reason}"),
    }
    assert!(count.get() < 50 || taken.get() > 0, "{name}: no input was ever read, so nothing behind the door is tried");
}

/// Runs `check` on changed copies of `seeds`.
fn fuzz(name: &str, few: u32, seeds: &[Vec<u8>], check: impl Fn(&[u8]) -> Executed) {
    for seed in seeds {
        check(seed).unwrap_or_else(|error| panic!("{name}: unchanged seed: {error}"));
    }
    let shown =
        |mutant: &Mutant| format!("{} bytes: {}", mutant.bytes(seeds).len(), mutant.bytes(seeds).escape_ascii());
    execute(name, few, &mutant(), shown, |mutant| check(&mutant.bytes(seeds)));
}

/// A folder in which each execution writes its file.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn input(&self, name: &str, bytes: &[u8]) -> Input {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("the file can be written");
        Input::Path(path)
    }
}

/// The whole lines of the first `most` bytes of a file of the project.
fn sample(file: &str, most: usize) -> Vec<u8> {
    let mut bytes = std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a file of the project");
    if bytes.len() > most {
        let end = bytes[..most].iter().rposition(|&byte| byte == b'\n').map_or(most, |end| end + 1);
        bytes.truncate(end);
    }
    bytes
}

fn text_sample(file: &str, most: usize) -> String {
    String::from_utf8(sample(file, most)).expect("the project's texts are UTF-8")
}
