//! The tables that ship with the program, and overlays read from a folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::source::{DictionaryError, Texts};
use crate::text::{Decoded, decode};

/// Files of a dictionary, relative to its folder.
macro_rules! builtin {
    ($($file:literal),+ $(,)?) => {
        const BUILTIN: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../dictionaries/", $file)))),+];
    };
}

macro_rules! desk_file {
    ($file:literal) => {
        ($file, include_str!(concat!("../../dictionaries/", $file)))
    };
}

builtin!(
    "clauses.toml",
    "cues.toml",
    "exclusions.csv",
    "heads.toml",
    "materials/abate.csv",
    "materials/efficiency.csv",
    "materials/quality.csv",
    "materials/recycle.csv",
    "materials/reduce.csv",
    "materials/replace.csv",
    "negatives.csv",
    "ordinary.toml",
    "tax-labels.csv",
);

/// Files that only the maintainer's desk reads.
const DESK: &[(&str, &str)] = &[
    desk_file!("catalogue/conditions.csv"),
    desk_file!("catalogue/unevidenced.csv"),
    desk_file!("materials/abate.cases.csv"),
    desk_file!("materials/efficiency.cases.csv"),
    desk_file!("materials/quality.cases.csv"),
    desk_file!("materials/recycle.cases.csv"),
    desk_file!("materials/reduce.cases.csv"),
    desk_file!("materials/replace.cases.csv"),
    desk_file!("sources.toml"),
];

/// A dictionary folder as its maintainers see it: the engine's tables, and cases, sources, conditions and the list of
/// entries that goods cannot evidence.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// Its folder as the user wrote it; `None` for the tables that ship.
    pub folder: Option<PathBuf>,
    /// Every file that is there.
    pub texts: Texts,
}

impl Layer {
    /// The files that ship with the program.
    pub fn builtin() -> Self {
        let all = BUILTIN.iter().chain(DESK);
        Self { texts: all.map(|&(file, text)| (file.to_owned(), text.to_owned())).collect(), ..Self::default() }
    }

    /// Reads a folder; a file that is not there adds nothing.
    pub fn read(folder: &Path) -> Result<Self, DictionaryError> {
        fs::read_dir(folder).map_err(|source| open_error(folder, source))?;
        let mut layer = Self { folder: Some(folder.to_owned()), ..Self::default() };
        for &(file, _) in BUILTIN.iter().chain(DESK) {
            if let Some(decoded) = decoded_optional(&folder.join(file))? {
                layer.texts.insert(file.to_owned(), decoded.text);
            }
        }
        Ok(layer)
    }

    /// The name of the layer, as people are told.
    pub fn name(&self) -> String {
        self.folder.as_ref().map_or_else(|| "内置".to_owned(), |folder| folder.display().to_string())
    }
}

/// The shipped tables.
pub fn builtin_texts() -> Texts {
    BUILTIN.iter().map(|&(file, text)| (file.to_owned(), text.to_owned())).collect()
}

/// The tables of an overlay: the same file names under `folder`; a file that is not there adds nothing.
pub fn read_folder(folder: &Path) -> Result<Texts, DictionaryError> {
    fs::read_dir(folder).map_err(|source| open_error(folder, source))?;
    let mut texts = Texts::new();
    for &(file, _) in BUILTIN {
        if let Some(text) = read_optional(&folder.join(file))? {
            texts.insert(file.to_owned(), text);
        }
    }
    Ok(texts)
}

/// The conditions table of a dictionary folder, or of the folder that a bundle lies in; none when there is no such file.
pub fn read_conditions(folder: &Path) -> Result<Option<String>, DictionaryError> {
    let folder = if folder.is_file() { folder.parent().unwrap_or(Path::new("")) } else { folder };
    read_optional(&folder.join("catalogue/conditions.csv"))
}

fn read_optional(path: &Path) -> Result<Option<String>, DictionaryError> {
    Ok(decoded_optional(path)?.map(|decoded| decoded.text))
}

fn decoded_optional(path: &Path) -> Result<Option<Decoded>, DictionaryError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(decode(&bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(open_error(path, source)),
    }
}

fn open_error(path: &Path, source: std::io::Error) -> DictionaryError {
    DictionaryError::Open { path: path.display().to_string(), source }
}
