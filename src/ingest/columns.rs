//! Which column holds what: headings as tax bureaus and banks write them, and the user's own map.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::text::fold;

macro_rules! columns {
    ($($(#[$doc:meta])* $variant:ident = $key:literal: $($heading:literal)|+;)+) => {
        /// What a column holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column { $($(#[$doc])* $variant,)+ }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The key in a column map.
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }

            /// Headings recognised without a map; the first is the usual one.
            pub fn headings(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($heading),+]),+ }
            }
        }
    };
}

columns! {
    /// Row id.
    Id = "id": "id" | "编号" | "行号";
    /// Kind of text.
    Kind = "kind": "kind" | "文本类型";
    /// Goods or service name, or free text.
    Goods = "goods": "货物或应税劳务名称" | "货物或应税劳务、服务名称" | "货物劳务名称" | "货物名称" | "项目名称" | "商品名称" | "品名"
        | "商品和服务名称" | "货物及应税劳务名称" | "开票项目" | "产品名称" | "物料名称" | "商品" | "货物" | "名称" | "text" | "goods" | "文本";
    /// 规格型号.
    Spec = "spec": "规格型号" | "规格" | "型号" | "spec";
    /// 税收分类编码.
    TaxCode = "tax_code": "税收分类编码" | "商品编码" | "商品和服务税收分类编码" | "税收编码" | "税收分类代码" | "tax_code";
    /// Amount without tax.
    Net = "net": "金额" | "不含税金额" | "金额(不含税)" | "net";
    /// Tax.
    Tax = "tax": "税额" | "tax";
    /// Amount with tax.
    Gross = "gross": "价税合计" | "含税金额" | "金额(含税)" | "合计金额" | "gross" | "amount";
    /// Seller's tax id.
    SellerId = "seller_id": "销方识别号" | "销售方识别号" | "销售方纳税人识别号" | "销方税号" | "销售方税号" | "销方纳税人识别号" | "seller_id";
    /// Seller's name.
    Seller = "seller": "销方名称" | "销售方名称" | "销货单位" | "seller";
    /// Buyer's tax id.
    BuyerId = "buyer_id": "购方识别号" | "购买方识别号" | "购买方纳税人识别号" | "购方税号" | "购买方税号" | "购方纳税人识别号" | "buyer_id";
    /// Buyer's name.
    Buyer = "buyer": "购买方名称" | "购方名称" | "购货单位" | "buyer";
    /// Red or not.
    Positive = "positive": "是否正数发票" | "positive";
    /// Status.
    Status = "status": "发票状态" | "状态" | "status";
    /// 发票代码.
    InvoiceCode = "invoice_code": "发票代码" | "invoice_code";
    /// 发票号码.
    InvoiceNumber = "invoice_number": "发票号码" | "发票号" | "invoice_number";
    /// 数电票号码.
    DigitalNumber = "digital_number": "数电票号码" | "数电发票号码" | "全电发票号码" | "digital_number";
    /// Date of invoice.
    Date = "date": "开票日期" | "开票时间" | "日期" | "date";
    /// 借据号.
    LoanId = "loan_id": "借据号" | "借据编号" | "贷款编号" | "合同号" | "loan_id";
    /// Customer's name.
    Customer = "customer": "客户名称" | "借款人" | "借款人名称" | "企业名称" | "customer";
    /// Customer's tax id.
    TaxId = "tax_id": "纳税人识别号" | "统一社会信用代码" | "社会信用代码" | "客户税号" | "证件号码" | "tax_id";
    /// Purpose.
    Purpose = "purpose": "贷款用途" | "借款用途" | "资金用途" | "用途" | "purpose";
    /// Amount of the loan.
    LoanAmount = "loan_amount": "放款金额" | "贷款金额" | "借款金额" | "发放金额" | "loan_amount";
    /// Approval date.
    Approved = "approved": "审批日期" | "批准日期" | "授信审批日期" | "approved";
    /// Disbursement date.
    Disbursed = "disbursed": "放款日期" | "发放日期" | "贷款发放日" | "借款日期" | "disbursed";
    /// Industry of the borrower.
    Industry = "industry": "行业代码" | "国标行业代码" | "行业分类" | "所属行业" | "industry";
    /// Branch.
    Branch = "branch": "经办机构" | "机构名称" | "支行" | "网点" | "branch";
    /// Tied invoices.
    Vouchers = "vouchers": "受托支付发票" | "凭证号" | "受托支付凭证" | "用途凭证" | "vouchers";
    /// Documents that the bank has seen.
    Proofs = "proofs": "已有证明" | "证明材料" | "已有证明材料" | "已取得材料" | "proofs";
    /// Veto check.
    Vetoed = "vetoed": "否决项" | "一票否决" | "负面情形" | "vetoed";
    /// Share of green revenue.
    GreenRevenue = "green_revenue": "绿色营收占比" | "绿色收入占比" | "green_revenue";
    /// Grade.
    Grade = "grade": "评绿等级" | "绿色等级" | "grade";
    /// Business scope of an enterprise.
    Scope = "scope": "经营范围" | "主营业务" | "scope";
    /// Role of the borrower.
    Role = "role": "role" | "角色";
    /// File of a row that was set aside and is handed in again.
    OriginFile = "origin_file": "隔离文件";
    /// Sheet of such a row.
    OriginSheet = "origin_sheet": "隔离工作表";
    /// Row of such a row.
    OriginRow = "origin_row": "隔离行";
    /// Text of such a row, where it could not be cut into cells.
    OriginText = "origin_text": "隔离原文";
}

/// A user's own headings: `[columns]` with keys such as `goods = "物料描述"`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// A column map that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ColumnMapError {
    /// No TOML, or other keys than `[columns]`.
    #[error("列映射不是合法的 TOML / the column map is no valid TOML: {0}")]
    Toml(Box<toml::de::Error>),
    /// A key that names no column.
    #[error("列映射中 `{0}` 不是已知的列；可用：{1} / unknown column key")]
    Unknown(String, String),
}

impl ColumnMap {
    /// Reads a map.
    pub fn parse(text: &str) -> Result<Self, ColumnMapError> {
        let map: Self = toml::from_str(text).map_err(|error| ColumnMapError::Toml(Box::new(error)))?;
        for key in map.columns.keys() {
            if !Column::ALL.iter().any(|column| column.key() == key) {
                let known: Vec<&str> = Column::ALL.iter().map(|column| column.key()).collect();
                return Err(ColumnMapError::Unknown(key.clone(), known.join(" ")));
            }
        }
        Ok(map)
    }

    /// What the heading names; the user's own words come first.
    pub fn column(&self, heading: &str) -> Option<Column> {
        let heading = normal(heading);
        if heading.is_empty() {
            return None;
        }
        let mapped =
            Column::ALL.iter().find(|column| self.columns.get(column.key()).is_some_and(|own| normal(own) == heading));
        mapped.or_else(|| known_headings().get(&heading)).copied()
    }
}

/// The column of each heading recognised without a map; the first column has it.
fn known_headings() -> &'static HashMap<String, Column> {
    static KNOWN: OnceLock<HashMap<String, Column>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = HashMap::new();
        for &column in Column::ALL {
            for heading in column.headings() {
                known.entry(normal(heading)).or_insert(column);
            }
        }
        known
    })
}

/// Units and hints that people write in brackets behind a heading.
const UNITS: [&str; 20] = [
    "元",
    "万元",
    "%",
    "百分比",
    "项",
    "件",
    "个",
    "张",
    "户",
    "次",
    "是/否",
    "有/无",
    "是或否",
    "有或无",
    "必填",
    "选填",
    "如有",
    "近12个月",
    "近一年",
    "近三年",
];

/// A heading without blanks, stars, units and width.
fn normal(heading: &str) -> String {
    let folded: String =
        fold(heading).text().chars().filter(|c| !c.is_whitespace() && *c != '*' && *c != '_').collect();
    let unit = folded.strip_suffix([')', ']']).and_then(|text| text.rsplit_once(['(', '[']));
    match unit {
        Some((bare, unit)) if UNITS.contains(&unit) => bare.to_owned(),
        _ => folded,
    }
}

/// How alike two headings are, 0…1: shared pairs of characters, or 1 when one contains the other.
fn likeness(one: &str, other: &str) -> Decimal {
    let (one, other) = (normal(one), normal(other));
    let shorter = one.chars().count().min(other.chars().count());
    if shorter >= 3 && (one.contains(&other) || other.contains(&one)) {
        return Decimal::ONE;
    }
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (one, other) = (pairs(&one), pairs(&other));
    let shared = one.iter().filter(|pair| other.contains(pair)).count();
    Decimal::from(2 * shared) / Decimal::from((one.len() + other.len()).max(1))
}

/// A column that is not read, and the heading it may have been meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredColumn {
    /// Its heading as written.
    pub heading: String,
    /// The known heading most like it.
    pub nearest: Option<String>,
}

/// A row of headings, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The headings as written.
    pub headings: Vec<String>,
    /// Where each column is, in the order of [`Column::ALL`]: it is asked for some twenty times a row.
    places: [Option<usize>; Column::ALL.len()],
}

impl Header {
    /// Understands a row. When two columns carry the same meaning the first, by the order of known headings, wins.
    pub fn of(cells: &[String], map: &ColumnMap) -> Self {
        let mut places = [None; Column::ALL.len()];
        let rank = |column: Column, cell: &str| {
            column.headings().iter().position(|known| normal(known) == normal(cell)).unwrap_or(0)
        };
        for (place, cell) in cells.iter().enumerate() {
            let Some(column) = map.column(cell) else { continue };
            let Some(known) = places.get_mut(column as usize) else { continue };
            let better =
                known.and_then(|old: usize| cells.get(old)).is_none_or(|old| rank(column, cell) < rank(column, old));
            if better {
                *known = Some(place);
            }
        }
        Self { headings: cells.to_vec(), places }
    }

    /// How many columns are understood.
    pub fn understood(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Whether there is such a column.
    pub fn has(&self, column: Column) -> bool {
        self.place(column).is_some()
    }

    /// Whether rows that were set aside are handed in again: they keep the place where they stood first.
    pub fn is_handed_in_again(&self) -> bool {
        self.has(Column::OriginRow) || self.has(Column::OriginText)
    }

    /// The place of a column, from 0.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places.get(column as usize).copied().flatten()
    }

    /// The place of the first column that bears one of these headings, from 0.
    pub fn place_named(&self, headings: &[String]) -> Option<usize> {
        let own = |heading: &String| {
            let wanted = normal(heading);
            self.headings.iter().position(|cell| normal(cell) == wanted)
        };
        headings.iter().find_map(own)
    }

    /// The columns that neither `map` nor `fields` (headings beside the known columns) understands. The nearest heading is
    /// looked for among `fields` and the known `columns` that the table lacks.
    pub fn ignored(&self, map: &ColumnMap, columns: &[Column], fields: &[&str]) -> Vec<IgnoredColumn> {
        let field = |heading: &str| fields.iter().any(|known| normal(known) == normal(heading));
        let lacking = columns.iter().filter(|column| !self.has(**column)).flat_map(|column| column.headings());
        let free = fields.iter().filter(|known| !self.headings.iter().any(|own| normal(own) == normal(known)));
        let candidates: Vec<&str> = lacking.chain(free).copied().filter(|heading| !heading.is_ascii()).collect();
        let unknown = self
            .headings
            .iter()
            .filter(|heading| !heading.trim().is_empty() && map.column(heading).is_none() && !field(heading));
        unknown
            .map(|heading| {
                let scored = candidates.iter().map(|known| (likeness(heading, known), *known));
                let best = scored.filter(|(score, _)| *score >= Decimal::new(5, 1)).max_by_key(|(score, _)| *score);
                IgnoredColumn { heading: heading.clone(), nearest: best.map(|(_, known)| known.to_owned()) }
            })
            .collect()
    }

    /// Whether the heading of the column at `place` says that its numbers are `unit`.
    pub fn has_unit(&self, place: usize, unit: &str) -> bool {
        let heading = self.headings.get(place).map(|heading| fold(heading).text().to_owned()).unwrap_or_default();
        heading.rsplit_once(['(', '[']).is_some_and(|(_, behind)| behind.contains(unit))
    }

    /// The heading of a column as written.
    pub fn heading(&self, column: Column) -> &str {
        self.place(column).and_then(|place| self.headings.get(place)).map_or(column.key(), String::as_str)
    }

    /// The cell of a row under a column, trimmed; empty when there is none.
    pub fn cell<'r>(&self, row: &'r [String], column: Column) -> &'r str {
        self.place(column).and_then(|place| row.get(place)).map_or("", |cell| cell.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_headings_as_they_are_written() {
        let map = ColumnMap::default();
        for (heading, column) in [
            ("货物或应税劳务名称", Column::Goods),
            (" 金额（元） ", Column::Net),
            ("*项目名称", Column::Goods),
            ("购买方 纳税人识别号", Column::BuyerId),
            ("貨物名稱", Column::Goods),
            ("绿色营收占比(%)", Column::GreenRevenue),
            ("审批日期（必填）", Column::Approved),
        ] {
            assert_eq!(map.column(heading), Some(column), "{heading}");
        }
        assert_eq!(map.column("备注"), None);
    }

    #[test]
    fn an_ignored_column_is_told_with_the_heading_it_resembles() {
        let cells: Vec<String> =
            ["企业名称", "绿色营收占比情况", "环境信用等及", "法人代表", ""].map(str::to_owned).to_vec();
        let header = Header::of(&cells, &ColumnMap::default());
        let fields = ["绿色营收占比", "环境信用等级"];
        let told: Vec<(String, Option<String>)> = header
            .ignored(&ColumnMap::default(), &[Column::Industry], &fields)
            .into_iter()
            .map(|column| (column.heading, column.nearest))
            .collect();
        let near = |heading: &str, known: &str| (heading.to_owned(), Some(known.to_owned()));
        assert_eq!(
            told,
            [
                near("绿色营收占比情况", "绿色营收占比"),
                near("环境信用等及", "环境信用等级"),
                ("法人代表".to_owned(), None)
            ]
        );
    }

    #[test]
    fn the_users_map_wins_and_unknown_keys_are_refused() {
        let map = ColumnMap::parse("[columns]\ngoods = \"物料描述\"").unwrap();
        assert_eq!(map.column("物料描述"), Some(Column::Goods));
        assert!(matches!(ColumnMap::parse("[columns]\ncolour = \"颜色\""), Err(ColumnMapError::Unknown(..))));
    }
}
