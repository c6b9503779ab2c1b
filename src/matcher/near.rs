//! Slips of the pen and of character recognition: 太阳能电他板 for 太阳能电池板. Looked for only on request and only in
//! texts in which nothing is found; what is found goes to review, never into evidence.

use super::Matcher;
use crate::{
    dictionary::NearTerms,
    model::{Classification, Document, Match, Refusal, Verdict, Via},
    text::{Folded, Script, fold, script_of},
};

/// Shortest surface that may be recognised by a neighbour: shorter ones are one slip away from too many words.
const SHORTEST: usize = 4;
/// Longest piece of the text that is looked up.
const LONGEST: usize = 12;

impl<'d> Matcher<'d> {
    /// The same matcher, looking for near terms where nothing is found.
    pub fn with_near(self, near: &'d NearTerms) -> Self {
        Self { near: Some(near), ..self }
    }

    /// The answer itself, or a near match when one is looked for and the answer found nothing but fragments.
    pub(super) fn or_slip(&self, document: &Document, answer: Classification) -> Classification {
        use Refusal::{ContextMissing, Joint, LatinEdge, Modifier, OtherHead};
        let fragment = |code: Refusal| matches!(code, ContextMissing | Joint | LatinEdge | Modifier | OtherHead);
        let nothing = answer.verdict == Verdict::NotGreen
            && answer.matches.is_empty()
            && answer.rejected.iter().all(|refused| fragment(refused.code));
        let slip = self.near.filter(|_| nothing).and_then(|near| self.near_match(document, near));
        match slip {
            Some(slip) => Classification { rejected: answer.rejected, ..slip },
            None => answer,
        }
    }

    /// The longest piece of a text that is one substituted character away from a term, as a match for review.
    fn near_match(&self, document: &Document, near: &NearTerms) -> Option<Classification> {
        let folded = fold(&document.text);
        let (start, end, surface, number) = closest(near, &folded)?;
        let term = self.dictionary.term(number)?;
        let entries = self.entries(term, None);
        let span = folded.original(start, end);
        let text = span.slice(&document.text).unwrap_or_default().to_owned();
        let reason = format!("“{text}”近似词条“{surface}”，疑为错字或识别错误，需人工复核");
        let found = Match {
            term_id: term.id.clone(),
            term: term.term.clone(),
            span,
            text,
            via: Via::Near,
            scene: term.scene,
            strength: term.strength,
            entries,
            conditions: Vec::new(),
            label_agrees: false,
            role: None,
        };
        (!found.entries.is_empty()).then(|| Classification {
            id: document.id.clone(),
            verdict: Verdict::Review,
            matches: vec![found],
            rejected: Vec::new(),
            reason,
        })
    }
}

/// Start, end, surface and term of the longest near piece, the first of equal ones.
fn closest(near: &NearTerms, folded: &Folded) -> Option<(usize, usize, String, usize)> {
    let text = folded.text();
    let places: Vec<(usize, char)> = text.char_indices().collect();
    for length in (SHORTEST..=LONGEST.min(places.len())).rev() {
        for window in places.windows(length) {
            let (Some(first), Some(last)) = (window.first(), window.last()) else { continue };
            if window.iter().any(|&(_, character)| script_of(character) == Script::Other) {
                continue;
            }
            let end = last.0 + last.1.len_utf8();
            let piece = text.get(first.0..end)?;
            if let Some((surface, term)) = near.substituted(piece) {
                return Some((first.0, end, surface, term));
            }
        }
    }
    None
}
