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

/// The places of the blanks between two Han characters.
pub fn han_blanks(text: &str) -> Vec<usize> {
    let is_han = |c: Option<char>| c.is_some_and(|c| script_of(c) == Script::Han);
    let between = |at: usize| {
        let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        is_han(before.chars().next_back()) && is_han(behind.chars().next())
    };
    text.match_indices(' ').map(|(at, _)| at).filter(|at| between(*at)).collect()
}

/// The text without these blanks (places in order).
pub fn without_blanks(text: &str, blanks: &[usize]) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut from = 0;
    for &blank in blanks {
        joined.push_str(text.get(from..blank).unwrap_or_default());
        from = blank + 1;
    }
    joined.push_str(text.get(from..).unwrap_or_default());
    joined
}

/// Two words of two to eight Han characters with a blank between them, in the other order: of 净化器 焊烟 the name 焊烟净化器.
/// Gives where the first begins, where the second ends, and the name.
pub fn turned_words(text: &str) -> Vec<(usize, usize, String)> {
    const LENGTH: std::ops::RangeInclusive<usize> = 2..=8;
    let han = |c: &char| script_of(*c) == Script::Han;
    let pair = |blank: usize| {
        let (before, behind) = (text.get(..blank)?, text.get(blank + 1..)?);
        let first: usize = before.chars().rev().take_while(han).map(char::len_utf8).sum();
        let second: usize = behind.chars().take_while(han).map(char::len_utf8).sum();
        let (first, second) = (before.get(blank - first..)?, behind.get(..second)?);
        let fits = LENGTH.contains(&first.chars().count()) && LENGTH.contains(&second.chars().count());
        fits.then(|| (blank - first.len(), blank + 1 + second.len(), format!("{second}{first}")))
    };
    han_blanks(text).into_iter().filter_map(pair).collect()
}
