//! The surfaces themselves: written once, in one script and width, long enough or guarded, no part of ordinary words.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Check, LintCode, Read, raw::Row, spread};
use crate::{
    model::TextKind,
    text::{Script, fold_text, script_of},
};

/// Words that may support a verdict and never make one.
const WEAK: [&str; 8] = ["环保", "节能", "绿色", "高效", "低碳", "生态", "清洁", "可持续"];
/// Characters that a table of simplification turns, and that simplified Chinese keeps in words of its own: 瞭望, 乾坤.
const KEPT: [char; 5] = ['瞭', '乾', '藉', '著', '徵'];
/// Characters tried around a surface, the most frequent of the tables first.
const TRIED: usize = 500;

pub(super) fn check(check: &mut Check<'_>) {
    let excluded: Vec<String> = check.rows.exclusions().map(|row| fold_text(row.get("surface"))).collect();
    let excluded = excluded.join("\n");
    let mut owners: HashMap<String, (Row<'_>, bool)> = HashMap::new();
    for row in check.active() {
        spelling(check, row);
        let mut named = true;
        for surface in row.surfaces().collect::<Vec<_>>() {
            let folded = fold_text(surface);
            length(check, row, surface, &folded, &excluded);
            let canonical = std::mem::replace(&mut named, false);
            if folded.is_empty() {
                continue;
            }
            let Some((owner, owner_canonical)) = owners.get(&folded).copied() else {
                owners.insert(folded, (row, canonical));
                continue;
            };
            let other = owner.get("id") != row.get("id");
            if other && canonical != owner_canonical {
                // Named at the row whose alias it is.
                let (alias, term) = if canonical { (owner, row) } else { (row, owner) };
                let message = format!("别名“{surface}”就是词条 {} {}", term.get("id"), term.get("term"));
                check.term(LintCode::AliasIsTerm, alias, message);
            } else {
                let message = format!("“{surface}”折叠后与 {} {} 的写法相同", owner.get("id"), owner.get("term"));
                check.term(LintCode::DuplicateSurface, row, message);
            }
        }
    }
}

/// Full width, traditional characters, nothing at all.
fn spelling(check: &mut Check<'_>, row: Row<'_>) {
    if row.get("term").is_empty() {
        check.row(LintCode::EmptySurface, row, row.get("id"), "没有词条名称".to_owned());
    }
    let aliases = row.get("aliases");
    if !aliases.is_empty() && aliases.split('|').any(|alias| alias.trim().is_empty()) {
        check.term(LintCode::EmptySurface, row, "别名里有空项".to_owned());
    }
    for surface in row.surfaces().collect::<Vec<_>>() {
        let wide = |c: char| matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '\u{ff61}'..='\u{ff9f}');
        if surface.contains(wide) {
            check.term(LintCode::MixedWidth, row, format!("“{surface}”有全角字母或数字"));
        }
        let turned =
            |c: char| script_of(c) == Script::Han && !KEPT.contains(&c) && !fold_text(&c.to_string()).contains(c);
        if let Some(character) = surface.chars().find(|c| turned(*c)) {
            check.term(LintCode::Traditional, row, format!("“{surface}”的“{character}”是繁体或异体字"));
        }
    }
}

/// Weak words, and short ones that nothing guards.
fn length(check: &mut Check<'_>, row: Row<'_>, surface: &str, folded: &str, excluded: &str) {
    let strength = row.get("strength");
    if strength == "sufficient" && WEAK.contains(&folded) {
        check.term(LintCode::WeakWord, row, format!("“{surface}”单独不能说明任何东西，不能是充分的写法"));
    } else if strength == "sufficient" && folded.chars().count() <= 2 && !guarded(row) && !excluded.contains(folded) {
        check.term(LintCode::ShortUnguarded, row, format!("“{surface}”太短，又没有同现、排斥或排除词限制"));
    }
}

/// Whether the term asks anything of the text around it.
fn guarded(row: Row<'_>) -> bool {
    ["needs", "unless", "before_not", "after_not"].iter().any(|column| !row.get(column).is_empty())
}

/// Ordinary words that hold a short surface and are taken for it.
pub(super) fn inside_words(check: &mut Check<'_>, read: Read<'_>) {
    let characters = frequent_characters(check);
    let han = |text: &str| text.chars().all(|c| script_of(c) == Script::Han);
    let mut short: Vec<(String, Row<'_>)> = Vec::new();
    let mut surfaces: BTreeSet<String> = BTreeSet::new();
    for row in check.active() {
        for surface in row.surfaces() {
            let folded = fold_text(surface);
            if (2..=3).contains(&folded.chars().count())
                && han(&folded)
                && !guarded(row)
                && !WEAK.contains(&folded.as_str())
            {
                short.push((folded.clone(), row));
            }
            surfaces.insert(folded);
        }
    }
    let is_word = check.task.is_word;
    let taken = spread(check.task.threads, &short, |(surface, row)| {
        characters.iter().find_map(|character| {
            [format!("{character}{surface}"), format!("{surface}{character}")].into_iter().find(|word| {
                is_word(word)
                    && !surfaces.contains(word)
                    && read(word, TextKind::InvoiceLine).matches.iter().any(|found| found.term_id == row.get("id"))
            })
        })
    });
    let corpus_words = corpus_words(check, &short, &surfaces);
    for (((surface, row), word), from_corpus) in short.into_iter().zip(taken).zip(corpus_words) {
        if let Some(word) = word.or(from_corpus) {
            let message = format!("“{surface}”在常用词“{word}”之中，而“{word}”会被当作该词条");
            check.term(LintCode::InsideWord, row, message);
        }
    }
}

/// For each short surface, an ordinary word of the corpus that holds it and is read as the term.
fn corpus_words(check: &Check<'_>, short: &[(String, Row<'_>)], surfaces: &BTreeSet<String>) -> Vec<Option<String>> {
    let (Some(read), is_word) = (check.task.read, check.task.is_word) else { return vec![None; short.len()] };
    let lines: Vec<String> = check.task.corpus.iter().map(|line| fold_text(line)).collect();
    spread(check.task.threads, short, |(surface, row)| {
        lines.iter().find_map(|line| {
            let start = line.find(surface.as_str())?;
            let before: Vec<char> = line.get(..start)?.chars().rev().take(2).collect();
            let after: Vec<char> = line.get(start + surface.len()..)?.chars().take(2).collect();
            let words = (0..=before.len()).flat_map(|left| (0..=after.len()).map(move |right| (left, right)));
            words.filter(|(left, right)| left + right > 0).find_map(|(left, right)| {
                let front: String = before.iter().take(left).rev().collect();
                let behind: String = after.iter().take(right).collect();
                let word = format!("{front}{surface}{behind}");
                let taken = is_word(&word)
                    && !surfaces.contains(&word)
                    && read(&word, TextKind::InvoiceLine).matches.iter().any(|found| found.term_id == row.get("id"));
                taken.then_some(word)
            })
        })
    })
}

/// The Chinese characters that stand most often in exclusions and cases.
fn frequent_characters(check: &Check<'_>) -> Vec<char> {
    let mut count: BTreeMap<char, usize> = BTreeMap::new();
    // The shipped tables are counted too: a small folder has too few characters of its own.
    let shipped = &check.task.shipped.files;
    let tables = shipped.iter().filter(|(file, _)| *file == "exclusions.csv" || file.ends_with(".cases.csv"));
    let own = check.rows.exclusions().map(|row| row.get("surface"));
    let own = own.chain(check.rows.cases().map(|row| row.get("text")));
    for text in tables.map(|(_, text)| text.as_str()).chain(own) {
        for character in text.chars().filter(|c| script_of(*c) == Script::Han) {
            *count.entry(character).or_default() += 1;
        }
    }
    let mut characters: Vec<(usize, char)> = count.into_iter().map(|(character, count)| (count, character)).collect();
    characters.sort_by(|a, b| b.cmp(a));
    characters.into_iter().take(TRIED).map(|(_, character)| character).collect()
}
