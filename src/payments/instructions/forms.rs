//! The cover sheet of a batch (代发批次封面).

use super::store;
use crate::access::permissions::ReadPayments;
use crate::db::{Error, Result, Tx};
use crate::exports::{Value, moment, translated};
use crate::forms::{Form, Section};
use crate::kernel::capitals::capital;
use crate::kernel::{BatchId, Lang, Money, Permit};
use crate::plans;

/// What the batch hands over, by whom and when, with control totals over its instructions.
///
/// # Errors
/// Not found; [`Error::Internal`] when its instructions are not what it says.
pub(super) async fn cover(tx: &mut Tx, _may: &Permit<ReadPayments>, id: BatchId) -> Result<Form> {
    let batch = store::batch(tx, id).await?;
    let plan = plans::plan(tx, batch.plan_id).await?;
    let states = store::totals_by_status(tx, id).await?;
    let count: i64 = states.iter().map(|state| state.count).sum();
    let total: Money = states.iter().map(|state| state.amount).sum();
    if (count, total) != (batch.count.into(), batch.total) {
        return Err(Error::Internal(format!("batch {id}: {count} and {total} in its rows, {} and {} in all", batch.count, batch.total)));
    }
    let sent_by = store::sent_by(tx, id).await?.join("、");
    let handed_over = |what: Option<String>| what.unwrap_or_else(|| "尚未送出".to_owned());
    let bounds = states.iter().fold(None, |bounds: Option<(Money, Money)>, state| match bounds {
        Some((least, most)) => Some((least.min(state.least), most.max(state.most))),
        None => Some((state.least, state.most)),
    });
    let mut control = vec![vec![text("笔数"), Value::Integer(count)], vec![text("金额（元）"), Value::Money(total)]];
    if let Some((least, most)) = bounds {
        control.push(vec![text("单笔最小（元）"), Value::Money(least)]);
        control.push(vec![text("单笔最大（元）"), Value::Money(most)]);
    }
    if let (Some(count), Some(total)) = (batch.sent_count, batch.sent_total) {
        control.push(vec![text("送出笔数"), Value::Integer(count.into())]);
        control.push(vec![text("送出金额（元）"), Value::Money(total)]);
    }
    let state = |state: &store::StatusTotals| {
        vec![text(translated(&state.status, Lang::Zh)), Value::Integer(state.count), Value::Money(state.amount)]
    };
    Ok(Form {
        title: "代发批次封面",
        facts: vec![
            ("方案", plan.name),
            ("期间", plan.period),
            ("批次", format!("第{}批", batch.sequence)),
            ("批次编号", batch.id.to_string()),
            ("渠道", translated(&batch.channel, Lang::Zh).to_owned()),
            ("下发人", batch.created_by),
            ("下发时间", moment(batch.created_at)),
            ("送出日期", handed_over(batch.sent_on.map(|day| day.to_string()))),
            ("送出人", handed_over(Some(sent_by).filter(|names| !names.is_empty()))),
            ("打印人", tx.actor.clone()),
            ("打印时间", moment(tx.now())),
        ],
        sections: vec![
            Section { title: "控制合计", heads: vec!["项目", "数值"], rows: control, totals: None },
            Section {
                title: "现在的状态",
                heads: vec!["状态", "笔数", "金额（元）"],
                rows: states.iter().map(state).collect(),
                totals: Some(vec![text("合计"), Value::Integer(count), Value::Money(total)]),
            },
        ],
        notes: vec![("合计大写", capital(total)), ("花名册摘要", batch.roster_digest)],
        signatures: &["出纳", "复核", "财务负责人"],
    })
}

fn text(text: impl Into<String>) -> Value<'static> {
    Value::Text(text.into().into())
}
