//! Judging one candidate: is it really the term, and is the term what the text is about?

use super::{
    Candidate, Matcher, Reading, context,
    head::{self, Behind},
};
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
        // 新能源汽车|购车首付.
        let rest = if !is_line && hit.ends_with(VEHICLE) { rest.strip_prefix("购车").unwrap_or(rest) } else { rest };
        // 林下种植, 有机蔬菜种植: what is grown is named by the growing.
        let named = self.dictionary.term(candidate.term).map_or(TermKind::Goods, Term::kind);
        let is_grown = !is_line && named == TermKind::Goods && head::ends_in_verb(self.dictionary, hit);
        let kind = if is_grown { TermKind::Work } else { named };
        // 能源管控平台|软件.
        let rest = if ["平台", "系统", "工厂"].iter().any(|end| hit.ends_with(end)) {
            rest.strip_prefix("软件").unwrap_or(rest)
        } else {
            rest
        };
        let behind = if is_line {
            head::behind_in_goods_name(self.dictionary, rest, kind)
        } else {
            head::behind_in_purpose(self.dictionary, rest, kind)
        };
        // 锅炉采购烟煤, 某充电站购进柴油: the subject of a clause, before any verb, which then buys something else. What is
        // done, too, names a subject with a place behind it: 秸秆收购|站租仓库.
        let opens = phrase.and_then(|phrase| reading.layout.clause_of(&phrase).first());
        let (subject, before_verb) = match is_activity(kind, hit) {
            true => (rest.strip_prefix(SUBJECTS), candidate.start),
            false => (Some(rest), candidate.end),
        };
        if !is_line
            && let Some(first) = opens
            && let Some(word) = subject.and_then(|subject| head::buys_something_else(self.dictionary, subject))
            && !head::has_verb(self.dictionary, text.get(first.start..before_verb).unwrap_or_default())
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
        // 光伏电站|送餐: only where it goes.
        if !is_line && kind != TermKind::Goods && !is_activity(kind, hit) && rest.starts_with('送') {
            return Err((Refusal::Descriptive, rest.to_owned()));
        }
        // 生物质锅炉|改为燃煤锅炉: what is named in full and turned into another thing was there before.
        if !is_line
            && kind == TermKind::Goods
            && self.dictionary.term(candidate.term).is_some_and(|term| term.strength == Strength::Sufficient)
            && let Some(word) = reading.cues.words("turned-into").iter().find(|word| rest.starts_with(word.as_str()))
        {
            return Err((Refusal::Replaced, word.clone()));
        }
        // 采购生产|光伏支架|用的原料: what its maker needs.
        if !is_line
            && kind == TermKind::Goods
            && ["生产", "制造", "加工", "组装"].iter().any(|make| customer.ends_with(make))
            && ["所用", "所需", "用"]
                .iter()
                .any(|used| rest.strip_prefix(used).is_some_and(|thing| thing.chars().count() >= 2))
        {
            return Ok(Some(Role::Make));
        }
        // 维修|复合机|费: repair of the thing.
        let money = matches!(behind, Behind::Thing(None));
        if kind == TermKind::Goods
            && money
            && let Some(word) = ["维修", "修理", "检修", "保养", "维护", "搬运", "装卸", "运输", "配送"]
                .iter()
                .find(|word| customer.ends_with(**word))
            // 城市配送|电动面包车: what the vehicle is for.
            && !(*word == "配送" && hit.ends_with(VEHICLE))
        {
            return Err((Refusal::ServiceAbout, (*word).to_owned()));
        }
        let role = match behind {
            Behind::Thing(role) => role,
            // 购置电动叉车|出租: bought to be let.
            Behind::Another(Refusal::ServiceAbout, ref word)
                if !is_line
                    && reading.cues.words("let").contains(word)
                    && customer.contains(['购', '买', '采', '置']) =>
            {
                None
            }
            // 支付光伏组件|厂家货款: who is paid for the goods.
            Behind::Another(Refusal::Descriptive, ref word)
                if !is_line
                    && kind == TermKind::Goods
                    && self.is_in("supplier", word)
                    && (rest.contains("货款")
                        || ["支付", "付", "欠", "结算", "结清"].iter().any(|pay| customer.contains(pay))) =>
            {
                None
            }
            // 从事声屏障|业务: what the borrower does, when nothing is said of buying another thing.
            Behind::Another(Refusal::Descriptive, ref word)
                if !is_line
                    && word == "业务"
                    && ["从事", "经营", "主营", "开展", "专营"].iter().any(|does| customer.contains(does))
                    && !text.get(candidate.end..).is_some_and(|later| later.contains(['购', '买'])) =>
            {
                None
            }
            // 购买冷藏车|运输海鲜, 购买热泵烘干机|烘干茶叶: what the machine is bought to do.
            Behind::Another(Refusal::ServiceAbout, ref word)
                if !is_line
                    && kind == TermKind::Goods
                    && self.is_in("use-verb", word)
                    && self.is_bought_to_do(customer, rest, &["费", "服务", "公司"]) =>
            {
                None
            }
            Behind::Unknown(ref word)
                if !is_line
                    && kind == TermKind::Goods
                    && self.is_bought_to_do(customer, word, &["费", "服务", "公司", "机", "线"]) =>
            {
                None
            }
            // 新建可降解塑料|厂, 再生资源利用|厂扩建: the plant for it is put up.
            Behind::Another(Refusal::Descriptive, ref word)
                if !is_line && self.is_in("plant", word) && self.is_put_up(customer, rest, word) =>
            {
                Some(if kind == TermKind::Goods { Role::Make } else { Role::Build })
            }
            Behind::Unknown(_) | Behind::Another(Refusal::Descriptive, _)
                if is_line
                    && kind == TermKind::Goods
                    && head::is_shop_title(self.dictionary, hit, rest, || {
                        self.is_said_again(reading, candidate, rest)
                    }) =>
            {
                None
            }
            Behind::Another(refusal, word) => return Err((refusal, word)),
            // ye5-90l-4 1.5kw|江苏大中: behind a model and numbers, the maker or the form; what is known as another thing
            // was told above.
            Behind::Unknown(_) if is_line && is_model(hit, all.strip_suffix(rest).unwrap_or_default()) => None,
            // 林下套种|三叶青: work named by its verb has its object behind it.
            Behind::Unknown(_) if named != TermKind::Goods && head::ends_in_verb(self.dictionary, hit) => None,
            // 湿地修复|芦苇补植: in a sentence, work named as something done goes on with its object, unless the phrase
            // ends in the name of another thing (矿山修复|培训班).
            Behind::Unknown(ref word)
                if !is_line && is_activity(kind, hit) && !head::ends_in_other_thing(self.dictionary, word, kind) =>
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
                    None if !is_line
                        && (kind != TermKind::Goods
                            && (head::ends_in_generic(self.dictionary, &word, 5)
                                || head::ends_in_work(self.dictionary, &word, 6))
                            // 储能柜|钣金件|加工: a few words more about goods that are made or paid.
                            || head::ends_in_work(self.dictionary, &word, 4)
                            || is_acronym(hit) && head::ends_in_generic(self.dictionary, &word, 8)) =>
                    {
                        None
                    }
                    None => return Err((Refusal::OtherHead, word)),
                }
            }
        };
        if !is_line {
            return match phrase.and_then(|phrase| self.ordinary_behind(reading, candidate, &phrase)) {
                Some(refused) => Err(refused),
                None => Ok(role),
            };
        }
        let Some(phrase) = phrase else {
            // 小鹏G6 座椅套: letters end a phrase, so that the name goes over two; what stands behind is looked at alone.
            let is_short = text.len() <= 4_000;
            let Some(over) = reading.layout.phrases_over(candidate.start, candidate.end).filter(|_| is_short) else {
                return Ok(role);
            };
            let rest = Some(Phrase { start: candidate.end, ..over }).filter(|rest| rest.start < rest.end);
            let later =
                reading.layout.clause_of(&over).iter().filter(|other| other.start >= over.end && !other.bracketed);
            let mut others = rest.into_iter().chain(later.copied());
            return match others.find_map(|other| self.other_phrase(reading, candidate, kind, &other)) {
                Some(refused) => Err(refused),
                None => Ok(role),
            };
        };
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
        // 充电桩(维修费), 光伏组件(配件).
        let mut brackets = reading.layout.phrases.iter().filter(|other| other.bracketed && other.start >= phrase.end);
        if let Some(words) = brackets.find_map(|other| self.bought_in_brackets(reading, text, other)) {
            return Err((Refusal::OtherHead, words));
        }
        let clause = reading.layout.clause_of(&phrase).iter().filter(outside);
        for other in clause.filter(|other| other.end <= phrase.start || phrase.end <= other.start) {
            if let Some(refused) = self.other_phrase(reading, candidate, kind, other) {
                return Err(refused);
            }
        }
        Ok(role)
    }

    /// In a purpose, ordinary goods right behind a blank are what is bought: 充电桩 |办公桌.
    fn ordinary_behind(&self, reading: &Reading<'_>, candidate: Candidate, phrase: &Phrase) -> Option<Refused> {
        let text = reading.folded.text();
        let next = reading.layout.clause_of(phrase).iter().find(|other| other.start >= candidate.end)?;
        let between = text.get(candidate.end..next.start)?;
        let words = text.get(next.start..next.end)?;
        (!between.is_empty() && between.trim().is_empty() && self.is_ordinary(reading, words))
            .then(|| (Refusal::OtherHead, words.to_owned()))
    }

    /// Whether the words right behind a candidate name something of its entry again: 粉末涂料|静电喷涂塑粉户外.
    fn is_said_again(&self, reading: &Reading<'_>, candidate: Candidate, behind: &str) -> bool {
        let end = candidate.end + behind.len();
        let others = candidates_from(reading, candidate.end).iter().take_while(|other| other.end <= end);
        others.filter_map(|other| self.dictionary.term(other.term)).any(|term| self.same_entry(candidate.term, term))
    }

    /// Whether a machine is bought, by the words in front (`ahead`), and `said` is a verb of using it with its object, in which
    /// none of `apart` stands.
    fn is_bought_to_do(&self, ahead: &str, said: &str, apart: &[&str]) -> bool {
        let is_object = |what: &str| what.chars().count() >= 2 && !apart.iter().any(|word| what.contains(word));
        let verbs = self.cue_words("use-verb").iter();
        ["购买", "购置", "采购", "购入", "购", "买"].iter().any(|buy| ahead.ends_with(buy))
            && verbs.filter_map(|verb| said.strip_prefix(verb.as_str())).any(is_object)
    }

    /// Whether a plant (`plant`: 厂, 工厂) is built or enlarged, by the words in front of its name or behind it.
    fn is_put_up(&self, ahead: &str, rest: &str, plant: &str) -> bool {
        let behind = rest.strip_prefix(plant).unwrap_or_default();
        let by_front = behind.is_empty() && self.cue_words("put-up").iter().any(|verb| ahead.ends_with(verb.as_str()));
        let by_end = self
            .cue_words("put-up")
            .iter()
            .filter_map(|verb| behind.strip_prefix(verb.as_str()))
            .any(|end| end.is_empty() || matches!(self.dictionary.tail(end), Some(Tail::Money | Tail::Work)));
        by_front || by_end
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

/// What names of businesses end in.
const SUBJECTS: [char; 10] = ['站', '店', '厂', '户', '场', '园', '队', '馆', '校', '院'];

/// A Latin surface that names a model, with its numbers and something else behind them: YE5-90L-4 |…, TYCX 132M-4 |….
fn is_model(surface: &str, numbers: &str) -> bool {
    surface.len() >= 3
        && surface.is_ascii()
        && (surface.len() > 3 || surface.contains(|c: char| c.is_ascii_digit()))
        && numbers.contains(|c: char| c.is_ascii_digit())
}

/// What names of vehicles end in.
const VEHICLE: [char; 3] = ['车', '卡', '货'];

/// RTO, MBR: what it is in Han stands behind (RTO|废气焚烧系统).
fn is_acronym(surface: &str) -> bool {
    surface.chars().count() >= 3 && surface.chars().all(|c| c.is_ascii_alphabetic())
}

/// Whether a work or service is named as something done (增殖放流, 矿山修复), not as a place where something is done
/// (充电站, 污水处理厂).
pub(super) fn is_activity(kind: TermKind, surface: &str) -> bool {
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

pub(super) fn has_han(text: &str, phrase: &Phrase) -> bool {
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
