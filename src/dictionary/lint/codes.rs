//! The codes of findings. Each has a page in `diag/codes.toml` and a bad fixture under `tests/lint/`.

use crate::diag::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $severity:ident;)+) => {
        /// What can be wrong with a dictionary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LintCode { $($(#[$doc])* $name,)+ }

        impl LintCode {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, `D001`.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// How grave it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity),+ }
            }
        }
    };
}

codes! {
    /// A table or the whole dictionary cannot be read.
    Unreadable = "D001", Error;
    /// The same id twice in one layer.
    DuplicateId = "D002", Error;
    /// The same alias, after folding, twice.
    DuplicateSurface = "D003", Error;
    /// An alias is another term's canonical name.
    AliasIsTerm = "D004", Error;
    /// An entry that no edition has.
    UnknownEntry = "D005", Error;
    /// All entries are of editions no longer in force.
    ExpiredEntry = "D006", Warning;
    /// No entry, or an entry without a role.
    NoRole = "D007", Error;
    /// A role that does not exist.
    UnknownRole = "D008", Error;
    /// One or two characters, nothing guards them.
    ShortUnguarded = "D009", Error;
    /// An ordinary word holds the surface, and is taken for it.
    InsideWord = "D010", Warning;
    /// A longer term takes its place in all its hit cases.
    AlwaysShadowed = "D011", Warning;
    /// No source.
    NoSource = "D012", Error;
    /// A source that sources.toml lacks.
    UnknownSource = "D013", Error;
    /// No place in the source.
    NoLocator = "D014", Error;
    /// No hit case.
    NoHitCase = "D015", Error;
    /// Company or neighbours are asked for, and no miss case shows what they keep away.
    NoMissCase = "D016", Warning;
    /// A case does not come out as written.
    FailingCase = "D017", Error;
    /// `@name` of no cue group.
    UnknownCue = "D018", Error;
    /// An exclusion that can block nothing.
    OrphanExclusion = "D019", Warning;
    /// The id of a withdrawn term, used for another.
    WithdrawnReused = "D020", Error;
    /// Full-width letters or digits.
    MixedWidth = "D021", Error;
    /// Traditional characters.
    Traditional = "D022", Error;
    /// The file is not sorted.
    Unsorted = "D023", Error;
    /// A status that does not exist.
    BadStatus = "D024", Error;
    /// A scene that does not exist, or is not the file's.
    BadScene = "D025", Error;
    /// A strength that does not exist.
    BadStrength = "D026", Error;
    /// needs-context without needs.
    NeedsMissing = "D027", Error;
    /// Withdrawn without a date or a successor.
    WithdrawnSilently = "D028", Error;
    /// A date that is none, or from after to.
    BadDate = "D029", Error;
    /// A condition that conditions.csv lacks.
    UnknownCondition = "D030", Error;
    /// Two bars with nothing between, or no name at all.
    EmptySurface = "D031", Error;
    /// An exclusion without a reason.
    NoReason = "D032", Error;
    /// A weak word that would make a verdict.
    WeakWord = "D033", Error;
    /// A successor that does not exist.
    UnknownSuccessor = "D034", Error;
    /// A case of a term that does not exist, or with an unknown expectation.
    BadCase = "D035", Error;
    /// Not in canonical form.
    NotCanonical = "D036", Error;
    /// Never found in the corpus.
    NeverHit = "D037", Info;
    /// Found in more than one line of a hundred.
    Noisy = "D038", Warning;
}
