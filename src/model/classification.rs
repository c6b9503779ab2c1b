//! What matching gives: accepted matches, refused ones with their codes, and the verdict for one text.

use serde::Serialize;

use super::{
    refusal::Refusal,
    span::Span,
    words::{ConditionState, Role, Scene, Strength, Verdict, Via},
};

/// A catalogue entry that a match leads to, for one role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EntryLink {
    /// Edition id, `gfspc-2025`.
    pub edition: String,
    /// Entry code, `4.1.2`.
    pub code: String,
    /// Entry name.
    pub name: String,
    /// Role under which the entry takes the thing.
    pub role: Role,
}

/// A condition of an entry, judged against the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionResult {
    /// Condition id, `C-1.1.7-1`.
    pub id: String,
    /// Met, unmet, or no data.
    pub state: ConditionState,
    /// The words of the text or the document that decided it, or the document that would settle it.
    pub evidence: String,
    /// Whether a document beside the text decided it. Not part of the line contract.
    #[serde(skip)]
    pub by_proof: bool,
}

/// A term found in a text and accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// Term id.
    pub term_id: String,
    /// Canonical surface.
    pub term: String,
    /// Where, in bytes of the original text.
    pub span: Span,
    /// The original text at `span`.
    pub text: String,
    /// How it was found.
    pub via: Via,
    /// How the thing helps.
    pub scene: Scene,
    /// How much the term says here: a generic term that the context marked is given as `sufficient`.
    pub strength: Strength,
    /// Candidate entries for the role, or for every role when the role is unknown.
    pub entries: Vec<EntryLink>,
    /// Conditions of those entries.
    pub conditions: Vec<ConditionResult>,
    /// Whether the invoice's tax label agrees with the entries. Not part of the line contract.
    #[serde(skip)]
    pub label_agrees: bool,
    /// Whether the text or the caller states the borrower's role. Not part of the line contract.
    #[serde(skip)]
    pub role: Option<Role>,
}

impl Match {
    /// The codes of the entries, each once, joined by `|`.
    pub fn codes(&self) -> String {
        let mut codes: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if !codes.contains(&entry.code.as_str()) {
                codes.push(&entry.code);
            }
        }
        codes.join("|")
    }

    /// The verdict this match alone supports: see [`Classification::verdict`].
    pub fn verdict(&self) -> Verdict {
        let any = |state| self.conditions.iter().any(|condition| condition.state == state);
        if matches!(self.via, Via::Near | Via::Recall) {
            Verdict::Review
        } else if any(ConditionState::Unmet) {
            Verdict::NotGreen
        } else if self.strength != Strength::Sufficient {
            Verdict::Review
        } else if any(ConditionState::NoData) {
            Verdict::NeedsEvidence
        } else {
            Verdict::Green
        }
    }
}

/// A term found in a text and refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedMatch {
    /// Term id.
    pub term_id: String,
    /// Canonical surface. Not part of the line contract; kept for explanations.
    #[serde(skip)]
    pub term: String,
    /// Where, in bytes of the original text.
    pub span: Span,
    /// Stable reason code.
    pub code: Refusal,
    /// The reason in Chinese, with the words of the text that caused it.
    pub reason: String,
}

/// The reading of one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Classification {
    /// The document's id.
    pub id: String,
    /// The best verdict that any accepted match supports; `not-green` without one, `review` for unreadable text.
    pub verdict: Verdict,
    /// Accepted matches, in order of place.
    pub matches: Vec<Match>,
    /// Refused matches, in order of place.
    pub rejected: Vec<RefusedMatch>,
    /// Why, in one Chinese sentence.
    pub reason: String,
}

impl Classification {
    /// The match that the verdict rests on: the one with the best verdict, the first of them in the text.
    pub fn best(&self) -> Option<&Match> {
        self.matches.iter().min_by_key(|found| (found.verdict(), found.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conditions of one match must all hold: unmet outweighs no data, and no data outweighs met.
    #[test]
    fn conditions_together_in_three_values() {
        use ConditionState::{Met, NoData, Unmet};
        let found = |states: &[ConditionState], strength| Match {
            term_id: String::new(),
            term: String::new(),
            span: Span::new(0, 0),
            text: String::new(),
            via: Via::Exact,
            scene: Scene::Replace,
            strength,
            entries: Vec::new(),
            conditions: states
                .iter()
                .map(|state| ConditionResult {
                    id: String::new(),
                    state: *state,
                    evidence: String::new(),
                    by_proof: false,
                })
                .collect(),
            label_agrees: false,
            role: None,
        };
        let table = [
            (Met, Met, Verdict::Green),
            (Met, NoData, Verdict::NeedsEvidence),
            (Met, Unmet, Verdict::NotGreen),
            (NoData, NoData, Verdict::NeedsEvidence),
            (NoData, Unmet, Verdict::NotGreen),
            (Unmet, Unmet, Verdict::NotGreen),
        ];
        for (one, other, verdict) in table {
            for states in [[one, other], [other, one]] {
                assert_eq!(found(&states, Strength::Sufficient).verdict(), verdict, "{states:?}");
            }
            let generic = if verdict == Verdict::NotGreen { verdict } else { Verdict::Review };
            assert_eq!(found(&[one, other], Strength::Generic).verdict(), generic, "a type is never called green");
        }
        assert_eq!(found(&[], Strength::Sufficient).verdict(), Verdict::Green, "nothing is asked");
        for via in [Via::Near, Via::Recall] {
            let near = Match { via, ..found(&[Met], Strength::Sufficient) };
            assert_eq!(near.verdict(), Verdict::Review);
        }
    }
}
