//! From judged candidates to the reading of the whole text.

use std::collections::HashSet;

use super::{
    Candidate, Matcher, Reading,
    glance::{silent, silent_in},
    judge::{Refused, Standing},
};
use crate::{
    catalogue::Relation,
    dictionary::{Term, TermKind, under_any},
    model::{
        Classification, ConditionState, Document, EntryLink, Match, Refusal, RefusedMatch, Role, Strength, TextKind,
        Verdict,
    },
};

/// The answer for a text in which no surface occurs.
pub(super) fn without_candidates(matcher: &Matcher<'_>, document: &Document, text: &str) -> Classification {
    let (verdict, silence) = silent(matcher, document.kind, text);
    Classification {
        id: document.id.clone(),
        verdict,
        matches: Vec::new(),
        rejected: Vec::new(),
        reason: silence.to_string(),
    }
}

/// Judges every candidate, lets longer ones win over those they cover, and builds the answer.
pub(super) fn classify(matcher: &Matcher<'_>, reading: &Reading<'_>) -> Classification {
    let mut standing: Vec<(Candidate, Standing)> = Vec::new();
    let mut refused: Vec<(Candidate, Refused)> = Vec::new();
    for &candidate in &reading.candidates {
        match matcher.judge(reading, candidate) {
            Ok(kept) => standing.push((candidate, kept)),
            Err(reason) => refused.push((candidate, reason)),
        }
    }
    // What the words around make of a longer hit, they make of the shorter ones inside it: 光伏 in 光伏电站购买家具.
    let around = |code: Refusal| {
        use Refusal::{Descriptive, Disposal, Negated, NeighbourAgainst, Replaced, SecondHand, StatedUse};
        matches!(code, NeighbourAgainst | Descriptive | StatedUse | Negated | Disposal | Replaced | SecondHand)
    };
    let is_purpose = reading.document.kind == TextKind::Purpose;
    let tainted: Vec<(Candidate, Refused)> = refused
        .iter()
        .filter(|(_, (code, _))| around(*code) || is_purpose && *code == Refusal::OtherHead)
        .cloned()
        .collect();
    let about_another = |code: Refusal| {
        use Refusal::{Consumable, Cost, OtherHead, Packaging, Tool, Toy, Wear};
        matches!(code, Consumable | Cost | OtherHead | Packaging | Tool | Toy | Wear)
    };
    let headless: Vec<(Candidate, Refused)> = refused
        .iter()
        .filter(|(other, (code, _))| {
            let goods = matcher.dictionary.term(other.term).is_some_and(|term| term.kind() == TermKind::Goods);
            let always = matches!(code, Refusal::ServiceAbout | Refusal::Part | Refusal::Paper);
            goods && (always || !is_purpose && about_another(*code))
        })
        .cloned()
        .collect();
    // Candidates come in the order of their places; none covers one that begins further behind than it is long.
    let longest = reading.longest;
    standing.retain(|(candidate, _)| {
        let holds = |other: &Candidate| {
            other.start <= candidate.start
                && candidate.end <= other.end
                && other.end - other.start > candidate.end - candidate.start
        };
        // 污水处理|设备 in 污水处理设备维修费: work in the name of goods that were not bought was not done either.
        let mut near =
            around_place(&tainted, *candidate, longest).iter().chain(around_place(&headless, *candidate, longest));
        let longer = near.find(|(other, _)| holds(other));
        if let Some((_, reason)) = longer {
            refused.push((*candidate, reason.clone()));
        }
        longer.is_none()
    });
    let covering: Vec<(Candidate, Standing)> = standing.clone();
    standing.retain(|(candidate, kept)| {
        let near = around_place(&covering, *candidate, longest);
        let winner = near.iter().find(|(other, with)| wins((other, with), (candidate, kept)));
        // A shorter surface of the same term is no news.
        if let Some((other, _)) = winner.filter(|(other, _)| other.term != candidate.term) {
            let name = matcher.dictionary.term(other.term).map_or_else(String::new, |term| term.term.clone());
            refused.push((*candidate, (Refusal::Shadowed, name)));
        }
        winner.is_none()
    });

    let mut matches = Vec::new();
    for (candidate, kept) in &standing {
        let Some(term) = matcher.dictionary.term(candidate.term) else { continue };
        let role = matcher.role(reading, *candidate, kept.role);
        let mut entries = matcher.entries(term, role);
        if matcher.names_equipment(reading, *candidate) {
            matcher.add_equipment(role, &mut entries);
        }
        if entries.is_empty() {
            refused.push((*candidate, (Refusal::NoEntry, matcher.edition.title.clone())));
        } else {
            matches.push(matcher.accepted(reading, *candidate, kept, term, entries, role));
        }
    }
    matches.sort_by(|a, b| (a.span, &a.term_id).cmp(&(b.span, &b.term_id)));
    let mut rejected: Vec<RefusedMatch> = refused
        .into_iter()
        .filter_map(|(candidate, (code, words))| {
            let term = matcher.dictionary.term(candidate.term)?;
            let reason =
                if words.is_empty() { code.chinese().to_owned() } else { format!("{}（{words}）", code.chinese()) };
            Some(RefusedMatch {
                term_id: term.id.clone(),
                term: term.term.clone(),
                span: reading.folded.original(candidate.start, candidate.end),
                code,
                reason,
            })
        })
        .collect();
    rejected.sort_by(|a, b| (a.span, &a.term_id).cmp(&(b.span, &b.term_id)));
    let (verdict, reason) = conclude(matcher, reading, &matches, &rejected);
    Classification { id: reading.document.id.clone(), verdict, matches, rejected, reason }
}

/// Of `sorted` candidates those that can cover `candidate`, when none is longer than `longest`.
fn around_place<T>(sorted: &[(Candidate, T)], candidate: Candidate, longest: usize) -> &[(Candidate, T)] {
    let first = sorted.partition_point(|(other, _)| other.start + longest < candidate.end);
    let end = sorted.partition_point(|(other, _)| other.start <= candidate.start);
    sorted.get(first..end).unwrap_or_default()
}

/// Whether `other` makes `candidate` superfluous: it covers more text, or the same text with more to say.
fn wins((other, with): (&Candidate, &Standing), (candidate, kept): (&Candidate, &Standing)) -> bool {
    let covers = other.start <= candidate.start && candidate.end <= other.end;
    let longer = other.end - other.start > candidate.end - candidate.start;
    let rank = |strength: Strength| match strength {
        Strength::Sufficient => 0,
        Strength::Generic | Strength::NeedsContext => 1,
        Strength::Supporting => 2,
    };
    let same = other.start == candidate.start && other.end == candidate.end;
    covers && longer || same && (rank(with.strength), other.term) < (rank(kept.strength), candidate.term)
}

impl Matcher<'_> {
    /// The term's entries in the edition for the role; for every role when the role is unknown or the term has no
    /// entry under it. For an older edition the entries are those that the crosswalk leads back to.
    pub(super) fn entries(&self, term: &Term, role: Option<Role>) -> Vec<EntryLink> {
        let fits = role.is_some_and(|role| term.links.iter().any(|link| link.role == role));
        let links = term.links.iter().filter(|link| !fits || Some(link.role) == role);
        // 8.1.3 节能家电贸易 leads back to every kind of goods once traded under it; the term's other entries say which.
        let exactly: HashSet<&str> = term
            .links
            .iter()
            .filter(|link| link.edition != self.edition.id)
            .flat_map(|link| link.codes.iter().map(move |code| (&link.edition, code)))
            .flat_map(|(edition, code)| self.catalogue.older_codes(edition, code, &self.edition.id))
            .filter(|crossing| crossing.relation == Relation::Exact)
            .map(|crossing| crossing.from.1.as_str())
            .collect();
        let mut entries: Vec<EntryLink> = Vec::new();
        let mut add = |code: &str, role: Role| {
            if let Some(entry) = self.catalogue.entry(&self.edition.id, code)
                && !entries.iter().any(|known| known.role == role && known.code == code)
            {
                entries.push(EntryLink {
                    edition: self.edition.id.clone(),
                    code: code.to_owned(),
                    name: entry.name.clone(),
                    role,
                });
            }
        };
        for link in links {
            for code in &link.codes {
                if link.edition == self.edition.id {
                    add(code, link.role);
                } else {
                    let older = self.catalogue.older_codes(&link.edition, code, &self.edition.id);
                    let codes: Vec<&str> = older.iter().map(|crossing| crossing.from.1.as_str()).collect();
                    let some = codes.iter().any(|code| exactly.contains(code));
                    for code in codes.into_iter().filter(|code| !some || exactly.contains(code)) {
                        add(code, link.role);
                    }
                }
            }
        }
        entries
    }

    /// Whether the phrase goes on to the equipment for the work that the candidate names: 农村污水处理|与回用装备.
    fn names_equipment(&self, reading: &Reading<'_>, candidate: Candidate) -> bool {
        let phrase = reading.layout.phrase_of(candidate.start, candidate.end);
        let behind = phrase.and_then(|phrase| reading.folded.text().get(candidate.end..phrase.end));
        behind.is_some_and(|behind| reading.cues.words("equipment").iter().any(|word| behind.contains(word.as_str())))
    }

    /// Adds the entries under which the equipment of a term's works is made and traded, where the term does not lead to
    /// them itself; first, and only the maker's or trader's, when the text names one.
    fn add_equipment(&self, role: Option<Role>, entries: &mut Vec<EntryLink>) {
        let mut added: Vec<EntryLink> = Vec::new();
        for equipment in entries.iter().filter_map(|entry| self.catalogue.equipment(&entry.edition, &entry.code)) {
            let made = equipment.make.iter().map(|code| (code, Role::Make));
            for (code, as_role) in made.chain(equipment.trade.iter().map(|code| (code, Role::Trade))) {
                let known = |list: &[EntryLink]| list.iter().any(|entry| entry.code == *code);
                if !known(entries)
                    && !known(&added)
                    && let Some(entry) = self.catalogue.entry(&self.edition.id, code)
                {
                    let edition = self.edition.id.clone();
                    added.push(EntryLink { edition, code: code.clone(), name: entry.name.clone(), role: as_role });
                }
            }
        }
        if let Some(role @ (Role::Make | Role::Trade)) = role {
            added.retain(|entry| entry.role == role);
            entries.splice(..0, added);
        } else {
            entries.extend(added);
        }
    }

    fn accepted(
        &self,
        reading: &Reading<'_>,
        candidate: Candidate,
        kept: &Standing,
        term: &Term,
        entries: Vec<EntryLink>,
        role: Option<Role>,
    ) -> Match {
        let span = reading.folded.original(candidate.start, candidate.end);
        let asked_for = |condition: &crate::catalogue::Condition| {
            condition.edition != self.edition.id || entries.iter().any(|entry| condition.applies_to(&entry.code))
        };
        let conditions = term
            .conditions
            .iter()
            .filter_map(|id| self.catalogue.condition(id))
            .filter(|condition| asked_for(condition))
            .map(|condition| reading.seen.condition(condition, &reading.context, &reading.document.proofs))
            .collect();
        Match {
            term_id: term.id.clone(),
            term: term.term.clone(),
            text: span.slice(&reading.document.text).unwrap_or_default().to_owned(),
            span,
            via: candidate.via,
            scene: term.scene,
            strength: kept.strength,
            label_agrees: reading
                .label
                .is_some_and(|label| entries.iter().any(|entry| under_any(&entry.code, &label.supports))),
            role,
            entries,
            conditions,
        }
    }
}

/// The verdict of the whole text and its one-sentence reason.
fn conclude(
    matcher: &Matcher<'_>,
    reading: &Reading<'_>,
    matches: &[Match],
    rejected: &[RefusedMatch],
) -> (Verdict, String) {
    let Some(best) = matches.iter().min_by_key(|found| (found.verdict(), found.span)) else {
        let text = reading.folded.text();
        let (verdict, silence) = silent_in(matcher, reading.document.kind, text, &reading.layout, reading.cues);
        let reason = silence.to_string();
        if verdict == Verdict::Review {
            return (verdict, reason);
        }
        if let Some(&(_, _, number)) = reading.negatives.first()
            && let Some(negative) = matcher.dictionary.negatives().get(number)
        {
            return (Verdict::NotGreen, format!("属负面清单：{}", negative.surface));
        }
        // The refused term nearest the head says most; accidents of joints and edges say nothing.
        let telling =
            |refused: &&RefusedMatch| !matches!(refused.code, Refusal::Shadowed | Refusal::Joint | Refusal::LatinEdge);
        let refusal = rejected
            .iter()
            .filter(telling)
            .max_by_key(|refused| (refused.span.end, refused.span.end - refused.span.start));
        return match refusal {
            Some(refused) => {
                let words = refused.span.slice(&reading.document.text).unwrap_or(&refused.term);
                (verdict, format!("“{words}”不作数：{}", refused.reason))
            }
            None => (verdict, reason),
        };
    };
    let entry = best.entries.first().map_or_else(String::new, |entry| format!("（{} {}）", entry.code, entry.name));
    let open: Vec<&str> = best
        .conditions
        .iter()
        .filter(|condition| condition.state == ConditionState::NoData)
        .map(|condition| condition.evidence.as_str())
        .collect();
    let verdict = best.verdict();
    let reason = match verdict {
        Verdict::Green => format!("“{}”属{}{entry}，条件已明", best.text, best.scene.chinese()),
        Verdict::NeedsEvidence => {
            format!("“{}”属{}{entry}，待补：{}", best.text, best.scene.chinese(), open.join("、"))
        }
        Verdict::Review => format!("“{}”只是通用类型{entry}，文中没有区别性信息，需人工复核", best.text),
        Verdict::NotGreen => {
            let unmet: Vec<&str> = best
                .conditions
                .iter()
                .filter(|condition| condition.state == ConditionState::Unmet)
                .map(|condition| condition.evidence.as_str())
                .collect();
            format!("“{}”文中写明“{}”，不满足界定条件{entry}", best.text, unmet.join("、"))
        }
    };
    (verdict, reason)
}
