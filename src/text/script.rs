//! Classes of characters.

/// The class that decides edges of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Chinese characters.
    Han,
    /// Letters of alphabets.
    Latin,
    /// Decimal digits.
    Digit,
    /// Blank, punctuation, signs.
    Other,
}

/// The class of `character`.
pub fn script_of(character: char) -> Script {
    match character {
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}' | '〇' => Script::Han,
        '0'..='9' => Script::Digit,
        _ if character.is_alphabetic() => Script::Latin,
        _ if character.is_numeric() => Script::Digit,
        _ => Script::Other,
    }
}

/// Whether a hit `start..end` of `text` begins or ends inside a Latin word or a number: `pet` in `carpet`, `ie5` in
/// `ie50`. A digit behind
/// letters ends the word (`led30w` holds `led`), and letters behind a digit begin one (`30wled`); letters in front of
/// a digit do not (`ye5` is not in `dye5`, nor `3` in `m3`).
pub fn cuts_latin(text: &str, start: usize, end: usize) -> bool {
    let inside = |left: Option<char>, right: Option<char>, at_end: bool| -> bool {
        let (Some(left), Some(right)) = (left, right) else { return false };
        match (script_of(left), script_of(right)) {
            (Script::Latin, Script::Latin) | (Script::Digit, Script::Digit) => true,
            (Script::Latin, Script::Digit) => !at_end,
            _ => false,
        }
    };
    let (Some(before), Some(hit), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return true;
    };
    inside(before.chars().next_back(), hit.chars().next(), false)
        || inside(hit.chars().next_back(), after.chars().next(), true)
}
