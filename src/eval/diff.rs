//! What changed between two runs over the same labelled texts, and why each flipped row flipped.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{gold::GoldRow, score::Answer};
use crate::{Engine, text::fold_text};

/// What a run stood on: versions, and a short hash of every row of every table, so that two runs can be compared when
/// their tables are long gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// Version of the program.
    pub engine: String,
    /// Edition of the catalogue.
    pub edition: String,
    /// Content hash of the catalogue tables.
    pub catalogue: String,
    /// Content hash of the dictionary tables.
    pub dictionary: String,
    /// Table → key of the row → short hash of its content. Withdrawn terms are left out: they never match.
    pub tables: BTreeMap<String, BTreeMap<String, String>>,
}

/// Answers and what they stand on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The ground.
    pub basis: Basis,
    /// One answer a row.
    pub answers: Vec<Answer>,
}

/// A table of [`Basis::tables`] with its Chinese name.
const TERMS: (&str, &str) = ("terms", "词条");
const CONDITIONS: (&str, &str) = ("conditions", "界定条件");
const CUES: (&str, &str) = ("cues", "语境词组");
/// Tables whose key is a word of the text.
const WORDS: [(&str, &str); 5] = [
    ("exclusions", "排除词"),
    ("negatives", "负面清单"),
    ("heads", "中心词"),
    ("clauses", "语句词"),
    ("tax-labels", "税收分类"),
];

fn short(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(8).collect()
}

fn hashed<T: Serialize>(rows: impl Iterator<Item = (String, T)>) -> BTreeMap<String, String> {
    rows.map(|(key, row)| (key, short(&serde_json::to_vec(&row).unwrap_or_default()))).collect()
}

impl Basis {
    /// The ground of an engine under one edition.
    pub fn of(engine: &Engine, edition: &str) -> Self {
        let (dictionary, catalogue) = (engine.dictionary(), engine.catalogue());
        let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let terms = dictionary.terms().iter().filter(|term| term.active);
        tables.insert(TERMS.0.to_owned(), hashed(terms.map(|term| (term.id.clone(), term))));
        let [exclusions, negatives, heads, clauses, labels] = WORDS.map(|(table, _)| table.to_owned());
        tables.insert(exclusions, hashed(dictionary.exclusions().iter().map(|row| (row.surface.clone(), row))));
        let named = dictionary
            .negatives()
            .iter()
            .flat_map(|row| std::iter::once(&row.surface).chain(&row.aliases).map(move |name| (fold_text(name), row)));
        tables.insert(negatives, hashed(named));
        tables.insert(heads, hashed(dictionary.tails().map(|(word, meaning)| (word.to_owned(), meaning))));
        tables.insert(clauses, hashed(dictionary.clause_words().map(|(word, meaning)| (word.to_owned(), meaning))));
        tables.insert(labels, hashed(dictionary.tax_labels().map(|label| (fold_text(&label.label), label))));
        tables.insert(CUES.0.to_owned(), hashed(dictionary.cue_groups().map(|group| (group.name.clone(), group))));
        let conditions = catalogue.conditions().iter().map(|row| (row.id.clone(), format!("{row:?}")));
        tables.insert(CONDITIONS.0.to_owned(), hashed(conditions));
        Self {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            edition: edition.to_owned(),
            catalogue: catalogue.fingerprint().to_owned(),
            dictionary: dictionary.fingerprint().to_owned(),
            tables,
        }
    }

    fn table(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.tables.get(name)
    }
}

/// A row whose verdict or entries differ between two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flip {
    /// Id of the row.
    pub id: String,
    /// Answer before.
    pub before: Answer,
    /// Answer after.
    pub after: Answer,
    /// The changes of tables and versions that reach this row, the nearest first. Empty: nothing in the tables differs
    /// and the version is the same, so the program itself was built differently.
    pub causes: Vec<String>,
    /// What the two answers rest on: matches and refusals that came or went.
    pub effect: String,
}

/// Rows answered differently, matched by id; a row that only one run has is left out.
pub fn flips(rows: &[GoldRow], before: &Run, after: &Run) -> Vec<Flip> {
    let changes = Changes::between(&before.basis, &after.basis);
    let earlier: BTreeMap<&str, &Answer> = before.answers.iter().map(|answer| (answer.id.as_str(), answer)).collect();
    let texts: BTreeMap<&str, &GoldRow> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    after
        .answers
        .iter()
        .filter_map(|now| {
            let then = earlier.get(now.id.as_str())?;
            let text = texts.get(now.id.as_str()).map(|row| fold_text(&row.text)).unwrap_or_default();
            (then.verdict != now.verdict || then.entries != now.entries).then(|| Flip {
                id: now.id.clone(),
                before: (*then).clone(),
                after: now.clone(),
                causes: changes.reaching(&text, then, now),
                effect: effect(then, now),
            })
        })
        .collect()
}

/// How a row of a table changed.
fn change<'w>(before: Option<&String>, after: Option<&String>, words: [&'w str; 3]) -> Option<&'w str> {
    let [added, removed, altered] = words;
    match (before, after) {
        (None, Some(_)) => Some(added),
        (Some(_), None) => Some(removed),
        (Some(old), Some(new)) if old != new => Some(altered),
        _ => None,
    }
}

/// Every difference of two grounds: table → key → what happened.
struct Changes {
    tables: BTreeMap<&'static str, BTreeMap<String, &'static str>>,
    /// Differences outside the rows.
    versions: Vec<String>,
}

impl Changes {
    fn between(before: &Basis, after: &Basis) -> Self {
        let mut tables: BTreeMap<&'static str, BTreeMap<String, &'static str>> = BTreeMap::new();
        for (name, _) in WORDS.into_iter().chain([TERMS, CONDITIONS, CUES]) {
            let none = BTreeMap::new();
            let (old, new) = (before.table(name).unwrap_or(&none), after.table(name).unwrap_or(&none));
            let words = if name == TERMS.0 { ["新增", "停用", "改动"] } else { ["新增", "删除", "改动"] };
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let changed = keys
                .into_iter()
                .filter_map(|key| change(old.get(key), new.get(key), words).map(|happened| (key.clone(), happened)));
            tables.insert(name, changed.collect());
        }
        let mut versions = Vec::new();
        for (name, old, new) in
            [("引擎版本", &before.engine, &after.engine), ("目录版本", &before.edition, &after.edition)]
        {
            if old != new {
                versions.push(format!("{name} {old} → {new}"));
            }
        }
        let conditions = tables.get(CONDITIONS.0).is_some_and(|changed| !changed.is_empty());
        if before.catalogue != after.catalogue && !conditions {
            versions.push("目录条目或对照表改动".to_owned());
        }
        Self { tables, versions }
    }

    fn of(&self, table: &str) -> impl Iterator<Item = (&String, &&'static str)> {
        self.tables.get(table).into_iter().flatten()
    }

    /// The changes that can reach a text: changed terms that either answer names, changed words that stand in the
    /// text, changed conditions that either answer judged; changed cue groups when none of these was found, because a
    /// saved run does not hold their words; and the versions.
    fn reaching(&self, text: &str, before: &Answer, after: &Answer) -> Vec<String> {
        let mut causes = Vec::new();
        let named = |id: &str| {
            [before, after].iter().any(|answer| {
                answer.terms.iter().any(|term| term == id)
                    || answer.refused.iter().any(|refused| refused.split(' ').next() == Some(id))
            })
        };
        for (id, happened) in self.of(TERMS.0).filter(|(id, _)| named(id)) {
            causes.push(format!("{}{happened} {id}", TERMS.1));
        }
        for (table, chinese) in WORDS {
            for (word, happened) in self.of(table).filter(|(word, _)| text.contains(word.as_str())) {
                causes.push(format!("{chinese}{happened} {word}"));
            }
        }
        let judged = |id: &str| {
            let own = |answer: &Answer| answer.conditions.iter().any(|judged| judged.split(' ').next() == Some(id));
            own(before) || own(after)
        };
        for (id, happened) in self.of(CONDITIONS.0).filter(|(id, _)| judged(id)) {
            causes.push(format!("{}{happened} {id}", CONDITIONS.1));
        }
        if causes.is_empty() {
            causes.extend(self.of(CUES.0).map(|(name, happened)| format!("{}{happened} {name}", CUES.1)));
        }
        causes.extend(self.versions.iter().cloned());
        causes
    }
}

fn effect(before: &Answer, after: &Answer) -> String {
    let only = |a: &[String], b: &[String]| a.iter().filter(|x| !b.contains(x)).cloned().collect::<Vec<_>>().join("、");
    let parts: Vec<String> = [
        ("新命中", only(&after.terms, &before.terms)),
        ("不再命中", only(&before.terms, &after.terms)),
        ("新拒绝", only(&after.refused, &before.refused)),
        ("不再拒绝", only(&before.refused, &after.refused)),
        ("条件", only(&after.conditions, &before.conditions)),
        ("新条目", only(&after.entries, &before.entries)),
        ("去掉条目", only(&before.entries, &after.entries)),
    ]
    .into_iter()
    .filter(|(_, list)| !list.is_empty())
    .map(|(name, list)| format!("{name} {list}"))
    .collect();
    parts.join("；")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        eval::Expected,
        model::{TextKind, Verdict},
    };

    fn answer(verdict: Verdict, terms: &[&str], refused: &[&str]) -> Answer {
        Answer {
            id: "a".to_owned(),
            verdict,
            entries: Vec::new(),
            terms: terms.iter().map(|id| (*id).to_owned()).collect(),
            refused: refused.iter().map(|id| (*id).to_owned()).collect(),
            conditions: Vec::new(),
            scene: None,
            reason: String::new(),
        }
    }

    fn basis(rows: &[(&str, &str, &str)]) -> Basis {
        let mut basis = Basis { engine: "1".to_owned(), ..Basis::default() };
        for (table, key, hash) in rows {
            let table = basis.tables.entry((*table).to_owned()).or_default();
            table.insert((*key).to_owned(), (*hash).to_owned());
        }
        basis
    }

    fn causes(before: (Basis, Answer), after: (Basis, Answer)) -> Vec<String> {
        let row = GoldRow {
            id: "a".to_owned(),
            kind: TextKind::InvoiceLine,
            text: "ＬＥＤ灯罩".to_owned(),
            expected: Expected::Positive,
            entries: Vec::new(),
            family: "plain".to_owned(),
            why: String::new(),
        };
        let run = |(basis, answer)| Run { basis, answers: vec![answer] };
        let found = flips(&[row], &run(before), &run(after));
        found.into_iter().flat_map(|flip| flip.causes).collect()
    }

    #[test]
    fn each_cause_is_named() {
        let none = || answer(Verdict::NotGreen, &[], &[]);
        let hit = || answer(Verdict::Green, &["T1"], &[]);
        let refused = || answer(Verdict::NotGreen, &[], &["T1 M005"]);
        let old = || basis(&[("terms", "T1", "x"), ("cues", "buy", "x")]);
        let with = |table, key, hash| {
            let mut basis = old();
            let rows = basis.tables.entry(String::from(table)).or_default();
            rows.insert(String::from(key), String::from(hash));
            basis
        };
        assert_eq!(causes((basis(&[]), none()), (basis(&[("terms", "T1", "x")]), hit())), ["词条新增 T1"]);
        assert_eq!(causes((basis(&[("terms", "T1", "x")]), hit()), (basis(&[]), none())), ["词条停用 T1"]);
        assert_eq!(causes((old(), none()), (with("terms", "T1", "y"), hit())), ["词条改动 T1"]);
        assert_eq!(causes((old(), hit()), (with("exclusions", "led灯罩", "y"), refused())), ["排除词新增 led灯罩"]);
        assert_eq!(causes((old(), hit()), (with("heads", "罩", "y"), refused())), ["中心词新增 罩"]);
        assert_eq!(causes((old(), hit()), (with("cues", "buy", "y"), refused())), ["语境词组改动 buy"]);
        assert!(causes((old(), hit()), (with("terms", "T2", "y"), refused())).is_empty(), "T2 is not on this row");
        let newer = || Basis { engine: "2".to_owned(), ..old() };
        assert_eq!(causes((old(), hit()), (newer(), refused())), ["引擎版本 1 → 2"]);
        let other = || Basis { catalogue: "y".to_owned(), ..old() };
        assert_eq!(causes((old(), hit()), (other(), refused())), ["目录条目或对照表改动"]);
        assert!(causes((old(), hit()), (old(), refused())).is_empty(), "the program itself");
        assert!(causes((old(), hit()), (newer(), hit())).is_empty(), "no flip, no cause");
    }
}
