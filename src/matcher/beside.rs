//! The other phrases of an invoice line: 太阳能板 清洗剂, 充电桩 维修, 新能源汽车 露营 帐篷. Most describe the goods in front of
//! them; some name what was really bought.

use super::{
    Candidate, Matcher, Reading,
    head::{self, Behind},
    judge::{Refused, candidates_from, has_han, is_activity},
};
use crate::{
    dictionary::{Tail, Term, TermKind},
    model::{Refusal, Strength},
    text::{Phrase, Script, script_of},
};

impl Matcher<'_> {
    /// Another phrase of the line takes the head when it is nothing but the name of a part, a service or the like:
    /// 太阳能板 清洗剂, 模具 叠合板, 充电桩 维修. Longer phrases (独立包装, 滚动轴承) describe.
    pub(super) fn other_phrase(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        kind: TermKind,
        other: &Phrase,
    ) -> Option<Refused> {
        let text = reading.folded.text();
        let hit = text.get(candidate.start..candidate.end).unwrap_or_default();
        let other = &self.behind_size(reading, text, hit, other);
        let words = text.get(other.start..other.end).unwrap_or_default();
        let noun =
            words.strip_prefix(['前', '后', '左', '右']).filter(|noun| noun.chars().count() >= 2).unwrap_or(words);
        let behind = other.start >= candidate.end;
        // 除尘器、配件 and 光伏组件+螺丝 name what was bought one by one.
        let gap = if behind { candidate.end..other.start } else { other.end..candidate.start };
        if text.get(gap).is_some_and(|between| between.contains(['、', '+'])) {
            return None;
        }
        // 加气块 锯, 空调 罩: one character is a word when it names a tool or a small thing.
        let is_tool = behind
            && match self.dictionary.tail(noun) {
                Some(Tail::Other(Refusal::Tool)) => true,
                Some(Tail::Other(Refusal::Part)) => self.ends_in("small-thing", noun),
                _ => false,
            };
        // 围栏 草原 网围栏: the name itself says it again. 有机茶 认证 龙井: the certificate is a mark of what is grown so.
        let is_mark = noun == "认证" && kind == TermKind::Goods && hit.starts_with(['有', '绿']);
        if is_mark || !behind && noun.chars().count() >= 2 && hit.ends_with(noun) {
            return None;
        }
        if noun.chars().count() < 2 && !is_tool
            || self.is_second_thing(reading, candidate, other) && !(behind && self.is_machine_for(hit, noun))
        {
            return None;
        }
        // 洗车费 新能源车, 检定费 压力表: what is paid is a service about the goods.
        let is_cost = self.is_in("cost", noun);
        let is_fee = is_cost || noun.ends_with('费') && !noun.starts_with(WITH) && noun.chars().count() >= 3;
        let is_work = matches!(self.dictionary.tail(noun), Some(Tail::Work | Tail::Money));
        if !behind && (is_cost || kind == TermKind::Goods && is_fee && !is_work) {
            return Some((Refusal::ServiceAbout, words.to_owned()));
        }
        // 充电口防尘塞 新能源汽车: the vehicle tells what it fits.
        if !behind
            && self.is_vehicle(candidate, hit)
            && (self.ends_in("vehicle-thing", noun)
                || self.ends_in("small-thing", noun)
                || self.is_ordinary(reading, noun))
        {
            return Some((Refusal::StatedUse, words.to_owned()));
        }
        // A fuel behind a machine is its drive, 微耕机 汽油, but not behind 地源热泵.
        let is_fuel = self.dictionary.tail(words) == Some(Tail::Other(Refusal::Consumable));
        let fuelless = || self.cue_words("fuelless").iter().any(|word| hit.contains(word.as_str()));
        if self.is_in("drive", words) && !(is_fuel && fuelless()) {
            return None;
        }
        // 循环经济园区 柴油班车: a place is where the thing behind it goes.
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
        let general = || self.cue_words("general-name").iter().any(|word| hit.contains(word.as_str()));
        if behind && !hit.contains(noun) && self.is_ordinary(reading, noun) && !general() {
            return Some((Refusal::OtherHead, words.to_owned()));
        }
        if behind && (self.is_machine_for(hit, noun) || !same_matter() && self.is_another_thing(candidate, hit, noun)) {
            return Some((Refusal::OtherHead, words.to_owned()));
        }
        // 太阳能路灯 基础 混凝土 人工: labour is bought, unless it puts the goods in place.
        let last = reading.layout.phrases.iter().rfind(|phrase| has_han(text, phrase));
        if behind && kind == TermKind::Goods && last == Some(other) && self.is_in("labour", noun) {
            let between = text.get(candidate.end..other.start).unwrap_or_default();
            return (!between.contains("安装") && !between.contains("施工"))
                .then(|| (Refusal::ServiceAbout, words.to_owned()));
        }
        let between = text.get(candidate.end..other.start).unwrap_or_default();
        let refusal = match self.dictionary.tail(noun)? {
            // 水帘柜 喷漆, 电动重卡 换电: what it is for; painting is done to a car.
            Tail::AnyService | Tail::Other(Refusal::ServiceAbout)
                if self.is_in("purpose-word", noun) && !(noun.starts_with('喷') && self.is_vehicle(candidate, hit)) =>
            {
                return None;
            }
            Tail::AnyService | Tail::Other(Refusal::ServiceAbout) if kind == TermKind::Goods && behind => {
                Refusal::ServiceAbout
            }
            // 光伏项目 招待费, 环评 罚款: what is paid there is neither goods nor work.
            Tail::Other(Refusal::OtherHead) if behind && (noun.ends_with('费') || self.is_in("cost", noun)) => {
                Refusal::Cost
            }
            // 有机肥 40kg 编织袋 says how it is packed.
            Tail::Other(Refusal::Packaging) if behind && !noun.ends_with('装') && between.trim().is_empty() => {
                Refusal::Packaging
            }
            // 变频节能改造 注塑机, 永磁伺服电机 注塑机, 集气罩 注塑机: the machine that is mended or served.
            Tail::Other(Refusal::Tool) if behind && noun.ends_with(['机', '床']) && self.ends_in("serves", hit) => {
                return None;
            }
            // 低温蒸发器 切削液: what it treats.
            Tail::Other(Refusal::Consumable) if behind && noun.ends_with('液') && self.ends_in("treats", hit) => {
                return None;
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

    /// Whether a phrase behind goods names something else, by what names end in: 竹筷 收纳筐, 水性漆 搅拌器, 新能源汽车 后备箱.
    /// What the tables know, and what begins with 含, 带 or 配, is left to them.
    fn is_another_thing(&self, candidate: Candidate, hit: &str, noun: &str) -> bool {
        let known = self.dictionary.tail(noun);
        let last = noun.chars().next_back().unwrap_or_default();
        if noun.chars().any(|c| script_of(c) != Script::Han) || noun.starts_with(WITH) {
            return false;
        }
        match known {
            None => {
                let small = self.ends_in("small-thing", noun) && !hit.contains(last);
                small
                    || self.is_machine_for(hit, noun)
                    || self.ends_in("vehicle-thing", noun) && self.is_vehicle(candidate, hit)
                    || self.ends_in("thing", noun) && !hit.contains(last) && self.is_finished(candidate, hit)
            }
            Some(Tail::Other(Refusal::OtherHead)) => {
                !noun.ends_with('车') && self.is_vehicle(candidate, hit)
                    || !hit.contains(last) && self.is_finished(candidate, hit)
            }
            _ => false,
        }
    }

    /// A phrase without the size or model it begins with, whose blank folding takes away, when other goods stand behind it:
    /// 700w|螺丝, sg110cx|说明书. Some parts describe there (dn65|法兰), as do those that are counted (4滤芯).
    fn behind_size(&self, reading: &Reading<'_>, text: &str, hit: &str, phrase: &Phrase) -> Phrase {
        let words = text.get(phrase.start..phrase.end).unwrap_or_default();
        let name = words.trim_start_matches(|c| script_of(c) != Script::Han);
        let size = words.get(..words.len() - name.len()).unwrap_or_default();
        let is_size = !name.is_empty() && size.contains(|c: char| c.is_ascii_digit());
        let goods = || {
            use Refusal::{Paper, Toy, Wear};
            let tail = self.dictionary.tail(name);
            let is_fee = name.ends_with('费') && !matches!(tail, Some(Tail::Work | Tail::Money));
            let is_apart = reading.document.text.contains(&format!(" {name}"));
            // 核级阀门 DN50 截止阀: a kind of it.
            let is_kind = name.chars().next_back().is_some_and(|last| hit.contains(last)) || self.is_in("fitted", name);
            let is_part = tail == Some(Tail::Other(Refusal::Part)) && is_apart && !is_kind;
            is_fee
                || is_part
                || self.is_ordinary(reading, name)
                || matches!(tail, Some(Tail::Other(Wear | Paper | Toy)))
        };
        Phrase { start: if is_size && goods() { phrase.end - name.len() } else { phrase.start }, ..*phrase }
    }

    /// The words of a bracket that hold nothing but a fee, a paper, ordinary goods or 配件.
    pub(super) fn bought_in_brackets(&self, reading: &Reading<'_>, text: &str, other: &Phrase) -> Option<String> {
        use Refusal::{Paper, Wear};
        let words = text.get(other.start..other.end)?.trim();
        let tail = self.dictionary.tail(words);
        let is_fee = words.ends_with('费') && !matches!(tail, Some(Tail::Work | Tail::Money)) && !words.contains('含');
        let is_part = ["配件", "零件", "零配件", "备件", "外壳"].contains(&words);
        let is_known = is_fee || is_part || matches!(tail, Some(Tail::Other(Wear | Paper)));
        (is_known || self.is_ordinary(reading, words)).then(|| words.to_owned())
    }

    /// Whether a phrase is the name of ordinary goods that describes nothing: 光伏组件 |工作服, 有机肥 |办公桌.
    pub(super) fn is_ordinary(&self, reading: &Reading<'_>, noun: &str) -> bool {
        // 含螺栓, 送枕套 come with the goods.
        let comes_with =
            noun.trim_start_matches(|c| script_of(c) != Script::Han).starts_with(['含', '带', '配', '送', '附', '赠']);
        !comes_with && (reading.cues.is_word("ordinary", noun) || reading.cues.is_ending("ordinary-ending", noun))
    }

    /// Whether the candidate is a whole vehicle and not a part or a work for it.
    fn is_vehicle(&self, candidate: Candidate, hit: &str) -> bool {
        const VEHICLES: [&str; 2] = ["9.1.1", "1.2.1"];
        let links = self.dictionary.term(candidate.term).into_iter().flat_map(|term| &term.links);
        let is_named = hit.ends_with(['车', '卡']) || hit.chars().next_back().is_some_and(|c| c.is_ascii());
        is_named && links.flat_map(|link| &link.codes).any(|code| VEHICLES.contains(&code.as_str()))
    }

    /// Whether the candidate is the name of a finished machine or device, of which no other thing is made and which no
    /// second name calls again.
    fn is_finished(&self, candidate: Candidate, hit: &str) -> bool {
        let is_whole = |term: &Term| term.kind() == TermKind::Goods && term.strength == Strength::Sufficient;
        self.ends_in("finished", hit) && self.dictionary.term(candidate.term).is_some_and(is_whole)
    }

    /// Whether a material is followed by a machine, which then works it: 水性漆 喷枪, 有机肥 搅拌机.
    fn is_machine_for(&self, hit: &str, noun: &str) -> bool {
        let is_other = ["有机", "无机", "木器", "竹器", "瓷器", "容器"].iter().any(|word| noun.ends_with(word));
        let comes_with = noun.starts_with(WITH);
        self.ends_in("material", hit) && self.ends_in("machine", noun) && !is_other && !comes_with
    }

    pub(super) fn cue_words(&self, group: &str) -> &[String] {
        self.dictionary.cue(group).map_or(&[], |group| group.words.as_slice())
    }

    fn ends_in(&self, group: &str, words: &str) -> bool {
        self.dictionary.is_cue_ending(group, words)
    }

    pub(super) fn is_in(&self, group: &str, words: &str) -> bool {
        self.dictionary.is_cue_word(group, words)
    }
}

/// What begins so is a feature of the goods in front: 带钢瓶, 双锁, 可折叠.
const WITH: [char; 15] = ['含', '带', '配', '送', '补', '双', '单', '多', '三', '四', '两', '可', '无', '不', '制'];
