//! Reports: nothing in them is ever run, every format says the same, and threads and days change no byte.

mod support;

use std::{fs, process::Command};

use support::{desk::*, finish, lvjian, owned};

#[test]
fn names_that_look_like_formulas_are_inert() {
    let desk = Desk::new();
    let names = [
        "=cmd|' /C calc'!A0",
        "+SUM(A1:A9)",
        "-2+3",
        "@WEBSERVICE(\"x\")",
        "\t=1+1",
        "＝1+1",
        "=HYPERLINK(\"http://x\",\"y\")",
    ];
    let rows: Vec<Vec<String>> = names
        .iter()
        .map(|name| {
            owned(&[&[*name, *name, "", "购买光伏组件", "1000", "2025-10-20", "2025-10-20", "", *name, "", "无"]])
                .remove(0)
        })
        .collect();
    desk.loans(&rows);
    desk.invoices("inv.csv", &[line("N1", SOLAR, "1.00")]);
    let ran = desk.assess(&["inv.csv"], &["--format", "csv"]).exits(0);
    let mut reader = csv::Reader::from_reader(ran.text().trim_start_matches('\u{feff}').as_bytes());
    let mut seen = 0;
    for row in reader.records() {
        for cell in &row.unwrap() {
            let number = cell.parse::<f64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?} would run");
            seen += usize::from(cell.starts_with("'="));
        }
    }
    assert!(seen >= 2, "the apostrophe is there");

    desk.assess(&["inv.csv"], &["--format", "xlsx", "-o", "out.xlsx"]).exits(0);
    let mut archive = zip::ZipArchive::new(fs::File::open(desk.path("out.xlsx")).unwrap()).unwrap();
    let part = |archive: &mut zip::ZipArchive<fs::File>, name: &str| {
        std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
    };
    let sheet = part(&mut archive, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>") && !sheet.contains("<f ") && !sheet.contains("<hyperlink"), "no formula, no link");
    assert_eq!(sheet.matches("<c ").count(), sheet.matches("t=\"s\"").count(), "every cell is a string");
    let strings = part(&mut archive, "xl/sharedStrings.xml");
    assert!(strings.contains("=cmd|"), "the name itself is kept as it is");
}

#[test]
fn every_format_says_the_same() {
    let desk = Desk::new();
    desk.loans(&[loan("L1", "N1"), loan("L2", "N2")]);
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00"), line("N2", STEEL, "100000.00")]);
    let text = desk.assess(&["inv.csv"], &[]).exits(0);
    assert!(
        text.text().contains("L1") && text.text().contains("绿色") && text.text().contains("4.2.2"),
        "{}",
        text.text()
    );
    assert!(!text.text().contains('\u{1b}'), "no colour codes in a pipe");
    let csv = desk.assess(&["inv.csv"], &["--format", "csv"]).exits(0);
    assert!(csv.stdout.starts_with(b"\xef\xbb\xbf"), "spreadsheets need the BOM");
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(&csv.stdout[3..]).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get(0), Some("L1"));
    assert!(rows[0].iter().any(|cell| cell == "绿色") && rows[0].iter().any(|cell| cell == "100%"), "{:?}", rows[0]);
    desk.assess(&["inv.csv"], &["--format", "xlsx", "--output", "out.xlsx"]).exits(0);
    let piped = desk.assess(&["inv.csv"], &["--format", "xlsx"]).exits(0);
    assert_eq!(fs::read(desk.path("out.xlsx")).unwrap(), piped.stdout);
    let read_back = lvjian(&["classify", desk.path("out.xlsx").to_str().unwrap(), "--map"], b"");
    assert_eq!(read_back.code, Some(2), "--map needs a file");
    desk.assess(&["inv.csv"], &["--standard", "no-such-pack"]).exits(2);
    let quiet = desk.assess(&["inv.csv"], &["-q"]).exits(0);
    assert!(quiet.stderr.is_empty(), "{}", quiet.stderr);
}

#[test]
fn the_number_of_threads_never_changes_a_byte() {
    let desk = Desk::new();
    let goods =
        [SOLAR, STEEL, "*环境污染防治设备*污水处理设备", "*电动机*三相异步电动机", "防水电缆", "(详见销货清单)"];
    let mut loans = Vec::new();
    let mut lines = Vec::new();
    for number in 0..80 {
        let buyer = format!("9133{:03}", number / 2);
        let mut loan = loan(&format!("L{number:03}"), if number % 3 == 0 { "" } else { "N5、N7" });
        loan[2].clone_from(&buyer);
        loan[3] = ["购买光伏组件", "采购污水处理设备", "日常经营周转", "更换高效电动机"][number % 4].to_owned();
        loans.push(loan);
        for place in 0..4 {
            let mut line = line(&format!("N{}", number * 4 + place), goods[(number + place) % goods.len()], "30000.07");
            line[4].clone_from(&buyer);
            lines.push(line);
        }
    }
    desk.loans(&loans);
    desk.invoices("inv.csv", &lines);
    for format in ["text", "ndjson", "csv", "xlsx"] {
        let run = |threads: &str| {
            let assessed = desk.assess(&["inv.csv"], &["--format", format, "--threads", threads]).exits(0).stdout;
            let stored = fs::read(desk.path(".lvjian/decisions.ndjson")).unwrap();
            let args = ["classify", "inv.csv", "--format", format, "--threads", threads];
            (assessed, stored, support::lvjian_in(desk.0.path(), &args).exits(0).stdout)
        };
        let one = run("1");
        assert!(!one.0.is_empty() && !one.2.is_empty());
        for threads in ["2", "8"] {
            let many = run(threads);
            assert!(many.0 == one.0, "assess as {format} on {threads} threads");
            assert!(many.1 == one.1, "the store on {threads} threads");
            assert!(many.2 == one.2, "classify as {format} on {threads} threads");
        }
    }
}

#[test]
fn the_day_of_the_run_changes_nothing_for_a_dated_loan() {
    let desk = Desk::new();
    desk.loans(&[loan("L1", "N1")]);
    desk.invoices("inv.csv", &[line("N1", SOLAR, "100000.00")]);
    let on = |day: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lvjian"));
        command.current_dir(desk.0.path()).args(["assess", "--loans", "loans.csv", "--invoices", "inv.csv"]);
        command.args(["--format", "ndjson", "--as-of", day]);
        finish(command, b"").exits(0).stdout
    };
    assert!(on("2025-11-01") == on("2026-07-31"));
}
