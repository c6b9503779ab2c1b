//! `dict build`: the compiled dictionary in one file.

use std::path::PathBuf;

use clap::Args;

use super::super::{Failure, Shared};
use super::{folder_of, said};
use crate::dictionary::{BUNDLE_FILE, Dictionary, read_folder};

#[derive(Debug, Args)]
pub struct BuildArgs {
    /// 词典目录（默认 --base，或 dictionaries，或内置词典）/ the dictionary folder
    dir: Option<PathBuf>,
    /// 词典包写到哪里（默认在词典目录内）/ where to write it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(shared: &Shared, args: &BuildArgs) -> Result<(), Failure> {
    let folder = folder_of(shared, args.dir.as_deref());
    let path = match (&args.output, &folder, shared.overlays.is_empty()) {
        (Some(path), _, _) => path.clone(),
        (None, Some(folder), true) => folder.join(BUNDLE_FILE),
        (None, _, false) => {
            return Err(Failure::Said(
                "叠加目录编入的词典包不能放进底层目录，请用 -o FILE 指明 / with --dict, say -o FILE".to_owned(),
            ));
        }
        (None, None, true) => {
            return Err(Failure::Said("内置词典的词典包写到哪里：用 -o FILE 指明 / say -o FILE".to_owned()));
        }
    };
    let mut layers = vec![folder.as_deref().map_or_else(|| Ok(crate::dictionary::builtin_texts()), read_folder)];
    layers.extend(shared.overlays.iter().map(|overlay| read_folder(overlay)));
    let layers = layers.into_iter().collect::<Result<Vec<_>, _>>().map_err(said)?;
    let dictionary = Dictionary::compile(&layers).map_err(said)?;
    dictionary.write_bundle(&path).map_err(said)?;
    let bytes = std::fs::metadata(&path).map_or(0, |data| data.len());
    shared.say(&format!(
        "{}：{} 个词条，{:.1} MB，内容 {}；用 --base {} 载入",
        path.display(),
        dictionary.terms().len(),
        bytes as f64 / 1e6,
        dictionary.fingerprint().get(..12).unwrap_or_default(),
        path.display(),
    ));
    Ok(())
}
