//! Writes what the program would otherwise build at every start: the traditional → simplified character table that
//! `text::fold` reads, and the automaton of ordinary words that `text::segment` walks.

use std::{env, fs, path::Path};

use zhconv::{Variant, zhconv};

/// The CJK Unified Ideographs block; the table is indexed by `character - FIRST`.
const FIRST: u32 = 0x4E00;
const LAST: u32 = 0x9FFF;

/// Ordinary words, a line each, ascending.
const WORDS: &str = "src/text/words.txt";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={WORDS}");
    let mut table = String::from("[\n");
    for code in FIRST..=LAST {
        let simplified = char::from_u32(code).map_or(code, simplify);
        table.push_str(&format!("{simplified},"));
        if code % 16 == 15 {
            table.push('\n');
        }
    }
    table.push(']');
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("simplified.in"), table).expect("the table can be written");
    let words = fs::read_to_string(WORDS).expect("the word list can be read");
    let words = fst::Set::from_iter(words.lines()).expect("the words are ascending");
    fs::write(Path::new(&folder).join("words.fst"), words.as_fst().as_bytes()).expect("the words can be written");
}

/// One character's simplified form, followed until it no longer changes, so that folding twice equals folding once.
fn simplify(character: char) -> u32 {
    let mut current = character;
    for _ in 0..4 {
        let converted = zhconv(&current.to_string(), Variant::ZhHans);
        let mut characters = converted.chars();
        match (characters.next(), characters.next()) {
            (Some(next), None) if next != current && (FIRST..=LAST).contains(&(next as u32)) => current = next,
            _ => break,
        }
    }
    current as u32
}
