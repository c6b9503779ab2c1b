//! What a user would try instead, on the same rows: plain substrings, a segmenter's tokens, full-text search.

use std::collections::{HashMap, HashSet};

use jieba_rs::Jieba;

use super::gold::{EvalError, GoldRow};
use crate::{
    dictionary::{Dictionary, Surface},
    model::Strength,
    text::{Segmenter, fold_text},
};

/// What a simple method makes of the rows. It knows two answers, green or not, so review rows are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct RivalScore {
    /// What it does.
    pub name: &'static str,
    /// Positive rows called green.
    pub true_positive: u32,
    /// Ordinary rows called green.
    pub false_positive: u32,
    /// Positive rows not called green.
    pub missed: u32,
    /// Ordinary rows.
    pub ordinary: u32,
    /// Found positive rows that name entries, and those for which the method gives one of them.
    pub entry: (u32, u32),
}

/// Scores the rivals on `rows`. Full-text search says green above a threshold chosen on `tuning` rows for the best F1.
/// `entry_names` are (code, name) pairs of the catalogue.
pub fn rivals(
    dictionary: &Dictionary,
    segmenter: &Segmenter,
    entry_names: &[(String, String)],
    rows: &[GoldRow],
    tuning: &[GoldRow],
) -> Result<Vec<RivalScore>, EvalError> {
    let codes_of = |term: usize| -> Vec<String> {
        let links = dictionary.term(term).map(|term| term.links.as_slice()).unwrap_or_default();
        links.iter().flat_map(|link| link.codes.iter().cloned()).collect()
    };
    let sufficient = |term: usize| dictionary.term(term).is_some_and(|term| term.strength == Strength::Sufficient);
    let surfaces: HashMap<String, usize> = dictionary
        .surfaces()
        .into_iter()
        .filter_map(|(surface, meaning)| match meaning {
            Surface::Term(term, _) => Some((surface, term)),
            Surface::Negative(_) => None,
        })
        .collect();
    let together = |terms: Vec<usize>| -> Option<Vec<String>> {
        (!terms.is_empty()).then(|| terms.into_iter().flat_map(codes_of).collect())
    };
    let substring = |row: &GoldRow| -> Vec<usize> {
        let hits = dictionary.exact().hits(&fold_text(&row.text));
        let terms = hits.iter().filter_map(|hit| match dictionary.surface(hit.surface) {
            Some(Surface::Term(term, _)) => Some(term),
            _ => None,
        });
        terms.collect()
    };
    let tokens = |segmenter: &Segmenter, row: &GoldRow| -> Vec<usize> {
        let text = fold_text(&row.text);
        let words = segmenter.tokens(&text).into_iter().filter_map(|(start, end)| text.get(start..end));
        words.filter_map(|word| surfaces.get(word).copied()).collect()
    };
    let tuned = Segmenter::with_words(with_surfaces(&surfaces));
    let mut scores = vec![
        count("词典子串 / plain substring of the same dictionary", rows, |row| together(substring(row))),
        count("词典子串，只取充分词条 / the same, sufficient terms only", rows, |row| {
            together(substring(row).into_iter().filter(|term| sufficient(*term)).collect())
        }),
        count("结巴分词∩词典 / jieba tokens in the dictionary", rows, |row| together(tokens(segmenter, row))),
        count("加载词典的结巴分词∩词典 / jieba that knows the dictionary", rows, |row| {
            together(tokens(&tuned, row))
        }),
    ];
    scores.extend(nearest(dictionary, entry_names, rows, tuning)?);
    Ok(scores)
}

/// jieba with every surface as a word of its own, as a user dictionary would have it.
fn with_surfaces(surfaces: &HashMap<String, usize>) -> Jieba {
    let mut sorted: Vec<&String> = surfaces.keys().collect();
    sorted.sort();
    let mut words = Jieba::new();
    for surface in sorted {
        words.add_word(surface, None, None);
    }
    words
}

fn count(name: &'static str, rows: &[GoldRow], says: impl Fn(&GoldRow) -> Option<Vec<String>>) -> RivalScore {
    let mut score = RivalScore { name, true_positive: 0, false_positive: 0, missed: 0, ordinary: 0, entry: (0, 0) };
    for row in rows {
        let codes = says(row);
        score.ordinary += u32::from(row.expected.is_ordinary());
        match (row.expected.is_positive(), &codes) {
            (true, Some(codes)) => {
                score.true_positive += 1;
                if !row.entries.is_empty() {
                    let codes: HashSet<&String> = codes.iter().collect();
                    score.entry.0 += u32::from(row.entries.iter().any(|code| codes.contains(code)));
                    score.entry.1 += 1;
                }
            }
            (true, None) => score.missed += 1,
            (false, Some(_)) => score.false_positive += u32::from(row.expected.is_ordinary()),
            (false, None) => {}
        }
    }
    score
}

/// BM25 over characters and pairs of characters of each entry's name and its terms' names.
#[cfg(feature = "recall")]
fn nearest(
    dictionary: &Dictionary,
    entry_names: &[(String, String)],
    rows: &[GoldRow],
    tuning: &[GoldRow],
) -> Result<Vec<RivalScore>, EvalError> {
    use std::collections::BTreeMap;

    let failed = |error: crate::dictionary::RecallError| EvalError::Rival(error.to_string());
    let mut texts: BTreeMap<&str, String> =
        entry_names.iter().map(|(code, name)| (code.as_str(), name.clone())).collect();
    for term in dictionary.terms().iter().filter(|term| term.active) {
        for code in term.links.iter().flat_map(|link| &link.codes) {
            if let Some(text) = texts.get_mut(code.as_str()) {
                text.push(' ');
                text.push_str(&term.term);
            }
        }
    }
    let index =
        crate::dictionary::RecallIndex::new(texts.iter().map(|(code, text)| (*code, text.as_str()))).map_err(failed)?;
    let best = |row: &GoldRow| -> Result<Option<(f32, String)>, EvalError> {
        let found = index.search(&row.text, 1).map_err(failed)?;
        Ok(found.into_iter().next().map(|hit| (hit.score, hit.key)))
    };
    let mut seen: Vec<(f32, bool)> = Vec::new();
    for row in tuning.iter().filter(|row| row.expected.is_positive() || row.expected.is_ordinary()) {
        seen.push((best(row)?.map_or(0.0, |(score, _)| score), row.expected.is_positive()));
    }
    seen.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = seen.iter().filter(|(_, positive)| *positive).count();
    let (mut found, mut threshold, mut top) = (0, f32::INFINITY, 0.0);
    for (rank, (score, positive)) in seen.iter().enumerate() {
        found += usize::from(*positive);
        let f1 = 2.0 * found as f64 / (rank + 1 + positives) as f64;
        if f1 > top {
            (top, threshold) = (f1, *score);
        }
    }
    let mut answers: HashMap<&str, Vec<String>> = HashMap::new();
    for row in rows {
        if let Some((score, code)) = best(row)?
            && score >= threshold
        {
            answers.insert(&row.id, vec![code]);
        }
    }
    Ok(vec![count("字对BM25最近条目 / nearest entry by BM25 on character pairs", rows, |row| {
        answers.get(row.id.as_str()).cloned()
    })])
}

#[cfg(not(feature = "recall"))]
fn nearest(_: &Dictionary, _: &[(String, String)], _: &[GoldRow], _: &[GoldRow]) -> Result<Vec<RivalScore>, EvalError> {
    Ok(Vec::new())
}
