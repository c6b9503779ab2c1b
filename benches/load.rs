//! Start-up: the whole dictionary from its tables and from a bundle, the catalogue, the rules, the list of ordinary words.
//! `cargo bench --bench load` prints the least and the median of 20 loads, and the same for 200,000 surfaces.

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use lvjian::{Dictionary, Engine, Segmenter, builtin_texts};

const LOADS: usize = 20;
const SURFACES_A_TERM: u32 = 7;

fn main() {
    let shipped = Dictionary::with_overlays(&[]).expect("the shipped tables compile");
    report("engine (all tables, from source)", || Engine::builtin().expect("the shipped tables compile"));
    compare("dictionary as shipped", &shipped, || Dictionary::with_overlays(&[]).expect("the shipped tables compile"));
    let texts = grown(200_000usize.saturating_sub(shipped.surfaces().len()));
    let compile = || Dictionary::compile(&[builtin_texts(), texts.clone()]).expect("the grown tables compile");
    compare("dictionary grown to 200,000 surfaces", &compile(), compile);
    report("ordinary words (jieba), first use", || {
        let segmenter = Segmenter::new();
        segmenter.crossing_word("购买防水电缆", "购买防".len(), "购买防水电".len());
        segmenter
    });
}

fn compare(name: &str, dictionary: &Dictionary, compile: impl Fn() -> Dictionary) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("dictionary.bundle");
    dictionary.write_bundle(&path).expect("the bundle is written");
    let size = std::fs::metadata(&path).map_or(0, |file| file.len());
    let read = || Dictionary::read_bundle(&path).expect("the bundle reads back");
    assert_eq!(read().surfaces(), dictionary.surfaces(), "the bundle holds what was built");
    println!("{name}: {} surfaces, bundle {:.1} MB", dictionary.surfaces().len(), size as f64 / 1e6);
    report("  from source", compile);
    report("  from the bundle", read);
}

fn report<T>(name: &str, load: impl Fn() -> T) {
    let mut times: Vec<Duration> = (0..LOADS)
        .map(|_| {
            let start = Instant::now();
            let loaded = black_box(load());
            let time = start.elapsed();
            drop(loaded);
            time
        })
        .collect();
    times.sort();
    let milliseconds = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!(
        "{name:<40} least {:>7.1} ms  median {:>7.1} ms",
        milliseconds(times.first()),
        milliseconds(times.get(LOADS / 2))
    );
}

/// A table of `count` made-up surfaces of four Han characters and a number, as many a term as in the shipped tables.
fn grown(count: usize) -> BTreeMap<String, String> {
    let mut table = String::from(
        "id,term,aliases,scene,strength,needs,unless,before_not,after_not,entries,conditions,source,locator,from,to,status,replaced_by,note\n",
    );
    let surface = |number: u32| -> String {
        let han = |place: u32| {
            char::from_u32(0x4E00 + (number.wrapping_mul(2_654_435_761) >> 7).wrapping_add(place * 977) % 6000)
        };
        (0..4).filter_map(han).chain(number.to_string().chars()).collect()
    };
    for first in (0..count as u32).step_by(SURFACES_A_TERM as usize) {
        let last = (first + SURFACES_A_TERM).min(count as u32);
        let aliases: Vec<String> = (first + 1..last).map(surface).collect();
        table.push_str(&format!(
            "X{first:06},{},{},quality,sufficient,,,,,gfspc-2025:make=4.1.2,-,S-0001,4.1.2,,,active,,\n",
            surface(first),
            aliases.join("|"),
        ));
    }
    BTreeMap::from([("materials/quality.csv".to_owned(), table)])
}
