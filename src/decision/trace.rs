//! 依据链: a tree whose every leaf is a text span or a dated parameter.

use serde::Serialize;

use crate::{
    model::{Location, Origin, Span},
    standard::Parameter,
};

/// What a branch of the trace rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Leaf {
    /// A piece of the user's text.
    Span {
        /// File, sheet, row.
        location: Location,
        /// The whole text.
        text: String,
        /// Where in it, in bytes.
        span: Span,
    },
    /// A value of the pack.
    Parameter {
        /// Name.
        name: String,
        /// Value.
        value: String,
        /// public, derived or default.
        origin: Origin,
        /// Source, in words.
        source: String,
    },
    /// A fact of the ledger or the catalogue.
    Fact {
        /// Where it stands.
        location: Location,
        /// What it says.
        value: String,
    },
}

/// One step of the reasoning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The step.
    pub label: String,
    /// What came out.
    pub result: String,
    /// What it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Leaf>,
    /// Steps below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Trace>,
}

impl Trace {
    /// A step with what came out of it.
    pub fn step(label: impl Into<String>, result: impl Into<String>) -> Self {
        Self { label: label.into(), result: result.into(), leaf: None, steps: Vec::new() }
    }

    /// The step resting on a value of the pack.
    pub fn parameter(label: impl Into<String>, parameter: Option<&Parameter>) -> Self {
        let Some(parameter) = parameter else { return Self::step(label, "") };
        let value = parameter.value.normalize().to_string();
        Self {
            label: label.into(),
            result: value.clone(),
            leaf: Some(Leaf::Parameter {
                name: parameter.name.clone(),
                value,
                origin: parameter.origin,
                source: parameter.source.clone(),
            }),
            steps: Vec::new(),
        }
    }

    /// The step resting on a rule of the pack, with the rule's origin and source.
    pub fn rule(label: impl Into<String>, result: impl Into<String>, rule: (&str, Origin, &str)) -> Self {
        let (name, origin, source) = rule;
        let result = result.into();
        Self {
            label: label.into(),
            result: result.clone(),
            leaf: Some(Leaf::Parameter { name: name.to_owned(), value: result, origin, source: source.to_owned() }),
            steps: Vec::new(),
        }
    }

    /// The step resting on a piece of text.
    pub fn span(
        label: impl Into<String>,
        result: impl Into<String>,
        location: &Location,
        text: &str,
        span: Span,
    ) -> Self {
        Self {
            label: label.into(),
            result: result.into(),
            leaf: Some(Leaf::Span { location: location.clone(), text: text.to_owned(), span }),
            steps: Vec::new(),
        }
    }

    /// The step resting on a fact of the ledger.
    pub fn fact(label: impl Into<String>, result: impl Into<String>, location: &Location) -> Self {
        let result = result.into();
        Self {
            label: label.into(),
            result: result.clone(),
            leaf: Some(Leaf::Fact { location: location.clone(), value: result }),
            steps: Vec::new(),
        }
    }

    /// Adds a step below.
    pub fn with(mut self, step: Self) -> Self {
        self.steps.push(step);
        self
    }
}
