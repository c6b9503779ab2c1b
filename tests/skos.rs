//! The Turtle that `dict skos` writes, read by a strict reader of the subset of Turtle that it uses.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use lvjian::{Engine, Scene};
use support::{folder, lvjian_in, write};

/// Predicate → objects, by subject.
type Graph = BTreeMap<String, BTreeMap<String, Vec<Object>>>;

#[derive(Clone, Debug, PartialEq)]
enum Object {
    /// An address, in full.
    Name(String),
    /// Text, and its language or the address of its type.
    Text(String, String),
}

/// Reads Turtle of prefixes, subjects with `a`, `;`, `,` and `.`, names, addresses, strings and `true`; anything else
/// is a failure, as is an undeclared prefix.
fn parse(text: &str) -> Graph {
    let mut prefixes: BTreeMap<String, String> = BTreeMap::new();
    let mut graph = Graph::new();
    let tokens = tokens(text);
    let mut place = 0;
    let full = |prefixes: &BTreeMap<String, String>, token: &str| -> String {
        if let Some(address) = token.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            assert!(!address.contains([' ', '<', '"', '{', '}', '|', '^', '`', '\\']), "{address}");
            return address.to_owned();
        }
        let (prefix, local) = token.split_once(':').unwrap_or_else(|| panic!("no name: {token}"));
        let home = prefixes.get(prefix).unwrap_or_else(|| panic!("undeclared prefix in {token}"));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '%');
        assert!(
            local.chars().all(plain) && !local.ends_with('.') && !local.starts_with(['-', '.']),
            "local name {token}"
        );
        format!("{home}{local}")
    };
    while place < tokens.len() {
        if tokens[place] == "@prefix" {
            let name = tokens[place + 1].strip_suffix(':').expect("a prefix ends in a colon");
            let address = tokens[place + 2].trim_start_matches('<').trim_end_matches('>');
            assert!(prefixes.insert(name.to_owned(), address.to_owned()).is_none(), "prefix {name} twice");
            assert_eq!(tokens[place + 3], ".");
            place += 4;
            continue;
        }
        let subject = full(&prefixes, &tokens[place]);
        place += 1;
        loop {
            let predicate = match tokens[place].as_str() {
                "a" => "a".to_owned(),
                name => full(&prefixes, name),
            };
            place += 1;
            loop {
                let object = match tokens[place].as_str() {
                    "true" => Object::Text("true".to_owned(), "boolean".to_owned()),
                    text if text.starts_with('"') => {
                        let end = text.rfind('"').unwrap();
                        let mark = match &text[end + 1..] {
                            "" => String::new(),
                            tag if tag.starts_with('@') => tag.to_owned(),
                            kind => full(&prefixes, kind.strip_prefix("^^").expect("a type")),
                        };
                        Object::Text(unescaped(&text[1..end]), mark)
                    }
                    name => Object::Name(full(&prefixes, name)),
                };
                let facts = graph.entry(subject.clone()).or_default().entry(predicate.clone()).or_default();
                assert!(!facts.contains(&object), "{subject} {predicate} {object:?} twice");
                facts.push(object);
                place += 1;
                if tokens[place] != "," {
                    break;
                }
                place += 1;
            }
            place += 1;
            match tokens[place - 1].as_str() {
                ";" => {}
                "." => break,
                other => panic!("{other} behind {subject} {predicate}"),
            }
        }
    }
    graph
}

fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut place = 0;
    while place < chars.len() {
        let start = place;
        match chars[place] {
            c if c.is_whitespace() => {
                place += 1;
                continue;
            }
            '"' => {
                place += 1;
                while chars[place] != '"' {
                    assert!(!matches!(chars[place], '\n' | '\r'), "a line end in a string");
                    place += if chars[place] == '\\' { 2 } else { 1 };
                }
                while place < chars.len() && !chars[place].is_whitespace() {
                    place += 1;
                }
            }
            _ => {
                while place < chars.len() && !chars[place].is_whitespace() {
                    place += 1;
                }
            }
        }
        tokens.push(chars[start..place].iter().collect());
    }
    tokens
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            assert!(!c.is_control() && c != '"', "raw {c:?} in a string");
            out.push(c);
            continue;
        }
        match chars.next().expect("an escape") {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => {
                let code: String = chars.by_ref().take(4).collect();
                out.push(char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap());
            }
            c @ ('"' | '\\') => out.push(c),
            other => panic!("escape \\{other}"),
        }
    }
    out
}

const SKOS: &str = "http://www.w3.org/2004/02/skos/core#";

fn names<'g>(facts: &'g BTreeMap<String, Vec<Object>>, predicate: &str) -> Vec<&'g str> {
    let objects = facts.get(&format!("{SKOS}{predicate}")).map_or(&[][..], Vec::as_slice);
    objects.iter().map(|o| if let Object::Name(name) = o { name.as_str() } else { panic!("{o:?}") }).collect()
}

fn texts(facts: &BTreeMap<String, Vec<Object>>, predicate: &str) -> Vec<(String, String)> {
    let objects = facts.get(&format!("{SKOS}{predicate}")).map_or(&[][..], Vec::as_slice);
    objects.iter().map(|o| if let Object::Text(t, l) = o { (t.clone(), l.clone()) } else { panic!("{o:?}") }).collect()
}

#[test]
fn every_entry_term_and_scene_is_a_concept_with_its_labels_and_links() {
    let folder = folder();
    let ran = lvjian_in(folder.path(), &["dict", "skos", "-o", "d.ttl"]).exits(0);
    assert!(ran.stdout.is_empty());
    let graph = parse(&std::fs::read_to_string(folder.path().join("d.ttl")).unwrap());
    let engine = Engine::builtin().unwrap();
    let editions: Vec<&str> =
        engine.catalogue().editions().iter().filter(|e| e.has_table).map(|e| e.id.as_str()).collect();
    let entries: usize = editions.iter().map(|id| engine.catalogue().entries(id).count()).sum();
    let class = |name: &str| {
        let class = Object::Name(format!("{SKOS}{name}"));
        graph.iter().filter(|(_, facts)| facts.get("a").is_some_and(|a| a.contains(&class))).collect::<Vec<_>>()
    };
    let concepts = class("Concept");
    assert_eq!(concepts.len(), entries + engine.dictionary().terms().len() + Scene::ALL.len());
    let schemes: BTreeSet<&str> = class("ConceptScheme").into_iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(schemes.len(), editions.len() + 1);
    let all: BTreeSet<&str> = concepts.iter().map(|(name, _)| name.as_str()).collect();
    for (name, facts) in &concepts {
        let preferred = texts(facts, "prefLabel");
        let languages: BTreeSet<&String> = preferred.iter().map(|(_, language)| language).collect();
        assert!(!preferred.is_empty() && languages.len() == preferred.len(), "{name}: {preferred:?}");
        assert!(texts(facts, "altLabel").iter().all(|label| !preferred.contains(label)), "{name}");
        assert!(names(facts, "inScheme").iter().all(|scheme| schemes.contains(scheme)), "{name}");
        for predicate in ["broader", "related", "exactMatch", "broadMatch", "narrowMatch", "relatedMatch"] {
            assert!(
                names(facts, predicate).iter().all(|other| all.contains(other) && other != name),
                "{name} {predicate}"
            );
        }
    }
    let pv = &graph["urn:lvjian:term:T50001"];
    assert_eq!(texts(pv, "prefLabel"), [("光伏组件".to_owned(), "@zh-Hans".to_owned())]);
    assert!(names(pv, "broader").contains(&"urn:lvjian:gfspc-2025:4.1.2"), "{pv:?}");
    assert_eq!(names(pv, "related"), ["urn:lvjian:scene:replace"]);
    assert_eq!(names(&graph["urn:lvjian:gfspc-2025:4.1.2"], "broader"), ["urn:lvjian:gfspc-2025:4.1"]);
    let term = engine.dictionary().term_by_id("T50001").unwrap();
    assert!(texts(pv, "altLabel").len() >= term.aliases.len() - 1 && texts(pv, "altLabel").len() <= term.aliases.len());
}

#[test]
fn odd_characters_are_escaped_and_names_may_live_elsewhere() {
    let folder = folder();
    let odd = "甲\"乙\\丙\t丁'戊<己>😀";
    let header = "id,term,aliases,scene,strength,needs,unless,before_not,after_not,entries,conditions,source,locator,from,to,status,replaced_by,note";
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(header.split(',')).unwrap();
    let row = [
        "B-1.x y",
        odd,
        "庚|辛\n壬",
        "abate",
        "sufficient",
        "",
        "",
        "",
        "",
        "gfspc-2025:use=2.1.1",
        "-",
        "S 9",
        "第1条",
        "",
        "",
        "withdrawn",
        "",
        "注",
    ];
    table.write_record(row).unwrap();
    std::fs::create_dir_all(folder.path().join("bank/materials")).unwrap();
    write(&folder.path().join("bank/materials"), "abate.csv", table.into_inner().unwrap());
    let args = ["dict", "skos", "--dict", "bank", "--uri", "https://bank.example/green/"];
    let graph = parse(lvjian_in(folder.path(), &args).exits(0).text());
    let facts = &graph["https://bank.example/green/term/B-1.x%20y"];
    assert_eq!(texts(facts, "prefLabel")[0].0, odd);
    assert!(texts(facts, "altLabel").iter().any(|(label, _)| label == "辛\n壬"));
    assert_eq!(
        facts["http://www.w3.org/2002/07/owl#deprecated"],
        [Object::Text("true".to_owned(), "boolean".to_owned())]
    );
    assert_eq!(
        facts["http://purl.org/dc/terms/source"],
        [Object::Name("https://bank.example/green/source/S%209".to_owned())]
    );

    lvjian_in(folder.path(), &["dict", "skos", "--uri", "no address"]).exits(2);
}
