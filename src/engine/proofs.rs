//! Documents that the bank has seen: from the ledger's words to the conditions they settle.

use std::fmt;

use crate::{
    catalogue::{Catalogue, Condition},
    decision::Case,
    model::{ConditionState, Proof},
    text::fold,
};

/// Documents that a decision asks for and that say nothing by being there: what they show stands in columns of its own.
const ELSEWHERE: [&str; 2] = ["环保处罚与失信查询结果", "用途对应的发票或受托支付凭证"];

/// How the name of a document ends; a name without it is no alternative of another (环境标志或绿色产品认证证书).
const DOCUMENT_ENDS: [&str; 12] =
    ["报告", "证书", "证明", "信息", "标识", "意见", "名单", "清单", "文件", "材料", "协议", "批复"];

/// What the cell of a ledger says of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Proofs {
    /// Conditions settled, by the ledger's name for the document.
    pub proven: Vec<Proof>,
    /// What is wrong with the cell itself.
    pub notes: Vec<ProofNote>,
}

/// Something to be said about a proof handed in. The codes are stable and explained by `lvjian explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProofNote {
    /// A001
    Unknown(String),
    /// A002
    Unused(String),
    /// A003: the document, and the words of the text.
    Contradicted(String, String),
    /// A004
    Elsewhere(String),
}

impl fmt::Display for ProofNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "A001 已有证明“{name}”的名称无法识别，未采用"),
            Self::Unused(name) => write!(f, "A002 已有证明“{name}”没有用上：本笔没有缺这份材料的条件"),
            Self::Contradicted(name, words) => write!(f, "A003 文中写明“{words}”，已有证明“{name}”不能改变"),
            Self::Elsewhere(name) => write!(f, "A004 “{name}”的结果应填在否决项列或随发票提交，未采用"),
        }
    }
}

impl Proofs {
    /// Reads the cell. Names are separated by `；`, `|` or a line end, and by `、` or commas where these are no part of
    /// the name itself.
    pub fn read(cell: &str, catalogue: &Catalogue) -> Self {
        let mut proofs = Self::default();
        for piece in cell.split(['；', ';', '|', '\n', '\r']).map(str::trim).filter(|piece| !piece.is_empty()) {
            let mut rest = piece;
            while !rest.is_empty() {
                // The longest run of parts that is a known name; else the first part alone, which is then unknown.
                let ends = rest.char_indices().filter(|(_, c)| matches!(c, '、' | ',' | '，')).map(|(at, _)| at);
                let mut ends: Vec<usize> = ends.chain([rest.len()]).collect();
                let first = ends.first().copied().unwrap_or(rest.len());
                ends.reverse();
                let known = ends.into_iter().find(|&end| {
                    let name = rest.get(..end).unwrap_or_default().trim();
                    !settled(name, catalogue).is_empty() || is_elsewhere(name)
                });
                let end = known.unwrap_or(first);
                proofs.take(rest.get(..end).unwrap_or_default().trim(), catalogue);
                rest = rest.get(end..).unwrap_or_default().trim_start_matches(['、', ',', '，', ' ', '　']);
            }
        }
        proofs
    }

    fn take(&mut self, name: &str, catalogue: &Catalogue) {
        if name.is_empty() {
            return;
        }
        let conditions = settled(name, catalogue);
        if is_elsewhere(name) {
            self.notes.push(ProofNote::Elsewhere(name.to_owned()));
        } else if conditions.is_empty() {
            self.notes.push(ProofNote::Unknown(name.to_owned()));
        }
        self.proven.extend(
            conditions
                .into_iter()
                .map(|condition| Proof { condition: condition.id.clone(), document: name.to_owned() }),
        );
    }

    /// What is to be said about the proofs of a loan, once its texts are read with them.
    pub fn notes(&self, case: &Case<'_>) -> Vec<String> {
        let vouchers = case.evidence.vouchers.iter().map(|voucher| voucher.reading);
        let results: Vec<_> = std::iter::once(case.purpose)
            .chain(vouchers)
            .flat_map(|reading| &reading.matches)
            .flat_map(|found| &found.conditions)
            .collect();
        let mut notes = self.notes.clone();
        let mut documents: Vec<&str> = self.proven.iter().map(|proof| proof.document.as_str()).collect();
        documents.dedup();
        for document in documents {
            let own = |id: &str| self.proven.iter().any(|proof| proof.document == document && proof.condition == id);
            let unmet = results.iter().find(|row| row.state == ConditionState::Unmet && own(&row.id));
            if let Some(row) = unmet {
                notes.push(ProofNote::Contradicted(document.to_owned(), row.evidence.clone()));
            } else if !results.iter().any(|row| row.by_proof && own(&row.id)) {
                notes.push(ProofNote::Unused(document.to_owned()));
            }
        }
        notes.iter().map(ToString::to_string).collect()
    }
}

fn is_elsewhere(name: &str) -> bool {
    let bare = plain(name);
    ELSEWHERE.iter().any(|known| bare.starts_with(&plain(known)))
}

/// The conditions that a document of this name settles: the one named in brackets, or all that ask for it.
fn settled<'c>(name: &str, catalogue: &'c Catalogue) -> Vec<&'c Condition> {
    let bare = plain(name);
    let (document, id) = match bare.strip_suffix(')').and_then(|inner| inner.rsplit_once('(')) {
        Some((document, id)) if id.starts_with("c-") => (document, Some(id)),
        _ if bare.starts_with("c-") => ("", Some(bare.as_str())),
        _ => (bare.as_str(), None),
    };
    let asks = |condition: &&Condition| match id {
        Some(id) => plain(&condition.id) == id,
        None => asks_for(&condition.evidence, document),
    };
    catalogue.conditions().iter().filter(asks).collect()
}

/// Whether a condition that asks for `evidence` is content with `document`: the whole name, or one of two documents.
fn asks_for(evidence: &str, document: &str) -> bool {
    let evidence = plain(evidence);
    let is_document = |part: &str| part.chars().count() >= 6 && DOCUMENT_ENDS.iter().any(|end| part.ends_with(end));
    let mut alternatives = evidence.split('或');
    evidence == document || alternatives.clone().all(is_document) && alternatives.any(|part| part == document)
}

/// A name without width, case and blanks.
fn plain(name: &str) -> String {
    fold(name).text().chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::builtin_sources;

    fn read(cell: &str) -> (Vec<String>, Vec<String>) {
        let catalogue = Catalogue::load(&builtin_sources()).unwrap();
        let proofs = Proofs::read(cell, &catalogue);
        let proven = proofs.proven.into_iter().map(|proof| proof.condition).collect();
        (proven, proofs.notes.iter().map(|note| note.to_string()[..4].to_owned()).collect())
    }

    #[test]
    fn names_are_those_that_decisions_ask_for() {
        assert_eq!(read(""), (vec![], vec![]));
        let whole = read("有机产品认证证书、绿色食品证书或地理标志使用授权书");
        assert_eq!((whole.0.len(), whole.1.len()), (1, 0), "a name may hold the separator: {whole:?}");
        let two = read("电机能效检测报告、变压器能效标识备案信息，");
        assert_eq!((two.0.len(), two.1.len()), (2, 0), "one of two documents will do: {two:?}");
        let pasted = read("电动机能效标识备案信息（C-1.1.7-1）；环保处罚与失信查询结果（否决项）");
        assert_eq!(pasted, (vec!["C-1.1.7-1".into()], vec!["A004".into()]), "as the column of wanted documents has it");
        assert_eq!(read("本行自拟的证明(c-1.1.7-1)").0, ["C-1.1.7-1"]);
        assert_eq!(read("节能证书，环境标志").1, ["A001", "A001"]);
        assert_eq!(read("证书（C-9.9.9-9）").1, ["A001"]);
    }
}
