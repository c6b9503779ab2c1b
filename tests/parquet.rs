//! Parquet in and out: every column is kept, four are added, and the answers are those of the other formats.
#![cfg(feature = "parquet")]

mod support;

use std::{fs, path::Path};

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use serde_json::Value;
use support::{
    folder,
    hostile::{read, refused},
    lvjian, string, write,
};

fn table(rows: usize) -> String {
    let goods = ["*光伏设备*光伏组件 550W", "螺纹钢", "污水处理设备", "防水电缆", "详见销货清单", "=电动机 YE5-132S-4"];
    let mut text = "编号,开票日期,货物名称,价税合计\n".to_owned();
    for row in 0..rows {
        text.push_str(&format!("{row},2025-10-26,{}-{},{}.25\n", goods[row * 5 % 6], row % 700, row % 70));
    }
    text
}

/// Rows of a Parquet file as text.
fn rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let names = reader.metadata().file_metadata().schema().get_fields().iter().map(|f| f.name().to_owned()).collect();
    let cells = |field: &Field| match field {
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    };
    let rows = reader.get_row_iter(None).unwrap();
    (names, rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| cells(field)).collect()).collect())
}

#[test]
fn a_parquet_file_keeps_its_columns_and_gains_four() {
    let folder = folder();
    let csv = write(folder.path(), "a.csv", table(20_000));
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // A table of the report becomes the input: its columns 文本 and 编号 are understood.
    lvjian(&["classify", csv.to_str().unwrap(), "--format", "parquet", "-o", &at("in.parquet")], b"").exits(0);
    let (names, source) = rows(Path::new(&at("in.parquet")));
    assert_eq!(names, ["来源", "编号", "结论", "文本", "词条", "条目", "理由"]);
    assert_eq!(source.len(), 20_000);
    let mut outputs = Vec::new();
    for threads in ["1", "2", "8"] {
        let out = at(&format!("out{threads}.parquet"));
        let args = ["classify", &at("in.parquet"), "--format", "parquet", "-o", &out, "--threads", threads];
        let ran = lvjian(&args, b"").exits(0);
        assert!(ran.stderr.contains("共 20000 行"), "{}", ran.stderr);
        outputs.push(fs::read(out).unwrap());
    }
    assert!(outputs[0] == outputs[1] && outputs[0] == outputs[2], "the same bytes on any number of threads");
    let (names, kept) = rows(Path::new(&at("out2.parquet")));
    assert_eq!(names[7..], ["结论", "词条", "条目", "理由"]);
    let answers = lvjian(&["classify", &at("in.parquet"), "--format", "ndjson"], b"").exits(0).lines();
    for ((old, new), answer) in source.iter().zip(&kept).zip(&answers) {
        assert_eq!(old[..], new[..7], "what was there is kept");
        assert_eq!((&old[2], &old[4], &old[5], &old[6]), (&new[7], &new[8], &new[9], &new[10]), "read again, same");
        assert_eq!(new[10], string(answer, "reason"));
        assert_eq!(new[1], string(answer, "id"));
    }
    assert_eq!(kept.len(), answers.len());
}

#[test]
fn typed_columns_nulls_and_bad_rows_are_kept_in_their_place() {
    use parquet::{
        column::writer::ColumnWriter,
        data_type::ByteArray,
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };
    use std::sync::Arc;
    let folder = folder();
    let path = folder.path().join("typed.parquet");
    let schema = "message t { optional binary 货物名称 (UTF8); required double 金额; required binary 角色 (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = fs::File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    for _ in 0..2 {
        let mut group = writer.next_row_group().unwrap();
        while let Some(mut column) = group.next_column().unwrap() {
            match column.untyped() {
                ColumnWriter::DoubleColumnWriter(writer) => {
                    writer.write_batch(&[1.5, 2.5, 3.5], None, None).unwrap();
                }
                ColumnWriter::ByteArrayColumnWriter(writer) => {
                    let optional = writer.get_descriptor().max_def_level() > 0;
                    if optional {
                        let goods = ["光伏组件", "螺纹钢"].map(ByteArray::from);
                        writer.write_batch(&goods, Some(&[1, 0, 1]), None).unwrap();
                    } else {
                        writer.write_batch(&["use", "", "buyer"].map(ByteArray::from), None, None).unwrap();
                    }
                }
                _ => panic!("no such column"),
            }
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    let (out, bad) = (folder.path().join("out.parquet"), folder.path().join("bad.ndjson"));
    let args = ["classify", path.to_str().unwrap(), "--format", "parquet", "-o", out.to_str().unwrap()];
    lvjian(&[&args[..], &["--quarantine", bad.to_str().unwrap()]].concat(), b"").exits(0);
    let (names, rows) = rows(&out);
    assert_eq!(names, ["货物名称", "金额", "角色", "结论", "词条", "条目", "理由"]);
    assert_eq!(rows.len(), 6);
    for group in rows.chunks(3) {
        assert_eq!((&group[0][3][..], &group[0][1][..]), ("绿色", "1.5"), "the role chooses the entry");
        assert_eq!((&group[1][0][..], &group[1][3][..]), ("null", "人工复核"), "no text is unreadable, not not-green");
        assert_eq!(&group[2][3][..], "", "a row set aside stays in its place without a verdict");
        assert!(group[2][6].contains("Q007"), "{}", group[2][6]);
    }
    let aside = fs::read_to_string(&bad).unwrap();
    let places: Vec<u64> =
        aside.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["row"].as_u64().unwrap()).collect();
    assert_eq!(places, [3, 6]);
}

#[test]
fn broken_parquet_files_are_refused_by_name() {
    let folder = folder();
    let csv = write(folder.path(), "a.csv", table(500));
    let good = folder.path().join("good.parquet");
    lvjian(&["classify", csv.to_str().unwrap(), "--format", "parquet", "-o", good.to_str().unwrap()], b"").exits(0);
    let whole = fs::read(&good).unwrap();
    for part in 0..12 {
        let path = write(folder.path(), "cut.parquet", &whole[..whole.len() * part / 12]);
        refused(&path);
    }
    for place in (4..whole.len()).step_by(whole.len() / 24) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x5a;
        let ran = read(&write(folder.path(), "flipped.parquet", damaged), &[]);
        assert!(ran.code != Some(2) || ran.stderr.contains("flipped.parquet"), "{}", ran.stderr);
    }
    refused(&write(folder.path(), "magic.parquet", b"PAR1PAR1PAR1PAR1"));
    let mut footer = b"PAR1".to_vec();
    footer.extend([0xff; 64]);
    footer.extend(0xffff_fff0u32.to_le_bytes());
    footer.extend(b"PAR1");
    refused(&write(folder.path(), "footer.parquet", footer));
}

#[test]
fn a_killed_parquet_run_is_taken_up_and_gives_the_same_file() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let csv = write(folder.path(), "a.csv", table(60_000));
    lvjian(&["classify", csv.to_str().unwrap(), "--format", "parquet", "-o", &at("in.parquet")], b"").exits(0);
    let args = |more: &[&str]| -> Vec<String> {
        let own = ["classify", &at("in.parquet"), "--format", "parquet"];
        own.iter().chain(more).map(|arg| (*arg).to_owned()).collect()
    };
    lvjian(&args(&["-o", &at("once.parquet")]), b"").exits(0);
    let run = at("run");
    let resumed = ["--run", &run, "--resume", "--checkpoint-every", "1"];
    for pause in [900, 1_400, 300, 1_100] {
        let mut child = support::command(&args(&resumed)).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let ran = lvjian(&args(&resumed), b"").exits(0);
    assert!(ran.stderr.contains("共 60000 行"), "{}", ran.stderr);
    assert!(fs::read(at("once.parquet")).unwrap() == fs::read(at("run/output.parquet")).unwrap());
    // From any other file into a Parquet file, too.
    lvjian(&["classify", csv.to_str().unwrap(), "--format", "parquet", "--run", &at("other")], b"").exits(0);
    assert!(fs::read(at("in.parquet")).unwrap() == fs::read(at("other/output.parquet")).unwrap());
}

/// A file with one column of texts, written as `properties` say.
fn texts<'t>(
    texts: impl Iterator<Item = &'t str>,
    properties: parquet::file::properties::WriterPropertiesBuilder,
) -> Vec<u8> {
    use parquet::{
        column::writer::ColumnWriter, data_type::ByteArray, file::writer::SerializedFileWriter,
        schema::parser::parse_message_type,
    };
    let schema = parse_message_type("message t { required binary 货物名称 (UTF8); }").unwrap().into();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties.build().into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let ColumnWriter::ByteArrayColumnWriter(cells) = column.untyped() else { panic!("texts") };
    let values: Vec<ByteArray> = texts.map(ByteArray::from).collect();
    cells.write_batch(&values, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn parquet_bombs_are_refused() {
    use parquet::{basic::Compression, file::properties::WriterProperties};
    let folder = folder();
    let plain = || WriterProperties::builder().set_dictionary_enabled(false).set_data_page_size_limit(1 << 30);
    let long = format!("光伏组件{}", " ".repeat(80 * 1024 * 1024));
    let zstd = Compression::ZSTD(Default::default());
    let packed = texts([long.as_str()].into_iter(), plain().set_compression(zstd));
    assert!(packed.len() < 64 * 1024, "{}", packed.len());
    // The header of the first page: its kind, then the unpacked size in four bytes, which can say 128 MiB.
    let mut claimed = texts([long.as_str()].into_iter(), plain().set_compression(Compression::SNAPPY));
    assert_eq!(claimed[4..7], [0x15, 0, 0x15]);
    claimed[7..11].copy_from_slice(&[0xfe, 0xff, 0xff, 0x7f]);
    let one_page = WriterProperties::builder().set_data_page_row_count_limit(usize::MAX);
    let rows = texts(std::iter::repeat_n("光伏组件", 1_100_000), one_page);
    assert!(rows.len() < 2_048, "{}", rows.len());
    for (name, bytes) in [("page.parquet", packed), ("claimed.parquet", claimed), ("rows.parquet", rows)] {
        let path = write(folder.path(), name, bytes);
        let ran = refused(&path);
        assert!(ran.stderr.contains("压缩炸弹"), "{}", ran.stderr);
        let out = folder.path().join("out.parquet");
        let args = ["classify", path.to_str().unwrap(), "--format", "parquet", "-o", out.to_str().unwrap()];
        let ran = lvjian(&args, b"");
        assert!(ran.code == Some(2) && ran.stderr.contains("压缩炸弹") && !out.exists(), "{}", ran.stderr);
    }
}

#[test]
fn a_long_cell_of_a_parquet_file_is_set_aside() {
    let folder = folder();
    let long = "光伏组件".repeat(10_000);
    let cells = ["光伏组件", &long, "螺纹钢"];
    let bytes = texts(cells.into_iter(), parquet::file::properties::WriterProperties::builder());
    let path = write(folder.path(), "long.parquet", bytes);
    let ran = read(&path, &[]).exits(0);
    assert_eq!((ran.lines().len(), support::hostile::told(&ran, "Q002")), (2, 1), "{}", ran.stderr);
    let out = folder.path().join("out.parquet");
    let args = ["classify", path.to_str().unwrap(), "--format", "parquet", "-o", out.to_str().unwrap()];
    let ran = lvjian(&args, b"").exits(0);
    assert_eq!(support::hostile::told(&ran, "Q002"), 1, "{}", ran.stderr);
    assert_eq!(rows(&out).1.iter().filter(|row| row[4].contains("Q002")).count(), 1);
}

#[test]
fn a_damaged_footer_never_panics() {
    let folder = folder();
    let cells = ["光伏组件", "螺纹钢", "污水处理设备"];
    let whole = texts(cells.into_iter(), parquet::file::properties::WriterProperties::builder());
    let length = u32::from_le_bytes(whole[whole.len() - 8..][..4].try_into().unwrap()) as usize;
    let footer = whole.len() - 8 - length;
    for (place, with) in (footer..whole.len()).step_by(5).step_by(2).zip([0xff, 0x80, 0x01].into_iter().cycle()) {
        let mut damaged = whole.clone();
        damaged[place] ^= with;
        let path = write(folder.path(), "footer.parquet", damaged);
        let out = folder.path().join("out.parquet");
        let args = ["classify", path.to_str().unwrap(), "--format", "parquet", "-o", out.to_str().unwrap()];
        for ran in [read(&path, &[]), lvjian(&args, b"")] {
            assert!(matches!(ran.code, Some(0 | 2)) && !ran.stderr.contains("panicked"), "{}", ran.stderr);
            assert!(ran.code != Some(2) || ran.stderr.contains("footer.parquet"), "{}", ran.stderr);
        }
    }
}
