//! Runs that are killed and taken up again, rows that are corrected and handed in again, limits and exit codes.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use support::{command, folder, lvjian, sheet_xml, string, workbook, write};

fn table(rows: usize) -> String {
    let goods = ["*光伏设备*光伏组件", "螺纹钢", "污水处理设备", "防水电缆", "详见销货清单", "\"电动机, YE5\""];
    let mut text = "序号,开票日期,货物名称,价税合计\n".to_owned();
    for row in 0..rows {
        let date = if row % 501 == 77 { "某日" } else { "2025-10-26" };
        text.push_str(&format!(
            "{row},{date},{}-{},{}.25\n",
            goods[row * 5 % 6].trim_end_matches('"'),
            row % 900,
            row % 70
        ));
    }
    text.replace("YE5-", "YE5\"-").replace("\"电动机, YE5\"-", "电动机 YE5-")
}

/// A number that looks like chance, and is the same on every run.
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

struct Job {
    folder: tempfile::TempDir,
    inputs: Vec<PathBuf>,
    format: &'static str,
}

impl Job {
    fn args(&self, run: &Path, more: &[&str]) -> Vec<String> {
        let mut args = vec!["classify".to_owned()];
        args.extend(self.inputs.iter().map(|path| path.display().to_string()));
        args.extend(
            ["--format", self.format, "--chunk-size", "20000", "--checkpoint-every", "1", "--run"].map(str::to_owned),
        );
        args.push(run.display().to_string());
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        args
    }

    /// What a run that nobody disturbed writes: answers and rows set aside.
    fn clean(&self) -> (Vec<u8>, Vec<u8>) {
        let run = self.folder.path().join("clean");
        lvjian(&self.args(&run, &[]), b"").exits(0);
        self.results(&run)
    }

    fn results(&self, run: &Path) -> (Vec<u8>, Vec<u8>) {
        let read = |name: &str| fs::read(run.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        (read(&format!("output.{}", self.format)), read("quarantine.ndjson"))
    }

    /// Kills the run `kills` times at moments that `state` chooses, takes it up to the end, and compares.
    fn survive(&self, kills: usize, state: &mut u64) {
        let expected = self.clean();
        assert!(expected.0.len() > 100_000 && !expected.1.is_empty());
        let run = self.folder.path().join(format!("killed-{state}"));
        for _ in 0..kills {
            let mut child = command(&self.args(&run, &["--resume", "-q"]))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(chance(state) % 1_500));
            let _ = child.kill();
            child.wait().unwrap();
        }
        lvjian(&self.args(&run, &["--resume"]), b"").exits(0);
        let found = self.results(&run);
        assert!(found.0 == expected.0, "the answers differ");
        assert!(found.1 == expected.1, "the rows set aside differ");
        let left: Vec<_> = fs::read_dir(&run).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{left:?}");
    }
}

#[test]
fn a_killed_csv_run_is_taken_up_without_gap_or_duplicate() {
    let folder = folder();
    let inputs = vec![write(folder.path(), "a.csv", table(9_000)), write(folder.path(), "b.csv", table(5_000))];
    Job { folder, inputs, format: "csv" }.survive(4, &mut 7);
}

#[test]
fn a_killed_ndjson_run_over_a_packed_table_and_a_workbook_is_taken_up_too() {
    let folder = folder();
    let rows: Vec<Vec<String>> =
        table(1_200).lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let book = workbook(&[("明细", sheet_xml(&rows, "A1").into_bytes())], None);
    let packed = zstd::encode_all(table(4_000).as_bytes(), 1).unwrap();
    let inputs = vec![write(folder.path(), "a.csv.zst", packed), write(folder.path(), "b.xlsx", book)];
    Job { folder, inputs, format: "ndjson" }.survive(4, &mut 11);
}

#[test]
fn a_killed_run_into_a_workbook_and_one_of_mixed_headers_are_taken_up_too() {
    for format in ["xlsx", "csv"] {
        let folder = folder();
        let other = table(1_500).replace("序号,开票日期,货物名称,价税合计", "编号,日期,品名,金额");
        let inputs = vec![write(folder.path(), "a.csv", table(4_000)), write(folder.path(), "b.csv", other)];
        Job { folder, inputs, format }.survive(3, &mut 17);
    }
}

#[test]
fn a_run_that_is_not_the_same_is_refused_and_says_why() {
    let folder = folder();
    let input = write(folder.path(), "a.csv", table(300));
    let run = folder.path().join("run");
    let args = |more: &[&str]| {
        let mut args = vec!["classify", input.to_str().unwrap(), "--format", "csv", "--run", run.to_str().unwrap()];
        args.extend(more);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    lvjian(&args(&[]), b"").exits(0);
    let again = lvjian(&args(&[]), b"").exits(2);
    assert!(again.stderr.contains("--resume"), "{}", again.stderr);
    let done = lvjian(&args(&["--resume"]), b"").exits(0);
    assert!(done.stderr.contains("早已完成"), "{}", done.stderr);
    let kind = lvjian(&args(&["--resume", "--kind", "purpose"]), b"").exits(2);
    assert!(kind.stderr.contains("--kind invoice_line → purpose"), "{}", kind.stderr);
    let overlay = folder.path().join("overlay");
    fs::create_dir(&overlay).unwrap();
    write(&overlay, "exclusions.csv", "surface,kind,blocks,reason,source,from,to\n");
    let other = lvjian(&args(&["--resume", "--dict", overlay.to_str().unwrap()]), b"").exits(2);
    assert!(other.stderr.contains("dictionary:") && other.stderr.contains('→'), "{}", other.stderr);
    fs::write(&input, table(301)).unwrap();
    let changed = lvjian(&args(&["--resume"]), b"").exits(2);
    assert!(changed.stderr.contains("a.csv 的内容已变"), "{}", changed.stderr);
    let stdin =
        lvjian(&["classify", "-", "--format", "ndjson", "--run", folder.path().join("x").to_str().unwrap()], b"");
    assert!(stdin.exits(2).stderr.contains("标准输入"));
}

/// A ledger and two invoice files that share some invoices, with red, void, foreign and bad rows.
struct Bank {
    folder: tempfile::TempDir,
}

impl Bank {
    fn new(borrowers: usize, lines: usize) -> Self {
        let folder = folder();
        let mut ledger =
            "借据号,客户名称,纳税人识别号,贷款用途,放款金额,审批日期,放款日期,行业代码,否决项\n".to_owned();
        for loan in 0..borrowers * 2 {
            // Every third borrower has no tax id and is joined by name.
            let borrower = loan * 7 % borrowers;
            let id = if borrower.is_multiple_of(3) { String::new() } else { format!("9133100000000{borrower:05}") };
            let amount = if loan == 5 { "很多".to_owned() } else { format!("{}", 10_000 + loan * 250) };
            let purpose = ["购买光伏组件", "购买永磁变频空压机2台", "流动资金周转", "购钢材"][loan % 4];
            ledger.push_str(&format!(
                "L{loan:05},第{borrower}号有限公司,{id},{purpose},{amount},2025-10-13,2025-10-20,C3825,无\n"
            ));
        }
        write(folder.path(), "台账.csv", ledger);
        let head = "数电票号码,开票日期,销方识别号,销方名称,购方识别号,购买方名称,货物或应税劳务名称,规格型号,价税合计,发票状态,是否正数发票\n";
        let goods = ["*光伏设备*光伏组件", "螺纹钢", "*压缩机*永磁变频空压机", "水性涂料", "电动机"];
        for (file, from, to) in [("一.csv", 0, lines * 2 / 3), ("二.csv", lines / 2, lines)] {
            let mut text = head.to_owned();
            for row in from..to {
                let borrower = row * 13 % (borrowers + 4);
                let date = if row % 331 == 7 { "某日" } else { "2025-10-26" };
                let (status, positive) = match row % 41 {
                    3 => ("已作废", "是"),
                    9 => ("正常", "否"),
                    _ => ("正常", "是"),
                };
                let number = if row % 29 == 1 { String::new() } else { format!("{:020}", row / 2) };
                text.push_str(&format!(
                    "{number},{date},S{},卖方,9133100000000{borrower:05},第{borrower}号有限公司,{},型{row},{}.25,{status},{positive}\n",
                    row % 9, goods[row % 5], row % 900
                ));
            }
            write(folder.path(), file, text);
        }
        Self { folder }
    }

    fn args(&self, more: &[&str]) -> Vec<String> {
        let args = ["assess", "--loans", "台账.csv", "--invoices", "一.csv", "二.csv", "--format", "csv"];
        args.iter().chain(more).map(|arg| (*arg).to_owned()).collect()
    }

    fn run(&self, more: &[&str]) -> support::Ran {
        support::lvjian_in(self.folder.path(), &self.args(more))
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

#[test]
fn decisions_do_not_depend_on_how_borrowers_are_parted() {
    let bank = Bank::new(40, 3_000);
    let whole = bank.run(&["--store", "s1", "--quarantine", "q1", "--threads", "1"]).exits(0);
    let parted = bank.run(&["--store", "s2", "--quarantine", "q2", "--part-size", "9000", "--threads", "3"]).exits(0);
    assert!(whole.stdout == parted.stdout && whole.text().lines().count() == 80, "{}", whole.stderr);
    assert!(bank.read("s1/decisions.ndjson") == bank.read("s2/decisions.ndjson"));
    let aside = bank.read("q1");
    assert!(aside == bank.read("q2") && aside.starts_with("{\"file\":\"台账.csv\"".as_bytes()));
    assert!(whole.stderr.contains("重复发票已略去") && whole.stderr.contains("不属于这些借款人"), "{}", whole.stderr);
    for (number, more) in [["--compare-edition", "gid-2019"], ["--lang", "en"]].into_iter().enumerate() {
        let whole = bank.run(&[&more[..], &["--store", "s3"]].concat()).exits(0);
        let run = format!("r{number}");
        let parted = ["--store", "s3", "--part-size", "9000", "--run", &run];
        bank.run(&[&more[..], &parted].concat()).exits(0);
        assert!(whole.stdout == bank.read(&format!("{run}/output.csv")), "{more:?}");
    }
    let same = support::lvjian_in(bank.folder.path(), &["replay", "--store", "s2"]).exits(0);
    assert!(same.text().contains("79 笔逐字节一致，0 笔不同"), "{}", same.text());
}

#[test]
fn a_killed_assessment_is_taken_up_and_gives_the_same_bytes() {
    let bank = Bank::new(60, 6_000);
    bank.run(&["--store", "s1", "--quarantine", "q1", "-o", "once.csv"]).exits(0);
    let mut state = 3;
    let part = ["--part-size", "6000", "--run", "run", "--resume", "--store", "s2"];
    for _ in 0..6 {
        let mut killed = command(&bank.args(&part));
        killed.current_dir(bank.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = killed.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(chance(&mut state) % 1_200));
        let _ = child.kill();
        child.wait().unwrap();
    }
    bank.run(&[&part[..], &["--quarantine", "q2"]].concat()).exits(0);
    assert!(bank.read("once.csv") == bank.read("run/output.csv"));
    assert!(bank.read("s1/decisions.ndjson") == bank.read("s2/decisions.ndjson"));
    assert!(bank.read("q1") == bank.read("q2"));
    let mut left: Vec<_> =
        fs::read_dir(bank.folder.path().join("run")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{left:?}");
    // Taken up when it is done, it says so; under other rules or other files it is refused.
    assert!(bank.run(&part).exits(0).stderr.contains("早已完成"));
    assert!(bank.run(&["--run", "run"]).exits(2).stderr.contains("--resume"));
    let pack = bank.folder.path().join("pack");
    fs::create_dir(&pack).unwrap();
    for name in ["standard.toml", "loan.toml"] {
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/dictionaries/standards/sme-green-2022/").to_owned() + name;
        write(&pack, name, fs::read_to_string(own).unwrap() + "\n# changed\n");
    }
    for (option, value, said) in [
        ("--compare-edition", "gid-2019", "--compare-edition — → gid-2019"),
        ("--lang", "en", "--lang zh → en"),
        ("--standard", "pack", "sme-green-2022:"),
    ] {
        let other = bank.run(&[&part[..], &[option, value]].concat()).exits(2);
        assert!(other.stderr.contains("不能接着做") && other.stderr.contains(said), "{}", other.stderr);
    }
    let ledger = String::from_utf8(bank.read("台账.csv")).unwrap();
    write(bank.folder.path(), "台账.csv", ledger.replace("购钢材", "购木材"));
    let changed = bank.run(&part).exits(2);
    assert!(changed.stderr.contains("台账.csv 的内容已变"), "{}", changed.stderr);
    let overlay = bank.folder.path().join("overlay");
    fs::create_dir(&overlay).unwrap();
    write(&overlay, "exclusions.csv", "surface,kind,blocks,reason,source,from,to\n");
    let other = bank.run(&[&part[..], &["--dict", "overlay"]].concat()).exits(2);
    assert!(other.stderr.contains("dictionary:") && other.stderr.contains('→'), "{}", other.stderr);
}

#[cfg(unix)]
#[test]
fn an_assessment_on_a_full_disk_is_told_and_taken_up() {
    let bank = Bank::new(40, 4_000);
    bank.run(&["--store", "s1", "-o", "once.csv"]).exits(0);
    let mut fenced = std::process::Command::new("sh");
    fenced.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_lvjian")]);
    fenced.args(bank.args(&["--part-size", "9000", "--run", "run", "--store", "s2", "--as-of", support::AS_OF]));
    fenced.current_dir(bank.folder.path());
    let full = support::finish(fenced, b"").exits(2);
    assert!(full.stderr.contains("输出失败"), "{}", full.stderr);
    assert!(
        !bank.folder.path().join("run/output.csv").exists() && !bank.folder.path().join("s2/decisions.ndjson").exists()
    );
    bank.run(&["--run", "run", "--resume", "--store", "s2"]).exits(0);
    assert!(bank.read("once.csv") == bank.read("run/output.csv"));
}

#[test]
fn an_input_that_cannot_be_read_is_named_and_the_run_goes_on_when_it_can() {
    let bank = Bank::new(10, 300);
    let there = bank.folder.path().join("二.csv");
    let away = bank.folder.path().join("二.bak");
    fs::rename(&there, &away).unwrap();
    for args in [vec!["--run", "r1"], vec![]] {
        let ran = bank.run(&args).exits(2);
        assert!(ran.stderr.contains("二.csv") && ran.stderr.contains("无法读取"), "{}", ran.stderr);
    }
    fs::create_dir(&there).unwrap();
    assert!(bank.run(&["--run", "r1"]).exits(2).stderr.contains("二.csv"));
    fs::remove_dir(&there).unwrap();
    fs::rename(&away, &there).unwrap();
    bank.run(&["--run", "r1"]).exits(0);
    // The same for lines: the second file is cut short inside its packing, behind what is looked at beforehand.
    let packed = zstd::encode_all(table(14_000).as_bytes(), 1).unwrap();
    let (first, second) = (table(500), &packed[..packed.len() / 10 * 9]);
    let inputs = vec![write(bank.folder.path(), "a.csv", first), write(bank.folder.path(), "b.csv.zst", second)];
    let job = Job { folder: folder(), inputs: inputs.clone(), format: "csv" };
    let run = job.folder.path().join("run");
    let cut = lvjian(&job.args(&run, &[]), b"").exits(2);
    assert!(cut.stderr.contains("b.csv.zst") && cut.stderr.contains("无法读取"), "{}", cut.stderr);
    assert!(!run.join("output.csv").exists(), "nothing half-done bears the name of the output");
    fs::write(&inputs[1], &packed).unwrap();
    let refused = lvjian(&job.args(&run, &["--resume"]), b"").exits(2);
    assert!(refused.stderr.contains("b.csv.zst 的内容已变"), "{}", refused.stderr);
    let again = job.folder.path().join("again");
    lvjian(&job.args(&again, &[]), b"").exits(0);
    assert!(job.results(&again) == job.clean());
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_the_run_is_taken_up_when_there_is_room() {
    let folder = folder();
    let job = Job { inputs: vec![write(folder.path(), "a.csv", table(6_000))], format: "csv", folder };
    let expected = job.clean();
    let run = job.folder.path().join("full");
    // A limit on the size of files stands in for the full disk: 128 blocks of 512 or 1024 bytes.
    let mut fenced = std::process::Command::new("sh");
    fenced.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_lvjian")]);
    fenced.args(job.args(&run, &["--as-of", support::AS_OF]));
    let full = support::finish(fenced, b"").exits(2);
    assert!(full.stderr.contains("输出失败"), "{}", full.stderr);
    lvjian(&job.args(&run, &["--resume"]), b"").exits(0);
    assert!(job.results(&run) == expected);
}

#[test]
fn corrected_rows_are_handed_in_again_and_keep_their_place() {
    let folder = folder();
    let text = "发票号码,开票日期,货物名称,金额\nA1,2025-10-01,光伏组件,1\nA2,十月,污水处理设备,2\nA3,2025-10-03,螺纹钢,3,多\n";
    let input = write(folder.path(), "a.csv", text);
    let lines = write(
        folder.path(),
        "b.ndjson",
        "{\"id\":\"7\",\"text\":\"光伏组件\",\"role\":\"buyer\"}\n{\"id\":\"8\",\"text\":\"螺纹钢\"}\n",
    );
    let book = folder.path().join("bad.xlsx");
    let args = ["classify", input.to_str().unwrap(), lines.to_str().unwrap(), "--format", "ndjson"];
    lvjian(&[&args[..], &["--quarantine", book.to_str().unwrap()]].concat(), b"").exits(0);
    let mut sheets: calamine::Xlsx<_> = calamine::open_workbook(&book).unwrap();
    let mut corrected = Vec::new();
    for name in calamine::Reader::sheet_names(&sheets) {
        let range = calamine::Reader::worksheet_range(&mut sheets, &name).unwrap();
        let rows: Vec<Vec<String>> = range
            .rows()
            .map(|row| {
                row.iter().map(|cell| cell.to_string().replace("十月", "2025-10-02").replace("buyer", "use")).collect()
            })
            .collect();
        assert_eq!(rows[0][0], "隔离文件");
        corrected.push((name, sheet_xml(&rows, "A1").into_bytes()));
    }
    assert_eq!(corrected.len(), 3, "one sheet for each header: 4 cells, 5 cells, lines");
    let sheets: Vec<(&str, Vec<u8>)> = corrected.iter().map(|(name, xml)| (name.as_str(), xml.clone())).collect();
    let again = write(folder.path(), "corrected.xlsx", workbook(&sheets, None));
    let ran = lvjian(&["classify", again.to_str().unwrap(), "--format", "ndjson"], b"").exits(0);
    let answers = ran.lines();
    let ids: Vec<&str> = answers.iter().map(|answer| string(answer, "id")).collect();
    assert_eq!(ids, ["3", "4", "7"], "only the rows set aside, under their first row numbers");
    let text = lvjian(&["classify", again.to_str().unwrap(), "--format", "text"], b"").exits(0);
    assert!(text.text().contains("a.csv 第3行"), "{}", text.text());
}

#[test]
fn limits_and_findings_decide_the_exit_code() {
    let folder = folder();
    let input = write(folder.path(), "a.csv", table(2_000));
    let out = folder.path().join("out.csv");
    let run = |more: &[&str]| {
        let args =
            [&["classify", input.to_str().unwrap(), "--format", "csv", "-o", out.to_str().unwrap()], more].concat();
        lvjian(&args, b"")
    };
    run(&["--max-rejects", "4"]).exits(0);
    fs::remove_file(&out).unwrap();
    let stopped = run(&["--max-rejects", "3"]).exits(2);
    assert!(stopped.stderr.contains("--max-rejects 3") && !out.exists(), "{}", stopped.stderr);
    let found = run(&["--fail-on", "rejects,review"]).exits(1);
    assert!(found.stderr.contains("被隔离 4 行") && found.stderr.contains("人工复核"), "{}", found.stderr);
    assert!(out.exists(), "the answers are there all the same");
    let steel = write(folder.path(), "steel.csv", "序号,货物名称\n1,螺纹钢\n");
    lvjian(&["classify", steel.to_str().unwrap(), "--fail-on", "green,rejects"], b"").exits(0);
    run(&["--fail-on", "everything"]).exits(2);
}

#[test]
fn progress_and_metrics_say_what_was_done() {
    let folder = folder();
    let input = write(folder.path(), "a.csv", table(1_002));
    let metrics = folder.path().join("lvjian.prom");
    let args = [
        "classify",
        input.to_str().unwrap(),
        "--format",
        "csv",
        "--progress",
        "json",
        "--metrics",
        metrics.to_str().unwrap(),
    ];
    let ran = lvjian(&args, b"").exits(0);
    let last: Value = ran.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).next_back().unwrap();
    assert_eq!((last["rows"].as_u64(), last["rejects"].as_u64()), (Some(1_000), Some(2)));
    assert_eq!(last["done"], Value::Bool(true));
    assert_eq!(last["bytes"].as_u64().unwrap() + 46, fs::metadata(&input).unwrap().len(), "all but the header");
    let text = fs::read_to_string(&metrics).unwrap();
    assert!(text.contains("lvjian_rejected_rows_total 2\n") && text.contains("lvjian_run_complete 1\n"), "{text}");
    let rows: u64 = text
        .lines()
        .filter(|line| line.starts_with("lvjian_rows_total{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(rows, 1_000);
    assert!(ran.stderr.contains("元）"), "amounts by verdict are told: {}", ran.stderr);
}

#[test]
fn an_assessment_says_how_far_it_is() {
    let bank = Bank::new(40, 3_000);
    let part = ["--part-size", "9000", "--run", "run", "--store", "s1", "--progress", "json", "--metrics", "a.prom"];
    let ran = bank.run(&part).exits(0);
    let told = |ran: &support::Ran| -> Value {
        ran.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).next_back().unwrap()
    };
    let last = told(&ran);
    let aside = bank.read("run/quarantine.ndjson").split(|&byte| byte == b'\n').count() as u64 - 1;
    assert!(aside > 1, "a loan and some invoices are set aside");
    assert_eq!([&last["rows"], &last["of_rows"]].map(Value::as_u64), [Some(79), Some(79)]);
    assert_eq!((last["rejects"].as_u64(), last["done"].as_bool()), (Some(aside), Some(true)));
    let lines = last["invoice_lines"].as_u64().unwrap();
    assert!((3_000..=3_500).contains(&lines), "{last}");
    let verdicts: u64 = last["verdicts"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(verdicts, 79);
    let text = String::from_utf8(bank.read("a.prom")).unwrap();
    assert!(text.contains(&format!("lvjian_rejected_rows_total {aside}\n")), "{text}");
    assert!(text.contains(&format!("lvjian_invoice_lines_total {lines}\n")), "{text}");
    assert!(
        text.contains("lvjian_run_complete 1\n") && text.contains("lvjian_rows_total{verdict=\"green\"}"),
        "{text}"
    );
    // A run that was complete tells the same of its loans; without a run it is the same.
    let again = told(&bank.run(&[&part[..], &["--resume"]].concat()).exits(0));
    assert_eq!(
        (&again["rows"], &again["verdicts"], &again["rejects"]),
        (&last["rows"], &last["verdicts"], &last["rejects"])
    );
    let once = told(&bank.run(&["--store", "s2", "--progress", "json"]).exits(0));
    assert_eq!(
        (&once["rows"], &once["verdicts"], &once["invoice_lines"]),
        (&last["rows"], &last["verdicts"], &last["invoice_lines"])
    );
}

#[test]
fn patterns_name_files_in_order_and_small_verbs_answer() {
    let folder = folder();
    for (name, goods) in [("发票-2.csv", "螺纹钢"), ("发票-1.csv", "光伏组件"), ("其他.csv", "电缆")] {
        write(folder.path(), name, format!("序号,货物名称\n1,{goods}\n"));
    }
    let pattern = folder.path().join("发票-*.csv");
    let ran = lvjian(&["classify", pattern.to_str().unwrap(), "--format", "csv"], b"").exits(0);
    let goods: Vec<&str> = ran.text().lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(goods, ["光伏组件", "螺纹钢"]);
    let none = folder.path().join("没有-*.csv");
    assert!(lvjian(&["classify", none.to_str().unwrap()], b"").exits(2).stderr.contains("没有匹配的文件"));
    assert!(lvjian(&["completion", "bash"], b"").exits(0).text().contains("_lvjian"));
    assert!(lvjian(&["version"], b"").exits(0).text().contains("dictionary:"));
    let colored = lvjian(&["classify", "-", "--format", "text", "--color", "always"], "光伏组件\n".as_bytes()).exits(0);
    assert!(colored.text().contains("\u{1b}[33m待补证"), "{}", colored.text());
    let detailed = lvjian(&["classify", "-", "-v"], "光伏组件\n".as_bytes()).exits(0);
    assert!(detailed.stderr.contains("毫秒"), "{}", detailed.stderr);
}
