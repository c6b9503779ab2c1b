//! The directions of import that ARCHITECTURE.md promises, checked on the text of `src/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each room under `src/` may import. A room that is missing here must be added with its place in the house.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("diag", &["model"]),
    ("text", &["model"]),
    ("catalogue", &["model", "text"]),
    ("dictionary", &["model", "diag", "text", "catalogue"]),
    ("matcher", &["model", "text", "catalogue", "dictionary"]),
    ("standard", &["model", "catalogue"]),
    ("evidence", &["model"]),
    ("decision", &["model", "evidence", "standard", "catalogue"]),
    ("store", &["model", "decision"]),
    ("ingest", &["model", "diag", "text"]),
    ("language", &["diag"]),
    (
        "engine",
        &[
            "model",
            "diag",
            "text",
            "catalogue",
            "dictionary",
            "matcher",
            "standard",
            "evidence",
            "decision",
            "store",
            "ingest",
        ],
    ),
    ("batch", BELOW_BATCH),
    ("eval", BELOW_EVAL),
    ("serve", BELOW_SERVE),
    ("cli", BELOW_CLI),
    ("main", &["cli"]),
];

const BELOW_BATCH: &[&str] = &[
    "model",
    "diag",
    "text",
    "catalogue",
    "dictionary",
    "matcher",
    "standard",
    "evidence",
    "decision",
    "store",
    "ingest",
    "engine",
];
const BELOW_EVAL: &[&str] = &[
    "model",
    "diag",
    "text",
    "catalogue",
    "dictionary",
    "matcher",
    "standard",
    "evidence",
    "decision",
    "store",
    "ingest",
    "engine",
    "batch",
];
const BELOW_SERVE: &[&str] = &[
    "model",
    "diag",
    "text",
    "catalogue",
    "dictionary",
    "matcher",
    "standard",
    "evidence",
    "decision",
    "store",
    "ingest",
    "engine",
    "language",
    "batch",
    "eval",
];
const BELOW_CLI: &[&str] = &[
    "model",
    "diag",
    "text",
    "catalogue",
    "dictionary",
    "matcher",
    "standard",
    "evidence",
    "decision",
    "store",
    "ingest",
    "engine",
    "language",
    "batch",
    "eval",
    "serve",
];

/// Pairs that no table may ever allow: a match knows nothing of points, the rules know nothing of text.
const NEVER: &[(&str, &str)] = &[
    ("matcher", "standard"),
    ("evidence", "text"),
    ("evidence", "dictionary"),
    ("evidence", "matcher"),
    ("standard", "text"),
    ("standard", "dictionary"),
    ("standard", "matcher"),
    ("decision", "text"),
    ("decision", "dictionary"),
    ("decision", "matcher"),
];

/// Rooms that may open files.
const OPENS_FILES: &[&str] = &["ingest", "dictionary", "store", "batch", "cli"];
/// Rooms that know clock, environment and chance: those above the engine.
const ABOVE_ENGINE: &[&str] = &["batch", "eval", "serve", "cli", "main"];
/// Rooms that count exactly.
const EXACT: &[&str] = &["evidence", "standard", "decision"];
/// Longest file.
const LINES: usize = 600;

/// One source file: its room, and its code without comments, literals and test modules.
struct Source {
    path: PathBuf,
    room: String,
    /// How many modules deep the file stands below the crate root.
    depth: usize,
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let sources: Vec<Source> = files
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap().with_extension("");
            let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap()).collect();
            let own = parts.last() != Some(&"mod");
            let text = fs::read_to_string(&path).unwrap();
            Source {
                room: parts[0].to_owned(),
                depth: if parts == ["lib"] || parts == ["main"] { 0 } else { parts.len() - usize::from(!own) },
                code: without_tests(&bare(&text)),
                lines: text.lines().count(),
                path: below,
            }
        })
        .collect();
    assert!(sources.len() > 40, "the sources are found");
    sources
}

/// The code with comments, string and character literals blanked out.
fn bare(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let at = |place: usize| chars.get(place).copied().unwrap_or('\0');
    let mut place = 0;
    while place < chars.len() {
        match (at(place), at(place + 1)) {
            ('/', '/') => {
                while place < chars.len() && at(place) != '\n' {
                    place += 1;
                }
            }
            ('/', '*') => {
                let mut depth = 1;
                place += 2;
                while place < chars.len() && depth > 0 {
                    match (at(place), at(place + 1)) {
                        ('*', '/') => (depth, place) = (depth - 1, place + 2),
                        ('/', '*') => (depth, place) = (depth + 1, place + 2),
                        _ => place += 1,
                    }
                }
            }
            ('r', '"' | '#') if !out.ends_with(is_word) && raw_string(&chars, place).is_some() => {
                place = raw_string(&chars, place).unwrap();
                out.push_str("\"\"");
            }
            ('"', _) => {
                place += 1;
                while place < chars.len() && at(place) != '"' {
                    place += if at(place) == '\\' { 2 } else { 1 };
                }
                place += 1;
                out.push_str("\"\"");
            }
            ('\'', '\\') => {
                place += 3;
                while place < chars.len() && at(place) != '\'' {
                    place += 1;
                }
                place += 1;
                out.push_str("' '");
            }
            ('\'', _) if at(place + 2) == '\'' => {
                place += 3;
                out.push_str("' '");
            }
            (character, _) => {
                out.push(character);
                place += 1;
            }
        }
    }
    out
}

/// Where the raw string that begins at `place` ends.
fn raw_string(chars: &[char], place: usize) -> Option<usize> {
    let hashes = chars[place + 1..].iter().take_while(|c| **c == '#').count();
    let open = place + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    (open + 1..chars.len()).find_map(|end| {
        let closed = chars[end] == '"' && chars[end + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes;
        closed.then_some(end + 1 + hashes)
    })
}

/// The code without the items behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let (brace, semicolon) = (item.find('{').unwrap_or(item.len()), item.find(';').unwrap_or(item.len()));
        rest = if semicolon < brace { &item[semicolon + 1..] } else { &item[brace + group(&item[brace..])..] };
    }
    kept.push_str(rest);
    kept
}

/// Length of the group that begins with `{`.
fn group(code: &str) -> usize {
    let mut depth = 0;
    for (place, character) in code.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    code.len()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn word(code: &str) -> &str {
    &code[..code.find(|c| !is_word(c)).unwrap_or(code.len())]
}

/// The names that a path names first: `a::b` gives `a`, `{a::b, c}` gives `a` and `c`.
fn first_names(code: &str) -> Vec<String> {
    let code = code.trim_start();
    if !code.starts_with('{') {
        return vec![word(code).to_owned()].into_iter().filter(|name| !name.is_empty()).collect();
    }
    let inside = &code[1..group(code) - 1];
    let mut depth = 0;
    let parts = inside.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(|part| word(part.trim_start()).to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Every name at the crate root that the source refers to, by `crate::` or by enough `super::`.
fn root_names(source: &Source) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let supers = "super::".repeat(source.depth);
    for path in ["crate::", supers.as_str()].into_iter().filter(|path| !path.is_empty()) {
        for (place, _) in source.code.match_indices(path) {
            let before = &source.code[..place];
            if !before.ends_with(is_word) && !before.ends_with("::") {
                names.extend(first_names(&source.code[place + path.len()..]));
            }
        }
    }
    names
}

/// Which room a name re-exported by `lib.rs` comes from.
fn exports(sources: &[Source]) -> BTreeMap<String, String> {
    let mut rooms = BTreeMap::new();
    let lib = sources.iter().find(|source| source.room == "lib").unwrap();
    for (place, _) in lib.code.match_indices("pub use ") {
        let path = &lib.code[place + "pub use ".len()..];
        let room = word(path);
        let names = &path[room.len() + 2..];
        if names.starts_with('*') {
            let home = sources.iter().find(|source| source.path == Path::new(room).join("mod")).unwrap();
            for (place, _) in home.code.match_indices("pub use ") {
                let path = &home.code[place + "pub use ".len()..];
                let names = &path[word(path).len() + 2..];
                rooms.extend(first_names(names).into_iter().map(|name| (name, room.to_owned())));
            }
        } else {
            rooms.extend(first_names(names).into_iter().map(|name| (name, room.to_owned())));
        }
    }
    rooms
}

#[test]
fn a_room_imports_only_what_stands_below_it() {
    let sources = sources();
    let rooms: BTreeSet<&str> = sources.iter().map(|source| source.room.as_str()).collect();
    let exports = exports(&sources);
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.room != "lib") {
        let Some((_, allowed)) = ALLOWED.iter().find(|(room, _)| *room == source.room) else {
            broken.push(format!("src/{} stands in no known room", source.path.display()));
            continue;
        };
        for name in root_names(source) {
            let target = if rooms.contains(name.as_str()) {
                name.as_str()
            } else {
                exports.get(&name).map_or("?", String::as_str)
            };
            if target != source.room && !allowed.contains(&target) {
                broken.push(format!("src/{}.rs uses crate::{name} ({target})", source.path.display()));
            }
        }
    }
    let engine = sources.iter().find(|source| source.path == Path::new("engine/mod")).unwrap();
    assert!(root_names(engine).contains("matcher"), "imports are seen at all");
    assert!(broken.is_empty(), "imports against the flow:\n{}", broken.join("\n"));
}

#[test]
fn the_table_of_imports_keeps_the_two_wings_apart() {
    for (from, to) in NEVER {
        let (_, allowed) = ALLOWED.iter().find(|(room, _)| room == from).unwrap();
        assert!(!allowed.contains(to), "{from} must never see {to}");
    }
}

/// Where one of `tokens` stands in code of rooms that `banned` names.
fn uses(banned: impl Fn(&str) -> bool, tokens: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| banned(&source.room)) {
        for token in tokens {
            let whole = |place: usize| {
                let before = !token.starts_with(is_word) || !source.code[..place].ends_with(is_word);
                let after = !token.ends_with(is_word) || !source.code[place + token.len()..].starts_with(is_word);
                before && after
            };
            let count = source.code.match_indices(token).filter(|(place, _)| whole(*place)).count();
            if count > 0 {
                found.push(format!("src/{}.rs: {count} × {token}", source.path.display()));
            }
        }
    }
    found
}

#[test]
fn only_the_command_line_prints() {
    let tokens = ["println!", "eprintln!", "print!", "eprint!", "dbg!", "stdout", "stderr"];
    let found = uses(|room| room != "cli", &tokens);
    assert!(found.is_empty(), "prints outside cli:\n{}", found.join("\n"));
}

#[test]
fn the_engine_and_what_is_below_it_know_no_clock_environment_or_chance() {
    let tokens = [
        "std::env",
        "env::var",
        "env::vars",
        "env::args",
        "env::current_dir",
        "env::temp_dir",
        "SystemTime",
        "Instant",
        "Timestamp::now",
        "Zoned::now",
        "TimeZone::system",
        "rand",
        "RandomState",
        "available_parallelism",
    ];
    let found = uses(|room| !ABOVE_ENGINE.contains(&room), &tokens);
    assert!(found.is_empty(), "clock, environment or chance:\n{}", found.join("\n"));
}

#[test]
fn files_are_opened_only_where_paths_belong() {
    let found = uses(|room| !OPENS_FILES.contains(&room), &["fs", "File", "OpenOptions", "tempfile", "NamedTempFile"]);
    assert!(found.is_empty(), "files opened elsewhere:\n{}", found.join("\n"));
}

#[test]
fn money_and_points_are_never_binary_fractions() {
    let found = uses(|room| EXACT.contains(&room), &["f64", "f32", "to_f64", "to_f32", "from_f64"]);
    assert!(found.is_empty(), "binary fractions:\n{}", found.join("\n"));
}

#[test]
fn nothing_gives_up_on_input() {
    let tokens = [".unwrap()", ".expect(", ".unwrap_err()", "panic!", "todo!", "unimplemented!", "unreachable!"];
    let found = uses(|_| true, &tokens);
    assert!(found.is_empty(), "ways to panic outside tests:\n{}", found.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|source| source.lines > LINES)
        .map(|source| format!("src/{}.rs has {} lines", source.path.display(), source.lines))
        .collect();
    assert!(long.is_empty(), "files over {LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn the_reader_of_sources_sees_code_and_nothing_else() {
    let code = bare(
        "let a = \"crate::x\"; // crate::y\nlet b = '\"'; let c: &'static str = r#\"crate::z\"#; use crate::{m::{n}, o};",
    );
    assert!(!code.contains("crate::x") && !code.contains("crate::y") && !code.contains("crate::z"), "{code}");
    let source = Source { path: PathBuf::new(), room: String::new(), depth: 1, code, lines: 1 };
    assert_eq!(root_names(&source), BTreeSet::from(["m".to_owned(), "o".to_owned()]));
    assert_eq!(without_tests("a #[cfg(test)] mod tests { fn x() { y } } b").replace(' ', ""), "ab");
    assert_eq!(without_tests("a #[cfg(test)] use x; b").replace(' ', ""), "ab");
}
