//! Standards of payment (发放标准) from files: a row for each line, category and period.

use std::collections::HashMap;

use chrono::NaiveDate;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::records::lines_where;
use super::requests::{LineScope, NewStandard, StandardMode, StandardUnit};
use super::standards::create_standard;
use crate::access::permissions::RegisterFunds;
use crate::db::{Result, Tx};
use crate::imports::{self, Import, Known, List, Unit, Wrong, positive, word};
use crate::interchange::tables::{Choice, Column, Faults, Kind, Row, Table, Words, reference};
use crate::jobs::Work;
use crate::kernel::{LineId, Permit, PositiveMoney, Text};

/// The kind of the job.
pub(super) const STANDARDS: &str = "import.standards";

/// The jobs of this module.
#[must_use]
pub fn works() -> Vec<Box<dyn Work>> {
    vec![Import::work(STANDARDS, Standards)]
}

/// The list.
#[derive(Debug)]
pub(super) struct Standards;

const UNITS: &[Choice] = &[
    Choice::new("household", "户", &["每户"]),
    Choice::new("person", "人", &["每人"]),
    Choice::new("person_month", "人月", &["每人每月", "月"]),
    Choice::new("person_year", "人年", &["每人每年", "年"]),
    Choice::new("event", "次", &["人次", "每次"]),
];
const MODES: &[Choice] =
    &[Choice::new("exact", "固定", &["定额"]), Choice::new("cap", "上限", &["不超过"]), Choice::new("floor", "下限", &["不低于"])];
/// Categories of dossiers under the names people use; any other word stands for itself.
const CATEGORIES: [(&str, &str); 8] = [
    ("深度困难", "deep"),
    ("深度", "deep"),
    ("相对困难", "relative"),
    ("相对", "relative"),
    ("意外致困", "accidental"),
    ("意外", "accidental"),
    ("省级困难", "provincial"),
    ("省级", "provincial"),
];

pub(super) static TABLE: Table = Table {
    name: "standards",
    title: Words::new("发放标准", "Standards of payment"),
    columns: &[
        Column::new("line", "资金项目", Kind::Reference)
            .required()
            .aliases(&["项目", "指标", "资金明细"])
            .example("困难职工帮扶")
            .note("已登记资金项目的名称或编号", "name or id of an allocation line"),
        Column::new("appropriation", "资金名称", Kind::Reference)
            .aliases(&["资金下达"])
            .note("有同名项目时须填写", "needed where several lines have the name"),
        Column::new("category", "人员类别", Kind::Text).required().aliases(&["困难类别", "类别"]).example("相对困难"),
        Column::new("unit", "计量单位", Kind::Choice(UNITS)).required().aliases(&["单位"]).example("户"),
        Column::new("amount", "标准金额", Kind::Money).required().aliases(&["金额", "标准", "发放标准"]).example("1495.00"),
        Column::new("mode", "执行方式", Kind::Choice(MODES)).aliases(&["方式"]).example("固定").note("不填为固定", "exact when empty"),
        Column::new("valid_from", "执行开始日期", Kind::Date).required().aliases(&["开始日期", "自"]).example("2022-01-01"),
        Column::new("valid_to", "执行结束日期", Kind::Date).aliases(&["结束日期", "至"]),
    ],
};

/// What a row says.
pub(super) struct Content {
    line: String,
    appropriation: Option<String>,
    category: String,
    unit: StandardUnit,
    amount: PositiveMoney,
    mode: StandardMode,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
}

impl List for Standards {
    type Content = Content;
    type May = RegisterFunds;

    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn read(&self, row: &Row, _known: &Known, faults: &mut Faults) -> Option<Content> {
        let (line, appropriation) = (faults.take(row.text("line")), faults.take(row.text("appropriation")));
        let category = faults.take(row.text("category"));
        let unit = faults.take(row.choice("unit")).and_then(word);
        let amount = positive(row, "amount", faults);
        let mode = faults.take(row.choice("mode")).map_or(Some(StandardMode::Exact), word);
        let (valid_from, valid_to) = (faults.take(row.date("valid_from")), faults.take(row.date("valid_to")));
        let category =
            category.map(|word| CATEGORIES.iter().find(|(zh, _)| *zh == word).map_or(word.clone(), |(_, name)| (*name).to_owned()));
        Some(Content {
            line: line?,
            appropriation,
            category: category?,
            unit: unit?,
            amount: amount?,
            mode: mode?,
            valid_from: valid_from?,
            valid_to,
        })
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        may: &'a Permit<RegisterFunds>,
        _about: &'a Value,
        units: Vec<Unit<Content>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>> {
        async move {
            may.require(None)?;
            let lines = Lines::read(tx).await?;
            let mut verdicts = Vec::with_capacity(units.len());
            for row in units.into_iter().flat_map(|unit| unit.rows) {
                let content = row.content;
                let line = match lines.find(row.row, &content) {
                    Ok(line) => line,
                    Err(wrong) => {
                        verdicts.push(vec![wrong]);
                        continue;
                    }
                };
                let new = NewStandard {
                    allocation_line_id: line,
                    category: content.category,
                    unit: content.unit,
                    amount: content.amount,
                    mode: content.mode,
                    basis_document_id: None,
                    valid_from: content.valid_from,
                    valid_to: content.valid_to,
                };
                imports::save(tx).await?;
                verdicts.push(match create_standard(tx, new).await {
                    Ok(_) => imports::release(tx).await.map(|()| Vec::new())?,
                    Err(error) => imports::wrongs(row.row, &imports::refuse(tx, error).await?, FIELDS, "line"),
                });
            }
            Ok(verdicts)
        }
        .boxed()
    }
}

const FIELDS: &[(&str, &str)] = &[
    ("category", "category"),
    ("valid_from", "valid_from"),
    ("valid_to", "valid_to"),
    ("amount", "amount"),
    ("allocation_line_id", "line"),
];

/// The federation's lines by what files call them.
struct Lines(HashMap<String, Vec<(LineId, String)>>);

impl Lines {
    async fn read(tx: &mut Tx) -> Result<Self> {
        let mut lines: HashMap<String, Vec<(LineId, String)>> = HashMap::new();
        for line in lines_where(tx, LineScope::default()).await? {
            for word in [line.name, line.id.to_string()] {
                lines.entry(reference(&word)).or_default().push((line.id, reference(&line.appropriation_name)));
            }
        }
        Ok(Self(lines))
    }

    fn find(&self, row: u32, content: &Content) -> std::result::Result<LineId, Wrong> {
        let named = self.0.get(&content.line).into_iter().flatten();
        let mut fitting = named.filter(|(_, appropriation)| content.appropriation.as_ref().is_none_or(|wanted| wanted == appropriation));
        match (fitting.next(), fitting.next()) {
            (Some((line, _)), None) => Ok(*line),
            (None, _) => {
                let text = Text::new("没有登记此资金项目", "no such allocation line is recorded");
                Err(Wrong::of(row, "line", "line_unknown", &text))
            }
            (Some(_), Some(_)) => {
                let text = Text::new("有多个资金项目使用此名称，请填资金名称", "several lines have this name; give the appropriation");
                Err(Wrong::of(row, "line", "line_ambiguous", &text))
            }
        }
    }
}
