//! What must not change a reading, and what must: unrelated terms, the order of rows, the words a term needs, how and
//! when ordinary words are loaded, and how often they occur.

mod support;

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use jieba_rs::Jieba;
use lvjian::{
    Classification, Document, Engine, Matcher, Need, Segmenter, Strength, TextKind, Verdict, entry_known, fold,
    read_gold, read_traps,
};
use proptest::prelude::*;
use support::{
    change::{Chance, Texts, shipped, table, text_of},
    folder, write,
};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::builtin().expect("the shipped tables load"));

fn day() -> jiff::civil::Date {
    jiff::civil::date(2025, 11, 1)
}

fn tables(part: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(part);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let tables = files.filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
    tables.map(|path| (path.display().to_string(), fs::read_to_string(path).unwrap())).collect()
}

/// Every text of the corpus, as it is read.
static DOCUMENTS: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let known = entry_known(ENGINE.catalogue(), day());
    let (gold, traps) = (tables("gold"), tables("traps"));
    let rows = read_gold(gold.iter().map(|(name, text)| (name.as_str(), text.as_str())), &known).unwrap();
    let traps = read_traps(traps.iter().map(|(name, text)| (name.as_str(), text.as_str())), &rows, &known).unwrap();
    let documents: Vec<Document> =
        rows.iter().map(|row| row.document()).chain(traps.iter().map(|trap| trap.row.document())).collect();
    assert!(documents.len() >= 3_000, "{} texts", documents.len());
    documents
});

fn read_all(matcher: &Matcher<'_>) -> Vec<Classification> {
    DOCUMENTS.iter().map(|document| matcher.read(document)).collect()
}

/// An engine on these tables alone.
fn engine_of(texts: &Texts) -> Engine {
    let desk = folder();
    fs::create_dir_all(desk.path().join("materials")).unwrap();
    for (file, text) in texts {
        write(desk.path(), file, text.as_bytes());
    }
    Engine::with_folders(Some(desk.path()), &[]).unwrap()
}

/// The first texts that are read differently.
#[track_caller]
fn same(before: &[Classification], after: &[Classification], documents: &[Document]) {
    assert_eq!(before.len(), after.len());
    let different: Vec<&str> = before
        .iter()
        .zip(after)
        .zip(documents)
        .filter(|((a, b), _)| a != b)
        .map(|(_, document)| document.text.as_str())
        .collect();
    assert!(different.is_empty(), "{} texts are read differently: {:?}", different.len(), different.iter().take(5));
}

#[test]
fn the_order_of_dictionary_rows_changes_nothing() {
    let texts = shipped(1);
    let before = read_all(&engine_of(&texts).matcher(day()).unwrap());
    assert!(before.iter().filter(|reading| reading.verdict == Verdict::Green).count() > 500, "something is read");
    for seed in 1..3 {
        let mut chance = Chance::seeded(seed);
        let mut shuffled = texts.clone();
        for text in shuffled.iter_mut().filter(|(file, _)| file.ends_with(".csv")).map(|(_, text)| text) {
            let (header, mut rows) = table(text);
            for place in (1..rows.len()).rev() {
                rows.swap(place, chance.below(place + 1));
            }
            *text = text_of(&header, &rows);
        }
        same(&before, &read_all(&engine_of(&shuffled).matcher(day()).unwrap()), &DOCUMENTS);
    }
}

/// A new term of any strength whose surface a text does not hold leaves the text's reading as it was, to the byte.
#[test]
fn an_unrelated_term_changes_no_other_line() {
    let texts = shipped(4);
    let before = read_all(&engine_of(&texts).matcher(day()).unwrap());
    let config = ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() };
    let surfaces = prop_oneof![
        // Pieces of real words are the dangerous ones: they lie near and across the surfaces of other terms.
        any::<prop::sample::Index>().prop_flat_map(|index| {
            let text: Vec<char> = index.get(&DOCUMENTS).text.chars().filter(|c| *c >= '\u{4e00}').collect();
            (0..text.len().max(1), 2usize..6).prop_map(move |(from, length)| {
                text.iter().skip(from).take(length).chain(&['泵', '机']).collect::<String>()
            })
        }),
        "[\u{4e00}-\u{9fa5}]{2,5}",
    ];
    let strength = prop::sample::select(vec!["sufficient", "generic", "supporting"]);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&(surfaces, strength), |(surface, strength)| {
            let mut with = texts.clone();
            let taken = ENGINE.dictionary().surfaces().iter().any(|(known, _)| known == fold(&surface).text());
            prop_assume!(!taken);
            let rows = with.get_mut("materials/abate.csv").unwrap();
            rows.push_str(&format!(
                "T99999,{surface},,abate,{strength},,,,,gfspc-2025:make=2.1.1,-,S-0001,2.1.1,,,active,,\n"
            ));
            let after = read_all(&engine_of(&with).matcher(day()).unwrap());
            let word = fold(&surface).text().to_owned();
            for ((a, b), document) in before.iter().zip(&after).zip(DOCUMENTS.iter()) {
                if !fold(&document.text).text().contains(&word) {
                    prop_assert_eq!(a, b, "{} changes {}", surface, document.text);
                }
            }
            Ok(())
        })
        .unwrap();
}

/// Blanks every word of `words` in `text` outside `keep`; `None` when one stands inside it.
fn without(text: &str, keep: &str, words: &BTreeSet<String>) -> Option<String> {
    let mut text = text.to_owned();
    // A longer word first: what is left of it may be another needed word.
    let mut longest: Vec<&String> = words.iter().filter(|word| !word.is_empty()).collect();
    longest.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    if longest.iter().any(|word| keep.contains(word.as_str())) {
        return None;
    }
    for word in longest {
        text = text.replace(word.as_str(), "·");
    }
    text.contains(keep).then_some(text)
}

/// Where a term stands only because of its company, the text without the company does not let it stand.
#[test]
fn removing_a_needed_word_flips_the_verdict() {
    let dictionary = ENGINE.dictionary();
    let matcher = ENGINE.matcher(day()).unwrap();
    let mut flipped = 0;
    for scene in ["replace", "reduce", "abate", "efficiency", "quality", "recycle"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("dictionaries/materials/{scene}.cases.csv"));
        let (_, cases) = table(&fs::read_to_string(file).unwrap());
        for case in cases.iter().filter(|case| case[2] == "hit") {
            let Some(term) = dictionary.term_by_id(&case[0]).filter(|term| !term.needs.is_empty()) else { continue };
            let needed: BTreeSet<String> = term
                .needs
                .iter()
                .flatten()
                .flat_map(|need| match need {
                    Need::Word(word) => vec![word.clone()],
                    Need::Cue(name) => dictionary.cue(name).map(|group| group.words.clone()).unwrap_or_default(),
                })
                .collect();
            for kind in [TextKind::InvoiceLine, TextKind::Purpose] {
                let read = |text: &str| matcher.read(&Document { text: text.to_owned(), kind, ..Document::default() });
                let stands = |reading: &Classification| {
                    let own = reading.matches.iter().find(|found| found.term_id == term.id);
                    own.filter(|found| found.strength == Strength::Sufficient)
                        .map(|found| fold(&found.text).text().to_owned())
                };
                let text = fold(&case[1]).text().to_owned();
                let before = read(&text);
                let Some(surface) = stands(&before) else { continue };
                let Some(bare) = without(&text, &surface, &needed) else { continue };
                let after = read(&bare);
                assert!(stands(&after).is_none(), "{} {} still stands in {bare} (of {text})", term.id, term.term);
                let positive =
                    |reading: &Classification| matches!(reading.verdict, Verdict::Green | Verdict::NeedsEvidence);
                flipped += u32::from(positive(&before) && !positive(&after));
            }
        }
    }
    assert!(flipped >= 200, "only {flipped} verdicts flipped");
}

fn with_words<'e>(segmenter: &'e Segmenter) -> Matcher<'e> {
    Matcher { segmenter, ..ENGINE.matcher(day()).unwrap() }
}

#[test]
fn words_loaded_early_late_or_anew_for_each_text_give_the_same() {
    let lazy = read_all(&with_words(&Segmenter::new()));
    let eager = Segmenter::with_words(Jieba::new());
    for document in DOCUMENTS.iter() {
        eager.tokens(fold(&document.text).text());
    }
    same(&lazy, &read_all(&with_words(&eager)), &DOCUMENTS);
    // Backwards: what was read before a text plays no part.
    let fresh = Segmenter::new();
    let matcher = with_words(&fresh);
    let mut backwards: Vec<Classification> = DOCUMENTS.iter().rev().map(|document| matcher.read(document)).collect();
    backwards.reverse();
    same(&lazy, &backwards, &DOCUMENTS);
}

/// Another word list with the same words and other counts cuts texts differently, and changes no reading.
#[test]
fn other_frequencies_of_ordinary_words_change_no_verdict() {
    let usual = Jieba::new();
    let mut words: BTreeSet<String> = BTreeSet::new();
    for document in DOCUMENTS.iter() {
        let folded = fold(&document.text);
        let characters: Vec<char> = folded.text().chars().collect();
        for start in 0..characters.len() {
            for end in start + 1..=characters.len().min(start + 6) {
                let word: String = characters[start..end].iter().collect();
                if usual.has_word(&word) {
                    words.insert(word);
                }
            }
        }
    }
    assert!(words.len() > 3_000, "{} words", words.len());
    let before = read_all(&with_words(&Segmenter::with_words(usual)));
    for seed in [7, 8] {
        let mut chance = Chance::seeded(seed);
        let mut other = Jieba::new();
        for word in &words {
            other.add_word(word, Some(1 << chance.below(24)), None);
        }
        let other = Segmenter::with_words(other);
        let cut = |segmenter: &Segmenter| -> Vec<_> {
            DOCUMENTS.iter().map(|document| segmenter.tokens(fold(&document.text).text())).collect()
        };
        let differing = cut(&Segmenter::new()).iter().zip(cut(&other)).filter(|(a, b)| **a != *b).count();
        assert!(differing > 200, "the counts matter to a segmenter: {differing} texts are cut differently");
        same(&before, &read_all(&with_words(&other)), &DOCUMENTS);
    }
}
