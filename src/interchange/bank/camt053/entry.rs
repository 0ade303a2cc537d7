//! One entry (`Ntry`) of a statement: its elements gathered, then turned into lines.

use chrono::NaiveDate;

use super::super::china;
use super::super::error::{FILE_TOO_LARGE, ROW_AMOUNT, ROW_CURRENCY, ROW_DATE, ROW_DIRECTION, ROW_NOT_BOOKED};
use super::super::reference::References;
use super::super::row::{Problem, is_yuan, plain_amount};
use super::super::statement::{Direction, StatementLine};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;

/// Transactions of one entry at most: they are held until the entry ends, to see whether they add up to it.
const MOST_DETAILS: usize = 50_000;

/// What is gathered of an entry.
#[derive(Default)]
pub(super) struct Entry {
    amount: Option<String>,
    currency: Option<String>,
    direction: Option<String>,
    status: Option<String>,
    reversal: bool,
    booked: Option<String>,
    value: Option<String>,
    entry_reference: Option<String>,
    servicer_reference: Option<String>,
    code: Code,
    text: String,
    details: Vec<Detail>,
}

/// What is gathered of one transaction of an entry (`TxDtls`).
#[derive(Default)]
struct Detail {
    amount: Option<String>,
    transaction_amount: Option<String>,
    currency: Option<String>,
    direction: Option<String>,
    end_to_end: Option<String>,
    references: Vec<String>,
    servicer_reference: Option<String>,
    debtor: Side,
    creditor: Side,
    remittance: String,
    text: String,
    code: Code,
    return_code: Option<String>,
    return_text: Option<String>,
    raw_from: usize,
    raw_to: usize,
}

#[derive(Default)]
struct Side {
    name: Option<String>,
    account: Option<String>,
}

/// The bank transaction code: the standard's three levels, or the bank's own.
#[derive(Default)]
struct Code {
    domain: Option<String>,
    family: Option<String>,
    sub_family: Option<String>,
    proprietary: Option<String>,
}

impl Code {
    fn text(&self) -> Option<String> {
        let levels = [&self.domain, &self.family, &self.sub_family];
        let standard: Vec<&str> = levels.into_iter().flatten().map(String::as_str).collect();
        if standard.is_empty() { self.proprietary.clone() } else { Some(standard.join("/")) }
    }

    fn says_charges(&self) -> bool {
        let charges = ["CHRG", "FEES", "COMM", "COME", "COMI", "COMT"];
        let own = self.proprietary.as_deref().unwrap_or_default();
        self.sub_family.as_deref().is_some_and(|code| charges.contains(&code))
            || own.starts_with("NCHG")
            || own.starts_with("NCOM")
            || own == "CHG"
    }
}

impl Entry {
    /// A transaction begins; its text begins at `position` of the entry's.
    pub fn open_detail(&mut self, position: usize) -> Result<(), Refusal> {
        if self.details.len() >= MOST_DETAILS {
            let (zh, en) = (format!("一个条目不得超过 {MOST_DETAILS} 笔"), format!("an entry has at most {MOST_DETAILS} transactions"));
            return Err(FILE_TOO_LARGE.because(zh, en));
        }
        self.details.push(Detail { raw_from: position, ..Detail::default() });
        Ok(())
    }

    /// A transaction ends; its text ends at `position` of the entry's.
    pub fn close_detail(&mut self, position: usize) {
        if let Some(detail) = self.details.last_mut() {
            detail.raw_to = position;
        }
    }

    /// An element without children, by its path below `Ntry`.
    pub fn leaf(&mut self, path: &str, text: &str, currency: Option<&str>) {
        let value = || Some(text.to_owned());
        if let Some(path) = path.strip_prefix("NtryDtls/TxDtls/") {
            if let Some(detail) = self.details.last_mut() {
                detail.leaf(path, text, currency);
            }
            return;
        }
        match path {
            "Amt" => (self.amount, self.currency) = (value(), currency.map(str::to_owned)),
            "CdtDbtInd" => self.direction = value(),
            "Sts" | "Sts/Cd" | "Sts/Prtry" => self.status = value(),
            "RvslInd" => self.reversal = is_true(text),
            "BookgDt/Dt" | "BookgDt/DtTm" => self.booked = value(),
            "ValDt/Dt" | "ValDt/DtTm" => self.value = value(),
            "NtryRef" => self.entry_reference = value(),
            "AcctSvcrRef" => self.servicer_reference = value(),
            "AddtlNtryInf" => self.text = text.to_owned(),
            _ => self.code.leaf(path, text),
        }
    }

    /// The lines of the entry; `ordinal` is its number in the statement, `raw` its text, and `statement` what makes groups
    /// of different statements differ.
    ///
    /// One entry is one line, unless it has several transactions whose amounts add up to it exactly: then each is a line.
    /// Where they do not (a charge was taken off, an amount is missing) the entry stays one line with the references of all,
    /// because what the account lost or got is the entry's amount.
    pub fn lines(self, ordinal: u32, raw: &str, statement: &str, own: &str) -> Result<Vec<StatementLine>, Problem> {
        if self.status.as_deref().is_some_and(|status| status != "BOOK") {
            return Err(Problem::new(&ROW_NOT_BOOKED, "该笔尚未入账（状态不是 BOOK）", "the entry is not booked (its status is not BOOK)"));
        }
        let amount = amount(self.amount.as_deref(), self.currency.as_deref())?;
        let direction = direction(self.direction.as_deref())?;
        let value_on = self.value.as_deref().and_then(china::day);
        let booked_on = self.booked.as_deref().map_or(value_on, china::day).ok_or_else(no_date)?;
        let entry = Whole { ordinal, amount, direction, booked_on, value_on, own };
        let parts = self.parts(&entry);
        Ok(match parts {
            Some(parts) => {
                let group = format!("{statement}/{ordinal}");
                let numbered = self.details.iter().zip(parts).zip(1..);
                numbered
                    .map(|((detail, (direction, amount)), number)| self.part(&entry, detail, direction, amount, number, &group, raw))
                    .collect()
            }
            None => vec![self.whole(&entry, raw)],
        })
    }

    /// The amounts of the transactions, when there are several and they add up to the entry.
    fn parts(&self, entry: &Whole<'_>) -> Option<Vec<(Direction, Money)>> {
        if self.details.len() < 2 {
            return None;
        }
        let of = |detail: &Detail| {
            let text = detail.amount.as_deref().or(detail.transaction_amount.as_deref());
            let direction = detail.direction.as_deref().map_or(Ok(entry.direction), |text| direction(Some(text))).ok()?;
            amount(text, detail.currency.as_deref()).ok().map(|amount| (direction, amount))
        };
        let parts: Vec<_> = self.details.iter().map(of).collect::<Option<_>>()?;
        let sum: Money = parts.iter().map(|(direction, amount)| direction.signed(*amount)).sum();
        (sum == entry.direction.signed(entry.amount)).then_some(parts)
    }

    fn whole(&self, entry: &Whole<'_>, raw: &str) -> StatementLine {
        let mut references = References::default();
        let mut remittance = String::new();
        for detail in &self.details {
            detail.add_references(&mut references);
            join(&mut remittance, &detail.remittance);
        }
        if remittance.is_empty() {
            self.details.iter().for_each(|detail| join(&mut remittance, &detail.text));
            join(&mut remittance, &self.text);
        }
        references.add_found_in(&remittance);
        // Of several transactions no single one is the other side.
        let only = if let [only] = self.details.as_slice() { Some(only) } else { None };
        let returned = self.details.iter().find_map(Detail::return_reason);
        let mut line = self.line(entry, only, entry.direction, entry.amount);
        (line.references, line.remittance, line.return_reason, line.raw) = (references.into_list(), remittance, returned, raw.to_owned());
        line
    }

    #[expect(clippy::too_many_arguments, reason = "all of them belong to the one line that is made of them")]
    fn part(
        &self,
        entry: &Whole<'_>,
        detail: &Detail,
        direction: Direction,
        amount: Money,
        number: u32,
        group: &str,
        raw: &str,
    ) -> StatementLine {
        let mut line = self.line(entry, Some(detail), direction, amount);
        let mut references = References::default();
        detail.add_references(&mut references);
        let texts = [&detail.remittance, &detail.text, &self.text];
        line.remittance = texts.into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default();
        references.add_found_in(&line.remittance);
        line.references = references.into_list();
        line.return_reason = detail.return_reason();
        line.detail = number;
        line.group = Some(group.to_owned());
        line.raw = raw.get(detail.raw_from..detail.raw_to).unwrap_or_default().to_owned();
        line
    }

    /// Whom the money went to or came from. Of a reversal the parties stay those of the payment it takes back; of a return
    /// some banks keep them and some turn them round, so that the account which is our own decides.
    fn other_side<'d>(&self, own: &str, detail: &'d Detail, direction: Direction) -> &'d Side {
        let paid_out = (direction == Direction::Debit) != self.reversal;
        let (likely, unlikely) = if paid_out { (&detail.creditor, &detail.debtor) } else { (&detail.debtor, &detail.creditor) };
        let is_own = |side: &Side| side.account.as_deref() == Some(own);
        if is_own(likely) && !is_own(unlikely) { unlikely } else { likely }
    }

    fn line(&self, entry: &Whole<'_>, detail: Option<&Detail>, direction: Direction, amount: Money) -> StatementLine {
        let other = detail.map(|detail| self.other_side(entry.own, detail, direction));
        let code = detail.map(|detail| &detail.code).filter(|code| code.text().is_some()).unwrap_or(&self.code);
        let servicer = self.servicer_reference.as_ref().or_else(|| detail.and_then(|detail| detail.servicer_reference.as_ref()));
        StatementLine {
            ordinal: entry.ordinal,
            detail: 0,
            group: None,
            entry_reference: servicer.or(self.entry_reference.as_ref()).cloned(),
            booked_on: entry.booked_on,
            value_on: entry.value_on,
            direction,
            amount,
            reversal: self.reversal,
            references: Vec::new(),
            counterparty_name: other.and_then(|side| side.name.clone()),
            counterparty_account: other.and_then(|side| side.account.clone()),
            remittance: String::new(),
            bank_code: code.text(),
            fee: code.says_charges() || self.code.says_charges(),
            return_reason: None,
            occurrence: 0,
            raw: String::new(),
        }
    }
}

/// What all lines of an entry share.
struct Whole<'s> {
    ordinal: u32,
    amount: Money,
    direction: Direction,
    booked_on: NaiveDate,
    value_on: Option<NaiveDate>,
    /// The statement's account.
    own: &'s str,
}

impl Detail {
    fn leaf(&mut self, path: &str, text: &str, currency: Option<&str>) {
        let value = || Some(text.to_owned());
        match path {
            "Amt" => (self.amount, self.currency) = (value(), currency.map(str::to_owned)),
            "AmtDtls/TxAmt/Amt" => {
                self.transaction_amount = value();
                self.currency = self.currency.take().or(currency.map(str::to_owned));
            }
            "CdtDbtInd" => self.direction = value(),
            "Refs/EndToEndId" => self.end_to_end = value(),
            "Refs/InstrId" | "Refs/TxId" | "Refs/UETR" | "Refs/MsgId" | "Refs/PmtInfId" | "Refs/ChqNb" => {
                self.references.push(text.to_owned())
            }
            "Refs/AcctSvcrRef" => self.servicer_reference = value(),
            "RltdPties/Dbtr/Nm" | "RltdPties/Dbtr/Pty/Nm" => self.debtor.name = value(),
            "RltdPties/Cdtr/Nm" | "RltdPties/Cdtr/Pty/Nm" => self.creditor.name = value(),
            "RltdPties/DbtrAcct/Id/Othr/Id" | "RltdPties/DbtrAcct/Id/IBAN" => self.debtor.account = value(),
            "RltdPties/CdtrAcct/Id/Othr/Id" | "RltdPties/CdtrAcct/Id/IBAN" => self.creditor.account = value(),
            "RmtInf/Ustrd" => join(&mut self.remittance, text),
            "RmtInf/Strd/CdtrRefInf/Ref" => self.references.push(text.to_owned()),
            "RmtInf/Strd/AddtlRmtInf" => join(&mut self.remittance, text),
            "AddtlTxInf" => self.text = text.to_owned(),
            "RtrInf/Rsn/Cd" | "RtrInf/Rsn/Prtry" => self.return_code = value(),
            "RtrInf/AddtlInf" => join(self.return_text.get_or_insert_default(), text),
            _ => self.code.leaf(path, text),
        }
    }

    /// The one that the payer chose is tried first, though the schema has it in the middle.
    fn add_references(&self, references: &mut References) {
        self.end_to_end.iter().chain(&self.references).for_each(|text| references.add(text));
    }

    fn return_reason(&self) -> Option<String> {
        match (&self.return_code, &self.return_text) {
            (Some(code), Some(text)) => Some(format!("{code} {text}")),
            (code, text) => code.clone().or_else(|| text.clone()),
        }
    }
}

impl Code {
    fn leaf(&mut self, path: &str, text: &str) {
        let slot = match path {
            "BkTxCd/Domn/Cd" => &mut self.domain,
            "BkTxCd/Domn/Fmly/Cd" => &mut self.family,
            "BkTxCd/Domn/Fmly/SubFmlyCd" => &mut self.sub_family,
            "BkTxCd/Prtry/Cd" => &mut self.proprietary,
            _ => return,
        };
        *slot = Some(text.to_owned());
    }
}

fn amount(text: Option<&str>, currency: Option<&str>) -> Result<Money, Problem> {
    if !currency.is_some_and(is_yuan) {
        return Err(Problem::new(&ROW_CURRENCY, "币种不是人民币或没有写明", "the amount is not in yuan, or names no currency"));
    }
    let amount = text.and_then(plain_amount).filter(|amount| amount.is_positive());
    amount
        .ok_or_else(|| Problem::new(&ROW_AMOUNT, "金额缺失、不大于零或无法识别", "the amount is missing, not more than zero, or no amount"))
}

fn direction(text: Option<&str>) -> Result<Direction, Problem> {
    match text {
        Some("CRDT") => Ok(Direction::Credit),
        Some("DBIT") => Ok(Direction::Debit),
        _ => Err(Problem::new(&ROW_DIRECTION, "借贷标志既不是 CRDT 也不是 DBIT", "the indicator is neither CRDT nor DBIT")),
    }
}

fn no_date() -> Problem {
    Problem::new(&ROW_DATE, "入账日期缺失或无法识别", "the booking date is missing or no date")
}

pub(super) fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}

fn join(all: &mut String, text: &str) {
    if !all.is_empty() && !text.is_empty() {
        all.push(' ');
    }
    all.push_str(text);
}
