//! Decisions of the last run, kept beside the work so that `why`, `find`, `card`, `report` and `replay` can answer later.

use std::{
    fs,
    io::{BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A folder with the decisions of one run.
#[derive(Clone, Debug)]
pub struct DecisionStore {
    file: PathBuf,
}

/// What a run of `assess` read, so that it can be done again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The ledger, as the user named it.
    pub loans: String,
    /// Invoice files, as the user named them.
    pub invoices: Vec<String>,
    /// Column map.
    pub map: Option<PathBuf>,
    /// Rule pack, by id or folder.
    pub standard: String,
    /// Hexadecimal BLAKE3 hash of each file named above, in that order.
    pub hashes: Vec<(String, String)>,
}

/// Hexadecimal BLAKE3 hash of a file's bytes.
pub fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut fs::File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// File trouble.
    #[error("{path}：决定存档无法读写 / the decision store cannot be used: {source}")]
    Io {
        /// File.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no decision.
    #[error("{path} 第 {line} 行不是决定记录 / not a decision: {source}")]
    Damaged {
        /// File.
        path: String,
        /// Line.
        line: usize,
        /// What the JSON reader says.
        source: serde_json::Error,
    },
}

impl DecisionStore {
    /// The store in `folder`; nothing is created yet.
    pub fn new(folder: &Path) -> Self {
        Self { file: folder.join("decisions.ndjson") }
    }

    /// The store of ratings in `folder`, beside the decisions.
    pub fn ratings(folder: &Path) -> Self {
        Self { file: folder.join("ratings.ndjson") }
    }

    /// Where the decisions are.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// Replaces the stored decisions. The new file appears whole or not at all.
    pub fn save<T: Serialize>(&self, decisions: &[T]) -> Result<(), StoreError> {
        self.save_lines(&mut |out| {
            for decision in decisions {
                serde_json::to_writer(&mut *out, decision)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        })
    }

    /// The same with decisions that `write` gives, one JSON object a line.
    pub fn save_lines(&self, write: &mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>) -> Result<(), StoreError> {
        let io = |source| StoreError::Io { path: self.file.display().to_string(), source };
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(io)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        let mut out = BufWriter::new(temporary.as_file_mut());
        write(&mut out).map_err(io)?;
        out.flush().map_err(io)?;
        drop(out);
        temporary.as_file().sync_all().map_err(io)?;
        temporary.persist(&self.file).map(|_| ()).map_err(|error| io(error.error))
    }

    /// Keeps what the run read, beside its decisions.
    pub fn save_record(&self, record: &RunRecord) -> Result<(), StoreError> {
        let path = self.file.with_file_name("run.json");
        let io = |source| StoreError::Io { path: path.display().to_string(), source };
        let text = serde_json::to_string_pretty(record).map_err(|error| io(error.into()))?;
        fs::write(&path, text).map_err(io)
    }

    /// What the stored run read; none when the store is older than records.
    pub fn record(&self) -> Result<Option<RunRecord>, StoreError> {
        let path = self.file.with_file_name("run.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Io { path: path.display().to_string(), source }),
        };
        let damaged = |source| StoreError::Damaged { path: path.display().to_string(), line: 1, source };
        serde_json::from_str(&text).map(Some).map_err(damaged)
    }

    /// Every stored decision, in order; empty when nothing was stored.
    pub fn load(&self) -> Result<Vec<Value>, StoreError> {
        let path = || self.file.display().to_string();
        let file = match fs::File::open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(StoreError::Io { path: path(), source }),
        };
        let mut decisions = Vec::new();
        for (number, line) in BufReader::new(file).lines().enumerate() {
            let line = line.map_err(|source| StoreError::Io { path: path(), source })?;
            let decision = serde_json::from_str(&line).map_err(|source| StoreError::Damaged {
                path: path(),
                line: number + 1,
                source,
            })?;
            decisions.push(decision);
        }
        Ok(decisions)
    }
}
