//! What can be handed in from a shell, where it goes, and what is told of it. Pure.

use serde_json::Value;

use crate::kernel::{Lang, Text};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A list, such as `households`, or one within something: `transfers/<id>/feedback`.
    List,
    /// What a bank answered.
    Results,
    /// A bank's statement.
    Statement,
}

impl Kind {
    /// The kind that is called so.
    pub fn of(name: &str) -> Self {
        match name {
            "results" => Self::Results,
            "bank-statements" => Self::Statement,
            _ => Self::List,
        }
    }

    /// Where it is handed in, below `/v1`.
    pub fn path(self, name: &str) -> Vec<&str> {
        let mut path: Vec<&str> = name.split('/').filter(|part| !part.is_empty()).collect();
        if self == Self::List {
            path.push("import");
        }
        path
    }
}

/// What became of a result file or a statement as people read it, and whether all of it was taken in. Of a list, nothing.
pub fn told(kind: Kind, result: &Value, lang: Lang) -> Option<(Vec<String>, bool)> {
    match kind {
        Kind::List => None,
        Kind::Results => Some(results(result, lang)),
        Kind::Statement => Some(statements(result, lang)),
    }
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn pick(lang: Lang, zh: String, en: String) -> String {
    Text { zh, en }.get(lang).to_owned()
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn results(report: &Value, lang: Lang) -> (Vec<String>, bool) {
    let of = |name: &str| number(report, name);
    let (applied, confirmed, contradicted) = (of("applied"), of("confirmed"), of("contradicted"));
    let (repeated, left_out, all) = (of("repeated"), of("left_out"), of("lines"));
    let tried = if report.get("dry_run").and_then(Value::as_bool) == Some(true) { ("（试运行）", " (dry run)") } else { ("", "") };
    let mut lines = vec![pick(
        lang,
        format!("回盘{}：共{all}行，生效{applied}，印证{confirmed}，矛盾{contradicted}，已有{repeated}，未采用{left_out}", tried.0),
        format!(
            "results{}: {all} lines, {applied} applied, {confirmed} confirmed, {contradicted} contradicted, {repeated} there before, {left_out} left out",
            tried.1
        ),
    )];
    // The bank took none of the file, whatever it says of single payments.
    let rejected = text(report, "file_status") == "RJCT";
    if rejected {
        lines.push(pick(
            lang,
            "银行拒绝了整个文件；文件中未逐笔列出的支付，状态没有改变".to_owned(),
            "the bank rejected the whole file; payments that it does not list one by one are as they were".to_owned(),
        ));
    }
    if let Some(status) = report.get("file_status").and_then(Value::as_str) {
        let reason = text(report, "file_reason");
        lines.push(pick(lang, format!("文件状态：{status} {reason}"), format!("file status: {status} {reason}")));
    }
    lines.extend(items(report, "lines_left_out").map(|line| {
        let (at, code) = (number(line, "line"), text(line, "code"));
        pick(lang, format!("第{at}行：{}（{code}）", text(line, "zh")), format!("line {at}: {} ({code})", text(line, "en")))
    }));
    (lines, left_out == 0 && !rejected)
}

fn statements(report: &Value, lang: Lang) -> (Vec<String>, bool) {
    let unchanged = text(report, "outcome") == "unchanged";
    let outcome = if unchanged { ("无变化", "unchanged") } else { ("已接收", "taken in") };
    let mut lines = vec![pick(lang, format!("对账单{}", outcome.0), format!("statements {}", outcome.1))];
    lines.extend(items(report, "statements").map(|statement| {
        let of = |name: &str| number(statement, name);
        let (account, from, to) = (text(statement, "account"), text(statement, "from"), text(statement, "to"));
        let (new, repeated, open) = (of("lines"), of("repeated"), of("open_exceptions"));
        let difference = text(statement, "difference");
        pick(
            lang,
            format!("{account} {from}—{to}：新增{new}行，重复{repeated}行，未处理例外{open}，账面减银行{difference}"),
            format!("{account} {from} to {to}: {new} new lines, {repeated} known, {open} open exceptions, ledger less bank {difference}"),
        )
    }));
    (lines, true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_may_be_within_something_and_the_others_have_their_own_address() {
        let path = |name: &'static str| Kind::of(name).path(name).join("/");
        assert_eq!(path("households"), "households/import");
        assert_eq!(path("transfers/0190/feedback"), "transfers/0190/feedback/import");
        assert_eq!((path("results"), path("bank-statements")), ("results".to_owned(), "bank-statements".to_owned()));
    }

    #[test]
    fn a_result_file_is_all_taken_in_when_no_line_was_left_out() {
        let mut report = json!({"dry_run": false, "lines": 3, "applied": 2, "confirmed": 1, "left_out": 0, "lines_left_out": []});
        let (lines, whole) = told(Kind::Results, &report, Lang::En).unwrap();
        assert!(whole && lines == ["results: 3 lines, 2 applied, 1 confirmed, 0 contradicted, 0 there before, 0 left out"], "{lines:?}");
        report["left_out"] = json!(1);
        report["lines_left_out"] = json!([{"line": 4, "code": "x", "zh": "有误", "en": "is wrong"}]);
        report["file_status"] = json!("RJCT");
        let (lines, whole) = told(Kind::Results, &report, Lang::Zh).unwrap();
        assert!(!whole && lines[2..] == ["文件状态：RJCT ", "第4行：有误（x）"], "{lines:?}");
        // Rejected whole, without a line of its own: nothing was left out, and nothing was done either.
        report["left_out"] = json!(0);
        let (lines, whole) = told(Kind::Results, &report, Lang::Zh).unwrap();
        assert!(!whole && lines[1].contains("银行拒绝了整个文件"), "{lines:?}");
    }

    #[test]
    fn a_statement_is_told_with_its_equation() {
        let statement = json!({"account": "基本户", "from": "2022-09-01", "to": "2022-09-30", "lines": 2, "repeated": 0, "open_exceptions": 1, "difference": "5.00"});
        let (lines, whole) = told(Kind::Statement, &json!({"outcome": "taken", "statements": [statement]}), Lang::En).unwrap();
        let told = "基本户 2022-09-01 to 2022-09-30: 2 new lines, 0 known, 1 open exceptions, ledger less bank 5.00";
        assert!(whole && lines == ["statements taken in", told], "{lines:?}");
    }
}
