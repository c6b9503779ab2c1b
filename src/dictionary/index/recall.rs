//! Full-text look-up for people: which terms and entries sound like this? Never in the batch path, never evidence.

use std::collections::HashMap;

use tantivy::{
    Index, IndexReader, TantivyDocument, Term as IndexTerm,
    collector::TopDocs,
    query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery},
    schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value},
    tokenizer::{NgramTokenizer, TextAnalyzer},
};

use crate::text::fold;

/// The index cannot be built or searched.
#[derive(Debug, thiserror::Error)]
#[error("全文索引 / full-text index: {0}")]
pub struct RecallError(#[from] tantivy::TantivyError);

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RecallHit {
    /// Key given at building.
    pub key: String,
    /// BM25 score; higher is nearer. Only comparable within one answer.
    pub score: f32,
}

/// An index in memory over short Chinese texts, cut into characters and pairs of characters.
pub struct RecallIndex {
    reader: IndexReader,
    index: Index,
    key: Field,
    body: Field,
}

const TOKENIZER: &str = "pairs";

impl RecallIndex {
    /// Indexes `(key, text)` pairs.
    pub fn new<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, RecallError> {
        let mut schema = Schema::builder();
        let key = schema.add_text_field("key", STRING | STORED);
        let indexing =
            TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(IndexRecordOption::WithFreqs);
        let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing));
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(TOKENIZER, TextAnalyzer::builder(NgramTokenizer::new(1, 2, false)?).build());
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 15_000_000)?;
        for (name, text) in texts {
            let mut document = TantivyDocument::default();
            document.add_text(key, name);
            document.add_text(body, fold(text).text());
            writer.add_document(document)?;
        }
        writer.commit()?;
        let reader = index.reader()?;
        Ok(Self { reader, index, key, body })
    }

    /// The `limit` best answers. Every character and pair of the query may match; pairs count three times as much,
    /// so that word order matters without a phrase being required.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<RecallHit>, RecallError> {
        let folded = fold(query);
        let mut weights: HashMap<String, f32> = HashMap::new();
        let mut tokenizer = self.index.tokenizers().get(TOKENIZER);
        if let Some(tokenizer) = tokenizer.as_mut() {
            let mut stream = tokenizer.token_stream(folded.text());
            while let Some(token) = stream.next() {
                let pair = token.text.chars().count() > 1;
                weights.insert(token.text.clone(), if pair { 3.0 } else { 1.0 });
            }
        }
        let mut clauses: Vec<(String, f32)> = weights.into_iter().collect();
        clauses.sort_by(|a, b| a.0.cmp(&b.0));
        let clauses = clauses
            .into_iter()
            .map(|(token, weight)| {
                let term = TermQuery::new(IndexTerm::from_field_text(self.body, &token), IndexRecordOption::WithFreqs);
                (Occur::Should, Box::new(BoostQuery::new(Box::new(term), weight)) as Box<dyn Query>)
            })
            .collect();
        let searcher = self.reader.searcher();
        let top = TopDocs::with_limit(limit.max(1)).order_by_score();
        let mut found = Vec::new();
        for (score, address) in searcher.search(&BooleanQuery::new(clauses), &top)? {
            let document: TantivyDocument = searcher.doc(address)?;
            if let Some(key) = document.get_first(self.key).and_then(|value| value.as_str()) {
                found.push(RecallHit { key: key.to_owned(), score });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_shared_pairs() {
        let index = RecallIndex::new([
            ("4.1.2", "太阳能利用装备制造"),
            ("4.2.2", "太阳能利用设施建设和运营"),
            ("1.1.7", "节能电动机、微特电机制造"),
        ])
        .unwrap();
        let keys: Vec<String> = index.search("太阳能设施", 2).unwrap().into_iter().map(|hit| hit.key).collect();
        assert_eq!(keys, ["4.2.2", "4.1.2"]);
    }
}
