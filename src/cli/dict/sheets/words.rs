//! Words in groups: reading the TOML files, and changing words without touching the rest of their text.

use serde::Deserialize;

/// A group of a TOML file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(in super::super) struct Group {
    /// Its name.
    pub name: String,
    /// What it means.
    #[serde(default)]
    pub meaning: String,
    /// Its words, in order; the same word may stand twice.
    pub words: Vec<String>,
}

#[derive(Deserialize)]
struct Groups {
    group: Vec<Group>,
}

/// Longest line of words, in characters.
const LINE: usize = 120;

/// The groups of a file.
pub(super) fn groups(text: &str) -> Result<Vec<Group>, toml::de::Error> {
    toml::from_str::<Groups>(text).map(|groups| groups.group)
}

/// `original` with other words in its groups. Remarks, keys, the words of unchanged groups, and the lines before and
/// behind a change keep their text. Fails when the text is not laid out as `words = [` … `]` on lines of its own.
pub(super) fn with_words(original: &str, wanted: &[Group]) -> Result<String, String> {
    let before = groups(original).map_err(|error| error.to_string())?;
    let mut out: Vec<String> = Vec::new();
    let mut number = 0usize;
    let mut held: Option<(&[String], Vec<&str>)> = None;
    for line in original.split('\n') {
        let trimmed = line.trim();
        if let Some((words, lines)) = &mut held {
            if trimmed == "]" {
                out.extend(lines_of(words, lines));
                out.push(line.to_owned());
                held = None;
            } else {
                lines.push(line);
            }
            continue;
        }
        if trimmed == "[[group]]" {
            number += 1;
        }
        let old = number.checked_sub(1).and_then(|place| before.get(place));
        let new = old.and_then(|old| wanted.iter().find(|group| group.name == old.name));
        match (old, new) {
            (Some(old), Some(new)) if old.words != new.words && trimmed.starts_with("words") => {
                if trimmed == "words = [" {
                    held = Some((&new.words, Vec::new()));
                    out.push(line.to_owned());
                } else if trimmed.ends_with(']') {
                    out.push("words = [".to_owned());
                    out.extend(lines_of(&new.words, &[]));
                    out.push("]".to_owned());
                } else {
                    return Err(format!("词组 {} 的写法不合惯例，不能改写", old.name));
                }
            }
            _ => out.push(line.to_owned()),
        }
    }
    let text = out.join("\n");
    let after = groups(&text).map_err(|error| error.to_string())?;
    let same = after.len() == before.len()
        && after.iter().all(|group| {
            let wanted = wanted.iter().find(|other| other.name == group.name).map(|other| &other.words);
            wanted.is_none_or(|words| *words == group.words)
        });
    if same { Ok(text) } else { Err("改写后的词组与表格不一致".to_owned()) }
}

/// The lines between the brackets: old lines as far as they hold the first and the last words, new ones between.
fn lines_of(words: &[String], old: &[&str]) -> Vec<String> {
    let old: Vec<(&str, Option<Vec<String>>)> = old.iter().map(|line| (*line, words_on(line))).collect();
    let mut first = 0;
    let mut kept: Vec<String> = Vec::new();
    for (line, on_line) in &old {
        let Some(on_line) = on_line else { break };
        if words.get(first..first + on_line.len()) != Some(on_line.as_slice()) {
            break;
        }
        first += on_line.len();
        kept.push((*line).to_owned());
    }
    let mut last = words.len();
    let mut tail: Vec<String> = Vec::new();
    for (line, on_line) in old.iter().skip(kept.len()).rev() {
        let Some(on_line) = on_line else { break };
        let Some(from) = last.checked_sub(on_line.len()).filter(|from| *from >= first) else { break };
        if words.get(from..last) != Some(on_line.as_slice()) {
            break;
        }
        last = from;
        tail.push((*line).to_owned());
    }
    kept.extend(wrapped(words.get(first..last).unwrap_or_default()));
    kept.extend(tail.into_iter().rev());
    // The last old line may end without a comma.
    let ends = kept.len().saturating_sub(1);
    for line in kept.iter_mut().take(ends) {
        if line.trim_end().ends_with('"') {
            line.truncate(line.trim_end().len());
            line.push(',');
        }
    }
    kept
}

/// The words that one line between the brackets holds; `None` when it holds something else too.
fn words_on(line: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Line {
        words: Vec<String>,
    }
    if line.contains('#') {
        return None;
    }
    toml::from_str::<Line>(&format!("words = [{line}]")).ok().map(|line| line.words)
}

/// Words in lines of a readable length.
fn wrapped(words: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words {
        let quoted = format!("{},", toml::Value::String(word.clone()));
        if !line.is_empty() && line.chars().count() + quoted.chars().count() > LINE {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(if line.is_empty() { "    " } else { " " });
        line.push_str(&quoted);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_that_changed_change() {
        let text = "# 说明\n\n[[group]]\nname = \"a\"\nmeaning = \"甲\" # 注\nwords = [\n  \"一\",\n]\n\n[[group]]\nname = \"b\"\nwords = [\n    \"x\", \"y\",\n    \"z\"\n]\n";
        let mut wanted = groups(text).unwrap();
        assert_eq!(with_words(text, &wanted).unwrap(), text);
        wanted[0].words.push("带\"引号".to_owned());
        let changed = with_words(text, &wanted).unwrap();
        assert_eq!(groups(&changed).unwrap(), wanted);
        assert!(changed.starts_with("# 说明\n") && changed.contains("meaning = \"甲\" # 注"));
        assert!(changed.contains("words = [\n  \"一\",\n    '带\"引号',\n]"), "{changed}");
        assert!(changed.ends_with("words = [\n    \"x\", \"y\",\n    \"z\"\n]\n"));
        wanted[1].words = ["x", "y", "w", "z"].map(str::to_owned).to_vec();
        let changed = with_words(text, &wanted).unwrap();
        assert!(changed.ends_with("words = [\n    \"x\", \"y\",\n    \"w\",\n    \"z\"\n]\n"), "{changed}");
        wanted[1].words.push("末".to_owned());
        let changed = with_words(text, &wanted).unwrap();
        assert_eq!(groups(&changed).unwrap(), wanted);
    }
}
