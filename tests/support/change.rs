//! Random changes of every table of a dictionary, and random texts made from its words. All from a seed.

use std::{collections::BTreeMap, fs, path::Path};

/// File name, relative to `dictionaries/` → text.
pub type Texts = BTreeMap<String, String>;

/// A small generator (splitmix64): the same seed gives the same numbers on every machine.
pub struct Chance(u64);

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

const SCENES: [&str; 6] = ["replace", "reduce", "abate", "efficiency", "quality", "recycle"];

/// The tables that the matcher reads, from `dictionaries/`; of the terms every `step`-th row, for speed.
pub fn shipped(step: usize) -> Texts {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    let mut texts = Texts::new();
    for file in [
        "clauses.toml",
        "cues.toml",
        "exclusions.csv",
        "heads.toml",
        "negatives.csv",
        "ordinary.toml",
        "tax-labels.csv",
    ] {
        texts.insert(file.to_owned(), fs::read_to_string(root.join(file)).unwrap());
    }
    for scene in SCENES {
        let file = format!("materials/{scene}.csv");
        let (header, rows) = table(&fs::read_to_string(root.join(&file)).unwrap());
        let rows: Vec<Vec<String>> = rows.into_iter().step_by(step).collect();
        texts.insert(file, text_of(&header, &rows));
    }
    texts
}

pub fn conditions() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dictionaries");
    fs::read_to_string(root.join("catalogue/conditions.csv")).unwrap()
}

pub fn table(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let owned = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<String>>();
    let header = owned(reader.headers().unwrap());
    (header, reader.records().map(|record| owned(&record.unwrap())).collect())
}

pub fn text_of(header: &[String], rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Words to make texts of.
pub struct Words {
    pub surfaces: Vec<String>,
    pub around: Vec<String>,
    pub labels: Vec<String>,
    pub texts: Vec<String>,
    /// Words of rows that were changed; texts are made of them more often.
    pub changed: Vec<String>,
}

const ORDINARY: [&str; 24] = [
    "螺纹钢",
    "办公椅",
    "复印纸",
    "运费",
    "餐饮服务",
    "轴承",
    "电缆",
    "水泥",
    "模具",
    "衬衫",
    "大米",
    "加工费",
    "正泰",
    "公牛",
    "得力",
    "不锈钢",
    "防水",
    "普通",
    "大号",
    "M8",
    "10kW",
    "-",
    "（",
    "，",
];

impl Words {
    /// The words of these tables, and the texts of cases and gold rows.
    pub fn of(texts: &Texts) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut words = Self { surfaces: vec![], around: vec![], labels: vec![], texts: vec![], changed: vec![] };
        for (file, text) in texts {
            if file.ends_with(".toml") {
                let groups: toml::Table = toml::from_str(text).unwrap();
                for group in groups["group"].as_array().unwrap() {
                    let list = group["words"].as_array().unwrap();
                    words.around.extend(list.iter().map(|word| word.as_str().unwrap().to_owned()));
                }
                continue;
            }
            for row in table(text).1 {
                match file.as_str() {
                    "exclusions.csv" => words.surfaces.push(row[0].clone()),
                    "tax-labels.csv" => words.labels.push(row[0].clone()),
                    _ => {
                        words.surfaces.push(row[1].clone());
                        words.surfaces.extend(row[2].split('|').filter(|a| !a.is_empty()).map(str::to_owned));
                        for column in [5, 6, 8] {
                            if file.starts_with("materials") {
                                let list = row[column].split(['|', '&']).filter(|w| !w.is_empty());
                                words.around.extend(list.map(str::to_owned));
                            }
                        }
                    }
                }
            }
        }
        for scene in SCENES {
            let path = root.join(format!("dictionaries/materials/{scene}.cases.csv"));
            words.texts.extend(table(&fs::read_to_string(path).unwrap()).1.into_iter().map(|row| row[1].clone()));
        }
        let mut gold: Vec<_> = fs::read_dir(root.join("corpus/gold")).unwrap().map(|f| f.unwrap().path()).collect();
        gold.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
        gold.sort();
        for path in gold {
            words.texts.extend(table(&fs::read_to_string(path).unwrap()).1.into_iter().map(|row| row[2].clone()));
        }
        words
    }

    /// One text: a case or gold text as it is, or words put together as invoices do.
    pub fn text(&self, chance: &mut Chance) -> String {
        if chance.one_in(4) {
            return chance.of(&self.texts).clone();
        }
        let mut text = String::new();
        if chance.one_in(2) {
            text = format!("*{}*", chance.of(&self.labels));
        }
        for _ in 0..1 + chance.below(4) {
            match chance.below(8) {
                0..3 if !self.changed.is_empty() && chance.one_in(3) => {
                    text.push_str(chance.of::<String>(&self.changed));
                }
                0 | 1 => text.push_str(chance.of::<String>(&self.surfaces)),
                2 | 3 => text.push_str(chance.of::<String>(&self.around)),
                4 => text.push(' '),
                _ => text.push_str(chance.of::<&str>(&ORDINARY)),
            }
        }
        text
    }
}

/// The tables that [`change`] can change, and the conditions.
pub const KINDS: [&str; 8] = [
    "materials",
    "exclusions.csv",
    "negatives.csv",
    "cues.toml",
    "heads.toml",
    "clauses.toml",
    "tax-labels.csv",
    "conditions",
];

/// Changes one row of one table, and notes its words.
pub fn change(kind: &str, texts: &mut Texts, conditions: &mut String, words: &mut Words, chance: &mut Chance) {
    let mut changed = Vec::new();
    change_row(kind, texts, conditions, words, (chance, &mut changed));
    changed.retain(|word| !word.is_empty());
    words.changed.extend(changed);
}

fn change_row(
    kind: &str,
    texts: &mut Texts,
    conditions: &mut String,
    words: &Words,
    (chance, changed): (&mut Chance, &mut Vec<String>),
) {
    match kind {
        "materials" => {
            let file = format!("materials/{}.csv", chance.of(&SCENES));
            edit_table(texts.get_mut(&file).unwrap(), |rows| change_term(rows, words, (chance, changed)));
        }
        "exclusions.csv" => edit_table(texts.get_mut(kind).unwrap(), |rows| {
            let place = chance.below(rows.len());
            changed.push(rows[place][0].clone());
            match chance.below(3) {
                0 => drop(rows.remove(place)),
                1 => rows[place][2] = if chance.one_in(2) { "*".to_owned() } else { "T10001|T20221".to_owned() },
                _ => {
                    let surface: String = format!("{}{}", chance.of(&ORDINARY), chance.of(&words.surfaces));
                    if rows.iter().all(|row| row[0] != surface) {
                        changed.push(surface.clone());
                        let row = [&surface, "ordinary", "*", "试", "S-0005", "", ""];
                        rows.push(row.iter().map(|cell| (*cell).to_owned()).collect());
                    }
                }
            }
        }),
        "negatives.csv" => edit_table(texts.get_mut(kind).unwrap(), |rows| {
            let place = chance.below(rows.len());
            changed.push(rows[place][1].clone());
            if chance.one_in(3) {
                rows.remove(place);
            } else {
                let name = format!("{}{}", chance.of(&words.surfaces), chance.of(&ORDINARY));
                rows[place][2] = format!("{}|{name}", rows[place][2]).trim_matches('|').to_owned();
                changed.push(name);
            }
        }),
        "tax-labels.csv" => edit_table(texts.get_mut(kind).unwrap(), |rows| {
            let place = chance.below(rows.len());
            changed.push(format!("*{}*", rows[place][0]));
            match chance.below(4) {
                0 => drop(rows.remove(place)),
                1 => rows[place][2] = if rows[place][2] == "*" { String::new() } else { "*".to_owned() },
                2 => rows[place][3] = "1.1|4.2".to_owned(),
                _ => rows[place][4] = "1.3|2.1".to_owned(),
            }
        }),
        "conditions" => edit_table(conditions, |rows| {
            // A condition that a term lists: the terms are fewer than those shipped.
            let terms: Vec<Vec<String>> =
                SCENES.iter().flat_map(|scene| table(&texts[&format!("materials/{scene}.csv")]).1).collect();
            let lists = |term: &Vec<String>, id: &str| term[10].split('|').any(|listed| listed == id);
            let listed: Vec<usize> =
                (0..rows.len()).filter(|&row| terms.iter().any(|term| lists(term, &rows[row][0]))).collect();
            let place = *chance.of(&listed);
            changed
                .extend(terms.iter().filter(|term| lists(term, &rows[place][0])).map(|term| term[1].clone()).take(20));
            rows[place][4] = (*chance.of(&["document", "says:节能/高效/一级", "energy-grade<=2"])).to_owned();
        }),
        _ => {
            let mut groups: toml::Table = toml::from_str(&texts[kind]).unwrap();
            let list = groups["group"].as_array_mut().unwrap();
            let place = chance.below(list.len());
            let group = list[place]["words"].as_array_mut().unwrap();
            let place = chance.below(group.len());
            changed.push(group[place].as_str().unwrap().to_owned());
            let word = match chance.below(3) {
                0 => chance.of(&words.around).clone(),
                1 => (*chance.of(&ORDINARY)).to_owned(),
                _ => chance.of(&words.surfaces).chars().take(2).collect(),
            };
            match chance.below(3) {
                0 if group.len() > 1 => drop(group.remove(place)),
                1 => group.swap(0, place),
                _ => {
                    changed.push(word.clone());
                    group.push(toml::Value::String(word));
                }
            }
            texts.insert(kind.to_owned(), toml::to_string(&groups).unwrap());
        }
    }
}

fn edit_table(text: &mut String, edit: impl FnOnce(&mut Vec<Vec<String>>)) {
    let (header, mut rows) = table(text);
    edit(&mut rows);
    *text = text_of(&header, &rows);
}

fn change_term(rows: &mut Vec<Vec<String>>, words: &Words, (chance, changed): (&mut Chance, &mut Vec<String>)) {
    let place = chance.below(rows.len());
    let other: String = chance.of(&words.surfaces).chars().take(2 + chance.below(6)).collect();
    let around = chance.of(&words.around).clone();
    let add = |cell: &str, word: &str| format!("{cell}|{word}").trim_matches('|').to_owned();
    changed.extend([other.clone(), around.clone(), rows[place][1].clone()]);
    changed.extend(rows[place][2].split('|').map(str::to_owned));
    let row = &mut rows[place];
    match chance.below(12) {
        0 => drop(rows.remove(place)),
        1 => row[1] = other,
        2 => row[2] = add(&row[2], &other),
        3 => row[2] = row[2].split('|').skip(1).collect::<Vec<_>>().join("|"),
        4 => row[4] = (*chance.of(&["sufficient", "generic", "needs-context", "supporting"])).to_owned(),
        5 => row[5] = if chance.one_in(2) { "@efficient".to_owned() } else { add(&row[5], &around) },
        6 => row[6] = add(&row[6], &around),
        7 => row[7] = add(&row[7], &around),
        8 => row[8] = add(&row[8], &around),
        9 => row[9] = "gfspc-2025:make=1.1.7|use=1.3.2".to_owned(),
        10 => row[10] = (*chance.of(&["-", "C-1.1.1-1"])).to_owned(),
        _ => {
            let mut new = row.clone();
            new[0] = format!("T9{:05}", chance.below(100_000));
            new[1] = chance.of(&words.texts).chars().skip(chance.below(4)).take(2 + chance.below(6)).collect();
            new[2] = String::new();
            changed.push(new[1].clone());
            if rows.iter().all(|row| row[0] != new[0]) {
                rows.push(new);
            }
        }
    }
}
