//! Finding terms in a text and judging each: candidates → boundary → context → head noun → resolve.

mod beside;
mod bought;
mod broken;
mod business;
mod condition;
mod context;
mod glance;
mod head;
mod judge;
mod near;
mod party;
mod replaced;
mod resolve;
mod role;
mod seen;

pub use glance::{Glance, Silence};
pub use role::{buyer_role, seller_role};

use crate::{
    catalogue::{Catalogue, Edition},
    dictionary::{Cues, Dictionary, Excluded, Hit, NearTerms, Surface, Tail, TaxLabel, TermKind},
    model::{Classification, Document, Strength, TextKind, Via},
    text::{Folded, Layout, Script, Segmenter, cuts_latin, fold, fold_text, script_of},
};

/// Reads texts with one dictionary, one catalogue and one edition.
#[derive(Clone, Copy)]
pub struct Matcher<'d> {
    /// Terms and everything around them.
    pub dictionary: &'d Dictionary,
    /// Entries and conditions.
    pub catalogue: &'d Catalogue,
    /// Ordinary words.
    pub segmenter: &'d Segmenter,
    /// The edition that applies.
    pub edition: &'d Edition,
    /// Terms to be recognised in spite of a slip, where nothing else is found; usually none.
    pub near: Option<&'d NearTerms>,
}

/// A surface found in the folded text, before it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// First byte in the folded text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Term number.
    pub term: usize,
    /// Exact or alias.
    pub via: Via,
}

/// A document folded and laid out, with what was found before judging.
pub(crate) struct Reading<'t> {
    pub document: &'t Document,
    pub folded: Folded,
    /// Folded text, a line end, and the folded specification: where company and conditions are looked for.
    pub context: String,
    pub layout: Layout,
    pub parties: Vec<(usize, usize)>,
    pub negatives: Vec<(usize, usize, usize)>,
    pub candidates: Vec<Candidate>,
    pub label: Option<&'t TaxLabel>,
    /// Cue groups that have a word in the context.
    pub cues: Cues<'t>,
    /// Stretches of the text that name what is replaced.
    pub old: Vec<replaced::Old<'t>>,
    /// Exclusions in the text.
    pub excluded: Vec<Excluded<'t>>,
    /// Bytes of the longest candidate.
    pub longest: usize,
    /// What was looked for in the whole text, for one candidate or another.
    pub seen: seen::Seen,
}

/// Han characters of the longest brand, and of what may stand behind a tax label that is the only name of the goods.
const LONGEST_BRAND: usize = 2;
const SHORT_NAME: usize = 2 * LONGEST_BRAND + 1;

impl<'d> Matcher<'d> {
    /// Reads one document.
    pub fn read(&self, document: &Document) -> Classification {
        let folded = fold(&document.text);
        let hits = self.hits(document.kind, folded.text());
        if hits.is_empty() {
            return self.or_slip(document, resolve::without_candidates(self, document, folded.text()));
        }
        let reading = self.lay_out(document, folded, &hits);
        self.or_slip(document, resolve::classify(self, &reading))
    }

    /// Every surface in a folded text, also one that a blank breaks in two.
    fn hits(&self, kind: TextKind, text: &str) -> Vec<Hit> {
        let mut hits = self.dictionary.exact().hits(text);
        let describes = |word: &str| matches!(self.dictionary.tail(word), Some(Tail::Neutral | Tail::Descriptor));
        hits.extend(broken::hits(self.dictionary.exact(), text, describes));
        if kind == TextKind::InvoiceLine {
            hits.extend(broken::turned(self.dictionary.exact(), text, |hit| self.stands_alone(hit)));
        }
        hits
    }

    /// Whether a surface names goods that need no other word.
    fn stands_alone(&self, hit: &Hit) -> bool {
        let Some(Surface::Term(term, _)) = self.dictionary.surface(hit.surface) else { return false };
        self.dictionary.term(term).is_some_and(|term| {
            term.strength == Strength::Sufficient && term.needs.is_empty() && term.kind() == TermKind::Goods
        })
    }

    /// Whether a purpose says nothing specific (日常经营周转, 补充流动资金 …) or nothing at all.
    pub fn is_vague(&self, purpose: &str) -> bool {
        let folded = fold(purpose);
        let words = self.dictionary.cue("vague-purpose").map_or(&[][..], |group| group.words.as_slice());
        folded.text().is_empty() || words.iter().any(|word| folded.text().contains(word.as_str()))
    }

    /// Every surface in the text, unjudged: what `match --stage candidates` shows.
    pub fn candidates(&self, document: &Document) -> Vec<(Candidate, crate::model::Span)> {
        let folded = fold(&document.text);
        let hits = self.hits(document.kind, folded.text());
        let reading = self.lay_out(document, folded, &hits);
        reading.candidates.iter().map(|c| (*c, reading.folded.original(c.start, c.end))).collect()
    }

    /// Whether a name of goods with `rest` (folded) behind it in its phrase is what the phrase is about: nothing, or only
    /// words that leave the thing what it is.
    pub fn is_head(&self, rest: &str, kind: TextKind) -> bool {
        let rest = rest.trim_start_matches(|c: char| script_of(c) != Script::Han);
        let behind = match kind {
            TextKind::InvoiceLine => head::behind_in_goods_name(self.dictionary, rest, TermKind::Goods),
            _ => head::behind_in_sentence(self.dictionary, rest, TermKind::Goods),
        };
        matches!(behind, head::Behind::Thing(_))
    }

    /// Whether the text spares a name of the negative list: by a word that exempts it (a cleaner process), or because the
    /// goods are free of it (不含双酚A).
    fn spared(&self, number: usize, text: &str, start: usize) -> bool {
        let before = text.get(..start).unwrap_or_default();
        let free = ["不含", "不添加", "未添加", "零添加", "无", "零"].iter().any(|no| before.ends_with(no));
        let exempt = self.dictionary.negatives().get(number).map_or(&[][..], |negative| negative.exempt.as_slice());
        free || exempt.iter().any(|word| text.contains(word.as_str()))
    }

    /// Whether a line says behind its tax label nothing but who made the goods and their model: *空调*格力 大1匹.
    fn names_no_goods(&self, text: &str, layout: &Layout) -> bool {
        let body = text.get(layout.body..).unwrap_or_default();
        let han = |words: &str| words.chars().filter(|&c| script_of(c) == Script::Han).count();
        let has_model = body.chars().any(|c| c.is_ascii_digit());
        layout.label.is_some()
            && has_model
            && han(body) <= SHORT_NAME
            && layout.phrases.iter().filter_map(|phrase| text.get(phrase.start..phrase.end)).all(|words| {
                let tail = self.dictionary.tail(words);
                (han(words) <= LONGEST_BRAND || words.ends_with('牌'))
                    && matches!(tail, None | Some(Tail::Neutral | Tail::Descriptor))
            })
    }

    /// The type of goods that the tax label is the name of, where an entry names it, too.
    fn label_types(&self, layout: &Layout, hits: &[Hit]) -> Vec<Candidate> {
        let whole = hits.iter().filter(|hit| layout.label == Some((hit.start, hit.end)));
        let types = whole.filter_map(|hit| match self.dictionary.surface(hit.surface)? {
            Surface::Term(term, via) => Some(Candidate { start: hit.start, end: hit.end, term, via }),
            Surface::Negative(_) => None,
        });
        types
            .filter(|found| self.dictionary.term(found.term).is_some_and(|term| term.strength == Strength::Generic))
            .collect()
    }

    fn lay_out<'t>(&self, document: &'t Document, folded: Folded, hits: &[Hit]) -> Reading<'t>
    where
        'd: 't,
    {
        let text = folded.text();
        let layout = Layout::of(text, document.kind == TextKind::InvoiceLine);
        let label = self.dictionary.tax_label(layout.label_text(text), document.tax_code.as_deref());
        let mut candidates = Vec::new();
        let mut negatives = Vec::new();
        // A model number alone (*电动机*YE3-160M-4) leaves the label as the only name of the goods.
        let named = text.get(layout.body..).unwrap_or_default().chars().any(|c| script_of(c) == Script::Han);
        let from = if named { layout.body } else { 0 };
        for hit in hits.iter().filter(|hit| hit.start >= from) {
            match self.dictionary.surface(hit.surface) {
                Some(Surface::Term(term, via)) => {
                    candidates.push(Candidate { start: hit.start, end: hit.end, term, via });
                }
                Some(Surface::Negative(number))
                    if !cuts_latin(text, hit.start, hit.end) && !self.spared(number, text, hit.start) =>
                {
                    negatives.push((hit.start, hit.end, number));
                }
                _ => {}
            }
        }
        if candidates.is_empty() && self.names_no_goods(text, &layout) {
            candidates.extend(self.label_types(&layout, hits));
        }
        candidates.sort();
        let longest = candidates.iter().map(|candidate| candidate.end - candidate.start).max().unwrap_or_default();
        let parties = document.parties.iter().map(|name| fold_text(name));
        let mut context = text.to_owned();
        if let Some(spec) = &document.spec {
            context.push('\n');
            context.push_str(&fold_text(spec));
        }
        let (cues, excluded) = self.dictionary.around(&context, text.len());
        let seen = seen::Seen::of(&context);
        let named: Vec<String> = parties.filter(|party| seen.may_hold(party)).collect();
        let parties = party::party_names(cues, text, &named);
        let mut old = replaced::find(self.dictionary, cues, document.kind, text, &layout);
        if document.kind == TextKind::Purpose {
            old.extend(replaced::turned(cues, text, &layout, &candidates));
        }
        Reading {
            document,
            folded,
            context,
            layout,
            parties,
            negatives,
            candidates,
            label,
            cues,
            old,
            excluded,
            longest,
            seen,
        }
    }
}
