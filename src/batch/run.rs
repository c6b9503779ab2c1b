//! A run that can be killed at any moment and taken up again: manifest, checkpoints, output under a temporary name.
//!
//! Everything up to the last checkpoint is on disk. A run that is taken up again cuts its files back to that point and
//! reads on from there, so that nothing is written twice and nothing is left out.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Mark, RunError, Totals};

/// What must be the same for a run to be taken up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Engine version, and content hashes of dictionary, catalogue and pack.
    pub fingerprint: String,
    /// Everything else that decides the output: options by name.
    pub options: Vec<(String, String)>,
    /// The input files, in order.
    pub inputs: Vec<InputFile>,
}

/// An input file as it was when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Path as the user named it.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of its content, hexadecimal.
    pub hash: String,
}

impl InputFile {
    /// Reads and hashes a file.
    pub fn of(path: &str) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let mut block = vec![0; 1024 * 1024];
        let mut bytes = 0;
        loop {
            let count = file.read(&mut block)?;
            if count == 0 {
                break;
            }
            bytes += count as u64;
            hasher.update(block.get(..count).unwrap_or_default());
        }
        Ok(Self { path: path.to_owned(), bytes, hash: hasher.finalize().to_hex().to_string() })
    }
}

impl Manifest {
    /// What differs in `now`, in words; empty when nothing does.
    fn differences(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (words(&self.fingerprint), words(&now.fingerprint));
        for place in 0..before.len().max(after.len()) {
            let word = |words: &[String]| words.get(place).cloned().unwrap_or_else(|| "—".to_owned());
            let (old, new) = (word(&before), word(&after));
            if old != new {
                found.push(format!("{old} → {new}"));
            }
        }
        for (name, new) in &now.options {
            let old = self.options.iter().find(|(known, _)| known == name).map_or("—", |(_, value)| value.as_str());
            if old != new {
                found.push(format!("{name} {old} → {new}"));
            }
        }
        let paths = |manifest: &Self| manifest.inputs.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        if paths(self) != paths(now) {
            found.push(format!("输入文件 {} → {}", paths(self).join(" "), paths(now).join(" ")));
        } else {
            let changed = self.inputs.iter().zip(&now.inputs).filter(|(old, new)| old != new);
            found.extend(
                changed.map(|(old, new)| format!("{} 的内容已变（{} 字节 → {} 字节）", old.path, old.bytes, new.bytes)),
            );
        }
        found
    }
}

/// How far a run has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    /// Number of the input file.
    file: usize,
    /// Place in it.
    mark: Mark,
    /// Length of the output so far.
    output: u64,
    /// Length of the quarantine file so far.
    quarantine: u64,
    totals: Totals,
    /// All is written; what is left is giving the files their names.
    complete: bool,
}

/// A run in its folder.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    target: PathBuf,
    output: File,
    quarantine: File,
    checkpoint: Checkpoint,
    /// Marks between two checkpoints.
    every: u64,
    since: u64,
    /// Held as long as the run lives, so that no other run works in the folder.
    _lock: File,
}

impl Run {
    /// Opens the run in `folder`, whose output becomes `target` at the end. With `resume` a run that was begun there is
    /// taken up again, if nothing that decides its output has changed; without, the folder must hold none.
    pub fn open(folder: &Path, target: &Path, manifest: &Manifest, resume: bool, every: u64) -> Result<Self, RunError> {
        let failed =
            |error: io::Error| RunError::Said(format!("{}：无法使用 / cannot be used: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(failed)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(failed)?;
        if lock.try_lock().is_err() {
            return Err(RunError::Said(format!(
                "{}：另一个进程正在此目录运行 / another run is busy here",
                folder.display()
            )));
        }
        let known: Option<Manifest> = read_json(&folder.join("manifest.json"))?;
        let mut checkpoint = Checkpoint::default();
        match known {
            Some(_) if !resume => {
                return Err(RunError::Said(format!(
                    "{}：已有一次运行；加 --resume 接着做，或换一个目录 / holds a run: add --resume or choose another folder",
                    folder.display()
                )));
            }
            Some(known) => {
                let differences = known.differences(manifest);
                if !differences.is_empty() {
                    return Err(RunError::Said(format!(
                        "{}：不能接着做，情况已变 / cannot resume, this changed：{}",
                        folder.display(),
                        differences.join("；")
                    )));
                }
                if let Some(last) = read_json(&folder.join("checkpoint.json"))? {
                    checkpoint = last;
                }
            }
            None => write_json(folder, "manifest.json", manifest).map_err(failed)?,
        }
        if checkpoint.complete {
            give_names(folder, target)?;
        }
        let open = |path: &Path, length: u64| -> io::Result<File> {
            let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
            if file.metadata()?.len() < length {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{} 比检查点短", path.display())));
            }
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let finished = checkpoint.complete;
        let (output, quarantine) = if finished {
            (File::open(target).map_err(failed)?, File::open(folder.join(QUARANTINE)).map_err(failed)?)
        } else {
            (
                open(&part(target), checkpoint.output).map_err(failed)?,
                open(&part(&folder.join(QUARANTINE)), checkpoint.quarantine).map_err(failed)?,
            )
        };
        Ok(Self {
            folder: folder.to_owned(),
            target: target.to_owned(),
            output,
            quarantine,
            checkpoint,
            every: every.max(1),
            since: 0,
            _lock: lock,
        })
    }

    /// Whether everything has been done before.
    pub fn is_complete(&self) -> bool {
        self.checkpoint.complete
    }

    /// Number of the file to go on with, and the place in it.
    pub fn position(&self) -> (usize, Mark) {
        (self.checkpoint.file, self.checkpoint.mark)
    }

    /// Whether nothing has been written yet.
    pub fn is_fresh(&self) -> bool {
        self.checkpoint.output == 0
    }

    /// What was counted up to the last mark.
    pub fn totals(&self) -> &Totals {
        &self.checkpoint.totals
    }

    /// Where rows set aside are written.
    pub fn quarantine_path(&self) -> PathBuf {
        self.folder.join(QUARANTINE)
    }

    /// Adds to the output.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checkpoint.output += bytes.len() as u64;
        self.output.write_all(bytes)
    }

    /// Adds to the quarantine file.
    pub fn set_aside(&mut self, line: &[u8]) -> io::Result<()> {
        self.checkpoint.quarantine += line.len() as u64;
        self.quarantine.write_all(line)
    }

    /// Everything in front of `mark` of file `file` has been written; from time to time this is made safe.
    pub fn reached(&mut self, file: usize, mark: Mark, part: &Totals) -> io::Result<()> {
        self.checkpoint.file = file;
        self.checkpoint.mark = mark;
        self.checkpoint.totals.add(part);
        self.since += 1;
        if self.since < self.every {
            return Ok(());
        }
        self.since = 0;
        self.save()
    }

    fn save(&self) -> io::Result<()> {
        self.output.sync_data()?;
        self.quarantine.sync_data()?;
        write_json(&self.folder, "checkpoint.json", &self.checkpoint)
    }

    /// Makes everything safe and gives the files their names.
    pub fn finish(mut self) -> Result<(), RunError> {
        if !self.checkpoint.complete {
            self.checkpoint.complete = true;
            self.save()?;
            give_names(&self.folder, &self.target)?;
        }
        Ok(())
    }
}

/// Name of the quarantine file in the folder of a run.
const QUARANTINE: &str = "quarantine.ndjson";

/// Gives the finished files their names, unless an earlier try has done so.
fn give_names(folder: &Path, target: &Path) -> Result<(), RunError> {
    for path in [target.to_owned(), folder.join(QUARANTINE)] {
        match fs::rename(part(&path), &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.exists() => {}
            other => other?,
        }
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
    }
    Ok(())
}

/// The name of a file that is not finished.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RunError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| RunError::Said(format!("{}：已损坏 / damaged: {error}", path.display())))
}

/// Writes a small file so that it is there whole or not at all, also after a power cut.
fn write_json(folder: &Path, name: &str, value: &impl Serialize) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec_pretty(value)?)?;
    file.sync_all()?;
    fs::rename(new, folder.join(name))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(fingerprint: &str) -> Manifest {
        Manifest {
            fingerprint: fingerprint.to_owned(),
            options: vec![("--format".to_owned(), "csv".to_owned())],
            inputs: Vec::new(),
        }
    }

    #[test]
    fn a_run_goes_on_behind_its_last_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let open = |resume| Run::open(&folder.path().join("run"), &target, &manifest("lvjian/1 a:1"), resume, 2);
        let mut run = open(false).unwrap();
        for (row, place) in [("one\n", 1), ("two\n", 2), ("three\n", 3)] {
            run.write(row.as_bytes()).unwrap();
            let mark = Mark { events: place, ..Mark::default() };
            run.reached(0, mark, &Totals { rows: 1, ..Totals::default() }).unwrap();
        }
        drop(run);
        assert!(matches!(open(false), Err(RunError::Said(said)) if said.contains("--resume")));
        let mut run = open(true).unwrap();
        assert_eq!((run.position().1.events, run.totals().rows), (2, 2), "the third was not safe yet");
        run.write(b"three\n").unwrap();
        run.finish().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "one\ntwo\nthree\n");
        assert!(open(true).unwrap().is_complete());
    }

    #[test]
    fn a_run_under_other_knowledge_is_refused_and_says_what_changed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out");
        let open = |fingerprint: &str| Run::open(folder.path(), &target, &manifest(fingerprint), true, 1);
        drop(open("lvjian/1 dictionary:aa gfspc:bb").unwrap());
        let said = open("lvjian/1 dictionary:cc gfspc:bb").unwrap_err().to_string();
        assert!(said.contains("dictionary:aa → dictionary:cc") && !said.contains("gfspc"), "{said}");
        let held = open("lvjian/1 dictionary:aa gfspc:bb").unwrap();
        assert!(open("lvjian/1 dictionary:aa gfspc:bb").unwrap_err().to_string().contains("另一个进程"));
        drop(held);
    }
}
