//! A compiled dictionary in one file, quick to load: magic, format number, hash of the payload, payload (postcard).
//! It can always be rebuilt from the tables, and says so whenever it cannot be used.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde::{Deserialize, Serialize};

use super::{Dictionary, DictionaryError, ExactIndex, Surface, Tables, Term};

/// The bundle that a dictionary folder may hold.
pub const BUNDLE_FILE: &str = "dictionary.bundle";

const MAGIC: &[u8; 8] = b"LVJIANDB";
/// Raised whenever the payload's shape changes.
const FORMAT: u32 = 4;
const HEAD: usize = 8 + 4 + 32;
/// Small enough that the threads that read the parts end at about the same time.
const TERMS_A_PART: usize = 500;
/// No bundle is larger; a file beyond it is not read.
const LARGEST: u64 = 1 << 30;

/// Why a bundle cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// Some other file.
    #[error("不是词典包 / not a dictionary bundle")]
    Foreign,
    /// Written by a version with another format.
    #[error(
        "词典包格式 {found}，本程序要 {FORMAT}；请重新生成：lvjian dict build DIR -o FILE / bundle format {found}, this program needs {FORMAT}; rebuild it with that command"
    )]
    Format {
        /// The number in the file.
        found: u32,
    },
    /// The tables beside it have changed.
    #[error(
        "词典表在生成词典包之后改过；请重新生成：lvjian dict build DIR / the tables changed after the bundle was built; rebuild it with that command"
    )]
    Stale,
    /// Cut short or altered.
    #[error(
        "词典包已损坏；请重新生成：lvjian dict build DIR -o FILE / the bundle is damaged; rebuild it with that command"
    )]
    Damaged,
}

/// Its parts are written by themselves, so that they can be read on several threads.
#[derive(Serialize, Deserialize)]
struct Payload<'b> {
    fingerprint: &'b str,
    /// [`Tables`] without the terms.
    tables: &'b [u8],
    /// The terms, by id, [`TERMS_A_PART`] in each part but the last.
    #[serde(borrow)]
    terms: Vec<&'b [u8]>,
    /// What the surfaces stand for, and [`ExactIndex`].
    index: &'b [u8],
}

/// The error for a bundle at `path`.
pub(super) fn refused(path: &Path, fault: BundleFault) -> DictionaryError {
    DictionaryError::Bundle { path: path.display().to_string(), fault }
}

impl Dictionary {
    /// Writes the dictionary as a bundle: to a temporary file beside `path`, then renamed. A device cannot hold one.
    pub fn write_bundle(&self, path: &Path) -> Result<(), DictionaryError> {
        let packed = || -> postcard::Result<Vec<u8>> {
            let tables = postcard::to_allocvec(&self.tables_but_terms())?;
            let parts: Vec<Vec<u8>> =
                self.terms.chunks(TERMS_A_PART).map(|part| postcard::to_allocvec(&part)).collect::<Result<_, _>>()?;
            let terms = parts.iter().map(Vec::as_slice).collect();
            let index = postcard::to_allocvec(&(&self.surfaces, &self.exact))?;
            postcard::to_allocvec(&Payload { fingerprint: &self.fingerprint, tables: &tables, terms, index: &index })
        };
        let payload = packed().map_err(|error| DictionaryError::Compile(error.to_string()))?;
        let write = || -> io::Result<()> {
            if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "不是文件 / not a file"));
            }
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(MAGIC)?;
            file.write_all(&FORMAT.to_le_bytes())?;
            file.write_all(blake3::hash(&payload).as_bytes())?;
            file.write_all(&payload)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        write().map_err(|source| DictionaryError::Open { path: path.display().to_string(), source })
    }

    /// Reads a bundle.
    pub fn read_bundle(path: &Path) -> Result<Self, DictionaryError> {
        let open = |source| DictionaryError::Open { path: path.display().to_string(), source };
        if fs::metadata(path).map_err(open)?.len() > LARGEST {
            return Err(refused(path, BundleFault::Damaged));
        }
        Self::from_bundle(&fs::read(path).map_err(open)?).map_err(|fault| refused(path, fault))
    }

    /// Reads the bytes of a bundle.
    pub fn from_bundle(bytes: &[u8]) -> Result<Self, BundleFault> {
        let (head, payload) = bytes.split_at_checked(HEAD).ok_or(BundleFault::Foreign)?;
        let rest = head.strip_prefix(MAGIC).ok_or(BundleFault::Foreign)?;
        let (format, hash) = rest.split_first_chunk::<4>().ok_or(BundleFault::Foreign)?;
        let found = u32::from_le_bytes(*format);
        if found != FORMAT {
            return Err(BundleFault::Format { found });
        }
        let parts: Payload<'_> = postcard::from_bytes(payload).map_err(|_| BundleFault::Damaged)?;
        let next = AtomicUsize::new(0);
        // What is read before the hash is known is dropped when the hash is wrong.
        let (is_whole, here, there, tables, index) = thread::scope(|scope| {
            let other = scope.spawn(|| {
                let is_whole = blake3::hash(payload).as_bytes().as_slice() == hash;
                (is_whole, read_terms(&parts.terms, &next))
            });
            let index = postcard::from_bytes::<(Vec<Surface>, ExactIndex)>(parts.index).ok();
            let tables = postcard::from_bytes::<Tables>(parts.tables).ok();
            let here = read_terms(&parts.terms, &next);
            let (is_whole, there) = other.join().unwrap_or((false, None));
            (is_whole, here, there, tables, index)
        });
        match (is_whole, here, there, tables, index) {
            (true, Some(here), Some(there), Some(tables), Some((surfaces, exact))) => {
                let mut terms: Vec<(usize, Vec<Term>)> = here.into_iter().chain(there).collect();
                terms.sort_unstable_by_key(|(part, _)| *part);
                let terms = terms.into_iter().flat_map(|(_, terms)| terms).collect();
                Ok(Self::from_parts(tables, terms, surfaces, exact, parts.fingerprint.to_owned()))
            }
            _ => Err(BundleFault::Damaged),
        }
    }

    /// The tables it was compiled from, without the terms.
    fn tables_but_terms(&self) -> Tables {
        Tables {
            terms: BTreeMap::new(),
            exclusions: self.exclusions.iter().map(|row| (row.surface.clone(), row.clone())).collect(),
            negatives: self.negatives.iter().map(|row| (row.id.clone(), row.clone())).collect(),
            cues: self.cues.iter().map(|(name, group)| (name.clone(), group.clone())).collect(),
            tails: self.tails.clone(),
            clause_words: self.clause_words.clone(),
            labels: self.labels.iter().map(|(label, row)| (label.clone(), row.clone())).collect(),
        }
    }
}

/// Reads parts of the terms, each with its number, until `next` has gone through all of them; `None` when one is damaged.
fn read_terms(parts: &[&[u8]], next: &AtomicUsize) -> Option<Vec<(usize, Vec<Term>)>> {
    let numbers =
        std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed)).take_while(|&part| part < parts.len());
    numbers.map(|part| Some((part, postcard::from_bytes(parts.get(part)?).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_reads_back_and_says_what_is_wrong_with_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(BUNDLE_FILE);
        let dictionary = Dictionary::with_overlays(&[]).unwrap();
        dictionary.write_bundle(&path).unwrap();
        let read = Dictionary::read_bundle(&path).unwrap();
        assert_eq!(read.fingerprint(), dictionary.fingerprint());
        assert_eq!(read.terms(), dictionary.terms());
        assert_eq!(read.surfaces(), dictionary.surfaces());
        assert_eq!(read.exact().hits("采购光伏组件"), dictionary.exact().hits("采购光伏组件"));

        let bytes = fs::read(&path).unwrap();
        let fault = |bytes: &[u8]| Dictionary::from_bundle(bytes).err().unwrap();
        assert_eq!(fault(b"PK\x03\x04"), BundleFault::Foreign);
        assert_eq!(fault(&bytes[..bytes.len() - 1]), BundleFault::Damaged);
        let mut other = bytes.clone();
        other[8] = 9;
        assert_eq!(fault(&other), BundleFault::Format { found: 9 });
        let mut flipped = bytes;
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(fault(&flipped), BundleFault::Damaged);
    }
}
