//! The report as a table for people, in yuan. Chinese characters are two columns wide.

use std::fmt::Write as _;

use anyhow::Context;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::report::{Report, lines};
use crate::kernel::{Lang, Text};

/// Columns between two cells.
const GAP: usize = 2;

/// Columns of the appropriations: 中文, English, and the field shown. 未发放 is available, committed, in transit and bounced
/// together, so the amounts of a row add up as the line's identity does.
const COLUMNS: [(&str, &str, &str); 12] = [
    ("下达", "Granted", "granted"),
    ("自有补差", "Top-up", "top_up"),
    ("已发放", "Disbursed", "disbursed"),
    ("划拨下级", "Transferred", "transferred_down"),
    ("应追回", "Recoverable", "recoverable"),
    ("退回", "Returned", "returned"),
    ("结转", "Carried over", "carried_over"),
    ("收回", "Reclaimed", "reclaimed"),
    ("补他项", "To others", "topped_up_elsewhere"),
    ("未发放", "Not paid", "not_disbursed"),
    ("差额", "Off by", "identity_difference"),
    ("执行率%", "Rate %", "execution_rate"),
];

/// Shown even when all of it is zero.
const ALWAYS: [&str; 5] = ["granted", "disbursed", "not_disbursed", "identity_difference", "execution_rate"];

/// Writes the whole report.
pub fn render(report: &Report, lang: Lang) -> anyhow::Result<String> {
    let mut out = String::new();
    let say = |zh: &str, en: &str| Text::new(zh, en).get(lang).to_owned();
    let as_of = &report.as_of;
    let (zh, en) = &report.title;
    writeln!(out, "\n{}", say(&format!("{zh}（截至 {as_of}，单位：元）"), &format!("{en} (as of {as_of}, in yuan)")))?;
    write_appropriations(&mut out, report, lang)?;
    for (day, line) in &report.also {
        let (name, left) = (field(line, "name"), grouped(&field(line, "not_disbursed")));
        let (granted, committed) = (grouped(&field(line, "granted")), grouped(&field(line, "committed")));
        let zh = format!("截至 {day}，{name}：下达 {granted}，未发放 {left}（其中已批未付 {committed}）");
        let en = format!("As of {day}, {name}: granted {granted}, not disbursed {left} (approved and unpaid {committed})");
        writeln!(out, "\n{}", say(&zh, &en))?;
    }
    writeln!(out, "\n{}", say("申报数与账面比对", "Declared figures against the ledger"))?;
    write_declared(&mut out, report, lang)?;
    let against = report.declared.iter().filter(|(_, figure)| field(figure, "outcome") == "mismatch").count();
    let open = say(
        &format!("{against} 项不符，均已立为疑点待说明，见 /v1/findings"),
        &format!("{against} mismatches, each of them a finding to be explained: /v1/findings"),
    );
    write!(out, "{open}")?;
    if let Some(statements) = &report.bank_statements {
        write!(out, "\n\n{}", bank_statements(statements).get(lang))?;
    }
    Ok(out)
}

/// What came of the bank's statements, in three lines: how many, what was matched, and the equation.
fn bank_statements(figures: &Value) -> Text {
    let of = |name: &str| grouped(&field(figures, name));
    let [files, from, to, lines, open] = ["statements", "from", "to", "lines", "open_exceptions"].map(of);
    let [ledger, bank, difference, opening, closing] = ["ledger_sum", "bank_sum", "difference", "opening", "closing"].map(of);
    let counted = |name: &str, lang: Lang| {
        let counts = figures.get(name).and_then(Value::as_object).into_iter().flatten();
        let counts = counts.map(|(kind, count)| format!("{} {}", statement_word(kind).get(lang), grouped(&count.to_string())));
        counts.collect::<Vec<_>>().join(if lang == Lang::Zh { "、" } else { ", " })
    };
    let (matched, exceptions) = (|lang| counted("matched", lang), |lang| counted("exceptions", lang));
    let zh = format!(
        "银行对账单 {files} 份（{from} 至 {to}，期初 {opening}，期末 {closing}）\n\
         流水 {lines} 条；已匹配：{}；例外：{}；未处理 {open}\n\
         账面 {ledger} 减银行 {bank} 等于例外合计 {difference}",
        matched(Lang::Zh),
        exceptions(Lang::Zh),
    );
    let en = format!(
        "{files} bank statements ({from} to {to}, opening {opening}, closing {closing})\n\
         {lines} lines; matched: {}; exceptions: {}; open: {open}\n\
         Ledger {ledger} less bank {bank} is the sum of the exceptions, {difference}",
        matched(Lang::En),
        exceptions(Lang::En),
    );
    Text::new(zh, en)
}

fn statement_word(name: &str) -> Text {
    match name {
        "reference" => Text::new("按参考号", "by reference"),
        "fee" => Text::new("手续费", "fee"),
        "missing_in_ledger" => Text::new("账面未达", "missing in the ledger"),
        "missing_in_bank" => Text::new("银行未达", "missing in the bank"),
        other => Text::new(other, other),
    }
}

fn write_appropriations(out: &mut String, report: &Report, lang: Lang) -> anyhow::Result<()> {
    let columns: Vec<_> = COLUMNS
        .iter()
        .copied()
        .filter(|(.., of)| ALWAYS.contains(of) || report.appropriations.iter().any(|each| moved(each, of)))
        .collect();
    let mut header = vec![Text::new("资金项目", "Line").get(lang).to_owned()];
    header.extend(columns.iter().map(|(zh, en, _)| Text::new(*zh, *en).get(lang).to_owned()));
    header.push(Text::new("户/人/人次", "Hh/pers/times").get(lang).to_owned());
    let mut table = Table::new(header, 1);
    for appropriation in &report.appropriations {
        table.rule();
        table.title(format!("{} {}", field(appropriation, "document"), field(appropriation, "name")));
        for line in lines(appropriation) {
            table.row(cells(&format!("  {}", field(line, "name")), &columns, line));
        }
        table.row(cells(Text::new("  合计", "  Total").get(lang), &columns, appropriation));
    }
    table.rule();
    table.write(out)
}

/// Whether an account of an appropriation, or of one of its lines, holds anything.
fn moved(appropriation: &Value, of: &str) -> bool {
    std::iter::once(appropriation).chain(lines(appropriation)).any(|figures| field(figures, of) != "0.00")
}

fn cells(name: &str, columns: &[(&str, &str, &str)], figures: &Value) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    cells.extend(columns.iter().map(|(_, _, of)| grouped(&field(figures, of))));
    let counts = ["households", "persons", "person_times"].map(|of| field(figures, of));
    cells.push(counts.join("/"));
    cells
}

fn write_declared(out: &mut String, report: &Report, lang: Lang) -> anyhow::Result<()> {
    let header =
        [("申报数", "Figure"), ("原文", "Printed"), ("申报", "Declared"), ("账面", "Ledger"), ("差额", "Difference"), ("结论", "Outcome")];
    let mut table = Table::new(header.iter().map(|(zh, en)| Text::new(*zh, *en).get(lang).to_owned()).collect(), 2);
    table.rule();
    for (title_zh, figure) in &report.declared {
        let name = if lang == Lang::Zh && !title_zh.is_empty() { title_zh.clone() } else { field(figure, "name") };
        let amounts = ["declared", "ledger", "difference"].map(|of| grouped(&field(figure, of)));
        let [declared, ledger, difference] = amounts;
        table.row(vec![
            name,
            field(figure, "printed"),
            declared,
            ledger,
            difference,
            outcome(&field(figure, "outcome")).get(lang).to_owned(),
        ]);
    }
    table.rule();
    table.write(out)
}

fn outcome(name: &str) -> Text {
    match name {
        "exact" => Text::new("相符", "exact"),
        "tail" => Text::new("尾差", "tail"),
        "mismatch" => Text::new("不符", "MISMATCH"),
        "policy" => Text::new("须批准", "policy"),
        "not_evaluable" => Text::new("无法比对", "not evaluable"),
        other => Text::new(other, other),
    }
}

/// A field as text; empty when it is null or missing.
fn field(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// An amount with thousands separators: `1,315,360.00`. Anything else stays as it is.
pub fn grouped(amount: &str) -> String {
    let (sign, rest) = amount.strip_prefix('-').map_or(("", amount), |rest| ("-", rest));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    if whole.is_empty() || !whole.chars().all(|digit| digit.is_ascii_digit()) {
        return amount.to_owned();
    }
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len().saturating_sub(index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// A line of a table.
enum Line {
    Cells(Vec<String>),
    /// Spans all columns.
    Title(String),
    Rule,
}

/// Cells in columns; the first few are flush left, the others flush right.
struct Table {
    left: usize,
    lines: Vec<Line>,
}

impl Table {
    fn new(header: Vec<String>, left: usize) -> Self {
        Self { left, lines: vec![Line::Cells(header)] }
    }

    fn row(&mut self, cells: Vec<String>) {
        self.lines.push(Line::Cells(cells));
    }

    fn title(&mut self, text: String) {
        self.lines.push(Line::Title(text));
    }

    fn rule(&mut self) {
        self.lines.push(Line::Rule);
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::new();
        for line in &self.lines {
            let Line::Cells(cells) = line else { continue };
            widths.resize(widths.len().max(cells.len()), 0);
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }

    fn write(&self, out: &mut String) -> anyhow::Result<()> {
        let widths = self.widths();
        let between = GAP.checked_mul(widths.len().saturating_sub(1)).context("a table too wide")?;
        let total = widths.iter().sum::<usize>().saturating_add(between);
        for line in &self.lines {
            let text = match line {
                Line::Rule => "-".repeat(total),
                Line::Title(text) => text.clone(),
                Line::Cells(cells) => {
                    let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                        let blanks = " ".repeat(width.saturating_sub(cell.width()));
                        if column < self.left { format!("{cell}{blanks}") } else { format!("{blanks}{cell}") }
                    });
                    padded.collect::<Vec<_>>().join(&" ".repeat(GAP))
                }
            };
            writeln!(out, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_get_separators_and_other_texts_stay() {
        let shown = ["0.00", "116.00", "1315360.00", "-6300.00", "680", "1371", "", "99.46", "n/a"].map(grouped);
        assert_eq!(shown, ["0.00", "116.00", "1,315,360.00", "-6,300.00", "680", "1,371", "", "99.46", "n/a"]);
    }

    #[test]
    fn chinese_and_latin_columns_line_up() {
        let mut table = Table::new(vec!["项目".to_owned(), "下达".to_owned()], 1);
        table.row(vec!["送温暖".to_owned(), "1.00".to_owned()]);
        table.row(vec!["ab".to_owned(), "1,000.00".to_owned()]);
        let mut out = String::new();
        table.write(&mut out).unwrap();
        assert_eq!(out, "项目        下达\n送温暖      1.00\nab      1,000.00\n");
    }
}
