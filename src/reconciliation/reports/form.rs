//! A report as a page or a workbook, from the very bytes it was issued with.

use serde_json::Value;

use crate::db::{Error, Result};
use crate::exports::{short_root, translated};
use crate::forms::{Form, Section};
use crate::kernel::{Lang, Money};

/// A value as it is printed.
type Shown = crate::exports::Value<'static>;

/// An object of an issued report: its figures stand in it by name, beside what it is called.
#[derive(Debug, Clone, Copy)]
struct Issued<'a>(&'a Value);

impl<'a> Issued<'a> {
    fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A text that every report has.
    fn needed(self, name: &str) -> Result<&'a str> {
        self.text(name).ok_or_else(|| Error::Internal(format!("a report without its {name}")))
    }

    fn number(self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    fn objects(self, name: &str) -> impl Iterator<Item = Self> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().map(Self)
    }

    /// A figure as it was issued: an amount, a count, or a rate.
    fn figure(self, name: &str) -> Result<Shown> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Shown::Empty),
            Some(Value::Number(number)) => Ok(number.as_i64().map_or(Shown::Empty, Shown::Integer)),
            Some(Value::String(text)) if name == "execution_rate" => Ok(Shown::Text(format!("{text}%").into())),
            Some(Value::String(text)) => Ok(Shown::Money(text.parse::<Money>()?)),
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

fn text(text: impl Into<String>) -> Shown {
    Shown::Text(text.into().into())
}

fn columns(issued: Issued<'_>) -> Result<Vec<Shown>> {
    COLUMNS.iter().map(|(name, _)| issued.figure(name)).collect()
}

fn heads(first: &[&'static str]) -> Vec<&'static str> {
    first.iter().copied().chain(COLUMNS.iter().map(|(_, zh)| *zh)).collect()
}

/// The form of a report that was issued as these bytes.
///
/// # Errors
/// [`Error::Internal`] when they are no report: a defect.
pub(super) fn form(body: &str) -> Result<Form> {
    let body: Value = serde_json::from_str(body).map_err(|error| Error::Internal(error.to_string()))?;
    let issued = Issued(&body);
    let mut all = Vec::new();
    for (name, zh) in FIGURES {
        all.push(vec![text(zh), issued.figure(name)?]);
    }
    let (mut lines, mut sources) = (Vec::new(), Vec::new());
    for line in issued.objects("lines") {
        let name = line.needed("name")?;
        lines.push([vec![text(line.needed("appropriation")?), text(name)], columns(line)?].concat());
        for source in line.objects("by_source") {
            sources.push([vec![text(name), text(source.needed("name")?)], columns(source)?].concat());
        }
    }
    let totals = [vec![text("合计"), Shown::Empty], columns(issued)?].concat();
    Ok(Form {
        title: "资金对账报告",
        facts: facts(issued)?,
        sections: vec![
            Section { title: "合计", heads: vec!["项目", "数值"], rows: all, totals: None },
            Section { title: "分项目", heads: heads(&["资金下达", "资金项目"]), rows: lines, totals: Some(totals) },
            Section { title: "分来源", heads: heads(&["资金项目", "资金来源"]), rows: sources, totals: None },
        ],
        notes: signed_note(issued).into_iter().collect(),
        signatures: &["制表", "复核", "负责人"],
    })
}

fn facts(issued: Issued<'_>) -> Result<Vec<(&'static str, String)>> {
    let mut facts = vec![("范围", scope(issued.needed("scope")?).to_owned()), ("名称", issued.needed("name")?.to_owned())];
    let named = [("文号", "document"), ("文件标题", "document_title")];
    facts.extend(named.into_iter().filter_map(|(label, name)| Some((label, issued.text(name)?.to_owned()))));
    facts.extend(issued.number("fiscal_year").map(|year| ("资金年度", year.to_string())));
    facts.push(("截至", issued.needed("as_of")?.to_owned()));
    facts.extend(issued.number("log_number").map(|number| ("所知至日志号", number.to_string())));
    if let Some(checkpoint) = issued.0.get("checkpoint").map(Issued) {
        let size = checkpoint.number("size").unwrap_or_default();
        facts.push(("检查点", format!("{size} {}", short_root(checkpoint.needed("root")?))));
    }
    Ok(facts)
}

/// The signed note of the checkpoint, which an auditor can hold against the one of their own.
fn signed_note(issued: Issued<'_>) -> Option<(&'static str, String)> {
    let note = Issued(issued.0.get("checkpoint")?).text("note")?;
    Some(("检查点签名", note.to_owned()))
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
