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
    let mut blank: Option<(u32, u32)> = None;
    let mut before = Script::Other;
    for (start, character) in original.char_indices() {
        let Ok(from) = u32::try_from(start) else { break };
        let place = (from, from.saturating_add(character.len_utf8() as u32));
        for piece in pieces(character) {
            if is_invisible(piece) {
                continue;
            }
            if piece.is_whitespace() {
                blank = blank.or(Some(place));
                continue;
            }
            let now = script_of(piece);
            if let Some(gap) = blank.take()
                && keeps_blank(before, now)
            {
                folded.push(' ', gap);
            }
            folded.push(piece, place);
            before = now;
        }
    }
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

impl Folded {
    fn push(&mut self, character: char, place: (u32, u32)) {
        self.text.push(character);
        self.origin.resize(self.text.len(), place);
    }
}

/// A character's folded characters. Folding the result again changes nothing.
fn pieces(character: char) -> impl Iterator<Item = char> {
    let plain = match character {
        'A'..='Z' => Some(character.to_ascii_lowercase()),
        '\u{0}'..='\u{7f}' => Some(character),
        '\u{4e00}'..='\u{9fff}' => Some(simplified(character)),
        _ => None,
    };
    let single = plain.into_iter();
    let several = plain.is_none().then(|| {
        std::iter::once(character)
            .nfkc()
            .flat_map(char::to_lowercase)
            .nfkc()
            .map(|piece| match piece {
                '×' | '✕' | '╳' => 'x',
                '–' | '—' | '―' | '−' | '‐' | '‑' => '-',
                '。' => '.',
                '“' | '”' | '„' | '「' | '」' | '『' | '』' => '"',
                '【' | '〔' | '〖' | '[' | '{' => '(',
                '】' | '〕' | '〗' | ']' | '}' => ')',
                '\u{4e00}'..='\u{9fff}' => simplified(piece),
                other => other,
            })
            .collect::<Vec<_>>()
    });
    single.chain(several.into_iter().flatten())
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

fn keeps_blank(before: Script, now: Script) -> bool {
    before == now && before != Script::Other
        || matches!((before, now), (Script::Latin, Script::Digit) | (Script::Digit, Script::Latin))
}
