//! Terms that look or sound like a text: suggestions for people, never evidence.

use std::collections::HashMap;

use super::Failure;
use crate::{Engine, dictionary::Term, text::fold};

/// At most `limit` terms like `query`, with how each was found: by its beginning, one slip away, or by full text.
pub fn similar_terms<'e>(
    engine: &'e Engine,
    query: &str,
    limit: usize,
) -> Result<Vec<(&'e Term, &'static str)>, Failure> {
    let dictionary = engine.dictionary();
    let query = fold(query).text().to_owned();
    let active = || dictionary.terms().iter().filter(|term| term.active);
    let by_surface: HashMap<String, &Term> = active()
        .flat_map(|term| {
            std::iter::once(&term.term).chain(&term.aliases).map(move |surface| (fold(surface).text().to_owned(), term))
        })
        .collect();
    let near = dictionary.near_index().map_err(|error| Failure::Said(error.to_string()))?;
    let prefixed = near.starting_with(&query, limit).into_iter().map(|surface| (surface, "词头"));
    let close = near.near(&query, 1).into_iter().map(|(_, surface)| (surface, "近似"));
    let mut found: Vec<(&Term, &'static str)> = Vec::new();
    for (surface, way) in prefixed.chain(close) {
        if let Some(term) = by_surface.get(&surface)
            && !found.iter().any(|(known, _)| known.id == term.id)
        {
            found.push((term, way));
        }
    }
    #[cfg(feature = "recall")]
    {
        let texts: Vec<(&str, String)> =
            active().map(|term| (term.id.as_str(), format!("{} {}", term.term, term.aliases.join(" ")))).collect();
        let failed = |error: crate::dictionary::RecallError| Failure::Said(error.to_string());
        let index =
            crate::dictionary::RecallIndex::new(texts.iter().map(|(id, text)| (*id, text.as_str()))).map_err(failed)?;
        for hit in index.search(&query, limit).map_err(failed)? {
            if let Some(term) = dictionary.term_by_id(&hit.key)
                && !found.iter().any(|(known, _)| known.id == term.id)
            {
                found.push((term, "全文"));
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}
