//! The dictionary as a workbook: which table stands on which sheet, and what its columns are called.

mod check;
mod read;
mod words;
mod write;

pub(super) use read::{BadRow, read};
pub(super) use write::write;

use crate::{
    dictionary::{Texts, shape},
    model::{Scene, Strength},
};

/// One table on one sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// File, relative to the dictionary's folder.
    pub file: &'static str,
    /// Name of the sheet.
    pub name: &'static str,
    /// What its rows are.
    pub kind: Kind,
}

/// What the rows of a sheet are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Terms,
    Cases,
    Exclusions,
    Negatives,
    TaxLabels,
    Conditions,
    /// Words in groups: one row a word, from a TOML file.
    Words,
}

const fn sheet(file: &'static str, name: &'static str, kind: Kind) -> Sheet {
    Sheet { file, name, kind }
}

/// Every sheet with a table, in the order of the workbook.
pub(super) const SHEETS: [Sheet; 20] = [
    sheet("materials/replace.csv", "词条-替代", Kind::Terms),
    sheet("materials/reduce.csv", "词条-减量", Kind::Terms),
    sheet("materials/abate.csv", "词条-减污", Kind::Terms),
    sheet("materials/efficiency.csv", "词条-增效", Kind::Terms),
    sheet("materials/quality.csv", "词条-提质", Kind::Terms),
    sheet("materials/recycle.csv", "词条-回收利用", Kind::Terms),
    sheet("materials/replace.cases.csv", "用例-替代", Kind::Cases),
    sheet("materials/reduce.cases.csv", "用例-减量", Kind::Cases),
    sheet("materials/abate.cases.csv", "用例-减污", Kind::Cases),
    sheet("materials/efficiency.cases.csv", "用例-增效", Kind::Cases),
    sheet("materials/quality.cases.csv", "用例-提质", Kind::Cases),
    sheet("materials/recycle.cases.csv", "用例-回收利用", Kind::Cases),
    sheet("exclusions.csv", "排除词", Kind::Exclusions),
    sheet("negatives.csv", "负面清单", Kind::Negatives),
    sheet("tax-labels.csv", "税收分类", Kind::TaxLabels),
    sheet("catalogue/conditions.csv", "界定条件", Kind::Conditions),
    sheet("cues.toml", "语境词组", Kind::Words),
    sheet("ordinary.toml", "普通商品", Kind::Words),
    sheet("heads.toml", "中心词", Kind::Words),
    sheet("clauses.toml", "语句词", Kind::Words),
];

/// The first sheet: how to edit.
pub(super) const GUIDE: &str = "说明";
/// The groups of the word sheets and what they mean.
pub(super) const GROUPS: &str = "词组说明";
/// Hidden: the text of the TOML files, with their remarks and line breaks.
pub(super) const ORIGINALS: &str = "原文";

/// On [`ORIGINALS`]: the row with the content hash of the tables that were exported.
pub(super) const FINGERPRINT: &str = "#fingerprint";

/// Columns of a word sheet.
pub(super) const WORD_COLUMNS: [&str; 2] = ["group", "word"];

/// The columns of a sheet's table, in the order of the file.
pub(super) fn header(sheet: &Sheet) -> &'static [&'static str] {
    shape(sheet.file).map_or(&WORD_COLUMNS, |shape| shape.columns)
}

/// Content hash of the tables that a workbook holds.
pub(super) fn fingerprint(texts: &Texts) -> String {
    let mut hasher = blake3::Hasher::new();
    for sheet in &SHEETS {
        if let Some(text) = texts.get(sheet.file) {
            hasher.update(sheet.file.as_bytes()).update(&[0]).update(text.as_bytes()).update(&[0]);
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// What a column is called, how wide it is, and what it may hold.
pub(super) struct Column {
    /// Heading.
    pub chinese: &'static str,
    /// Width in characters.
    pub width: f64,
    /// Words of a closed set: spelling in the file, word on the sheet.
    pub choices: Vec<(&'static str, &'static str)>,
    /// Must not be empty.
    pub required: bool,
    /// What to write here.
    pub note: &'static str,
}

/// The column `code` of a sheet of this kind. An unknown code is a free column.
pub(super) fn column(kind: Kind, code: &str) -> Column {
    let free = |chinese, width, note| Column { chinese, width, choices: Vec::new(), required: false, note };
    let must = |chinese, width, note| Column { required: true, ..free(chinese, width, note) };
    let one_of =
        |chinese, choices: Vec<(&'static str, &'static str)>, note| Column { choices, ..must(chinese, 12.0, note) };
    match (kind, code) {
        (Kind::Terms | Kind::Negatives | Kind::Conditions, "id") => must("编号", 11.0, "停用的编号不再使用"),
        (Kind::Terms, "term") => must("词条", 22.0, "简称或通用名，末尾是中心词"),
        (Kind::Terms | Kind::Negatives, "aliases") => free("别名", 40.0, "用半角 | 隔开；全词典不得重复"),
        (Kind::Terms, "scene") => {
            one_of("场景", Scene::ALL.iter().map(|s| (s.code(), s.chinese())).collect(), "要与工作表一致")
        }
        (Kind::Terms, "strength") => one_of(
            "强度",
            Strength::ALL.iter().map(|s| (s.code(), s.chinese())).collect(),
            "充分：名称足以说明；通用类型：单独出现则复核；需语境：有同现词才算；辅助：只作辅助",
        ),
        (Kind::Terms, "needs") => free("同现才算", 24.0, "词用 | 隔开；@组名 引用语境词组；& 表示都要有"),
        (Kind::Terms, "unless") => free("同现不算", 24.0, "写法同上"),
        (Kind::Terms, "before_not") => free("前接不算", 16.0, "紧挨在前面就不算的字"),
        (Kind::Terms, "after_not") => free("后接不算", 24.0, "紧挨在后面就不算的字"),
        (Kind::Terms, "entries") => must("目录条目", 36.0, "gfspc-2025:make=1.1.7|trade=8.1.1|use=1.3.2"),
        (Kind::Terms, "conditions") => must("界定条件", 16.0, "条件编号，用 | 隔开；- 表示没有要求"),
        (Kind::Conditions, "entry") => free("条目", 20.0, "条目编号，用 | 隔开"),
        (Kind::Terms, "status") => {
            one_of("状态", vec![("active", "在用"), ("withdrawn", "停用")], "不用的词条改为停用，不要删行")
        }
        (Kind::Terms, "replaced_by") => free("由谁取代", 12.0, "停用后由哪个编号取代"),
        (Kind::Cases, "term_id") => must("词条编号", 11.0, "这条用例属于哪个词条"),
        (Kind::Cases, "text") => must("文本", 50.0, "写得像真发票或真用途"),
        (Kind::Cases, "expect") => {
            one_of("期望", vec![("hit", "应命中"), ("miss", "不应命中")], "每个词条至少一条应命中")
        }
        (Kind::Cases, "why") => free("理由", 24.0, ""),
        (Kind::Exclusions, "surface") => must("排除词", 22.0, "盖住或跨过它的命中都不算"),
        (Kind::Exclusions, "kind") => one_of(
            "类别",
            vec![
                ("brand", "品牌"),
                ("colour", "颜色"),
                ("food", "食品"),
                ("homograph", "同形异义"),
                ("idiom", "惯用语"),
                ("joint", "邻字成词"),
                ("ordinary", "普通货物"),
                ("part", "零部件"),
                ("place", "地名"),
            ],
            "为什么不是",
        ),
        (Kind::Exclusions, "blocks") => must("挡住", 14.0, "* 挡住全部；或词条编号，用 | 隔开"),
        (Kind::Exclusions, "reason") => must("理由", 36.0, "写给下一位维护者看"),
        (Kind::Negatives, "surface") => must("名称", 22.0, ""),
        (Kind::Negatives, "kind") => one_of(
            "类别",
            vec![
                ("fossil", "化石能源设备"),
                ("fuel", "化石燃料"),
                ("eliminated", "淘汰类"),
                ("high-pollution", "双高产品"),
            ],
            "",
        ),
        (Kind::Negatives, "exempt") => free("豁免词", 36.0, "出现这些词则豁免"),
        (Kind::TaxLabels, "label") => must("简称", 22.0, "发票上星号之间的简称"),
        (Kind::TaxLabels, "prefixes") => free("编码前缀", 24.0, "19 位编码的前几位，用 | 隔开"),
        (Kind::TaxLabels, "refuses") => {
            Column { required: false, ..one_of("不算绿色", vec![("*", "全部不算")], "空着表示不限制") }
        }
        (Kind::TaxLabels, "allows") => free("但这些条目可算", 24.0, "条目前缀，用 | 隔开"),
        (Kind::TaxLabels, "supports") => free("佐证的条目", 24.0, "条目前缀，用 | 隔开"),
        (Kind::Conditions, "edition") => must("目录版本", 13.0, ""),
        (Kind::Conditions, "kind") => one_of(
            "类别",
            vec![
                ("grade", "等级"),
                ("standard", "标准"),
                ("certificate", "证书"),
                ("threshold", "限值"),
                ("use", "用途"),
            ],
            "",
        ),
        (Kind::Conditions, "test") => must("怎样判断", 44.0, "energy-grade<=1|says:…|cites:GB …|document"),
        (Kind::Conditions, "evidence") => must("要补的材料", 40.0, ""),
        (Kind::Words, "group") => must("词组", 18.0, "词组的含义见“词组说明”"),
        (Kind::Words, "word") => must("词", 24.0, "一行一个词"),
        (_, "source") => free("来源", 10.0, "sources.toml 里的编号"),
        (_, "locator") => free("位置", 16.0, "在来源里的位置"),
        (_, "from") => free("起", 12.0, "YYYY-MM-DD，不限则空着"),
        (_, "to") => free("止", 12.0, "YYYY-MM-DD，不限则空着"),
        (_, "note") => free("备注", 24.0, ""),
        _ => free("", 16.0, ""),
    }
}

/// A table as rows of cells, the header first.
pub(super) fn rows_of(text: &str) -> Result<Vec<Vec<String>>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| Ok(record?.iter().map(str::to_owned).collect())).collect()
}

/// Rows as a table in the canonical form: UTF-8, LF, quoted only where needed.
pub(super) fn text_of(rows: &[Vec<String>]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
