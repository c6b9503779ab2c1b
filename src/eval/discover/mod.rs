//! Terms that the dictionary may lack, found in unlabelled invoice lines.
//!
//! Only lines without an accepted match are looked at. A run of characters becomes a candidate when it holds together
//! (mutual information over every split), when its neighbours change freely on both sides (entropy over characters and
//! over ordinary words), when it mostly stands as the head of its phrase, and when it sounds like something in the
//! dictionary or the catalogue. What is left is ranked by the money it would explain, weighed by that likeness; money
//! explained by a better candidate does not count again.

mod counts;
mod likeness;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use counts::{Counts, LONGEST, Neighbours, Phrase};
pub use likeness::Likeness;
use likeness::Names;

use crate::{
    batch::each_in_order,
    catalogue::NoEdition,
    dictionary::Tail,
    engine::Engine,
    matcher::Matcher,
    model::{Classification, Document, Location, Money, Refusal, Span, TextKind},
    text::{Layout, Script, fold, fold_text, script_of},
};

/// How candidates are looked for.
#[derive(Clone, Copy, Debug)]
pub struct DiscoveryTask<'t> {
    /// Day whose edition applies.
    pub as_of: jiff::civil::Date,
    /// Fewest lines on which a candidate must stand.
    pub least_lines: usize,
    /// Most candidates given.
    pub most: usize,
    /// Words refused before, folded.
    pub skip: &'t HashSet<String>,
    /// Threads; they never change the answer.
    pub threads: usize,
}

/// A term that may be missing.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingTerm {
    /// The words, folded.
    pub surface: String,
    /// Lines on which it names the thing and that no better candidate explains.
    pub lines: usize,
    /// Their net amount.
    pub amount: Money,
    /// Normalised mutual information of its weakest split, −1…1.
    pub cohesion: f64,
    /// Entropy of what stands in front and behind, in nats, the freer of characters and words.
    pub freedom: (f64, f64),
    /// Share of its occurrences that are the head of their phrase.
    pub head_share: f64,
    /// What it sounds like.
    pub likeness: Likeness,
    /// The first lines: place, text, and where in the text.
    pub examples: Vec<(Location, String, Span)>,
}

/// What a body of lines gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovery {
    /// Lines read.
    pub lines: usize,
    /// Their net amount.
    pub amount: Money,
    /// Lines that no term explains and that something might.
    pub open_lines: usize,
    /// Their net amount.
    pub open_amount: Money,
    /// Candidates, best first.
    pub candidates: Vec<MissingTerm>,
}

/// Least cohesion, freedom on the poorer side, share of head positions, share of word joints, and likeness.
const COHESION: f64 = 0.1;
const FREEDOM: f64 = 0.6;
const HEAD_SHARE: f64 = 0.35;
const JOINT_SHARE: f64 = 0.5;
/// A run that is refused this often is known, and refused for a reason.
const REFUSED_SHARE: f64 = 0.5;
const LIKENESS: f64 = 0.1;
const EXAMPLES: usize = 3;

/// Looks for terms that the dictionary of `engine` lacks.
pub fn discover(engine: &Engine, lines: &[Document], task: DiscoveryTask<'_>) -> Result<Discovery, NoEdition> {
    let matcher = engine.matcher(task.as_of)?;
    let mut discovery = Discovery {
        lines: lines.len(),
        amount: lines.iter().filter_map(|line| line.amount).sum(),
        ..Default::default()
    };
    let mut phrases: BTreeMap<(String, TextKind, Vec<usize>), Vec<usize>> = BTreeMap::new();
    {
        let mut number = 0;
        let take = |line: &Document, open: Option<Vec<(String, Vec<usize>)>>| {
            if let Some(open) = open {
                discovery.open_lines += 1;
                discovery.open_amount += line.amount.unwrap_or_default();
                for (text, refused) in open {
                    phrases.entry((text, line.kind, refused)).or_default().push(number);
                }
            }
            number += 1;
        };
        each_in_order(task.threads, lines, |line| open_phrases(&matcher, line), take);
    }
    let (mut bodies, mut marks) = (Vec::new(), Vec::new());
    for ((text, kind, refused), lines) in phrases {
        let places = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut joints: Vec<usize> =
            engine.segmenter().tokens(&text).into_iter().flat_map(|(start, end)| [start, end]).collect();
        joints.dedup();
        bodies.push(Phrase { text, places, joints, lines });
        marks.push((kind, refused));
    }
    let counts = Counts::of(&bodies, task.least_lines.max(2));
    let names = Names::of(engine.dictionary(), engine.catalogue(), &matcher.edition.id);
    let known = Known::of(&matcher, task.skip);
    let mut gathered: BTreeMap<&str, Gathered> = BTreeMap::new();
    for (phrase, (kind, refused)) in bodies.iter().zip(&marks) {
        gather(&matcher, phrase, (*kind, refused), &counts, &mut gathered);
    }
    let mut found: Vec<(MissingTerm, BTreeSet<usize>)> = Vec::new();
    for (run, gathered) in gathered {
        let Some(term) = gathered.judge(run, &counts, task.least_lines) else { continue };
        if known.holds(run) {
            continue;
        }
        let likeness = names.like(run);
        if likeness.score >= LIKENESS {
            found.push((MissingTerm { likeness, ..term }, gathered.lines));
        }
    }
    discovery.candidates = rank(found, lines, task.most);
    Ok(discovery)
}

/// The phrases of a line that may hold an unknown term, folded, each with the ends (byte offsets) of refused hits: what
/// was refused there was refused for a reason. `None` when the line is explained, or nothing could explain it.
fn open_phrases(matcher: &Matcher<'_>, line: &Document) -> Option<Vec<(String, Vec<usize>)>> {
    let reading: Classification = matcher.read(line);
    if !reading.matches.is_empty() {
        return None;
    }
    let folded = fold(&line.text);
    let text = folded.text();
    let is_line = line.kind == TextKind::InvoiceLine;
    let layout = Layout::of(text, is_line);
    let label = matcher.dictionary.tax_label(layout.label_text(text), line.tax_code.as_deref());
    if label.is_some_and(|label| label.refuses && label.allows.is_empty()) {
        return None;
    }
    let says = |name: &str| {
        matcher.dictionary.cue(name).is_some_and(|group| group.words.iter().any(|word| text.contains(word.as_str())))
    };
    if says("unreadable") || says("cost") {
        return None;
    }
    // A modifier in front of another head was refused for that head, not for itself.
    let against: Vec<usize> = reading
        .rejected
        .iter()
        .filter(|refused| !matches!(refused.code, Refusal::Modifier | Refusal::OtherHead | Refusal::Joint))
        .map(|refused| refused.span.end)
        .collect();
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    for phrase in layout.phrases.iter().filter(|phrase| !phrase.bracketed) {
        let words = text.get(phrase.start..phrase.end)?;
        let letters = words.chars().all(|c| script_of(c) == Script::Latin);
        match pieces.last_mut() {
            // 再生PP: letters right behind Han belong to the name.
            Some(before) if letters && before.1 == phrase.start => before.1 = phrase.end,
            _ => pieces.push((phrase.start, phrase.end)),
        }
    }
    let phrases = pieces.into_iter().filter_map(|(start, end)| {
        let words = text.get(start..end)?;
        let refused = |to: &usize| against.contains(&folded.original(start, start + to).end);
        let ends = words.char_indices().map(|(at, c)| at + c.len_utf8()).filter(refused).collect();
        words.chars().any(|c| script_of(c) == Script::Han).then(|| (words.to_owned(), ends))
    });
    let phrases: Vec<(String, Vec<usize>)> = phrases.collect();
    (!phrases.is_empty()).then_some(phrases)
}

/// What is known of one run over all phrases.
#[derive(Default)]
struct Gathered {
    left: [Neighbours; 2],
    right: [Neighbours; 2],
    occurrences: usize,
    heads: usize,
    at_joints: usize,
    refused: usize,
    /// Lines on which it is the head.
    lines: BTreeSet<usize>,
}

/// Adds every frequent run of `phrase` that could be a name.
fn gather<'p>(
    matcher: &Matcher<'_>,
    phrase: &'p Phrase,
    (kind, refused): (TextKind, &[usize]),
    counts: &Counts<'_>,
    gathered: &mut BTreeMap<&'p str, Gathered>,
) {
    let at = |place: usize| phrase.places.get(place).copied().unwrap_or(phrase.text.len());
    let mut heads: HashMap<usize, bool> = HashMap::new();
    for start in 0..phrase.length() {
        for length in 2..=LONGEST.min(phrase.length() - start) {
            let Some(run) = phrase.run(start, length) else { break };
            if !counts.is_frequent(run) {
                break;
            }
            let (from, to) = (at(start), at(start + length));
            let (before, behind) =
                (phrase.text.get(..from).unwrap_or_default(), phrase.text.get(to..).unwrap_or_default());
            if !is_name(run, before, behind) {
                continue;
            }
            let head = *heads.entry(to).or_insert_with(|| matcher.is_head(behind, kind));
            let entry = gathered.entry(run).or_default();
            let lines = phrase.lines.len();
            let [by_char, by_word] = &mut entry.left;
            by_char.add(
                before.chars().next_back().map_or("", |c| before.get(before.len() - c.len_utf8()..).unwrap_or("")),
                phrase,
            );
            let word = phrase.joints.iter().rev().find(|joint| **joint < from).copied().unwrap_or(from);
            by_word.add(phrase.text.get(word..from).unwrap_or_default(), phrase);
            let [by_char, by_word] = &mut entry.right;
            by_char.add(behind.chars().next().map_or("", |c| behind.get(..c.len_utf8()).unwrap_or("")), phrase);
            let word = phrase.joints.iter().find(|joint| **joint > to).copied().unwrap_or(to);
            by_word.add(phrase.text.get(to..word).unwrap_or_default(), phrase);
            entry.occurrences += lines;
            entry.at_joints += if phrase.joints.contains(&from) && phrase.joints.contains(&to) { lines } else { 0 };
            if refused.contains(&to) {
                entry.refused += lines;
            } else if head {
                entry.heads += lines;
                entry.lines.extend(&phrase.lines);
            }
        }
    }
}

/// Whether a run can be a name at all: two Han characters, or letters and Han together, with no Latin word or number
/// cut at either edge.
fn is_name(run: &str, before: &str, behind: &str) -> bool {
    const STOPS: [char; 9] = ['的', '和', '及', '与', '等', '用', '为', '于', '之'];
    let script = |c: Option<char>| c.map_or(Script::Other, script_of);
    let han = run.chars().filter(|c| script_of(*c) == Script::Han).count();
    let latin = run.chars().filter(|c| script_of(*c) == Script::Latin).count();
    let cut = |inside: Option<char>, outside: Option<char>| {
        script(inside) == Script::Latin && matches!(script(outside), Script::Latin | Script::Digit)
    };
    han + latin == run.chars().count()
        && (han >= 2 || han == 1 && latin >= 1)
        && !cut(run.chars().next(), before.chars().next_back())
        && !cut(run.chars().next_back(), behind.chars().next())
        && !run.starts_with(STOPS)
        && !run.ends_with(STOPS)
}

impl Gathered {
    /// The run as a candidate, if it holds together, is free on both sides, and is mostly a head.
    fn judge(&self, run: &str, counts: &Counts<'_>, least: usize) -> Option<MissingTerm> {
        let share = |part: usize| part as f64 / self.occurrences.max(1) as f64;
        let free = |[chars, words]: &[Neighbours; 2]| chars.entropy().max(words.entropy());
        let term = MissingTerm {
            surface: run.to_owned(),
            lines: self.lines.len(),
            amount: Money::ZERO,
            cohesion: counts.cohesion(run),
            freedom: (free(&self.left), free(&self.right)),
            head_share: share(self.heads),
            likeness: Likeness::default(),
            examples: Vec::new(),
        };
        let stands = term.lines >= least
            && term.cohesion >= COHESION
            && term.freedom.0.min(term.freedom.1) >= FREEDOM
            && term.head_share >= HEAD_SHARE
            && share(self.at_joints) >= JOINT_SHARE
            && share(self.refused) < REFUSED_SHARE;
        stands.then_some(term)
    }
}

/// What is no discovery: surfaces in use or withdrawn, look-alikes, negatives, words of the tables, and what was
/// refused before.
struct Known<'d> {
    words: HashSet<String>,
    matcher: Matcher<'d>,
}

impl<'d> Known<'d> {
    fn of(matcher: &Matcher<'d>, skip: &HashSet<String>) -> Self {
        let dictionary = matcher.dictionary;
        let mut words: HashSet<String> = skip.clone();
        for term in dictionary.terms() {
            words.extend(std::iter::once(&term.term).chain(&term.aliases).map(|surface| fold_text(surface)));
        }
        for negative in dictionary.negatives() {
            words.extend(std::iter::once(&negative.surface).chain(&negative.aliases).map(|surface| fold_text(surface)));
        }
        // A word that names a thing of its own (继电器, 配电箱) may well be a term, though it is another head behind one.
        let a_thing = |tail| {
            matches!(tail, Tail::Other(Refusal::Part | Refusal::Consumable | Refusal::Tool | Refusal::OtherHead))
        };
        words.extend(dictionary.tails().filter(|(_, tail)| !a_thing(*tail)).map(|(word, _)| word.to_owned()));
        words.extend(dictionary.clause_words().map(|(word, _)| word.to_owned()));
        words.extend(dictionary.cue_groups().flat_map(|group| group.words.iter().cloned()));
        Self { words, matcher: *matcher }
    }

    fn holds(&self, run: &str) -> bool {
        self.words.contains(run)
            || self.matcher.dictionary.excluded(run).into_iter().any(|(start, end, exclusion)| {
                // A look-alike that blocks every term and covers the end of the run has its head.
                exclusion.blocks.is_empty() && end == run.len() && (start == 0 || exclusion.surface.chars().count() > 2)
            })
    }
}

/// Takes the candidate that explains most, then the one that explains most of the rest, and so on.
fn rank(mut found: Vec<(MissingTerm, BTreeSet<usize>)>, lines: &[Document], most: usize) -> Vec<MissingTerm> {
    let has_amounts = lines.iter().any(|line| line.amount.is_some());
    let money = |number: &usize| lines.get(*number).and_then(|line| line.amount).unwrap_or_default();
    // Without amounts every line weighs the same.
    let worth = |term: &MissingTerm, open: &BTreeSet<usize>| -> f64 {
        let explained =
            if has_amounts { open.iter().map(money).sum::<Money>().fen() as f64 } else { open.len() as f64 };
        explained * term.likeness.score
    };
    let mut ranked = Vec::new();
    while ranked.len() < most {
        let mut best: Option<(f64, usize)> = None;
        for (place, (term, open)) in found.iter().enumerate() {
            if open.is_empty() {
                continue;
            }
            let value = worth(term, open);
            // Of two that explain the same, the longer says more.
            let better = best.is_none_or(|(top, at)| {
                value > top
                    || value == top && found.get(at).is_some_and(|(other, _)| other.surface.len() < term.surface.len())
            });
            if better {
                best = Some((value, place));
            }
        }
        let Some((_, place)) = best else { break };
        let (mut term, open) = found.remove(place);
        term.lines = open.len();
        term.amount = open.iter().map(money).sum();
        term.examples =
            open.iter().filter_map(|number| example(lines.get(*number)?, &term.surface)).take(EXAMPLES).collect();
        for (_, others) in &mut found {
            others.retain(|line| !open.contains(line));
        }
        found.retain(|(_, open)| !open.is_empty());
        ranked.push(term);
    }
    ranked
}

/// A line in which `surface` stands, and where.
fn example(line: &Document, surface: &str) -> Option<(Location, String, Span)> {
    let folded = fold(&line.text);
    let start = folded.text().rfind(surface)?;
    Some((line.location.clone(), line.text.clone(), folded.original(start, start + surface.len())))
}
