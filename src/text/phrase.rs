//! The grammar of goods names and sentences, as far as the characters alone show it: tax label, phrases, brackets.

use super::script::{Script, script_of};

/// A stretch of folded text without separators: letters and digits in front, Han behind (`led灯`, `3层瓦楞纸箱`).
/// Letters or digits behind Han begin the next phrase, because that is where the specification begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// First byte in the folded text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Stands in brackets.
    pub bracketed: bool,
    /// Number of the clause it stands in, from 0. Only `,` `;` `.` and the like end a clause.
    pub clause: usize,
}

/// A folded text cut into tax label and phrases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The 简称 between asterisks.
    pub label: Option<(usize, usize)>,
    /// Where the name begins, behind the label.
    pub body: usize,
    /// Phrases in order.
    pub phrases: Vec<Phrase>,
}

/// Longest 简称, in bytes.
const LONGEST_LABEL: usize = 90;

/// Longest clause, in bytes, some 1,300 characters: in what goes on longer without a sign a new clause begins, so that
/// the time a text takes grows with its length and not with the square of it.
const LONGEST_CLAUSE: usize = 4 * 1024;

impl Layout {
    /// Cuts `text` (folded). Only invoice lines have a label.
    pub fn of(text: &str, has_label: bool) -> Self {
        let label = if has_label { find_label(text) } else { None };
        let body = label.map_or(0, |(_, end)| end + 1).min(text.len());
        Self { label, body, phrases: phrases(text, body) }
    }

    /// The phrase that holds `start..end`.
    pub fn phrase_of(&self, start: usize, end: usize) -> Option<Phrase> {
        let count = self.phrases.partition_point(|phrase| phrase.start <= start);
        let last = self.phrases.get(..count).and_then(<[Phrase]>::last).copied();
        last.filter(|phrase| end <= phrase.end)
    }

    /// The phrases of the clause that `phrase` stands in.
    pub fn clause_of(&self, phrase: &Phrase) -> &[Phrase] {
        let first = self.phrases.partition_point(|other| other.clause < phrase.clause);
        let end = self.phrases.partition_point(|other| other.clause <= phrase.clause);
        self.phrases.get(first..end).unwrap_or_default()
    }

    /// The phrases that `start..end` begins and ends in, and what lies between them, as one.
    pub fn phrases_over(&self, start: usize, end: usize) -> Option<Phrase> {
        let first = self.phrases.iter().find(|phrase| phrase.start <= start && start < phrase.end)?;
        let last = self.phrases.iter().find(|phrase| phrase.start < end && end <= phrase.end)?;
        Some(Phrase { end: last.end, ..*first })
    }

    /// The text of the label.
    pub fn label_text<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.label.and_then(|(start, end)| text.get(start..end))
    }
}

/// `*简称*` at the very start, after at most a few stray characters such as a line number.
fn find_label(text: &str) -> Option<(usize, usize)> {
    let open = text.find('*').filter(|&at| at <= 8)?;
    let start = open + 1;
    let length = text.get(start..)?.find('*')?;
    let inside = text.get(start..start + length)?;
    let is_name = !inside.is_empty()
        && length <= LONGEST_LABEL
        && inside.chars().all(|c| script_of(c) != Script::Other || matches!(c, '、' | '(' | ')' | ',' | ' '))
        && inside.chars().any(|c| script_of(c) == Script::Han);
    is_name.then_some((start, start + length))
}

/// Whether a new clause begins with these words, that say what is done now.
fn opens_clause(words: &str) -> bool {
    const NOW: [&str; 15] = [
        "现在",
        "现转",
        "现改",
        "现开",
        "现需",
        "现因",
        "现拟",
        "现购",
        "现做",
        "现从事",
        "现经营",
        "目前",
        "如今",
        "转行",
        "改行",
    ];
    NOW.iter().any(|now| words.starts_with(now))
}

fn phrases(text: &str, body: usize) -> Vec<Phrase> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut clause = 0;
    let mut open: Option<(usize, bool)> = None;
    let mut clause_start = body;
    let mut close = |open: &mut Option<(usize, bool)>, end: usize, depth: usize, clause: usize| {
        if let Some((start, _)) = open.take() {
            found.push(Phrase { start, end, bracketed: depth > 0, clause });
        }
    };
    for (offset, character) in text.get(body..).unwrap_or_default().char_indices() {
        let at = body + offset;
        if at - clause_start >= LONGEST_CLAUSE {
            close(&mut open, at, depth, clause);
            clause += 1;
            clause_start = at;
        }
        match script_of(character) {
            Script::Han => match &mut open {
                Some((_, has_han)) => *has_han = true,
                None => open = Some((at, true)),
            },
            Script::Latin | Script::Digit => {
                if matches!(open, Some((_, true))) {
                    close(&mut open, at, depth, clause);
                }
                if open.is_none() {
                    open = Some((at, false));
                }
            }
            Script::Other => {
                let joins =
                    matches!(character, '-' | '.' | '%' | '#' | '_' | '°' | ' ') && matches!(open, Some((_, false)));
                if joins {
                    continue;
                }
                close(&mut open, at, depth, clause);
                match character {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    ',' | ';' | '.' | '!' | '?' | '\n' if depth == 0 => {
                        clause += 1;
                        clause_start = at;
                    }
                    // 原经营废品回收 现转行开饭店: a blank may stand for a comma.
                    ' ' if depth == 0 && opens_clause(text.get(at + 1..).unwrap_or_default()) => {
                        clause += 1;
                        clause_start = at;
                    }
                    _ => {}
                }
            }
        }
    }
    close(&mut open, text.len(), depth, clause);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        Layout::of(text, true).phrases.iter().map(|phrase| &text[phrase.start..phrase.end]).collect()
    }

    #[test]
    fn finds_label_and_phrases() {
        let text = "*光伏设备*隆基 单晶硅组件550w(双玻)螺栓";
        let layout = Layout::of(text, true);
        assert_eq!(layout.label_text(text), Some("光伏设备"));
        assert_eq!(cut(text), ["隆基", "单晶硅组件", "550w", "双玻", "螺栓"]);
        assert!(layout.phrases[3].bracketed && !layout.phrases[4].bracketed);
    }

    #[test]
    fn what_never_ends_is_cut() {
        let layout = Layout::of(&"光伏组件 ".repeat(1_000), true);
        assert!(layout.phrases.iter().all(|phrase| phrase.end - phrase.start <= 12));
        assert_eq!(layout.phrases.last().map(|phrase| phrase.clause), Some(3));
        let one = Layout::of(&"件".repeat(5_000), true);
        assert!(one.phrases.iter().all(|phrase| phrase.end - phrase.start <= LONGEST_CLAUSE + 2), "{one:?}");
        for phrase in &one.phrases {
            assert_eq!(one.phrase_of(phrase.start + 3, phrase.end), Some(*phrase));
            assert_eq!(one.clause_of(phrase), [*phrase]);
        }
    }

    #[test]
    fn letters_before_han_stay_with_it_and_letters_behind_begin_a_new_phrase() {
        assert_eq!(cut("led三防灯t8-18w"), ["led三防灯", "t8-18w"]);
        assert_eq!(cut("ye5-132s-4三相异步电动机"), ["ye5-132s-4三相异步电动机"]);
    }

    #[test]
    fn a_star_in_a_size_is_no_label() {
        assert_eq!(Layout::of("100*50*3方管", true).label, None);
        assert_eq!(Layout::of("*ab*管", true).label, None);
    }
}
