//! Writing the workbook.

use std::collections::BTreeMap;

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Formula, Note, Workbook, Worksheet,
    XlsxError,
};

use super::{
    FINGERPRINT, GROUPS, GUIDE, Kind, ORIGINALS, SHEETS, Sheet, WORD_COLUMNS, column, fingerprint, rows_of, words,
};
use crate::dictionary::Texts;

/// The workbook of these tables, or why it cannot be made. Every cell is text, so that no id is taken for a number and
/// nothing is run as a formula.
pub(in super::super) fn write(texts: &Texts) -> Result<Vec<u8>, String> {
    let failed = |error: XlsxError| error.to_string();
    let mut workbook = Workbook::new();
    // The same tables must give the same bytes: no clock in the file's properties.
    let epoch = ExcelDateTime::from_ymd(2020, 1, 1).map_err(failed)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    let style = Style::new();
    guide(workbook.add_worksheet(), &style).map_err(failed)?;
    let mut grouped: BTreeMap<&str, Vec<words::Group>> = BTreeMap::new();
    for sheet in SHEETS.iter().filter(|sheet| sheet.kind == Kind::Words) {
        if let Some(text) = texts.get(sheet.file) {
            grouped.insert(sheet.file, words::groups(text).map_err(|error| format!("{}: {error}", sheet.file))?);
        }
    }
    for sheet in &SHEETS {
        let Some(text) = texts.get(sheet.file) else { continue };
        let rows = match grouped.get(sheet.file) {
            Some(groups) => {
                let header = WORD_COLUMNS.map(str::to_owned).to_vec();
                let words = groups
                    .iter()
                    .flat_map(|group| group.words.iter().map(|word| vec![group.name.clone(), word.clone()]));
                std::iter::once(header).chain(words).collect()
            }
            None => rows_of(text).map_err(|error| format!("{}: {error}", sheet.file))?,
        };
        table(workbook.add_worksheet(), sheet, &rows, &grouped, &style)
            .map_err(|error| format!("{}: {error}", sheet.file))?;
    }
    describe_groups(workbook.add_worksheet(), &grouped, &style).map_err(failed)?;
    originals(workbook.add_worksheet(), texts, &style).map_err(failed)?;
    workbook.save_to_buffer().map_err(failed)
}

/// Looks of cells.
struct Style {
    heading: Format,
    code: Format,
    cell: Format,
    /// Text that a spreadsheet would take for a formula when somebody edits it.
    quoted: Format,
}

impl Style {
    fn new() -> Self {
        let text = Format::new().set_num_format("@");
        let head = text.clone().set_bold().set_background_color(Color::RGB(0x00E2_EFDA));
        Self {
            heading: head.clone().set_align(FormatAlign::Center),
            code: head.set_italic().set_font_color(Color::Gray),
            quoted: text.clone().set_quote_prefix(),
            cell: text,
        }
    }

    fn of(&self, cell: &str) -> &Format {
        if cell.starts_with(['=', '+', '-', '@', '\'', '\t']) { &self.quoted } else { &self.cell }
    }
}

/// Last row that drop-down lists and text format reach.
const LAST_ROW: u32 = 1_048_575;
/// First row below the two headings.
const FIRST_ROW: u32 = 2;

fn table(
    page: &mut Worksheet,
    sheet: &Sheet,
    rows: &[Vec<String>],
    grouped: &BTreeMap<&str, Vec<words::Group>>,
    style: &Style,
) -> Result<(), XlsxError> {
    page.set_name(sheet.name)?;
    page.set_freeze_panes(FIRST_ROW, 2)?;
    let Some((header, rows)) = rows.split_first() else { return Ok(()) };
    let columns: Vec<_> = header.iter().map(|code| column(sheet.kind, code)).collect();
    for ((place, code), column) in (0u16..).zip(header).zip(&columns) {
        page.set_column_format(place, &style.cell)?;
        page.set_column_width(place, column.width)?;
        let heading = if column.chinese.is_empty() { code.as_str() } else { column.chinese };
        page.write_string_with_format(0, place, heading, &style.heading)?;
        page.write_string_with_format(1, place, code, &style.code)?;
        if !column.note.is_empty() {
            page.insert_note(0, place, &Note::new(column.note).set_author("绿鉴").add_author_prefix(false))?;
        }
        let list = if column.choices.is_empty() {
            None
        } else {
            let words: Vec<&str> = column.choices.iter().map(|(_, word)| *word).collect();
            Some(DataValidation::new().allow_list_strings(&words)?)
        };
        let list = match (sheet.kind, code.as_str()) {
            (Kind::Words, "group") => Some(group_list(sheet, grouped)),
            _ => list,
        };
        if let Some(list) = list {
            let list = list.set_error_title("不在可选范围")?.ignore_blank(true);
            page.add_data_validation(FIRST_ROW, place, LAST_ROW, place, &list)?;
        }
    }
    for (row, cells) in (FIRST_ROW..).zip(rows) {
        for ((place, cell), column) in (0u16..).zip(cells).zip(&columns).filter(|((_, cell), _)| !cell.is_empty()) {
            let shown = column.choices.iter().find(|(code, _)| code == cell).map_or(cell.as_str(), |(_, word)| word);
            page.write_string_with_format(row, place, shown, style.of(shown))?;
        }
    }
    if let (Ok(last), Some(right)) = (u32::try_from(rows.len() + 1), (header.len() as u16).checked_sub(1)) {
        page.autofilter(1, 0, last.max(1), right)?;
    }
    Ok(())
}

/// The names of the groups, as they stand on the sheet that describes them: too many for a list of words.
fn group_list(sheet: &Sheet, grouped: &BTreeMap<&str, Vec<words::Group>>) -> DataValidation {
    let before: usize = grouped.iter().filter(|(file, _)| **file < sheet.file).map(|(_, groups)| groups.len()).sum();
    let count = grouped.get(sheet.file).map_or(0, Vec::len);
    let (first, last) = (before + 2, before + count.max(1) + 1);
    DataValidation::new().allow_list_formula(Formula::new(format!("'{GROUPS}'!$B${first}:$B${last}")))
}

fn describe_groups(
    page: &mut Worksheet,
    grouped: &BTreeMap<&str, Vec<words::Group>>,
    style: &Style,
) -> Result<(), XlsxError> {
    page.set_name(GROUPS)?;
    page.set_freeze_panes(1, 0)?;
    for (place, (heading, width)) in (0u16..).zip([("工作表", 14.0), ("词组", 20.0), ("含义（只供查看）", 70.0)])
    {
        page.set_column_width(place, width)?;
        page.write_string_with_format(0, place, heading, &style.heading)?;
    }
    let name = |file: &str| SHEETS.iter().find(|sheet| sheet.file == file).map_or("", |sheet| sheet.name);
    let all = grouped.iter().flat_map(|(file, groups)| groups.iter().map(|group| (name(file), group)));
    for (row, (sheet, group)) in (1u32..).zip(all) {
        page.write_string_with_format(row, 0, sheet, &style.cell)?;
        page.write_string_with_format(row, 1, &group.name, &style.cell)?;
        page.write_string_with_format(row, 2, &group.meaning, style.of(&group.meaning))?;
    }
    Ok(())
}

/// The TOML files line by line, so that their remarks and line breaks come back.
fn originals(page: &mut Worksheet, texts: &Texts, style: &Style) -> Result<(), XlsxError> {
    page.set_name(ORIGINALS)?;
    page.set_hidden(true);
    // Which tables this was made of: an import into tables that changed since must not undo that change unnoticed.
    page.write_string_with_format(0, 0, FINGERPRINT, &style.cell)?;
    page.write_string_with_format(0, 1, fingerprint(texts), &style.cell)?;
    let mut row = 1;
    for sheet in SHEETS.iter().filter(|sheet| sheet.kind == Kind::Words) {
        for line in texts.get(sheet.file).map(|text| text.split('\n')).into_iter().flatten() {
            page.write_string_with_format(row, 0, sheet.file, &style.cell)?;
            page.write_string_with_format(row, 1, format!("|{line}"), &style.cell)?;
            row += 1;
        }
    }
    Ok(())
}

fn guide(page: &mut Worksheet, style: &Style) -> Result<(), XlsxError> {
    const LINES: [&str; 12] = [
        "绿色生产资料库（绿鉴词典）",
        "",
        "每个工作表是一张表：第一行是中文列名，第二行是列的代码（请勿改动），第三行起是数据。把鼠标放在列名上可看写法。",
        "一格里写几个词，用半角竖线 | 隔开。所有格子都是文本格式，编号和日期照写即可。",
        "可选的格子有下拉列表：场景、强度、状态、期望、类别、词组。",
        "加词条：在对应场景的“词条”表末尾加一行，编号取同类末尾的下一个号；再到“用例”表加至少一条“应命中”，有限制的再加一条“不应命中”。",
        "不用的词条把状态改为“停用”，不要删行，编号不再使用。",
        "误判多半在“排除词”“中心词”“语境词组”里改：词组的含义见“词组说明”。",
        "“词组说明”只供查看，“原文”已隐藏，请勿删除。",
        "改完保存为 .xlsx，交给管词典的人导入：lvjian dict import 文件 --to 词典目录",
        "导入时逐行核对，有一行不合要求就什么也不写，并说明是哪个工作表、哪一行、哪一列、为什么。",
        "导入之后先看影响：lvjian dict impact --with 词典目录 --invoices 发票…",
    ];
    page.set_name(GUIDE)?;
    page.set_column_width(0, 120.0)?;
    for (row, line) in (0u32..).zip(LINES) {
        page.write_string_with_format(row, 0, line, if row == 0 { &style.heading } else { &style.cell })?;
    }
    Ok(())
}
