//! Judging one candidate: is it really the term, and is the term what the text is about?

use super::{
    Candidate, Matcher, Reading, broken, context,
    head::{self, Behind},
};
use crate::{
    dictionary::{Tail, Term, TermKind, under_any},
    model::{Refusal, Role, Scene, Strength, TextKind},
    text::{Phrase, Script, cuts_latin, fold_text, script_of},
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

        if cuts_latin(text, start, end) {
            return refuse(Refusal::LatinEdge, "");
        }
        let costs = reading.cues.words("cost");
        if let Some(cost) = costs.iter().find(|cost| covered_by(text, cost, start, end)) {
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
        if let Some(word) = term.before_not.iter().find(|word| before.ends_with(word.as_str())) {
            return refuse(Refusal::NeighbourAgainst, word);
        }
        if let Some(word) = term.after_not.iter().find(|word| after.starts_with(word.as_str())) {
            return refuse(Refusal::NeighbourAgainst, word);
        }
        if reading.parties.iter().any(|&(from, to)| from <= start && end <= to) {
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
        let short_verb = ["买", "购", "装", "换", "卖", "修"].contains(&before.trim_start());
        let from = if behind_verb || short_verb { start } else { 0 };
        let seen = text.get(from..).unwrap_or_default();
        if let Some(word) = self.segmenter.crossing_word(seen, start - from, end - from) {
            return refuse(Refusal::Joint, &word);
        }
        let hit = text.get(start..end).unwrap_or_default();
        let is_broken = !broken::blanks(hit).is_empty();
        let phrase = match reading.layout.phrase_of(start, end) {
            None if is_broken => reading.layout.phrases_over(start, end),
            whole => whole,
        };
        let (phrase_start, phrase_end) = phrase.map_or((start, end), |phrase| (phrase.start, phrase.end));
        let clause_start = phrase.map_or(phrase_start, |phrase| {
            reading.layout.clause_of(&phrase).first().map_or(phrase.start, |first| first.start)
        });
        let recycled = term.scene == Scene::Recycle;
        if let Some(old) = reading.old.iter().find(|old| old.holds(start) && !(old.abolished && recycled)) {
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
    fn company(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        term: &Term,
        role: Option<Role>,
    ) -> Result<Standing, Refused> {
        // An alias may hold the marking word (变频空压机, 导轨式电能表); a word that the name itself is made of marks
        // nothing (瓶片, 边角料).
        let name = fold_text(&term.term);
        let company = context::company(reading, &term.needs, |(first, last), word| {
            first + word.len() <= candidate.start || last >= candidate.end || !name.contains(word)
        });
        let asked = !term.needs.is_empty();
        let strength = match (term.strength, &company) {
            (Strength::Generic, Some(_)) => Strength::Sufficient,
            // 非节能型电机: the very mark is denied.
            (Strength::Generic, None) if let Some(word) = context::denied(reading, &term.needs) => {
                return Err((Refusal::Negated, word));
            }
            (Strength::NeedsContext, None) => return Err((Refusal::ContextMissing, wanted(term))),
            (Strength::NeedsContext, Some(_)) => Strength::Sufficient,
            (Strength::Sufficient, None) if asked => return Err((Refusal::ContextMissing, wanted(term))),
            (strength, _) => strength,
        };
        Ok(Standing { strength, role, company })
    }

    /// Whether two terms share an entry.
    fn same_entry(&self, number: usize, other: &Term) -> bool {
        let codes = |term: &Term| -> Vec<String> { term.links.iter().flat_map(|link| link.codes.clone()).collect() };
        let others = codes(other);
        self.dictionary.term(number).is_some_and(|term| codes(term).iter().any(|code| others.contains(code)))
    }

    /// Whether the term is the head of its phrase; gives the role that the words behind it state.
    fn head(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        phrase: Option<Phrase>,
        rest: &str,
    ) -> Result<Option<Role>, Refused> {
        let text = reading.folded.text();
        let is_line = reading.document.kind == TextKind::InvoiceLine;
        // 监测仪 also stands in 监测仪器 and 监测仪器仪表.
        let hit = text.get(candidate.start..candidate.end).unwrap_or_default();
        let rest = if hit.ends_with('仪') { rest.strip_prefix('器').unwrap_or(rest) } else { rest };
        // Model numbers right behind a Latin surface (ye5-132s-4) are no noun.
        let all = rest;
        let rest = rest.trim_start_matches(|c: char| script_of(c) != Script::Han);
        // PCS 100kW 储能项目用: behind a blank or a number, what the thing is meant for.
        let rest = if is_line && rest.len() < all.len() && rest.ends_with('用') { "" } else { rest };
        let kind = self.dictionary.term(candidate.term).map_or(TermKind::Goods, Term::kind);
        let behind = if is_line {
            head::behind_in_goods_name(self.dictionary, rest, kind)
        } else {
            head::behind_in_sentence(self.dictionary, rest, kind)
        };
        // 锅炉采购烟煤, 某充电站购进柴油: the subject of a clause, before any verb, which then buys something else.
        let opens = phrase.and_then(|phrase| reading.layout.clause_of(&phrase).first());
        if !is_line
            && !is_activity(kind, hit)
            && let Some(first) = opens
            && let Some(word) = head::buys_something_else(self.dictionary, rest)
            && !head::has_verb(self.dictionary, text.get(first.start..candidate.end).unwrap_or_default())
        {
            return Err((Refusal::Descriptive, word));
        }
        // 给光伏电站|供应水泥: the customer, not the purchase.
        let in_clause = text.get(opens.map_or(candidate.start, |first| first.start)..candidate.start);
        let customer = in_clause.unwrap_or_default();
        if !is_line
            && let Some(word) =
                ["供应", "供货", "供给", "配送", "送货", "提供"].iter().find(|word| rest.starts_with(**word))
            && ["给", "为", "向"].iter().any(|to| customer.contains(to))
        {
            return Err((Refusal::Descriptive, (*word).to_owned()));
        }
        // 为污水处理厂|生产井盖: a place is a customer, too.
        if !is_line
            && kind != TermKind::Goods
            && !is_activity(kind, hit)
            && let Some(word) = ["生产", "加工", "制作", "定制", "提供"].iter().find(|word| rest.starts_with(**word))
            && ["给", "为", "向", "替"].iter().any(|to| customer.contains(to))
        {
            return Err((Refusal::Descriptive, (*word).to_owned()));
        }
        // 维修|复合机|费: repair of the thing.
        let money = matches!(behind, Behind::Thing(None));
        if kind == TermKind::Goods
            && money
            && let Some(word) = ["维修", "修理", "检修", "保养", "维护", "搬运", "装卸", "运输", "配送"]
                .iter()
                .find(|word| customer.ends_with(**word))
        {
            return Err((Refusal::ServiceAbout, (*word).to_owned()));
        }
        let role = match behind {
            Behind::Thing(role) => role,
            Behind::Another(refusal, word) => return Err((refusal, word)),
            // 林下套种|三叶青: work named by its verb has its object behind it.
            Behind::Unknown(_) if kind != TermKind::Goods && head::ends_in_verb(self.dictionary, hit) => None,
            // 湿地修复|芦苇补植: in a sentence, work named as something done goes on with its object, unless the phrase
            // ends in the name of another thing (矿山修复|培训班).
            Behind::Unknown(ref word)
                if !is_line && is_activity(kind, hit) && !head::ends_in_other_thing(self.dictionary, word) =>
            {
                None
            }
            Behind::Unknown(ref word)
                if is_line && kind == TermKind::Goods && head::is_shop_title(self.dictionary, hit, word) =>
            {
                None
            }
            Behind::Unknown(word) => {
                if is_line && word.starts_with('用') || word.starts_with("专用") {
                    return Err((Refusal::StatedUse, word));
                }
                let end = phrase.map_or(candidate.end + rest.len(), |phrase| phrase.end);
                let mut behind = candidates_from(reading, candidate.end).iter().take_while(|other| other.start < end);
                let other = behind.find(|other| other.end <= end && other.term != candidate.term);
                match other.and_then(|other| self.dictionary.term(other.term)) {
                    // 农光互补|光伏大棚: work of the same entry goes on.
                    Some(term) if kind != TermKind::Goods && self.same_entry(candidate.term, term) => None,
                    Some(term) => return Err((Refusal::Modifier, term.term.clone())),
                    None => return Err((Refusal::OtherHead, word)),
                }
            }
        };
        if !is_line {
            return Ok(role);
        }
        let Some(phrase) = phrase else { return Ok(role) };
        let in_front = text.get(phrase.start..candidate.start).unwrap_or_default();
        let stated_use = reading.cues.words("stated-use");
        if let Some(word) = stated_use.iter().find(|word| in_front.contains(word.as_str())) {
            return Err((Refusal::StatedUse, word.clone()));
        }
        // 浴室镜柜带|LED灯: what something else comes with is not what is bought.
        let comes_with = reading.cues.words("comes-with");
        let ahead = text.get(reading.layout.body.min(candidate.start)..candidate.start).unwrap_or_default().trim_end();
        if let Some(word) = comes_with.iter().find(|word| ahead.strip_suffix(word.as_str()).is_some_and(ends_in_noun)) {
            return Err((Refusal::Modifier, word.clone()));
        }
        let outside = |other: &&Phrase| !other.bracketed;
        // 云雾茶(有机产品): a certificate in brackets is a mark of the goods in front.
        let is_mark = ["organic", "certified"]
            .iter()
            .any(|name| self.dictionary.cue(name).is_some_and(|group| group.words.iter().any(|word| word == hit)));
        let mut elsewhere = reading.layout.phrases.iter().filter(outside);
        if phrase.bracketed && !is_mark && elsewhere.any(|other| has_han(text, other)) {
            return Err((Refusal::Bracketed, String::new()));
        }
        let clause = reading.layout.clause_of(&phrase).iter().filter(outside);
        for other in clause.filter(|other| other.end <= phrase.start || phrase.end <= other.start) {
            if let Some(refused) = self.other_phrase(reading, candidate, kind, other) {
                return Err(refused);
            }
        }
        Ok(role)
    }

    /// Another phrase of the line takes the head when it is nothing but the name of a part, a service or the like:
    /// 太阳能板 清洗剂, 模具 叠合板, 充电桩 维修. Longer phrases (独立包装, 滚动轴承) describe.
    fn other_phrase(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        kind: TermKind,
        other: &Phrase,
    ) -> Option<Refused> {
        let text = reading.folded.text();
        let words = text.get(other.start..other.end).unwrap_or_default();
        let noun =
            words.strip_prefix(['前', '后', '左', '右']).filter(|noun| noun.chars().count() >= 2).unwrap_or(words);
        if noun.chars().count() < 2 || self.is_second_thing(reading, candidate, other) {
            return None;
        }
        // A fuel behind a machine is its drive: 微耕机 汽油.
        if self.dictionary.cue("drive").is_some_and(|group| group.words.iter().any(|word| word == words)) {
            return None;
        }
        let behind = other.start >= candidate.end;
        // 循环经济园区 柴油班车: a place is where the thing behind it goes.
        let hit = text.get(candidate.start..candidate.end).unwrap_or_default();
        let same_matter = || {
            let inside = candidates_from(reading, other.start).iter().take_while(|c| c.start < other.end);
            inside
                .filter(|c| c.end <= other.end)
                .filter_map(|c| self.dictionary.term(c.term))
                .any(|term| self.same_entry(candidate.term, term))
        };
        if behind
            && kind != TermKind::Goods
            && !is_activity(kind, hit)
            && !hit.ends_with('车')
            && !head::ends_in_service(self.dictionary, noun)
            && !same_matter()
            && noun.chars().all(|c| script_of(c) == Script::Han)
            && !matches!(head::behind_in_goods_name(self.dictionary, noun, kind), Behind::Thing(_))
        {
            return Some((Refusal::Descriptive, words.to_owned()));
        }
        let between = text.get(candidate.end..other.start).unwrap_or_default();
        // 电动汽车 儿童座椅, 竹筷 消毒柜: nothing that describes goods ends so, and the tables do not know it.
        if behind
            && noun.chars().all(|c| script_of(c) == Script::Han)
            && noun.ends_with(SMALL_THINGS)
            && !noun.starts_with(['含', '带', '配', '送', '补'])
            && self.dictionary.tail(noun).is_none()
            && !same_matter()
        {
            return Some((Refusal::OtherHead, words.to_owned()));
        }
        let refusal = match self.dictionary.tail(noun)? {
            Tail::AnyService | Tail::Other(Refusal::ServiceAbout) if kind == TermKind::Goods && behind => {
                Refusal::ServiceAbout
            }
            // 有机肥 40kg 编织袋 says how it is packed.
            Tail::Other(Refusal::Packaging) if behind && !noun.ends_with('装') && between.trim().is_empty() => {
                Refusal::Packaging
            }
            Tail::Other(
                refusal @ (Refusal::Part
                | Refusal::Consumable
                | Refusal::Tool
                | Refusal::Toy
                | Refusal::Wear
                | Refusal::Paper),
            ) => refusal,
            _ => return None,
        };
        Some((refusal, words.to_owned()))
    }

    /// Whether a phrase names another thing of the dictionary that can stand beside the candidate: 智能灌溉控制器 电磁阀,
    /// but not 太阳能热水器 支架, whose bracket needs more to be anything.
    fn is_second_thing(&self, reading: &Reading<'_>, candidate: Candidate, other: &Phrase) -> bool {
        let behind = candidates_from(reading, other.start + 1).len();
        let ahead = reading.candidates.get(..reading.candidates.len() - behind).unwrap_or_default();
        let longest = reading.longest;
        let near = ahead.partition_point(|c| c.start + longest < other.end);
        let mut covering = ahead.iter().skip(near).filter(|c| other.end <= c.end);
        covering.any(|second| {
            let Some(term) = self.dictionary.term(second.term) else { return false };
            let stands = self.company(reading, *second, term, None).is_ok();
            stands && (term.strength == Strength::Sufficient || self.same_entry(candidate.term, term))
        })
    }
}

/// The candidates that begin at `place` or behind it.
fn candidates_from<'r>(reading: &'r Reading<'_>, place: usize) -> &'r [Candidate] {
    let first = reading.candidates.partition_point(|candidate| candidate.start < place);
    reading.candidates.get(first..).unwrap_or_default()
}

/// Whether `words` stand in `text` so that they cover the bytes from `start` to `end`.
fn covered_by(text: &str, words: &str, start: usize, end: usize) -> bool {
    (end.saturating_sub(words.len())..=start).any(|at| text.get(at..).is_some_and(|rest| rest.starts_with(words)))
}

/// What the names of small ordinary things end in.
const SMALL_THINGS: [char; 23] = [
    '套', '罩', '垫', '贴', '刷', '帽', '服', '鞋', '杯', '壶', '椅', '桌', '笔', '纸', '扣', '钩', '绳', '座', '刀',
    '柜', '盒', '房', '枪',
];

/// Whether a work or service is named as something done (增殖放流, 矿山修复), not as a place where something is done
/// (充电站, 污水处理厂).
fn is_activity(kind: TermKind, surface: &str) -> bool {
    const PLACES: &[char] = &[
        '站', '厂', '场', '园', '地', '心', '馆', '院', '所', '店', '库', '线', '城', '塘', '棚', '区', '点', '车',
        '房',
    ];
    kind != TermKind::Goods && !surface.ends_with(PLACES)
}

/// Whether these words can hold the name of a thing: two Han characters at their end.
fn ends_in_noun(words: &str) -> bool {
    words.chars().rev().take(2).filter(|&c| script_of(c) == Script::Han).count() == 2
}

fn has_han(text: &str, phrase: &Phrase) -> bool {
    text.get(phrase.start..phrase.end).unwrap_or_default().chars().any(|c| script_of(c) == Script::Han)
}

/// The words a term needs, as told to people.
fn wanted(term: &Term) -> String {
    use crate::dictionary::Need;
    let name = |need: &Need| match need {
        Need::Word(word) => word.clone(),
        Need::Cue(cue) => format!("@{cue}"),
    };
    term.needs
        .iter()
        .map(|alternative| alternative.iter().map(name).collect::<Vec<_>>().join("&"))
        .collect::<Vec<_>>()
        .join("|")
}
