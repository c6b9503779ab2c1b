//! Names that a blank breaks in two, as shops write them: 污泥 烘干机, 太阳能 热水器; and such whose halves change places:
//! 净化器 焊烟.

use crate::{
    dictionary::{ExactIndex, Hit},
    text::{Script, han_blanks, script_of, turned_words, without_blanks},
};

/// Shortest name that may be broken, in characters: of shorter ones (节能 灯) the halves are words of their own.
const SHORTEST: usize = 4;

/// The surfaces that stand in `text` (folded) once the blanks between Han characters are taken away, that held such a
/// blank, and that no Han word follows but one that `describes` goods. Places are those of `text`.
pub(super) fn hits(index: &ExactIndex, text: &str, describes: impl Fn(&str) -> bool) -> Vec<Hit> {
    let blanks = han_blanks(text);
    if blanks.is_empty() {
        return Vec::new();
    }
    let joined = without_blanks(text, &blanks);
    // A place in the joined text lies behind as many blanks as were taken away in front of it.
    let ends: Vec<usize> = blanks.iter().zip(0..).map(|(blank, before)| blank - before).collect();
    let place = |at: usize, opens: bool| at + ends.partition_point(|&end| if opens { end <= at } else { end < at });
    // Words cut by blanks go on: of 风电 塔筒 爬梯 the head is the last. A word that only describes may follow.
    let stops = |at: usize| {
        let behind = text.get(at..).unwrap_or_default();
        let cut = behind.starts_with(' ');
        let behind = behind.trim_start();
        let word = behind.split(|c| script_of(c) != Script::Han).next().unwrap_or_default();
        word.is_empty() || cut && describes(word)
    };
    let found = index.hits(&joined).into_iter().map(|hit| Hit {
        start: place(hit.start, true),
        end: place(hit.end, false),
        surface: hit.surface,
    });
    found
        .filter(|hit| {
            let name = text.get(hit.start..hit.end).unwrap_or_default();
            blanks.get(blanks.partition_point(|&blank| blank <= hit.start)).is_some_and(|&blank| blank < hit.end)
                && stops(hit.end)
                && name.chars().filter(|c| *c != ' ').count() >= SHORTEST
        })
        .collect()
}

/// The surfaces that two neighbouring words are in the other order, as lists of goods have the name in one column and the
/// kind in the next: 净化器 焊烟, 格栅 回转式. Only those that `counts`.
pub(super) fn turned(index: &ExactIndex, text: &str, counts: impl Fn(&Hit) -> bool) -> Vec<Hit> {
    let mut found = Vec::new();
    for (start, end, name) in turned_words(text) {
        let whole = |hit: &Hit| hit.start == 0 && hit.end == name.len() && counts(hit);
        found.extend(index.hits(&name).into_iter().filter(whole).map(|hit| Hit { start, end, ..hit }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_inside_a_name_is_passed_over() {
        let index = ExactIndex::new(&["太阳能热水器", "热水器", "有机肥", "节能灯"]).unwrap();
        let found = |text: &str| -> Vec<String> {
            hits(&index, text, |word| word == "家用").iter().map(|hit| text[hit.start..hit.end].to_owned()).collect()
        };
        assert_eq!(found("皇明 太阳能 热水器 20管"), ["太阳能 热水器"]);
        assert_eq!(found("皇明 太 阳能 热水 器"), ["太 阳能 热水 器"]);
        assert!(found("太阳能热水器 支架").is_empty(), "it holds no blank");
        assert!(found("太阳能 热水器 支架").is_empty(), "another word follows");
        assert_eq!(found("太阳能 热水器 家用 20管"), ["太阳能 热水器"]);
        assert!(found("有机 肥皂").is_empty(), "it ends inside a word, and is short");
        assert!(found("节能 灯").is_empty());
    }
}
