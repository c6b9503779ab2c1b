//! The tables that ship with the program, and overlays read from a folder.

use std::{fs, path::Path};

use super::source::{DictionaryError, Texts};

/// Files of a dictionary, relative to its folder.
macro_rules! builtin {
    ($($file:literal),+ $(,)?) => {
        const BUILTIN: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../dictionaries/", $file)))),+];
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
    "tax-labels.csv",
);

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

/// The conditions table of a dictionary folder; none when the folder has no such file.
pub fn read_conditions(folder: &Path) -> Result<Option<String>, DictionaryError> {
    read_optional(&folder.join("catalogue/conditions.csv"))
}

fn read_optional(path: &Path) -> Result<Option<String>, DictionaryError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(crate::text::decode(&bytes).text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(open_error(path, source)),
    }
}

fn open_error(path: &Path, source: std::io::Error) -> DictionaryError {
    DictionaryError::Open { path: path.display().to_string(), source }
}
