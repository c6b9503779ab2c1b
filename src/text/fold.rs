//! Folding: one canonical form for matching, with a way back to the original bytes.

use unicode_normalization::UnicodeNormalization;

use super::script::{Script, script_of};
use crate::model::Span;

/// Simplified form of each CJK Unified Ideograph, written by the build script.
static SIMPLIFIED: [u32; 0x9FFF - 0x4E00 + 1] = include!(concat!(env!("OUT_DIR"), "/simplified.in"));

/// A folded text: NFKC by character, lower case, simplified Chinese, no invisible characters, and white space kept
/// only between two Han characters or between two Latin or digit characters, as one blank.
///
/// ```
/// let folded = lvjian::fold("ＬＥＤ 燈具（30Ｗ）");
/// assert_eq!(folded.text(), "led灯具(30w)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// For each folded byte: start and end, in the original, of the character it came from.
    origin: Vec<(u32, u32)>,
}

impl Folded {
    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The original bytes behind `start..end` of the folded text. The range must be non-empty and inside the text;
    /// anything else gives an empty span at the nearest place.
    pub fn original(&self, start: usize, end: usize) -> Span {
        let from = self.origin.get(start).or(self.origin.last()).map_or(0, |place| place.0);
        let to = end.checked_sub(1).and_then(|last| self.origin.get(last)).map_or(from, |place| place.1);
        Span::new(from as usize, (to as usize).max(from as usize))
    }
}

/// Folds `original`. Texts beyond 4 GiB are cut there.
pub fn fold(original: &str) -> Folded {
    let mut folded = Folded { text: String::with_capacity(original.len()), origin: Vec::with_capacity(original.len()) };
    each_piece(original, |piece, place| {
        folded.text.push(piece);
        folded.origin.extend_from_slice([place; 4].get(..piece.len_utf8()).unwrap_or_default());
    });
    folded
}

/// The text of [`fold`] alone, without the way back. Quick for what is folded already, as most of a dictionary is.
pub fn fold_text(original: &str) -> String {
    let plain = |character: char| match character {
        'A'..='Z' => false,
        '!'..='~' => true,
        '\u{4e00}'..='\u{9fff}' => simplified(character) == character,
        _ => false,
    };
    if original.chars().all(plain) { original.to_owned() } else { fold(original).text }
}

/// Folds `original` into `folded`, whose old content goes, without keeping the way back and without taking memory
/// when `folded` has room.
pub fn fold_into(original: &str, folded: &mut String) {
    folded.clear();
    each_piece(original, |piece, _| folded.push(piece));
}

/// What a character becomes when it is folded alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Single {
    /// White space; what stands around it decides whether one blank is left of it.
    Blank,
    /// Nothing.
    Invisible,
    /// Another character or itself.
    One(char),
    /// More than one.
    Several,
}

/// Folds one character.
pub(crate) fn fold_single(character: char) -> Single {
    let mut single = None;
    pieces(character, |piece| {
        let now = match piece {
            blank if blank.is_whitespace() => Single::Blank,
            hidden if is_invisible(hidden) => Single::Invisible,
            other => Single::One(other),
        };
        single = Some(if single.is_some() { Single::Several } else { now });
    });
    single.unwrap_or(Single::Invisible)
}

/// Gives every folded character with the place, in the original, of the character it came from.
fn each_piece(original: &str, mut give: impl FnMut(char, (u32, u32))) {
    let mut blank: Option<(u32, u32)> = None;
    let mut before = None;
    let mut give_word = |piece: char, place: (u32, u32), blank: &mut Option<(u32, u32)>| {
        if let Some(gap) = blank.take()
            && before.is_some_and(|before| keeps_blank(script_of(before), script_of(piece)))
        {
            give(' ', gap);
        }
        give(piece, place);
        before = Some(piece);
    };
    for (start, character) in original.char_indices() {
        let Ok(from) = u32::try_from(start) else { break };
        let place = (from, from.saturating_add(character.len_utf8() as u32));
        match character {
            // Nearly every character: neither white space nor invisible, and one piece.
            '!'..='~' => give_word(character.to_ascii_lowercase(), place, &mut blank),
            '\u{4e00}'..='\u{9fff}' => give_word(simplified(character), place, &mut blank),
            _ => pieces(character, |piece| {
                if piece.is_whitespace() {
                    blank = blank.or(Some(place));
                } else if !is_invisible(piece) {
                    give_word(piece, place, &mut blank);
                }
            }),
        }
    }
}

/// A character's folded characters. Folding the result again changes nothing.
fn pieces(character: char, mut give: impl FnMut(char)) {
    match character {
        'A'..='Z' => give(character.to_ascii_lowercase()),
        '\u{0}'..='\u{7f}' => give(character),
        '\u{4e00}'..='\u{9fff}' => give(simplified(character)),
        // Full-width forms of ASCII, the commonest of the rest.
        '\u{ff01}'..='\u{ff5e}' => {
            let narrow = char::from_u32(character as u32 - 0xfee0).unwrap_or(character);
            give(one_sign(narrow.to_ascii_lowercase()));
        }
        _ => std::iter::once(character).nfkc().flat_map(char::to_lowercase).nfkc().map(one_sign).for_each(give),
    }
}

/// One sign for those that mean the same; simplified Chinese.
fn one_sign(piece: char) -> char {
    match piece {
        '×' | '✕' | '╳' => 'x',
        '–' | '—' | '―' | '−' | '‐' | '‑' => '-',
        '。' => '.',
        '“' | '”' | '„' | '「' | '」' | '『' | '』' => '"',
        '【' | '〔' | '〖' | '[' | '{' => '(',
        '】' | '〕' | '〗' | ']' | '}' => ')',
        '\u{4e00}'..='\u{9fff}' => simplified(piece),
        other => other,
    }
}

fn simplified(character: char) -> char {
    SIMPLIFIED
        .get((character as usize).wrapping_sub(0x4E00))
        .and_then(|&code| char::from_u32(code))
        .unwrap_or(character)
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
        || (character.is_control() && !character.is_whitespace())
}

/// Whether a blank is kept between two characters of these classes.
pub(crate) fn keeps_blank(before: Script, now: Script) -> bool {
    before == now && before != Script::Other
        || matches!((before, now), (Script::Latin, Script::Digit) | (Script::Digit, Script::Latin))
}
