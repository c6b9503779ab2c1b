//! The `classify` line contract, which other programs rely on: keys and their order, spans, verdict words, exit codes.

mod support;

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use serde_json::{Value, json};
use support::{classify, command, finish, folder, lvjian, string, write};

const VERDICTS: [&str; 4] = ["green", "needs-evidence", "review", "not-green"];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no array `{key}` in {value}"))
}

fn span(value: &Value) -> (usize, usize) {
    let pair = list(value, "span");
    assert_eq!(pair.len(), 2, "{value}");
    (pair[0].as_u64().unwrap() as usize, pair[1].as_u64().unwrap() as usize)
}

/// Runs requests as NDJSON on standard input.
fn ask(requests: &[Value]) -> Vec<Value> {
    let mut input = Vec::new();
    for request in requests {
        serde_json::to_writer(&mut input, request).unwrap();
        input.push(b'\n');
    }
    let ran = lvjian(&["classify", "-"], &input).exits(0);
    let answers = ran.lines();
    assert_eq!(answers.len(), requests.len(), "one answer a request");
    answers
}

fn one(request: Value) -> Value {
    ask(&[request]).remove(0)
}

/// Checks every promise about the shape of one answer to `text`.
#[track_caller]
fn check_shape(text: &str, answer: &Value) {
    assert_eq!(keys(answer), ["id", "verdict", "matches", "rejected", "reason"], "{answer}");
    assert!(VERDICTS.contains(&string(answer, "verdict")), "{answer}");
    assert!(!string(answer, "reason").is_empty(), "every verdict has a reason: {answer}");
    for found in list(answer, "matches") {
        assert_eq!(
            keys(found),
            ["term_id", "term", "span", "text", "via", "scene", "strength", "entries", "conditions"],
            "{found}"
        );
        let (start, end) = span(found);
        assert_eq!(text.get(start..end), Some(string(found, "text")), "the span slices to `text`: {found}");
        assert!(start < end, "{found}");
        assert!(["exact", "alias", "near", "recall"].contains(&string(found, "via")), "{found}");
        assert!(
            ["replace", "reduce", "abate", "efficiency", "quality", "recycle"].contains(&string(found, "scene")),
            "{found}"
        );
        assert!(
            ["sufficient", "generic", "needs-context", "supporting"].contains(&string(found, "strength")),
            "{found}"
        );
        assert!(!list(found, "entries").is_empty(), "an accepted match leads somewhere: {found}");
        for entry in list(found, "entries") {
            assert_eq!(keys(entry), ["edition", "code", "name", "role"], "{entry}");
            assert_eq!(string(entry, "edition"), "gfspc-2025");
            assert!(!string(entry, "name").is_empty());
            assert!(
                ["make", "trade", "use", "build", "service", "consume"].contains(&string(entry, "role")),
                "{entry}"
            );
        }
        for condition in list(found, "conditions") {
            assert_eq!(keys(condition), ["id", "state", "evidence"], "{condition}");
            assert!(["met", "unmet", "no-data"].contains(&string(condition, "state")), "{condition}");
            assert!(!string(condition, "evidence").is_empty(), "{condition}");
        }
    }
    for refused in list(answer, "rejected") {
        assert_eq!(keys(refused), ["term_id", "span", "code", "reason"], "{refused}");
        let (start, end) = span(refused);
        assert!(text.get(start..end).is_some_and(|words| !words.is_empty()), "{refused} in {text}");
        let code = string(refused, "code");
        assert!(code.len() == 4 && code.starts_with('M') && code[1..].parse::<u16>().is_ok(), "{refused}");
        assert!(!string(refused, "reason").is_empty(), "{refused}");
    }
}

#[test]
fn keys_their_order_and_their_values_are_as_written_down() {
    let texts = [
        "*光伏设备*单晶硅太阳能组件 550W",
        "光伏组件",
        "污水处理设备",
        "*电动机*三相异步电动机 YE5-132S-4",
        "*电动机*三相异步电动机 YE3-132S-4",
        "绿色油漆",
        "防水电缆",
        "光伏支架用螺栓",
        "太阳能电池板清洗剂",
        "＊光伏設備＊單晶矽光伏組件　５５０Ｗ",
        "详见销货清单",
        "螺纹钢 HRB400 12mm",
        "",
    ];
    for (text, answer) in texts.iter().zip(classify(&texts)) {
        check_shape(text, &answer);
    }
}

#[test]
fn lines_are_written_compactly_with_the_keys_in_order() {
    let ran = lvjian(&["classify", "-"], "{\"id\":\"1\",\"text\":\"详见销货清单\"}\n".as_bytes()).exits(0);
    assert!(
        ran.text().starts_with("{\"id\":\"1\",\"verdict\":\"review\",\"matches\":[],\"rejected\":[],\"reason\":\""),
        "{}",
        ran.text()
    );
    assert!(ran.text().ends_with("}\n"));
}

#[test]
fn one_answer_a_request_in_order_with_ids_unchanged() {
    let ids = ["1", "01", "借据-甲/2", " 前后有空格 ", "a\"b\\c", "重复", "重复", "\u{1F331}", ""];
    let requests: Vec<Value> = ids.iter().map(|id| json!({"id": id, "text": "光伏组件"})).collect();
    let answers = ask(&requests);
    let returned: Vec<&str> = answers.iter().map(|answer| string(answer, "id")).collect();
    assert_eq!(returned, ids);
}

#[test]
fn order_holds_over_many_more_lines_than_are_held_at_once() {
    const COUNT: usize = 9_001;
    let mut input = Vec::new();
    for number in 0..COUNT {
        let text = ["光伏组件", "螺纹钢", "污水处理设备", "防水电缆", "详见销货清单"][number % 5];
        serde_json::to_writer(&mut input, &json!({"id": number.to_string(), "text": text})).unwrap();
        input.push(b'\n');
    }
    let one = lvjian(&["classify", "-", "--threads", "1"], &input).exits(0);
    let many = lvjian(&["classify", "-", "--threads", "8"], &input).exits(0);
    assert!(one.stdout == many.stdout, "the number of threads changes nothing");
    let answers = one.lines();
    assert_eq!(answers.len(), COUNT);
    assert!(answers.iter().enumerate().all(|(number, answer)| string(answer, "id") == number.to_string()));
}

#[test]
fn verdicts_of_well_known_goods() {
    for (text, verdict, term) in [
        ("光伏组件", "needs-evidence", Some("光伏组件")),
        ("污水处理设备", "needs-evidence", Some("污水处理设备")),
        ("*电动机*三相异步电动机", "review", Some("电动机")),
        ("*电动机*三相异步电动机 YE3-132S-4", "not-green", Some("电动机")),
        ("*电动机*三相异步电动机 YE5-132S-4", "green", Some("电动机")),
        ("绿色油漆", "not-green", None),
        ("防水电缆", "not-green", None),
        ("光伏支架用螺栓", "not-green", None),
        ("螺纹钢 HRB400 12mm", "not-green", None),
    ] {
        let answer = classify(&[text]).remove(0);
        assert_eq!(string(&answer, "verdict"), verdict, "{answer}");
        let terms: Vec<&str> = list(&answer, "matches").iter().map(|found| string(found, "term")).collect();
        match term {
            Some(term) => assert!(terms.contains(&term), "{answer}"),
            None => assert!(terms.is_empty(), "{answer}"),
        }
    }
}

#[test]
fn what_was_refused_says_why() {
    let answer = one(json!({"id": "1", "text": "光伏支架用螺栓"}));
    assert!(!list(&answer, "rejected").is_empty(), "{answer}");
    for refused in list(&answer, "rejected") {
        let page = lvjian(&["explain", string(refused, "code")], b"").exits(0);
        assert!(page.text().contains(string(refused, "code")), "every code has its page");
    }
}

#[test]
fn spans_are_bytes_of_the_original_text_even_when_it_is_wide_or_traditional() {
    for (text, original) in [
        ("＊光伏設備＊單晶矽光伏組件　５５０Ｗ", "光伏組件"),
        ("①汙水處理設備㎡", "汙水處理設備"),
        ("\u{feff}ＬＥＤ 光\u{200b}伏组件", "光\u{200b}伏组件"),
        ("🌱🌱光伏组件", "光伏组件"),
    ] {
        let answer = one(json!({"id": "1", "text": text}));
        check_shape(text, &answer);
        assert_ne!(string(&answer, "verdict"), "not-green", "{answer}");
        let words: Vec<&str> = list(&answer, "matches").iter().map(|found| string(found, "text")).collect();
        assert!(words.contains(&original), "{words:?} in {text}");
    }
    let plain = one(json!({"id": "1", "text": "光伏组件"}));
    let wide = one(json!({"id": "1", "text": "光伏組件"}));
    assert_eq!(list(&plain, "matches")[0]["term_id"], list(&wide, "matches")[0]["term_id"]);
}

#[test]
fn every_kind_of_text_is_read() {
    let answers = ask(&[
        json!({"id": "1", "kind": "invoice_line", "text": "*光伏设备*光伏组件"}),
        json!({"id": "2", "kind": "purpose", "text": "购买污水处理设备"}),
        json!({"id": "3", "kind": "scope", "text": "污水处理设备的制造、销售"}),
        json!({"id": "4", "kind": "purpose", "text": "日常经营周转"}),
    ]);
    for answer in &answers[..3] {
        assert!(!list(answer, "matches").is_empty(), "{answer}");
    }
    assert_eq!(string(&answers[3], "verdict"), "not-green");
    check_shape("购买污水处理设备", &answers[1]);
    check_shape("污水处理设备的制造、销售", &answers[2]);
    // The label of an invoice line is no part of a purpose: the flag chooses the default, the line itself wins.
    let purpose = lvjian(&["classify", "-", "--kind", "purpose"], "购买污水处理设备\n".as_bytes()).exits(0);
    assert_eq!(purpose.lines()[0]["matches"], answers[1]["matches"]);
}

#[test]
fn a_role_chooses_among_the_entries() {
    let codes = |role: &str| -> Vec<String> {
        let answer = one(json!({"id": "1", "text": "光伏组件", "role": role}));
        check_shape("光伏组件", &answer);
        let entries = list(&list(&answer, "matches")[0], "entries").to_vec();
        assert!(entries.iter().all(|entry| string(entry, "role") == role), "{answer}");
        entries.iter().map(|entry| string(entry, "code").to_owned()).collect()
    };
    assert_eq!(codes("make"), ["4.1.2"]);
    assert_eq!(codes("trade"), ["8.5.2"]);
    assert_eq!(codes("use"), ["4.2.2"]);
    let silent = one(json!({"id": "1", "text": "光伏组件"}));
    assert!(list(&list(&silent, "matches")[0], "entries").len() >= 3, "without a role every candidate is listed");
}

#[test]
fn an_industry_tells_what_a_purchase_is_for() {
    let code = |industry: &str| {
        let answer = one(json!({"id": "1", "kind": "purpose", "text": "采购光伏组件", "industry": industry}));
        string(&list(&list(&answer, "matches")[0], "entries")[0], "code").to_owned()
    };
    assert_eq!(code("F5179"), "8.5.2", "wholesalers trade");
    assert_eq!(code("4415"), "4.2.2", "power suppliers build");
}

#[test]
fn a_specification_in_its_own_field_decides_a_condition() {
    let state = |request: Value| string(&list(&list(&one(request), "matches")[0], "conditions")[0], "state").to_owned();
    let text = "*电动机*三相异步电动机";
    assert_eq!(state(json!({"id": "1", "text": text})), "no-data");
    assert_eq!(state(json!({"id": "1", "text": text, "spec": "YE5-132S-4 5.5kW"})), "met");
    assert_eq!(state(json!({"id": "1", "text": text, "spec": "YE3-132S-4 5.5kW"})), "unmet");
}

#[test]
fn a_tax_code_that_contradicts_refuses_the_term() {
    let answer = one(json!({"id": "1", "text": "光伏组件", "tax_code": "3070401000000000000"}));
    assert_eq!(string(&answer, "verdict"), "not-green", "a restaurant bill buys no solar module: {answer}");
    assert!(list(&answer, "rejected").iter().any(|refused| string(refused, "code") == "M021"), "{answer}");
}

#[test]
fn optional_fields_may_be_empty_null_or_absent_and_a_date_never_chooses_the_edition() {
    let bare = one(json!({"id": "1", "text": "光伏组件"}));
    for request in [
        json!({"id": "1", "text": "光伏组件", "spec": null, "tax_code": null, "role": null, "industry": null, "date": null}),
        json!({"id": "1", "text": "光伏组件", "spec": "", "tax_code": "", "role": "", "industry": "", "date": ""}),
        json!({"text": "光伏组件", "id": "1", "date": "2021-03-04", "unknown_key": {"a": [1]}}),
        json!({"id": 1, "text": "光伏组件"}),
    ] {
        assert_eq!(one(request), bare);
    }
}

#[test]
fn unreadable_is_review_and_never_not_green() {
    let texts = ["", "   ", "　", "***", "详见销货清单", "（详见销货清单）", "*详见销货清单*", "詳見銷貨清單", "----"];
    for (text, answer) in texts.iter().zip(classify(&texts)) {
        assert_eq!(string(&answer, "verdict"), "review", "{text:?}: {answer}");
        assert!(list(&answer, "matches").is_empty());
    }
}

#[test]
fn standard_output_holds_only_ndjson() {
    let input =
        "{\"id\":\"1\",\"text\":\"光伏组件\"}\nnot json but a text\n{\"id\":\n\n{\"id\":\"2\",\"text\":\"螺纹钢\"}\n";
    let ran = lvjian(&["classify", "-"], input.as_bytes()).exits(0);
    let answers = ran.lines();
    let ids: Vec<&str> = answers.iter().map(|answer| string(answer, "id")).collect();
    assert_eq!(ids, ["1", "2", "2"], "the bare text bears its line number, the blank line is none");
    assert!(!ran.stderr.is_empty(), "prose goes to standard error");
}

#[test]
fn malformed_lines_are_told_by_file_row_and_code_and_the_run_goes_on() {
    let folder = folder();
    let lines = [
        r#"{"id":"1","text":"光伏组件"}"#,
        r#"{"id":"2","text":"#,
        r#"{"id":"3"}"#,
        r#"{"id":"4","text":"光伏组件","kind":"poem"}"#,
        r#"{"id":"5","text":"光伏组件","role":"buyer"}"#,
        r#"{"id":"6","text":"光伏组件","date":"2025-13-01"}"#,
        r#"{"id":"7","text":["光伏组件"]}"#,
        r#"["光伏组件"]"#,
        r#"{"id":"8","text":"污水处理设备"}"#,
    ];
    let path = write(folder.path(), "lines.ndjson", lines.join("\n"));
    let bad = folder.path().join("bad.ndjson");
    let args = ["classify", path.to_str().unwrap(), "--quarantine", bad.to_str().unwrap()];
    let ran = lvjian(&args, b"").exits(0);
    let ids: Vec<String> = ran.lines().iter().map(|answer| string(answer, "id").to_owned()).collect();
    assert_eq!(ids, ["1", "8"], "the good lines are answered");
    for (row, code) in [(2, "Q003"), (3, "Q004"), (4, "Q007"), (5, "Q007"), (6, "Q006"), (7, "Q007"), (8, "Q003")] {
        let told = ran.stderr.lines().any(|line| {
            line.contains("lines.ndjson") && line.contains(&format!("第{row}行")) && line.contains(&format!("[{code}]"))
        });
        assert!(told, "row {row} with {code} in:\n{}", ran.stderr);
    }
    let kept: Vec<Value> =
        std::fs::read_to_string(&bad).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(kept.len(), 7);
    for (row, kept) in (2..).zip(&kept) {
        assert_eq!(kept["row"], json!(row), "{kept}");
        assert!(string(kept, "file").ends_with("lines.ndjson"));
        assert!(!string(kept, "reason").is_empty());
        assert_eq!(string(kept, "raw"), lines[row - 1], "the line as it stood");
    }
    let codes: HashSet<&str> = kept.iter().map(|kept| string(kept, "code")).collect();
    assert_eq!(codes, HashSet::from(["Q003", "Q004", "Q006", "Q007"]));

    let failing = lvjian(&[&args[..], &["--fail-on-rejects"]].concat(), b"").exits(1);
    assert_eq!(failing.stdout, ran.stdout, "the answers are given all the same");
}

#[test]
fn exit_codes_tell_done_findings_and_could_not_run() {
    let good = "{\"id\":\"1\",\"text\":\"光伏组件\"}\n".as_bytes();
    lvjian(&["classify", "-"], good).exits(0);
    lvjian(&["classify", "-", "--fail-on-rejects"], good).exits(0);
    lvjian(&["classify", "-"], b"{\n").exits(0);
    lvjian(&["classify", "-", "--fail-on-rejects"], b"{\n").exits(1);
    lvjian(&["classify", "-"], b"").exits(0);
    for wrong in [
        &["devine"][..],
        &["classify", "-", "--colour-me-green"],
        &["classify", "-", "--kind", "poem"],
        &["classify", "-", "--format", "papyrus"],
        &["classify", "no-such-file.csv"],
        &["classify", "-", "--map", "no-such-map.toml"],
        &["classify", "-", "--dict", "no-such-folder"],
        &["classify", "-", "-o", "no/such/folder/out.ndjson"],
    ] {
        let ran = lvjian(wrong, good).exits(2);
        assert!(ran.stdout.is_empty(), "{wrong:?} prints nothing: {}", ran.text());
        assert!(!ran.stderr.trim().is_empty(), "{wrong:?} says why");
    }
    let mut bare = std::process::Command::new(env!("CARGO_BIN_EXE_lvjian"));
    bare.args(["classify", "-", "--as-of", "yesterday"]);
    finish(bare, good).exits(2);
}

#[test]
fn a_day_without_a_catalogue_is_refused_by_name() {
    let mut early = std::process::Command::new(env!("CARGO_BIN_EXE_lvjian"));
    early.args(["classify", "-", "--as-of", "2025-03-01"]);
    let ran = finish(early, "{\"id\":\"1\",\"text\":\"光伏组件\"}\n".as_bytes()).exits(2);
    assert!(ran.stdout.is_empty());
    assert!(ran.stderr.contains("绿色低碳转型产业指导目录"), "{}", ran.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = command(&["classify", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..60_000 {
            if writeln!(to, "{{\"id\":\"{number}\",\"text\":\"光伏组件\"}}").is_err() {
                break;
            }
        }
    });
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    drop(out);
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked") && !stderr.to_lowercase().contains("broken pipe"), "{stderr}");
    assert!(serde_json::from_str::<Value>(&first).is_ok());
}

#[test]
fn an_output_file_appears_whole_or_not_at_all() {
    let folder = folder();
    let out = folder.path().join("out.ndjson");
    let good = "{\"id\":\"1\",\"text\":\"光伏组件\"}\n".as_bytes();
    let ran = lvjian(&["classify", "-", "--format", "ndjson", "-o", out.to_str().unwrap()], good).exits(0);
    assert!(ran.stdout.is_empty());
    let direct = lvjian(&["classify", "-"], good).exits(0);
    assert_eq!(std::fs::read(&out).unwrap(), direct.stdout);
    lvjian(&["classify", "no-such-file.csv", "-o", out.to_str().unwrap()], b"").exits(2);
    assert_eq!(std::fs::read(&out).unwrap(), direct.stdout, "a run that failed leaves the old file alone");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
}

/// A slip of one character is found on request only, and goes to review.
#[test]
fn slips_are_for_review_and_only_on_request() {
    let input = "{\"id\":\"1\",\"text\":\"太阳能电他板 300W\"}\n{\"id\":\"2\",\"text\":\"办公桌椅\"}\n".as_bytes();
    let plain = lvjian(&["classify", "-"], input).exits(0).lines();
    assert_eq!(plain[0]["verdict"], "not-green");
    let near = lvjian(&["classify", "--near", "-"], input).exits(0).lines();
    assert_eq!(near[0]["verdict"], "review");
    assert_eq!(near[0]["matches"][0]["via"], "near");
    assert_eq!(near[0]["matches"][0]["text"], "太阳能电他板");
    assert_eq!(near[1]["verdict"], "not-green");
}
