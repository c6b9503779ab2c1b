use std::io::{BufRead, Write};
fn main() {
    let engine = lvjian::Engine::builtin().unwrap();
    let as_of = "2026-11-22".parse().unwrap();
    let out = std::io::stdout();
    let mut out = std::io::BufWriter::new(out.lock());
    for line in std::io::stdin().lock().lines() {
        let v: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let s = |k: &str| v.get(k).and_then(|x| x.as_str()).map(str::to_owned);
        let doc = lvjian::Document {
            id: s("id").unwrap_or_default(),
            text: s("text").unwrap_or_default(),
            kind: s("kind").and_then(|k| lvjian::TextKind::from_code(&k)).unwrap_or_default(),
            spec: s("spec"),
            tax_code: s("tax_code"),
            role: s("role").and_then(|k| lvjian::Role::from_code(&k)),
            ..Default::default()
        };
        let r = engine.classify(&doc, as_of).unwrap();
        serde_json::to_writer(&mut out, &r).unwrap();
        out.write_all(b"\n").unwrap();
    }
}
