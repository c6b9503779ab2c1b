//! Large inputs: the generator of the measured file, the plain copy it is compared with, and the matching stage beside
//! other automata. `benches/compare.sh` runs all of it and `benches/record/` keeps the results.
//!
//! ```text
//! cargo bench --bench lines -- generate ROWS FILE [SEED]   a seeded CSV, about 215 bytes a line, 3 % with a candidate
//! cargo bench --bench lines -- dense ROWS FILE [SEED]      the same, ordinary goods as they come: half with a candidate
//! cargo bench --bench lines -- copy IN OUT                 the csv crate reads and writes it with three more columns
//! cargo bench --bench lines -- workbook ROWS CSV FILE      the first rows of a CSV file as a workbook
//! cargo bench --bench lines -- cells FILE                  calamine reads every cell of a workbook, and nothing else
//! cargo bench --bench lines -- surfaces FILE               the folded surfaces of the dictionary, one a line
//! cargo bench --bench lines -- match FILE                  the matching stage alone; counts are asserted equal first
//! ```

use std::{
    collections::HashSet,
    fs::File,
    hint::black_box,
    io::{BufWriter, Write},
    time::{Duration, Instant},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use lvjian::{Dictionary, ExactIndex, fold};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [what @ ("generate" | "dense"), rows, file, seed @ ..] => {
            let seed = seed.first().map_or(20_261_122, |seed| seed.parse().expect("a seed"));
            generate(rows.parse().expect("a number of rows"), file, seed, *what == "dense");
        }
        ["copy", from, to] => copy(from, to),
        ["workbook", rows, from, to] => workbook(rows.parse().expect("a number of rows"), from, to),
        ["cells", file] => cells(file),
        ["surfaces", file] => surfaces(file),
        ["match", file] => matching(file),
        _ => eprintln!(
            "generate|dense ROWS FILE [SEED] | copy IN OUT | workbook ROWS CSV FILE | cells FILE | surfaces FILE | match FILE"
        ),
    }
}

/// SplitMix64: the same numbers on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len())]
    }
}

const LABELS: [&str; 24] = [
    "黑色金属冶炼压延品",
    "有色金属冶炼压延品",
    "紧固件",
    "轴承",
    "塑料制品",
    "橡胶制品",
    "纸制品",
    "印刷品",
    "纺织产品",
    "服装",
    "谷物加工品",
    "乳制品",
    "酒",
    "家具",
    "劳务",
    "物流辅助服务",
    "现代服务",
    "经营租赁",
    "餐饮服务",
    "建筑服务",
    "非金属矿物制品",
    "基础化学原料",
    "通用设备",
    "金属制品",
];
const QUALITIES: [&str; 20] = [
    "热轧",
    "冷轧",
    "镀锌",
    "不锈钢",
    "普通",
    "加厚",
    "定制",
    "国标",
    "高强度",
    "精密",
    "家用",
    "工业",
    "食品级",
    "一次性",
    "双层",
    "黑色",
    "白色",
    "大号",
    "可调",
    "铝合金",
];
const THINGS: [&str; 40] = [
    "螺纹钢",
    "角钢",
    "槽钢",
    "钢板",
    "内六角螺栓",
    "平垫圈",
    "深沟球轴承",
    "塑料周转箱",
    "密封圈",
    "瓦楞纸箱",
    "复印纸",
    "工作服",
    "手套",
    "面粉",
    "食用油",
    "纯牛奶",
    "白酒",
    "办公桌",
    "文件柜",
    "打印机硒鼓",
    "货架",
    "叉车配件",
    "电缆桥架",
    "球阀",
    "法兰",
    "弯头",
    "水泥",
    "砂石",
    "瓷砖",
    "防水涂料",
    "劳保鞋",
    "包装袋",
    "胶带",
    "刀具",
    "钻头",
    "砂轮片",
    "焊条",
    "润滑油",
    "模具",
    "五金配件",
];
const MAKERS: [&str; 12] = [
    "台州市黄岩模具厂",
    "浙江钢铁贸易有限公司",
    "温岭市轴承有限公司",
    "杭州包装制品有限公司",
    "玉环阀门股份有限公司",
    "宁波紧固件制造有限公司",
    "义乌市日用百货商行",
    "上海化工原料有限公司",
    "苏州机电设备有限公司",
    "绍兴纺织品有限公司",
    "嘉兴食品有限公司",
    "金华五金工具厂",
];

const BRANDS: [&str; 10] = ["永固牌", "海川", "东方", "金盾牌", "大禾", "三和", "力源牌", "德顺", "鸿发", "宝利"];

/// A table like the tax bureau's export. Of a hundred goods names about three are a term of the dictionary; `dense` takes
/// the other names as they come, without it only such as hold no surface at all.
fn generate(rows: usize, file: &str, seed: u64, dense: bool) {
    let dictionary = Dictionary::with_overlays(&[]).expect("the shipped tables compile");
    let terms: Vec<&str> =
        dictionary.terms().iter().filter(|term| term.active).map(|term| term.term.as_str()).collect();
    let has_candidate = |goods: &str| !dictionary.exact().hits(fold(goods).text()).is_empty();
    let mut chance = Chance(seed);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file).expect("the file can be written"));
    writeln!(
        out,
        "数电票号码,开票日期,销方识别号,销方名称,购买方名称,税收分类编码,货物或应税劳务名称,规格型号,数量,金额,税额,价税合计,发票状态"
    )
    .expect("written");
    let (mut goods_bytes, mut with_candidate) = (0, 0);
    for row in 0..rows {
        let size = chance.below(900) + 10;
        let is_term = chance.below(1_000) < 30;
        let goods = loop {
            let name = if is_term {
                terms[chance.below(terms.len())].to_owned()
            } else {
                format!("{}{}{}", chance.of(&BRANDS), chance.of(&QUALITIES), chance.of(&THINGS))
            };
            let sign = chance.of(&["M", "DN", "Φ", "A", "HRB"]);
            let goods = format!("*{}*{name} {sign}{}-{size}", chance.of(&LABELS), chance.below(99));
            if is_term || dense || !has_candidate(&goods) {
                break goods;
            }
        };
        goods_bytes += goods.len();
        with_candidate += usize::from(has_candidate(&goods));
        let net = chance.below(9_000_000) + 100;
        let tax = net * 13 / 100;
        let gross = net + tax;
        writeln!(
            out,
            "2533{row:012},2025-{:02}-{:02},9133{:014},{},{},{:019},{goods},{size}mm,{},{}.{:02},{}.{:02},{}.{:02},正常",
            chance.below(12) + 1,
            chance.below(28) + 1,
            chance.below(90_000),
            chance.of(&MAKERS),
            chance.of(&MAKERS),
            1_080_000_000_000_000_000u64 + chance.below(9_000_000) as u64,
            chance.below(500) + 1,
            net / 100,
            net % 100,
            tax / 100,
            tax % 100,
            gross / 100,
            gross % 100,
        )
        .expect("written");
    }
    let bytes = out.into_inner().expect("written").metadata().expect("there").len();
    println!(
        "{rows} rows, {:.1} bytes a line, {:.1} bytes of goods text, {:.2} % with a candidate",
        bytes as f64 / rows as f64,
        goods_bytes as f64 / rows as f64,
        100.0 * with_candidate as f64 / rows as f64
    );
}

/// What a program does that reads and writes the file with the csv crate and nothing else.
fn copy(from: &str, to: &str) {
    let mut reader = csv::ReaderBuilder::new().from_path(from).expect("the file can be read");
    let mut writer = csv::Writer::from_path(to).expect("the file can be written");
    let mut record = reader.byte_headers().expect("a header").clone();
    for heading in ["结论", "词条", "条目"] {
        record.push_field(heading.as_bytes());
    }
    writer.write_byte_record(&record).expect("written");
    while reader.read_byte_record(&mut record).expect("read") {
        for cell in ["非绿", "", ""] {
            record.push_field(cell.as_bytes());
        }
        writer.write_byte_record(&record).expect("written");
    }
    writer.flush().expect("written");
}

/// Texts as shared strings and amounts as numbers, as the tax bureau's export writes them.
fn workbook(rows: usize, from: &str, to: &str) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(from).expect("the file can be read");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, record) in (0u32..).zip(reader.records().take(rows + 1)) {
        for (column, cell) in (0u16..).zip(&record.expect("a row")) {
            match cell.parse::<f64>() {
                Ok(number) if (8..12).contains(&column) => sheet.write_number(row, column, number),
                _ => sheet.write_string(row, column, cell),
            }
            .expect("written");
        }
    }
    book.save(to).expect("the file can be written");
}

/// calamine's own streaming read: every cell of every sheet, its value looked at.
fn cells(file: &str) {
    use calamine::{DataRef, Reader as _};
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(file).expect("the file can be read");
    let (mut count, mut bytes) = (0u64, 0);
    for name in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&name).expect("a sheet");
        while let Some(cell) = cells.next_cell().expect("a cell") {
            count += 1;
            bytes += match cell.get_value() {
                DataRef::String(text) => text.len(),
                DataRef::SharedString(text) => text.len(),
                other => usize::from(!matches!(other, DataRef::Empty)),
            };
        }
    }
    println!("{count} cells, {bytes} bytes of text");
}

fn surfaces(file: &str) {
    let dictionary = Dictionary::with_overlays(&[]).expect("the shipped tables compile");
    let mut out = BufWriter::new(File::create(file).expect("the file can be written"));
    for (surface, _) in dictionary.surfaces() {
        writeln!(out, "{surface}").expect("written");
    }
}

/// The matching stage alone: folded goods names in, surfaces found out.
fn matching(file: &str) {
    let dictionary = Dictionary::with_overlays(&[]).expect("the shipped tables compile");
    let mut words: Vec<String> = dictionary.surfaces().into_iter().map(|(word, _)| word).collect();
    words.sort();
    words.dedup();
    let index = ExactIndex::new(&words).expect("compiles");
    let mut reader = csv::Reader::from_path(file).expect("the file can be read");
    let place = reader.headers().expect("a header").iter().position(|heading| heading.contains("货物")).expect("goods");
    let lines: Vec<String> = reader
        .records()
        .take(1_000_000)
        .map(|row| fold(row.expect("a row").get(place).unwrap_or_default()).text().to_owned())
        .collect();
    let sample = &lines[..lines.len().min(2_000)];
    let automatic = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&words).expect("compiles");
    let contiguous = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(&words)
        .expect("compiles");
    let charwise = daachorse::CharwiseDoubleArrayAhoCorasick::<usize>::new(&words).expect("compiles");
    let known: HashSet<&str> = words.iter().map(String::as_str).collect();
    let jieba = jieba_rs::Jieba::new();

    let ours = |lines: &[String]| lines.iter().map(|line| index.hits(line).len()).sum::<usize>();
    let automatic = |lines: &[String]| lines.iter().map(|line| automatic.find_overlapping_iter(line).count()).sum();
    let contiguous = |lines: &[String]| lines.iter().map(|line| contiguous.find_overlapping_iter(line).count()).sum();
    let charwise = |lines: &[String]| lines.iter().map(|line| charwise.find_overlapping_iter(line).count()).sum();
    let naive = |lines: &[String]| -> usize {
        lines.iter().map(|line| words.iter().map(|word| overlapping(line, word)).sum::<usize>()).sum()
    };
    let cut = |lines: &[String]| -> usize {
        lines.iter().map(|line| jieba.cut(line, false).iter().filter(|word| known.contains(word.word)).count()).sum()
    };
    let expected = ours(&lines);
    assert_eq!(expected, automatic(&lines), "aho-corasick finds the same");
    assert_eq!(expected, charwise(&lines), "daachorse finds the same");
    assert_eq!(ours(sample), naive(sample), "naive search finds the same");
    println!("{} lines, {} surfaces, {expected} hits (asserted equal)", lines.len(), words.len());
    let own = time("lvjian, trie behind a gate", &lines, ours, None);
    time("daachorse, charwise", &lines, charwise, Some(own));
    time("aho-corasick, contiguous NFA", &lines, contiguous, Some(own));
    time("aho-corasick, automatic choice", &lines, automatic, Some(own));
    time("jieba words looked up (finds other hits)", &lines[..lines.len().min(100_000)], cut, Some(own));
    time("naive search", &sample[..sample.len().min(500)], naive, Some(own));
}

fn overlapping(line: &str, word: &str) -> usize {
    (0..line.len()).filter(|at| line.get(*at..).is_some_and(|rest| rest.starts_with(word))).count()
}

/// The best of three runs in lines a second.
fn time(name: &str, lines: &[String], work: impl Fn(&[String]) -> usize, own: Option<f64>) -> f64 {
    let mut best = Duration::MAX;
    let mut hits = 0;
    for _ in 0..3 {
        let began = Instant::now();
        hits = black_box(work(black_box(lines)));
        best = best.min(began.elapsed());
    }
    let rate = lines.len() as f64 / best.as_secs_f64();
    let bytes: usize = lines.iter().map(String::len).sum();
    let ratio = own.map_or_else(String::new, |own| format!(", {:.1} times slower than lvjian", own / rate));
    println!(
        "{name}: {:.2} M lines/s, {:.0} MB/s, {hits} hits in {} lines{ratio}",
        rate / 1e6,
        bytes as f64 / best.as_secs_f64() / 1e6,
        lines.len()
    );
    rate
}
