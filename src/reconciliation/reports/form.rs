//! A report as a page or a workbook, from the very bytes it was issued with.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::db::{Error, Result};
use crate::exports::{Value, short_root, translated};
use crate::forms::{Form, Section};
use crate::kernel::{Lang, Money};

/// What is read of an issued report. The figures stand in it by name.
#[derive(Debug, Deserialize)]
struct Issued {
    scope: String,
    name: String,
    document: Option<String>,
    document_title: Option<String>,
    fiscal_year: Option<i16>,
    as_of: String,
    log_number: i64,
    checkpoint: Option<IssuedCheckpoint>,
    lines: Vec<IssuedLine>,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Debug, Deserialize)]
struct IssuedCheckpoint {
    size: i64,
    root: String,
    note: String,
}

#[derive(Debug, Deserialize)]
struct IssuedLine {
    name: String,
    appropriation: String,
    #[serde(default)]
    by_source: Vec<IssuedSource>,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Debug, Deserialize)]
struct IssuedSource {
    name: String,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Figures(BTreeMap<String, serde_json::Value>);

impl Figures {
    /// A figure as it was issued: an amount, a count, or a rate.
    fn value(&self, name: &str) -> Result<Value<'static>> {
        match self.0.get(name) {
            None | Some(serde_json::Value::Null) => Ok(Value::Empty),
            Some(serde_json::Value::Number(number)) => Ok(number.as_i64().map_or(Value::Empty, Value::Integer)),
            Some(serde_json::Value::String(text)) if name == "execution_rate" => Ok(Value::Text(format!("{text}%").into())),
            Some(serde_json::Value::String(text)) => Ok(Value::Money(text.parse::<Money>()?)),
            Some(other) => Err(Error::Internal(format!("a report's {name} is {other}"))),
        }
    }
}

/// The figures of a report in the order they are printed, with what they are called.
const FIGURES: [(&str, &str); 20] = [
    ("granted", "下达"),
    ("top_up", "自有资金补差"),
    ("available", "可用"),
    ("committed", "已占用"),
    ("in_transit", "在途"),
    ("disbursed", "已发放"),
    ("transferred_down", "已划拨下级"),
    ("bounced", "退票"),
    ("recoverable", "应追回"),
    ("returned", "已退回财政"),
    ("carried_over", "结转"),
    ("reclaimed", "收回"),
    ("topped_up_elsewhere", "补差转出"),
    ("identity_difference", "恒等式差额"),
    ("not_disbursed", "未发放"),
    ("arrived", "到账"),
    ("execution_rate", "预算执行率"),
    ("households", "户"),
    ("persons", "人"),
    ("person_times", "人次／户次"),
];

/// The columns of the tables by line and by source.
const COLUMNS: [(&str, &str); 8] = [
    ("granted", "下达"),
    ("top_up", "补差"),
    ("disbursed", "已发放"),
    ("transferred_down", "已划拨"),
    ("not_disbursed", "未发放"),
    ("returned", "已退回"),
    ("recoverable", "应追回"),
    ("identity_difference", "差额"),
];

fn text(text: impl Into<String>) -> Value<'static> {
    Value::Text(text.into().into())
}

fn columns(figures: &Figures) -> Result<Vec<Value<'static>>> {
    COLUMNS.iter().map(|(name, _)| figures.value(name)).collect()
}

fn heads(first: &[&'static str]) -> Vec<&'static str> {
    first.iter().copied().chain(COLUMNS.iter().map(|(_, zh)| *zh)).collect()
}

/// The form of a report that was issued as these bytes.
///
/// # Errors
/// [`Error::Internal`] when they are no report: a defect.
pub(super) fn form(body: &str) -> Result<Form> {
    let issued: Issued = serde_json::from_str(body).map_err(|error| Error::Internal(error.to_string()))?;
    let mut facts = vec![("范围", scope(&issued.scope).to_owned()), ("名称", issued.name.clone())];
    let named = [("文号", issued.document.clone()), ("文件标题", issued.document_title.clone())];
    facts.extend(named.into_iter().filter_map(|(label, value)| Some((label, value?))));
    facts.extend(issued.fiscal_year.map(|year| ("资金年度", year.to_string())));
    facts.push(("截至", issued.as_of.clone()));
    facts.push(("所知至日志号", issued.log_number.to_string()));
    let mut notes = Vec::new();
    if let Some(checkpoint) = issued.checkpoint {
        facts.push(("检查点", format!("{} {}", checkpoint.size, short_root(&checkpoint.root))));
        notes.push(("检查点签名", checkpoint.note));
    }
    let mut all = Vec::new();
    for (name, zh) in FIGURES {
        all.push(vec![text(zh), issued.figures.value(name)?]);
    }
    let (mut lines, mut sources) = (Vec::new(), Vec::new());
    for line in &issued.lines {
        lines.push([vec![text(&line.appropriation), text(&line.name)], columns(&line.figures)?].concat());
        for source in &line.by_source {
            sources.push([vec![text(&line.name), text(&source.name)], columns(&source.figures)?].concat());
        }
    }
    let totals = [vec![text("合计"), Value::Empty], columns(&issued.figures)?].concat();
    Ok(Form {
        title: "资金对账报告",
        facts,
        sections: vec![
            Section { title: "合计", heads: vec!["项目", "数值"], rows: all, totals: None },
            Section { title: "分项目", heads: heads(&["资金下达", "资金项目"]), rows: lines, totals: Some(totals) },
            Section { title: "分来源", heads: heads(&["资金项目", "资金来源"]), rows: sources, totals: None },
        ],
        notes,
        signatures: &["制表", "复核", "负责人"],
    })
}

fn scope(scope: &str) -> &str {
    match scope {
        "appropriation" => "资金下达",
        "allocation_line" => "资金项目",
        "fiscal_year" => "资金年度",
        "fund_source" => "资金来源",
        "organisation" => "组织",
        other => translated(other, Lang::Zh),
    }
}
