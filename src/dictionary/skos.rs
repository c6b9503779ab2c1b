//! The dictionary and the catalogues as SKOS concept schemes in Turtle, for thesaurus tools.
//!
//! Each edition is a scheme of entries; the dictionary is a scheme of scenes and terms. A term is narrower than the
//! entries it leads to and related to its scene. The crosswalk becomes mapping relations between editions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{Dictionary, Term};
use crate::{
    catalogue::{Catalogue, Relation},
    model::Scene,
};

/// A source as `sources.toml` gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Source {
    /// Title.
    pub title: String,
    /// Who issued it.
    pub issuer: String,
    /// Official number.
    pub number: String,
    /// Where it can be read.
    pub url: String,
}

/// Writes dictionary and catalogues as Turtle. `base` is what every name of ours begins with, such as `urn:lvjian:` or
/// `https://bank.example/green/`; `sources` are described by id.
pub fn turtle(
    dictionary: &Dictionary,
    catalogue: &Catalogue,
    sources: &BTreeMap<String, Source>,
    base: &str,
) -> String {
    let mut out = Turtle { text: String::new(), base: base.to_owned() };
    let editions: Vec<_> = catalogue.editions().iter().filter(|edition| edition.has_table).collect();
    out.prefix("skos", "http://www.w3.org/2004/02/skos/core#");
    out.prefix("dcterms", "http://purl.org/dc/terms/");
    out.prefix("owl", "http://www.w3.org/2002/07/owl#");
    out.prefix("xsd", "http://www.w3.org/2001/XMLSchema#");
    let own = ["scheme", "scene", "term", "source"].into_iter().chain(editions.iter().map(|e| e.id.as_str()));
    for name in own {
        let address = format!("{}{name}{}", out.base, if out.base.ends_with(':') { ":" } else { "/" });
        out.prefix(name, &address);
    }

    let mut facts = vec![
        ("skos:prefLabel", vec![chinese("绿色生产资料库"), english("green production materials")]),
        ("dcterms:identifier", vec![literal(dictionary.fingerprint())]),
    ];
    out.subject(&name("scheme", "dictionary"), "skos:ConceptScheme", &facts);
    for edition in &editions {
        facts = vec![
            ("skos:prefLabel", vec![chinese(&edition.title)]),
            ("dcterms:identifier", present(&edition.number).map(literal).into_iter().collect()),
            ("dcterms:available", vec![format!("\"{}\"^^xsd:date", edition.from)]),
        ];
        out.subject(&name("scheme", &edition.id), "skos:ConceptScheme", &facts);
    }
    for edition in &editions {
        let scheme = name("scheme", &edition.id);
        for entry in catalogue.entries(&edition.id) {
            let above = catalogue.entry(&edition.id, &entry.parent);
            let mut facts = vec![
                ("skos:inScheme", vec![scheme.clone()]),
                ("skos:notation", vec![literal(&entry.code)]),
                ("skos:prefLabel", vec![chinese(&entry.name)]),
            ];
            match above {
                Some(above) => facts.push(("skos:broader", vec![name(&edition.id, &above.code)])),
                None => facts.push(("skos:topConceptOf", vec![scheme.clone()])),
            }
            out.subject(&name(&edition.id, &entry.code), "skos:Concept", &facts);
        }
    }
    let mut mappings: BTreeMap<(String, String), &'static str> = BTreeMap::new();
    for row in catalogue.crosswalk() {
        let relation = match row.relation {
            Relation::Exact => "skos:exactMatch",
            Relation::Narrower => "skos:broadMatch",
            Relation::Broader => "skos:narrowMatch",
            Relation::Related => "skos:relatedMatch",
        };
        let known = |(edition, code): &(String, String)| catalogue.entry(edition, code).is_some();
        if known(&row.from) && known(&row.to) {
            let pair = (name(&row.from.0, &row.from.1), name(&row.to.0, &row.to.1));
            // One pair, one relation: the first row is the one that holds.
            mappings.entry(pair).or_insert(relation);
        }
    }
    for ((from, to), relation) in &mappings {
        let _ = writeln!(out.text, "{from} {relation} {to} .");
    }
    for scene in Scene::ALL {
        let facts = [
            ("skos:inScheme", vec![name("scheme", "dictionary")]),
            ("skos:topConceptOf", vec![name("scheme", "dictionary")]),
            ("skos:prefLabel", vec![chinese(scene.chinese()), english(scene.code())]),
        ];
        out.subject(&name("scene", scene.code()), "skos:Concept", &facts);
    }
    for term in dictionary.terms() {
        out.subject(&name("term", &term.id), "skos:Concept", &facts_of(term, catalogue));
    }
    let cited: BTreeSet<&str> = dictionary.terms().iter().map(|term| term.source.0.as_str()).collect();
    for (id, source) in sources.iter().filter(|(id, _)| cited.contains(id.as_str())) {
        let facts = [
            ("dcterms:title", present(&source.title).map(chinese).into_iter().collect()),
            ("dcterms:publisher", present(&source.issuer).map(chinese).into_iter().collect()),
            ("dcterms:identifier", present(&source.number).map(literal).into_iter().collect()),
            ("dcterms:references", present(&source.url).map(address).into_iter().collect()),
        ];
        out.subject(&name("source", id), "dcterms:BibliographicResource", &facts);
    }
    out.text
}

/// A predicate and its objects; none means that nothing is said.
type Fact = (&'static str, Vec<String>);

fn facts_of(term: &Term, catalogue: &Catalogue) -> Vec<Fact> {
    let mut broader: BTreeSet<String> = BTreeSet::new();
    let mut roles: Vec<String> = Vec::new();
    for link in &term.links {
        let known = link.codes.iter().filter(|code| catalogue.entry(&link.edition, code).is_some());
        broader.extend(known.map(|code| name(&link.edition, code)));
        roles.push(format!("{}：{} {}", link.role.chinese(), link.edition, link.codes.join("、")));
    }
    // A label stands once, and never both as preferred and as alternative.
    let labels: BTreeSet<&String> = term.aliases.iter().filter(|alias| **alias != term.term).collect();
    let mut facts = vec![
        ("skos:inScheme", vec![name("scheme", "dictionary")]),
        ("skos:notation", vec![literal(&term.id)]),
        ("skos:prefLabel", vec![chinese(&term.term)]),
        ("skos:altLabel", labels.into_iter().map(|label| chinese(label)).collect()),
        ("skos:broader", broader.into_iter().collect()),
        ("skos:related", vec![name("scene", term.scene.code())]),
        ("skos:scopeNote", vec![chinese(&format!("强度：{}；{}", term.strength.chinese(), roles.join("；")))]),
        ("skos:editorialNote", present(&term.note).map(chinese).into_iter().collect()),
        ("dcterms:source", present(&term.source.0).map(|id| name("source", id)).into_iter().collect()),
        ("dcterms:bibliographicCitation", present(&term.source.1).map(chinese).into_iter().collect()),
    ];
    if !term.active {
        facts.push(("owl:deprecated", vec!["true".to_owned()]));
    }
    facts
}

struct Turtle {
    text: String,
    base: String,
}

impl Turtle {
    fn prefix(&mut self, name: &str, address: &str) {
        let _ = writeln!(self.text, "@prefix {name}: <{}> .", escaped_address(address));
    }

    /// One subject with its class and facts.
    fn subject(&mut self, subject: &str, class: &str, facts: &[Fact]) {
        let _ = write!(self.text, "\n{subject} a {class}");
        for (predicate, objects) in facts.iter().filter(|(_, objects)| !objects.is_empty()) {
            let _ = write!(self.text, " ;\n    {predicate} {}", objects.join(" , "));
        }
        self.text.push_str(" .\n");
    }
}

fn present(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A prefixed name. Characters that a local name cannot hold are written as percent escapes of their bytes.
fn name(prefix: &str, local: &str) -> String {
    let mut out = format!("{prefix}:");
    let last = local.len().saturating_sub(1);
    for (place, byte) in local.bytes().enumerate() {
        let inner = place > 0 && place < last;
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => out.push(char::from(byte)),
            b'-' if place > 0 => out.push('-'),
            b'.' if inner => out.push('.'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn chinese(text: &str) -> String {
    format!("{}@zh-Hans", literal(text))
}

fn english(text: &str) -> String {
    format!("{}@en", literal(text))
}

/// A quoted string.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// An address in angle brackets.
fn address(text: &str) -> String {
    format!("<{}>", escaped_address(text))
}

fn escaped_address(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if character <= ' ' || "<>\"{}|^`\\".contains(character) {
            let _ = write!(out, "%{:02X}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}
