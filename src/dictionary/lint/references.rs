//! What a row refers to: entries, roles, conditions, sources; and its own state: scene, strength, status, dates.

use jiff::civil::Date;

use super::{Check, LintCode, raw::Row};
use crate::model::{Role, Scene, Strength};

pub(super) fn check(check: &mut Check<'_>) {
    let sources = check.sources();
    for row in check.terms.values().copied().collect::<Vec<_>>() {
        state(check, row);
        source(check, row, &sources);
        if row.active() {
            entries(check, row);
            for id in row.list("conditions").filter(|id| *id != "-") {
                if check.task.catalogue.condition(id).is_none() {
                    check.term(LintCode::UnknownCondition, row, format!("没有条件 {id}"));
                }
            }
        }
    }
}

fn source(check: &mut Check<'_>, row: Row<'_>, sources: &std::collections::BTreeSet<String>) {
    let source = row.get("source");
    if source.is_empty() {
        check.term(LintCode::NoSource, row, "没有写明来源".to_owned());
    } else if !sources.contains(source) {
        check.term(LintCode::UnknownSource, row, format!("sources.toml 没有 {source}"));
    }
    if row.get("locator").is_empty() {
        check.term(LintCode::NoLocator, row, "没有写明在来源中的位置".to_owned());
    }
}

fn state(check: &mut Check<'_>, row: Row<'_>) {
    let (status, scene, strength) = (row.get("status"), row.get("scene"), row.get("strength"));
    if !matches!(status, "active" | "withdrawn") {
        check.term(LintCode::BadStatus, row, format!("状态“{status}”应为 active 或 withdrawn"));
    }
    let own = row.file.trim_start_matches("materials/").trim_end_matches(".csv");
    if Scene::from_code(scene).is_none() || scene != own {
        check.term(LintCode::BadScene, row, format!("场景“{scene}”与所在文件 {own} 不符"));
    }
    if Strength::from_code(strength).is_none() {
        check.term(LintCode::BadStrength, row, format!("没有强度“{strength}”"));
    }
    let successor = row.get("replaced_by");
    if status == "withdrawn" && row.get("to").is_empty() && successor.is_empty() {
        check.term(LintCode::WithdrawnSilently, row, "停用须写 to 日期或 replaced_by".to_owned());
    }
    if !successor.is_empty() && !check.terms.contains_key(successor) {
        check.term(LintCode::UnknownSuccessor, row, format!("replaced_by 的 {successor} 不存在"));
    }
    let read = |name: &str| match row.get(name) {
        "" => Ok(None),
        // jiff reads shorter forms too; the tables hold the long one.
        text if text.len() == 10 => text.parse::<Date>().map(Some).map_err(|_| text),
        text => Err(text),
    };
    match (read("from"), read("to")) {
        (Ok(Some(from)), Ok(Some(to))) if from > to => {
            check.term(LintCode::BadDate, row, format!("from {from} 晚于 to {to}"));
        }
        (Err(text), _) | (_, Err(text)) => {
            check.term(LintCode::BadDate, row, format!("“{text}”不是 YYYY-MM-DD 日期"));
        }
        _ => {}
    }
}

/// `gfspc-2025:make=1.1.7|trade=8.1.1;gid-2019:make=1.1.8`
fn entries(check: &mut Check<'_>, row: Row<'_>) {
    let (mut any, mut current) = (false, false);
    for part in row.get("entries").split(';').filter(|part| !part.is_empty()) {
        let (edition, roles) = part.split_once(':').unwrap_or(("", part));
        let known = check.task.catalogue.edition(edition);
        for link in roles.split('|').filter(|link| !link.is_empty()) {
            any = true;
            let Some((role, codes)) = link.split_once('=') else {
                check.term(LintCode::NoRole, row, format!("“{link}”没有写角色（如 make={link}）"));
                continue;
            };
            if role.is_empty() {
                check.term(LintCode::NoRole, row, format!("“{link}”没有写角色"));
            } else if Role::from_code(role).is_none() {
                check.term(LintCode::UnknownRole, row, format!("没有角色“{role}”"));
            }
            for code in codes.split(',').map(str::trim) {
                if check.task.catalogue.entry(edition, code).is_none() {
                    check.term(LintCode::UnknownEntry, row, format!("目录 {edition} 没有条目 {code}"));
                }
            }
        }
        // An edition that is unknown is an unknown entry, not an expired one.
        current |= known.is_none_or(|known| known.to.is_none_or(|to| check.task.as_of <= to));
    }
    if !any {
        check.term(LintCode::NoRole, row, "没有目录条目".to_owned());
    } else if !current {
        check.term(LintCode::ExpiredEntry, row, format!("所列条目的目录版本到 {} 都已失效", check.task.as_of));
    }
}
