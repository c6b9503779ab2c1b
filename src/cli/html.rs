//! Pages for people: self-contained HTML that prints to A4, without scripts and without anything from elsewhere.

/// Text that no reader takes for markup.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters have no place on paper.
            other if other.is_control() && other != '\n' => {}
            other => safe.push(other),
        }
    }
    safe
}

/// A whole page in `language` around its body.
pub(super) fn page(title: &str, language: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <style>{STYLE}</style></head>\n<body>{body}</body></html>\n",
        escape(title)
    )
}

/// A share as a bar of `width` user units: 0…1, with marks where the rules have their bounds.
pub(super) fn bar(share: f64, marks: &[f64]) -> String {
    let width = 600.0;
    let mut svg = format!(
        "<svg class=\"bar\" viewBox=\"0 0 {width} 34\" role=\"img\"><rect y=\"4\" width=\"{width}\" height=\"14\" fill=\"#e3e8e4\"/>\
         <rect y=\"4\" width=\"{:.1}\" height=\"14\" fill=\"#2f7d4f\"/>",
        share.clamp(0.0, 1.0) * width
    );
    for mark in marks {
        let x = mark * width;
        svg.push_str(&format!(
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"1\" y2=\"21\" stroke=\"#444\" stroke-width=\"1\"/>\
             <text x=\"{x:.1}\" y=\"32\" font-size=\"11\" text-anchor=\"middle\" fill=\"#444\">{:.0}%</text>",
            mark * 100.0
        ));
    }
    svg.push_str("</svg>");
    svg
}

/// Horizontal bars: name, value as told, length 0…1.
pub(super) fn bars(rows: &[(String, String, f64)]) -> String {
    let (line, left, width) = (24.0, 210.0, 330.0);
    let height = rows.len() as f64 * line + 4.0;
    let mut svg = format!("<svg class=\"bars\" viewBox=\"0 0 680 {height:.0}\" role=\"img\">");
    for (number, (name, value, length)) in rows.iter().enumerate() {
        let y = number as f64 * line;
        let long = length.clamp(0.0, 1.0) * width;
        svg.push_str(&format!(
            "<text x=\"{:.0}\" y=\"{:.0}\" font-size=\"12\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left:.0}\" y=\"{:.0}\" width=\"{long:.1}\" height=\"14\" fill=\"#2f7d4f\"/>\
             <text x=\"{:.1}\" y=\"{:.0}\" font-size=\"12\">{}</text>",
            left - 8.0,
            y + 15.0,
            escape(name),
            y + 4.0,
            left + long + 6.0,
            y + 15.0,
            escape(value)
        ));
    }
    svg.push_str("</svg>");
    svg
}

const STYLE: &str = "@page{size:A4;margin:14mm}*{box-sizing:border-box}\
body{font:13px/1.55 'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif;color:#1c2420;max-width:182mm;margin:0 auto;padding:6mm 0}\
h1{font-size:20px;margin:0 0 4px}h2{font-size:14px;margin:16px 0 6px;border-bottom:1px solid #b9c4bc;padding-bottom:2px}\
table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid #cdd6d0;padding:3px 6px;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th{background:#eef3ef;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}tr{break-inside:avoid}\
.head{display:flex;justify-content:space-between;align-items:flex-start;gap:16px}.badge{font-size:18px;font-weight:700;padding:4px 14px;border:2px solid;border-radius:4px;white-space:nowrap}\
.green{color:#1f6b3f}.needs-evidence{color:#8a5a00}.review{color:#1d4f91}.not-green{color:#6b2b2b}\
mark{background:#cfead8;padding:0 1px}.muted{color:#5b665f;font-size:11.5px}.bar,.bars{width:100%;height:auto;display:block}\
ul{margin:4px 0;padding-left:20px}li{margin:1px 0}.sign{display:flex;gap:24px;margin-top:22px}.sign div{flex:1;border-top:1px solid #444;padding-top:4px}\
.origin{border:1px solid #9aa8a0;border-radius:3px;padding:0 4px;font-size:11px}code{font-size:11px;overflow-wrap:anywhere}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        let page = page("<script>", "zh-CN", &escape("<img src=x onerror='alert(1)'>&\u{7}"));
        assert!(!page.contains("<script>") && !page.contains("<img") && !page.contains('\u{7}'));
        assert!(page.contains("&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;"));
    }
}
