//! What a text says is old: 采购电叉车替代|柴油叉车, 白炽灯 替换|LED球泡灯. Nothing in such a stretch is bought, and
//! nothing in it marks what is.

use super::{Candidate, head};
use crate::{
    dictionary::{Cues, Dictionary},
    model::TextKind,
    text::{Layout, Phrase, Script, script_of},
};

/// A stretch of the folded text that names what is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Old<'t> {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// It is done away with and not stood in for: such a thing may be what a recycler buys (收购淘汰电机).
    pub abolished: bool,
    /// The verb that says so.
    pub verb: &'t str,
}

impl Old<'_> {
    /// Whether the stretch holds the byte at `place`.
    pub fn holds(&self, place: usize) -> bool {
        self.start <= place && place < self.end
    }
}

/// 替换为, 替代品: what follows is new, or a name.
const TURNS: [&str; 8] = ["为", "成", "品", "率", "性", "工程", "项目", "方案"];
/// In front of 的 these describe what is old.
const WORN: [&str; 16] = [
    "损坏",
    "老旧",
    "原有",
    "旧",
    "到期",
    "报废",
    "落后",
    "高耗能",
    "破损",
    "陈旧",
    "故障",
    "现有",
    "老化",
    "超期",
    "传统",
    "淘汰",
];

/// How a verb tells old from new.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// What follows is old wherever it stands.
    Abolished,
    /// What follows is old; idioms in front (电能替代) say what is done and not by what.
    StandsIn,
    /// What follows is old when something else was bought in the same clause, and new otherwise (路灯更换LED灯).
    Exchanged,
}

/// The stretches of `text` (folded) that name what is replaced.
pub(crate) fn find<'t>(
    dictionary: &'t Dictionary,
    cues: Cues<'t>,
    kind: TextKind,
    text: &str,
    layout: &Layout,
) -> Vec<Old<'t>> {
    let groups = [("abolished", Verb::Abolished), ("stands-in", Verb::StandsIn), ("exchanged", Verb::Exchanged)];
    let mut found = Vec::new();
    for (group, meaning) in groups {
        for verb in cues.words(group) {
            for (at, _) in text.match_indices(verb.as_str()) {
                let start = at + verb.len();
                let Some(phrase) = layout.phrase_of(at, start) else { continue };
                let last = layout.clause_of(&phrase).last();
                let rest = text.get(start..last.map_or(phrase.end, |last| last.end)).unwrap_or_default();
                // 老旧电机淘汰|换永磁电机: the old thing stood in front.
                let exchanged = meaning == Verb::Abolished && rest.starts_with(['换', '改']);
                let named = !rest.is_empty() && !exchanged && !TURNS.iter().any(|turn| rest.starts_with(turn));
                if named && is_old(dictionary, kind, text, layout, (at, phrase), meaning) {
                    let abolished = meaning == Verb::Abolished;
                    found.push(Old { start, end: start + reach(dictionary, rest), abolished, verb });
                }
            }
        }
    }
    found
}

/// What stands in front of 换成, 更换为 and the like when something of the dictionary (one of `candidates`, in order)
/// is named behind: 柴油叉车|换成电动叉车. Where only marks follow (空压机换成永磁变频), the thing in front stays.
pub(crate) fn turned<'t>(cues: Cues<'t>, text: &str, layout: &Layout, candidates: &[Candidate]) -> Vec<Old<'t>> {
    let mut found = Vec::new();
    for verb in cues.words("turned-into") {
        // 换为 inside 更换为 is no verb of its own.
        let longer = |at: usize| {
            let ahead = text.get(..at + verb.len()).unwrap_or_default();
            cues.words("turned-into").iter().any(|other| other.len() > verb.len() && ahead.ends_with(other.as_str()))
        };
        for (at, _) in text.match_indices(verb.as_str()).filter(|(at, _)| !longer(*at)) {
            let behind = at + verb.len();
            let Some(phrase) = layout.phrase_of(at, behind) else { continue };
            let clause = layout.clause_of(&phrase);
            let start = clause.first().map_or(phrase.start, |first| first.start);
            let end = clause.last().map_or(phrase.end, |last| last.end);
            let next = candidates.get(candidates.partition_point(|candidate| candidate.start < behind));
            if next.is_some_and(|candidate| candidate.start < end) {
                found.push(Old { start, end: at, abolished: false, verb });
            }
        }
    }
    found
}

/// Whether what follows the verb at `at` is old.
fn is_old(
    dictionary: &Dictionary,
    kind: TextKind,
    text: &str,
    layout: &Layout,
    (at, phrase): (usize, Phrase),
    verb: Verb,
) -> bool {
    let first = layout.clause_of(&phrase).first();
    let ahead = text.get(first.map_or(phrase.start, |first| first.start)..at).unwrap_or_default();
    match verb {
        Verb::Abolished => true,
        // 40W白炽灯 替换LED球泡灯: the phrase begins with the verb, and the goods stand in front of it.
        // 窗户 更换 断桥铝: the verb stands apart, and the new thing behind it.
        Verb::Exchanged if kind == TextKind::InvoiceLine && at + "更换".len() == phrase.end => false,
        _ if kind == TextKind::InvoiceLine => {
            at == phrase.start && han(text.get(layout.body..at).unwrap_or_default()) >= 2
        }
        Verb::StandsIn => {
            let idioms = dictionary.cue("stands-in-idiom").map_or(&[][..], |group| group.words.as_slice());
            !idioms.iter().any(|idiom| ahead.ends_with(idiom.as_str()))
        }
        Verb::Exchanged => {
            let joined = ["及", "和", "并", "与", "、", "或"].iter().any(|and| ahead.ends_with(and));
            let bought = head::behind_buying(dictionary, ahead).map(str::trim).unwrap_or_default();
            !joined && han(bought) >= 2 && !["设备", "材料", "物资", "配件"].iter().any(|vague| bought.ends_with(vague))
        }
    }
}

/// How far the old thing reaches: to a verb, or to a 的 behind its name.
fn reach(dictionary: &Dictionary, rest: &str) -> usize {
    let of = rest
        .match_indices('的')
        .map(|(at, _)| at)
        .find(|&at| !WORN.iter().any(|worn| rest.get(..at).is_some_and(|before| before.ends_with(worn))));
    let verb = head::first_verb(dictionary, rest);
    // 淘汰旧锅炉|换空气源热泵, but not 换热器.
    let exchanged = rest.match_indices('换').map(|(at, _)| at).find(|&at| {
        let behind = rest.get(at + '换'.len_utf8()..).unwrap_or_default();
        at > 0 && !behind.starts_with(['热', '电', '流', '气', '新', '下', '掉'])
    });
    [of, verb, exchanged].into_iter().flatten().fold(rest.len(), usize::min)
}

fn han(text: &str) -> usize {
    text.chars().filter(|&c| script_of(c) == Script::Han).count()
}
