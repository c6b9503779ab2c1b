//! The borrower's role, as the text states it.

use super::{Candidate, Matcher, Reading};
use crate::{
    dictionary::ClauseWord,
    model::{Role, TextKind},
};

impl Matcher<'_> {
    /// The role: the caller's word first, then the words behind the term, then the nearest verb before it in its
    /// clause, then what the borrower's industry makes of a purchase. `None` when nothing says.
    pub(crate) fn role(&self, reading: &Reading<'_>, candidate: Candidate, behind: Option<Role>) -> Option<Role> {
        if let Some(role) = reading.document.role {
            return Some(role);
        }
        if behind.is_some() || reading.document.kind == TextKind::InvoiceLine {
            return behind;
        }
        match self.verb_before(reading, candidate) {
            Some(ClauseWord::Act(role)) => Some(role),
            Some(ClauseWord::Buy) => reading.document.industry.as_deref().and_then(buyer_role),
            _ => None,
        }
    }

    /// The verb nearest before the candidate, in its clause.
    fn verb_before(&self, reading: &Reading<'_>, candidate: Candidate) -> Option<ClauseWord> {
        let text = reading.folded.text();
        let phrase = reading.layout.phrase_of(candidate.start, candidate.end)?;
        let from = reading.layout.clause_of(&phrase).first()?.start;
        let before = text.get(from..candidate.start)?;
        let places: Vec<usize> = before.char_indices().map(|(at, _)| at).collect();
        places.iter().rev().find_map(|&start| {
            let rest = before.get(start..)?;
            let mut ends: Vec<usize> = rest.char_indices().take(6).map(|(at, c)| at + c.len_utf8()).collect();
            ends.reverse();
            ends.into_iter()
                .filter(|end| *end > 3)
                .find_map(|end| rest.get(..end).and_then(|word| self.dictionary.clause_word(word)))
                .filter(|word| *word != ClauseWord::Link)
        })
    }
}

/// What a purchase most likely is for a borrower of this GB/T 4754 industry: wholesalers and retailers (51, 52) trade,
/// builders (47–50) and power suppliers (44) build, everybody else uses.
pub fn buyer_role(industry: &str) -> Option<Role> {
    let digits: String = industry.chars().filter(char::is_ascii_digit).take(2).collect();
    match digits.parse::<u8>().ok()? {
        51 | 52 => Some(Role::Trade),
        44 | 47..=50 => Some(Role::Build),
        _ => Some(Role::Use),
    }
}

/// What a sale most likely is for a seller of this GB/T 4754 industry: farms and factories (01–43) make, wholesalers
/// and retailers (51, 52) trade, builders and power suppliers (44, 47–50) build, everybody else serves.
pub fn seller_role(industry: &str) -> Option<Role> {
    let digits: String = industry.chars().filter(char::is_ascii_digit).take(2).collect();
    match digits.parse::<u8>().ok()? {
        1..=43 => Some(Role::Make),
        51 | 52 => Some(Role::Trade),
        44 | 47..=50 => Some(Role::Build),
        _ => Some(Role::Service),
    }
}
