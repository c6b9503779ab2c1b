//! English for what is said in Chinese.
//!
//! Decisions are made and kept in Chinese, whatever the reader's language: the same input gives the same bytes, and an
//! old decision can be read in English. The words are data (`dictionaries/english/`, and `english.toml` beside each
//! pack); the user's texts, terms and third-level entries stay as they are.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Words and sentences with their English.
#[derive(Debug, Default)]
pub struct English {
    words: BTreeMap<String, String>,
    sentences: Vec<Sentence>,
}

/// A file of words that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    /// No TOML.
    #[error("{file}: {source}")]
    Toml {
        /// File.
        file: String,
        /// What the TOML reader says.
        source: Box<toml::de::Error>,
    },
    /// A sentence whose holes do not fit.
    #[error("{file}: “{sentence}”的空位不对 / holes that do not fit")]
    Holes {
        /// File.
        file: String,
        /// The Chinese sentence.
        sentence: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsFile {
    #[serde(default)]
    words: BTreeMap<String, String>,
    #[serde(default)]
    sentences: BTreeMap<String, String>,
}

/// A sentence with holes: the Chinese between them, and the English around them.
#[derive(Debug)]
struct Sentence {
    /// One more than there are holes.
    literals: Vec<String>,
    /// For each hole, in the order of the Chinese: its number, and whether its text stays as it is.
    holes: Vec<(usize, bool)>,
    english: String,
}

impl English {
    /// The words that ship with the program, and those of the packs that ship.
    pub fn builtin() -> Result<Self, LanguageError> {
        let mut english = Self::default();
        macro_rules! files {
            ($($file:literal),+) => {
                [$(($file, include_str!(concat!("../../dictionaries/", $file)))),+]
            };
        }
        for (file, text) in files![
            "english/program.toml",
            "english/documents.toml",
            "english/catalogue.toml",
            "standards/sme-green-2022/english.toml",
            "standards/cqjr-026-2024/english.toml"
        ] {
            english.add(file, text)?;
        }
        for (_, page) in crate::diag::pages() {
            english.words.entry(page.title.clone()).or_insert_with(|| page.english.clone());
        }
        Ok(english)
    }

    /// Adds the words of a file; they win over those known before.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), LanguageError> {
        let read: WordsFile = toml::from_str(text)
            .map_err(|source| LanguageError::Toml { file: file.to_owned(), source: Box::new(source) })?;
        self.words.extend(read.words);
        for (chinese, english) in read.sentences {
            let sentence = Sentence::read(&chinese, english)
                .ok_or_else(|| LanguageError::Holes { file: file.to_owned(), sentence: chinese })?;
            self.sentences.push(sentence);
        }
        // The sentence that says most comes first.
        self.sentences.sort_by_key(|sentence| std::cmp::Reverse(sentence.literals.concat().chars().count()));
        Ok(())
    }

    /// The English of a phrase, sentence or list; what is not known stays as it is.
    pub fn of(&self, chinese: &str) -> String {
        if chinese.is_ascii() {
            return chinese.to_owned();
        }
        if let Some(words) = self.words.get(chinese) {
            return words.clone();
        }
        // `V6 证明材料伪造…（经人核实）`: a name behind its id.
        if let Some((id, name)) = chinese.split_once(' ')
            && let Some(words) = self.words.get(name).filter(|_| id.is_ascii())
        {
            return format!("{id} {words}");
        }
        if let Some(said) = self.sentences.iter().find_map(|sentence| sentence.put(chinese, self)) {
            return said;
        }
        for (mark, joint) in [("；", "; "), ("　", "  "), (" › ", " › ")] {
            if chinese.contains(mark) {
                return chinese.split(mark).map(|part| self.of(part)).collect::<Vec<_>>().join(joint);
            }
        }
        // Some texts hold 、 themselves, so a list is put into English only whole.
        if chinese.contains('、') {
            let parts: Vec<String> = chinese.split('、').map(|part| self.of(part)).collect();
            let known = |(part, said): (&str, &String)| part.is_ascii() || part != said.as_str();
            if chinese.split('、').zip(&parts).all(known) {
                return parts.join(", ");
            }
        }
        if chinese.contains(' ') {
            let word = |part: &str| self.words.get(part).cloned().unwrap_or_else(|| part.to_owned());
            return chinese.split(' ').map(word).collect::<Vec<_>>().join(" ");
        }
        chinese.to_owned()
    }
}

impl Sentence {
    /// Reads `…{1}…{=2}…`; nothing when the two sides have different holes, or no word stands between two of them.
    fn read(chinese: &str, english: String) -> Option<Self> {
        let mut literals = Vec::new();
        let mut holes = Vec::new();
        let mut rest = chinese;
        while let Some((before, behind)) = rest.split_once('{') {
            let (hole, after) = behind.split_once('}')?;
            let kept = hole.strip_prefix('=');
            holes.push((kept.unwrap_or(hole).parse().ok()?, kept.is_some()));
            literals.push(before.to_owned());
            rest = after;
        }
        literals.push(rest.to_owned());
        let inner = literals.get(1..literals.len() - 1).unwrap_or_default();
        let fits = !holes.is_empty()
            && inner.iter().all(|literal| !literal.is_empty())
            && !literals.concat().is_empty()
            && holes.iter().all(|(number, _)| english.matches(&format!("{{{number}}}")).count() == 1)
            && english.matches('{').count() == holes.len();
        fits.then_some(Self { literals, holes, english })
    }

    /// The English of `text`, when the sentence says it.
    fn put(&self, text: &str, words: &English) -> Option<String> {
        let (first, rest) = self.literals.split_first()?;
        let (last, inner) = rest.split_last()?;
        let mut left = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut found = Vec::new();
        for literal in inner {
            let (hole, behind) = left.split_once(literal.as_str())?;
            found.push(hole);
            left = behind;
        }
        found.push(left);
        let ends = last.is_empty();
        let mut said = self.english.clone();
        for (place, (hole, (number, kept))) in found.iter().zip(&self.holes).enumerate() {
            // A list only stands at the end of a sentence: elsewhere two sentences were taken for one.
            let list = hole.contains('；') && !kept && !(ends && place + 1 == found.len());
            if hole.is_empty() || list {
                return None;
            }
            let words = if *kept { (*hole).to_owned() } else { words.of(hole) };
            said = said.replace(&format!("{{{number}}}"), &words);
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_words_and_lists() {
        let english = English::builtin().unwrap();
        for (chinese, said) in [
            ("绿色占比 72%，未达标", "green share 72%, short of the bound"),
            (
                "用途：“光伏组件”属替代（4.2.2 太阳能利用设施建设和运营），条件已明",
                "purpose: “光伏组件” is replacement (4.2.2 太阳能利用设施建设和运营), conditions clear",
            ),
            ("否决项未查；绿色占比 72%，未达标", "vetoes are unchecked; green share 72%, short of the bound"),
            (
                "绿色营收占比得 10 分，满分 20（其中 10 分缺数据）：企业自报 62%",
                "green revenue share: 10 of 20 points, 10 of them without data: stated by the enterprise 62%",
            ),
            (
                "绿色营收占比只得 4 分，满分 20：销项发票测算 10%（1.00÷10.00）；企业自报 10%",
                "green revenue share: only 4 of 20 points: measured by sales invoices 10% (1.00 ÷ 10.00); stated by the enterprise 10%",
            ),
            (
                "缺数据，需：热交换器能效评价报告、余能资源评价报告",
                "no data, needs: energy-efficiency assessment report of the heat exchanger, assessment report of surplus-energy resources",
            ),
            ("台州海昱光伏安装有限公司", "台州海昱光伏安装有限公司"),
            ("一级能效、二级能效", "一级能效、二级能效"),
        ] {
            assert_eq!(english.of(chinese), said);
        }
    }

    /// Whatever a condition or a pack of ours says to people has its English.
    #[test]
    fn every_document_and_every_text_of_the_packs_has_its_english() {
        let english = English::builtin().unwrap();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
        let mut texts: Vec<String> = Vec::new();
        let mut conditions = csv::Reader::from_path(root.join("catalogue/conditions.csv")).unwrap();
        texts.extend(conditions.records().map(|row| row.unwrap()[5].to_owned()));
        assert!(texts.len() > 100);
        for file in [
            "sme-green-2022/standard",
            "sme-green-2022/loan",
            "sme-green-2022/entity",
            "cqjr-026-2024/standard",
            "cqjr-026-2024/entity",
        ] {
            let text = std::fs::read_to_string(root.join("standards").join(file).with_extension("toml")).unwrap();
            said("", &toml::Value::Table(toml::from_str(&text).unwrap()), &mut texts);
        }
        let han = |text: &String| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let lacking: Vec<String> = texts.into_iter().filter(|text| han(&english.of(text))).collect();
        assert!(lacking.is_empty(), "without English:\n{}", lacking.join("\n"));
    }

    /// What a pack shows to people: names, sources, reasons, documents, headings.
    fn said(key: &str, value: &toml::Value, texts: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                let reasons = key == "not_applicable";
                table.iter().for_each(|(name, value)| said(if reasons { "reason" } else { name }, value, texts));
            }
            toml::Value::Array(items) => items.iter().for_each(|item| said(key, item, texts)),
            toml::Value::String(text) => {
                let shown = ["title", "notice", "name", "dimension", "source", "reason", "document", "headings"];
                let code = text.starts_with("S-");
                if shown.contains(&key) && !code || ["veto_grade", "provisional_cap", "unrated"].contains(&key) {
                    texts.push(text.clone());
                }
            }
            _ => {}
        }
    }

    #[test]
    fn holes_must_fit() {
        let mut english = English::default();
        for text in [
            "\"{1}{2}\" = \"{1} {2}\"",
            "\"甲 {1}\" = \"{2}\"",
            "\"甲 {1}\" = \"one\"",
            "\"{1}\" = \"{1}\"",
            "\"甲 {x}\" = \"{x}\"",
        ] {
            let error = english.add("x.toml", &format!("[sentences]\n{text}")).unwrap_err();
            assert!(matches!(error, LanguageError::Holes { .. }), "{text}");
        }
    }
}
