//! The things a dictionary holds, as the matcher reads them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Refusal, Role, Scene, Strength};

/// Where in the text a word of company is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Need {
    /// A literal word, folded.
    Word(String),
    /// Any word of a cue group.
    Cue(String),
}

/// Alternatives; each alternative holds when all its needs are found. No alternatives: nothing is asked. Shared: many
/// terms ask the same.
pub type Needs = Arc<[Vec<Need>]>;

/// Entries of one edition under one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Edition id.
    pub edition: String,
    /// Role.
    pub role: Role,
    /// Entry codes.
    pub codes: Vec<String>,
}

/// One dictionary entry (绿色关键词).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Stable id.
    pub id: String,
    /// Canonical surface.
    pub term: String,
    /// Other surfaces.
    pub aliases: Vec<String>,
    /// How the thing helps.
    pub scene: Scene,
    /// How much it says alone.
    pub strength: Strength,
    /// Company that must be in the text.
    pub needs: Needs,
    /// Company that refuses it.
    pub unless: Needs,
    /// Folded strings that refuse it right in front.
    pub before_not: Arc<[String]>,
    /// Folded strings that refuse it right behind.
    pub after_not: Arc<[String]>,
    /// Catalogue links.
    pub links: Vec<Link>,
    /// Ids of the conditions its entries ask for it.
    pub conditions: Vec<String>,
    /// Source id and place in it.
    pub source: (String, String),
    /// Whether it is in use; a withdrawn term never matches.
    pub active: bool,
    /// Our remark.
    pub note: String,
}

/// What sort of thing a term names; it decides what may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// Something made or traded.
    Goods,
    /// Building, retrofitting, running: no entry takes it from a maker or a trader.
    Work,
    /// A service.
    Service,
}

impl Term {
    /// Goods, work or service, by the roles of its entries.
    pub fn kind(&self) -> TermKind {
        let has = |role: Role| self.links.iter().any(|link| link.role == role);
        if has(Role::Make) || has(Role::Trade) {
            if has(Role::Service) { TermKind::Work } else { TermKind::Goods }
        } else if has(Role::Service) {
            TermKind::Service
        } else {
            TermKind::Work
        }
    }
}

/// A look-alike that refuses every hit it covers or crosses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// Folded surface.
    pub surface: String,
    /// colour, brand, place, food, idiom, homograph, part, joint, ordinary.
    pub kind: String,
    /// Terms it refuses; empty means every term.
    pub blocks: Vec<String>,
    /// Why, in Chinese.
    pub reason: String,
}

/// A name of the negative list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negative {
    /// Stable id.
    pub id: String,
    /// Name.
    pub surface: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// fossil, fuel, eliminated, high-pollution.
    pub kind: String,
    /// Words that exempt it (a cleaner process).
    pub exempt: Vec<String>,
    /// Source id and place in it.
    pub source: (String, String),
}

/// Words of one meaning that may stand around a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CueGroup {
    /// Name, as `@name` in the tables.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Farthest distance from the term, in characters; 0 means anywhere in scope.
    pub window: usize,
    /// Folded words.
    pub words: Vec<String>,
}

/// What a word behind a term makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tail {
    /// The thing stays the thing: 设备, 系统, 型.
    Neutral,
    /// A description ends here; whatever stands before it belongs to it: 型, 色, 级.
    Descriptor,
    /// Money for it: 货款, 费用.
    Money,
    /// It is being built or installed.
    Work,
    /// It is sold.
    Trade,
    /// It is made.
    Make,
    /// A place: part of the name of a work (矿山修复|基地), a description behind goods (光伏组件|仓库).
    Place,
    /// A service of any kind: part of the name of a work or service (污泥处置|服务费), something else behind goods.
    AnyService,
    /// Another thing or matter; why the term is refused.
    Other(Refusal),
}

/// What a tax label (简称) says of the goods under it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLabel {
    /// 简称.
    pub label: String,
    /// Prefixes of the 19-digit code.
    pub prefixes: Vec<String>,
    /// Nothing under this label can be a green production material …
    pub refuses: bool,
    /// … except things of entries with these code prefixes.
    pub allows: Vec<String>,
    /// Entries that the label agrees with.
    pub supports: Vec<String>,
}

/// Whether `code` lies under one of `prefixes`, by whole steps: `2.1` covers 2.1.8, not 2.10.
pub fn under_any(code: &str, prefixes: &[String]) -> bool {
    prefixes
        .iter()
        .any(|prefix| code.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// What a word of a sentence does to the term before or behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClauseWord {
    /// Bought or paid for; says nothing of the role.
    Buy,
    /// The borrower acts on the thing in this role.
    Act(Role),
    /// Something else begins.
    Link,
}
