//! Judging one candidate: is it really the term, and is the term what the text is about?

use super::{Candidate, Matcher, Reading, context};
use crate::{
    dictionary::{Tail, Term, TermKind, under_any},
    model::{Refusal, Role, Scene, Strength, TextKind},
    text::{Phrase, Script, cuts_latin, fold_text, han_blanks, script_of},
};

/// A candidate that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The strength it has here: a generic term that the context marked counts as sufficient.
    pub strength: Strength,
    /// Role that the words behind it state.
    pub role: Option<Role>,
    /// The words that marked or allowed it.
    pub company: Option<String>,
}

/// A candidate that does not stand: why, and the words that say so.
pub(crate) type Refused = (Refusal, String);

impl Matcher<'_> {
    /// Judges one candidate by itself. Longer accepted candidates are dealt with by `resolve`.
    pub(crate) fn judge(&self, reading: &Reading<'_>, candidate: Candidate) -> Result<Standing, Refused> {
        let text = reading.folded.text();
        let (start, end) = (candidate.start, candidate.end);
        let refuse = |refusal: Refusal, words: &str| Err((refusal, words.to_owned()));
        let Some(term) = self.dictionary.term(candidate.term) else { return refuse(Refusal::OtherHead, "") };
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();

        if cuts_latin(text, start, end) && !context::is_drive_in_code(text, start, end) {
            return refuse(Refusal::LatinEdge, "");
        }
        let costs = reading.cues.words("cost");
        let is_cost = |cost: &str| covered_by(text, cost, start, end) || ends_in_fee(text, cost, start, end);
        if let Some(cost) = costs.iter().find(|cost| is_cost(cost)) {
            return refuse(Refusal::Cost, cost);
        }
        if let Some((_, _, exclusion)) = reading.excluded.iter().find(|(from, to, exclusion)| {
            let covers = *from <= start && end <= *to;
            let crosses = exclusion.kind == "joint" && *from < end && start < *to && !(start <= *from && *to <= end);
            (covers || crosses) && (exclusion.blocks.is_empty() || exclusion.blocks.contains(&term.id))
        }) {
            return refuse(Refusal::Excluded, &format!("{}：{}", exclusion.surface, exclusion.reason));
        }
        if let Some(number) = reading
            .negatives
            .iter()
            .find_map(|&(from, to, number)| (from <= start && end <= to && to - from > end - start).then_some(number))
        {
            let name = self.dictionary.negatives().get(number).map_or("", |negative| negative.surface.as_str());
            return refuse(Refusal::Negative, name);
        }
        if let Some(role) = self.own_business(reading, candidate, term) {
            let standing = self.company(reading, candidate, term, role)?;
            // 垃圾桶厂购钢板: of a general kind the business says nothing.
            if standing.strength != Strength::Generic {
                return Ok(standing);
            }
        }
        if let Some(word) = term.before_not.iter().find(|word| before.ends_with(word.as_str())) {
            return refuse(Refusal::NeighbourAgainst, word);
        }
        // 加气块|生产线扩产: in a purpose the line makes the goods.
        let makes = |word: &str| {
            reading.document.kind == TextKind::Purpose
                && term.kind() == TermKind::Goods
                && self.dictionary.tail(word) == Some(Tail::Make)
        };
        if let Some(word) = term.after_not.iter().find(|word| after.starts_with(word.as_str()) && !makes(word)) {
            return refuse(Refusal::NeighbourAgainst, word);
        }
        // 装配式医院 is what is built, when nothing stands in front of it.
        if reading.parties.iter().any(|&(from, to)| from <= start && end <= to && (from, to) != (start, end)) {
            return refuse(Refusal::PartyName, "");
        }
        if let Some(label) = reading.label
            && label.refuses
            && !term.links.iter().flat_map(|link| &link.codes).any(|code| under_any(code, &label.allows))
        {
            return refuse(Refusal::LabelAgainst, &label.label);
        }
        // A verb in front is a word of its own: 购买|空调 holds no 买空.
        let behind_verb =
            ["购买", "采购", "购置", "安装", "支付", "使用", "更换", "销售"].iter().any(|verb| before.ends_with(verb));
        let is_line = reading.document.kind == TextKind::InvoiceLine;
        let short_verb = ["买", "购", "装", "换", "卖", "修"].contains(&before.trim_start())
            || !is_line && before.ends_with(['买', '购']);
        let from = if behind_verb || short_verb { start } else { 0 };
        let seen = text.get(from..).unwrap_or_default();
        // 除尘器|用的原料: what is used for it follows; 器用 is no word there.
        let used = |word: &str| after.starts_with('用') && word.ends_with('用');
        if let Some(word) = self.segmenter.crossing_word(seen, start - from, end - from).filter(|word| !used(word)) {
            return refuse(Refusal::Joint, &word);
        }
        let hit = text.get(start..end).unwrap_or_default();
        let is_broken = !han_blanks(hit).is_empty();
        let phrase = match reading.layout.phrase_of(start, end) {
            None if is_broken => reading.layout.phrases_over(start, end),
            whole => whole,
        };
        let (phrase_start, phrase_end) = phrase.map_or((start, end), |phrase| (phrase.start, phrase.end));
        let clause_start = phrase.map_or(phrase_start, |phrase| {
            reading.layout.clause_of(&phrase).first().map_or(phrase.start, |first| first.start)
        });
        let recycled = term.scene == Scene::Recycle;
        // 燃气锅炉更换为空气能 as a name of its own holds the verb.
        if let Some(old) = reading
            .old
            .iter()
            .find(|old| old.holds(start) && end <= old.end + old.verb.len() && !(old.abolished && recycled))
        {
            return refuse(Refusal::Replaced, old.verb);
        }
        let clause_end = phrase
            .map_or(phrase_end, |phrase| reading.layout.clause_of(&phrase).last().map_or(phrase.end, |last| last.end));
        let around = context::Around {
            text,
            hit: (start, end),
            phrase: phrase_start,
            clause: (clause_start, clause_end),
            is_line: reading.document.kind == TextKind::InvoiceLine,
        };
        if let Some(turned) = context::turned(reading, term, &around) {
            return Err(turned);
        }
        if reading.document.kind == TextKind::Purpose
            && let Some(word) = context::private(reading, text, (clause_start, clause_end))
                .or_else(|| context::owned(reading, text, (clause_start, clause_end)))
                .or_else(|| context::pledged(reading, text.get(end..clause_end).unwrap_or_default()))
        {
            return refuse(Refusal::Descriptive, word);
        }
        if let Some(title) = context::title(text, start, end)
            && !(term.kind() == TermKind::Service && context::is_written(text, end))
        {
            return refuse(Refusal::Paper, title);
        }
        // What is replaced is no head: LED灯具|更换路灯.
        let verbs = reading.old.iter().filter(|old| old.start >= end).map(|old| old.start - old.verb.len());
        let name_end = verbs.min().map_or(phrase_end, |verb| verb.min(phrase_end));
        let role = self.head(reading, candidate, phrase, text.get(end..name_end.max(end)).unwrap_or_default())?;
        if let Some(words) =
            context::company(reading, &term.unless, |(first, last), word| first + word.len() <= start || last >= end)
        {
            return refuse(Refusal::ContextAgainst, &words);
        }
        self.company(reading, candidate, term, role)
    }

    /// Whether the words the term needs are there, and what they make of its strength.
    pub(super) fn company(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        term: &Term,
        role: Option<Role>,
    ) -> Result<Standing, Refused> {
        // An alias may hold the marking word (变频空压机, 导轨式电能表); a word that the name itself is made of marks
        // nothing (瓶片, 边角料).
        // 燃料电池公司买|商务车: who buys says nothing of what drives the vehicle.
        let is_vehicle =
            reading.folded.text().get(candidate.start..candidate.end).is_some_and(|hit| hit.ends_with('车'));
        let in_party = |at: usize| is_vehicle && reading.parties.iter().any(|&(from, to)| from <= at && at < to);
        let company = context::company(reading, &term.needs, |(first, last), word| {
            let is_apart = first + word.len() <= candidate.start || last >= candidate.end;
            !(in_party(first) && in_party(last)) && (is_apart || !fold_text(&term.term).contains(word))
        });
        let asked = !term.needs.is_empty();
        let strength = match (term.strength, &company) {
            (Strength::Generic, Some(_)) => Strength::Sufficient,
            // 非节能型电机: the very mark is denied.
            (Strength::Generic, None) if let Some(word) = context::denied(reading, &term.needs) => {
                return Err((Refusal::Negated, word));
            }
            // 普通Y系列电机: said to be none of the better ones.
            (Strength::Generic, None) if self.is_plain(reading, candidate) => {
                return Err((Refusal::Negated, PLAIN.to_owned()));
            }
            (Strength::NeedsContext, None) => return Err((Refusal::ContextMissing, wanted(term))),
            (Strength::NeedsContext, Some(_)) => Strength::Sufficient,
            (Strength::Sufficient, None) if asked => return Err((Refusal::ContextMissing, wanted(term))),
            (strength, _) => strength,
        };
        Ok(Standing { strength, role, company })
    }

    /// Whether the goods are called ordinary right in front of their name, with at most four characters between.
    fn is_plain(&self, reading: &Reading<'_>, candidate: Candidate) -> bool {
        let ahead = reading.folded.text().get(..candidate.start).unwrap_or_default();
        let near = ahead.char_indices().rev().take(PLAIN.chars().count() + 4).last();
        let near = near.and_then(|(at, _)| ahead.get(at..)).unwrap_or_default();
        near.rsplit([',', ';', '.']).next().is_some_and(|near| near.contains(PLAIN))
    }

    /// Whether two terms share an entry, other than those of trade and consumption that hold goods of every kind.
    pub(super) fn same_entry(&self, number: usize, other: &Term) -> bool {
        const WIDE: [&str; 6] = ["8.1.1", "8.1.2", "8.1.3", "8.7.1", "8.7.2", "9.1.3"];
        let codes = |term: &Term| -> Vec<String> {
            let all = term.links.iter().flat_map(|link| link.codes.clone());
            all.filter(|code| !WIDE.contains(&code.as_str())).collect()
        };
        let others = codes(other);
        self.dictionary.term(number).is_some_and(|term| codes(term).iter().any(|code| others.contains(code)))
    }
}

/// The candidates that begin at `place` or behind it.
pub(super) fn candidates_from<'r>(reading: &'r Reading<'_>, place: usize) -> &'r [Candidate] {
    let first = reading.candidates.partition_point(|candidate| candidate.start < place);
    reading.candidates.get(first..).unwrap_or_default()
}

/// Whether `words` stand in `text` so that they cover the bytes from `start` to `end`.
fn covered_by(text: &str, words: &str, start: usize, end: usize) -> bool {
    (end.saturating_sub(words.len())..=start).any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(words)))
}

/// Whether the bytes from `start` to `end` go on into `fee`: 工业园区污水处理|费.
fn ends_in_fee(text: &str, fee: &str, start: usize, end: usize) -> bool {
    // 绿电费 and 有序用电费 name more than 电费.
    let Some(matter) = fee.strip_suffix('费').filter(|matter| matter.chars().count() >= 3) else { return false };
    let name = text.get(start..end).unwrap_or_default();
    let behind = text.get(end..).unwrap_or_default();
    name.ends_with(matter) && behind.strip_prefix('费').is_some_and(|rest| !rest.starts_with('用'))
}

/// In front of goods of a general kind, says that they are not efficient.
const PLAIN: &str = "普通";

/// Whether a work or service is named as something done (增殖放流, 矿山修复), not as a place where something is done
/// (充电站, 污水处理厂).
pub(super) fn is_activity(kind: TermKind, surface: &str) -> bool {
    const PLACES: &[char] = &[
        '站', '厂', '场', '园', '地', '心', '馆', '院', '所', '店', '库', '线', '城', '塘', '棚', '区', '点', '车',
        '房',
    ];
    kind != TermKind::Goods && !surface.ends_with(PLACES)
}

pub(super) fn has_han(text: &str, phrase: &Phrase) -> bool {
    text.get(phrase.start..phrase.end).unwrap_or_default().chars().any(|c| script_of(c) == Script::Han)
}

/// The words a term needs, as told to people: the first few of them, for some terms list fifty.
fn wanted(term: &Term) -> String {
    use crate::dictionary::Need;
    const TOLD: usize = 8;
    let mut wanted = String::new();
    for (alternative, bar) in term.needs.iter().take(TOLD).zip(std::iter::once("").chain(std::iter::repeat("|"))) {
        wanted.push_str(bar);
        for (need, and) in alternative.iter().zip(std::iter::once("").chain(std::iter::repeat("&"))) {
            let (sign, word) = match need {
                Need::Word(word) => ("", word),
                Need::Cue(cue) => ("@", cue),
            };
            [and, sign, word].iter().for_each(|part| wanted.push_str(part));
        }
    }
    if term.needs.len() > TOLD {
        wanted.push_str(&format!(" 等{}种", term.needs.len()));
    }
    wanted
}
