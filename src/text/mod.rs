//! From bytes to something the matcher can read: decode, fold, cut into phrases, judge joints.

mod decode;
mod fold;
mod phrase;
mod script;
mod segment;

pub use decode::{Decoded, Encoding, decode};
pub use fold::{Folded, fold, fold_into, fold_text};
pub(crate) use fold::{Single, fold_single, keeps_blank};
pub use phrase::{Layout, Phrase};
pub use script::{Script, cuts_latin, han_blanks, script_of, turned_words, without_blanks};
pub use segment::Segmenter;
