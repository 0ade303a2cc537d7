//! Account statements of SWIFT, MT940, as banks really send them.
//!
//! The reader is our own. The one maintained crate (`mt940` 1.1) takes SWIFT's Latin characters only, so that no Chinese
//! text passes; one line that it does not understand makes the whole file unreadable; and it panics on an entry date that
//! the calendar lacks (`0231`).
//!
//! Taken: envelopes of SWIFT (`{1:…}{4:`) and files without; UTF-8 or GB 18030, whichever the first line that is not ASCII
//! is; entries without entry date; amounts with a point; references longer than 16 characters; structured `:86:` (`?20`),
//! codes between slashes (`/EREF/`), and free text. A `:61:` that cannot be read is a fault and the next one is read.

mod info;
mod line61;

use std::io::BufRead;

use super::encoding::Encoding;
use super::error::{FILE_EMPTY, FILE_ENCODING, FILE_FORMAT, FILE_TOO_LARGE, FILE_TRUNCATED, ROW_NOT_BOOKED, STATEMENT_INCOMPLETE};
use super::lines::Lines;
use super::row::{Fault, Row, is_plain};
use super::running::Running;
use super::statement::{Parts, ReadsAhead, StatementHead, StatementPart};
use crate::kernel::Money;
use crate::kernel::refusal::Refusal;
use info::Info;
use line61::Movement;

/// Bytes of one field with its continuation lines at most; SWIFT has 6 lines of 65 characters.
const LONGEST_FIELD: usize = 64 * 1024;

/// Reads the statements of a file part by part. After an error nothing follows.
pub struct Mt940<R: BufRead> {
    lines: Lines<R>,
    encoding: Option<Encoding>,
    running: Running,
    head: Option<StatementHead>,
    ordinal: u32,
    statements: u32,
    begun: bool,
    field: Option<TaggedField>,
    /// The `:61:` whose `:86:` may still come.
    movement: Option<Pending>,
    parts: Parts,
}

/// One `:61:` and what is known of it: read, or at fault.
struct Pending {
    movement: Result<Movement, Fault>,
    raw: String,
}

/// A tag with its lines.
struct TaggedField {
    tag: String,
    lines: Vec<String>,
    bytes: usize,
    number: u32,
}

impl<R: BufRead> Mt940<R> {
    /// Begins to read; takes plain bytes as well as a file that is buffered.
    pub fn new(input: R) -> Self {
        Self {
            lines: Lines::new(input),
            encoding: None,
            running: Running::default(),
            head: None,
            ordinal: 0,
            statements: 0,
            begun: false,
            field: None,
            movement: None,
            parts: Parts::default(),
        }
    }

    fn decode(&mut self, bytes: &[u8], number: u32) -> Result<String, Refusal> {
        if bytes.is_ascii() {
            return Ok(String::from_utf8_lossy(bytes).into_owned());
        }
        let guess = if std::str::from_utf8(bytes).is_ok() { Encoding::Utf8 } else { Encoding::Gb18030 };
        let encoding = *self.encoding.get_or_insert(guess);
        encoding.decode(bytes).ok_or_else(|| {
            FILE_ENCODING.because(format!("第{number}行编码与其他行不符"), format!("line {number} is not of the encoding of the others"))
        })
    }

    fn continue_field(&mut self, text: String, number: u32) -> Result<(), Refusal> {
        let Some(field) = &mut self.field else {
            if self.statements == 0 {
                return Err(FILE_FORMAT.because("不是 MT940 对账单文件", "it is not an MT940 statement file"));
            }
            return Ok(());
        };
        field.bytes = field.bytes.saturating_add(text.len());
        field.lines.push(text);
        if field.bytes > LONGEST_FIELD || field.lines.len() > LONGEST_FIELD / 16 {
            return Err(FILE_TOO_LARGE.because(
                format!("第{number}行：一个字段不得超过 {LONGEST_FIELD} 字节"),
                format!("line {number}: a field has at most {LONGEST_FIELD} bytes"),
            ));
        }
        Ok(())
    }

    fn finish_field(&mut self) -> Result<(), Refusal> {
        let Some(field) = self.field.take() else { return Ok(()) };
        let first = field.lines.first().map_or("", |line| line.trim());
        if field.tag == "20" {
            self.finish_statement()?;
            self.running.begin()?;
            self.statements += 1;
            self.ordinal = 0;
            self.begun = false;
            self.head = Some(StatementHead { id: first.to_owned(), ..StatementHead::default() });
            return Ok(());
        }
        let Some(head) = &mut self.head else {
            return Err(FILE_FORMAT.because("字段不在对账单之内（缺少 :20:）", "there are fields outside a statement (:20: is missing)"));
        };
        match field.tag.as_str() {
            "25" | "25P" => account_of(first).clone_into(&mut head.account),
            "28" | "28C" => head.sequence = Some(first.to_owned()),
            "60F" | "60M" => {
                let balance = balance(first).ok_or_else(|| no_balance("期初", "opening", field.number))?;
                // Its day is that of the statement before, so it does not say on which this one begins.
                (head.currency, head.opening) = (balance.currency, Some(balance.amount));
            }
            "61" => {
                self.finish_movement()?;
                self.begin_movement(&field);
            }
            "86" if self.movement.is_some() && head.closing.is_none() => self.add_info(&field)?,
            "62F" | "62M" => {
                let balance = balance(first).ok_or_else(|| no_balance("期末", "closing", field.number))?;
                (head.to, head.closing) = (Some(balance.day), Some(balance.amount));
                self.finish_movement()?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_movement(&mut self, field: &TaggedField) {
        self.ordinal = self.ordinal.saturating_add(1);
        let raw = format!(":61:{}", field.lines.join("\n"));
        let currency = self.head.as_ref().map_or("", |head| head.currency.as_str());
        let text = field.lines.iter().flat_map(|line| line.chars());
        let movement = match text.into_iter().find(|character| !is_plain(*character)) {
            Some(_) => Err(line61::unreadable("有控制字符", "there are control characters")),
            None => Movement::read(&field.lines, currency),
        };
        self.movement = Some(Pending { movement: movement.map_err(|problem| problem.at(field.number, &raw)), raw });
    }

    /// The `:86:` after a `:61:`; several are read as one.
    fn add_info(&mut self, field: &TaggedField) -> Result<(), Refusal> {
        let Some(pending) = &mut self.movement else { return Ok(()) };
        pending.raw.push_str("\n:86:");
        pending.raw.push_str(&field.lines.join("\n"));
        if pending.raw.len() > 2 * LONGEST_FIELD {
            return Err(FILE_TOO_LARGE.because("一笔明细的说明过长", "the information on one line is too long"));
        }
        if let Ok(movement) = &mut pending.movement {
            movement.info.extend(Info::read(&field.lines));
        }
        Ok(())
    }

    /// Gives out the movement that has been waiting for its `:86:`.
    fn finish_movement(&mut self) -> Result<(), Refusal> {
        self.begin()?;
        let (Some(Pending { movement, raw }), Some(head)) = (self.movement.take(), &self.head) else { return Ok(()) };
        let row = match movement {
            Ok(movement) => {
                let mut line = movement.line(self.ordinal, raw);
                self.running.line(head, &mut line)?;
                Row::Read(line)
            }
            Err(fault) => {
                if fault.code != &ROW_NOT_BOOKED {
                    self.running.unreadable();
                }
                Row::Faulty(fault)
            }
        };
        self.parts.ready.push_back(StatementPart::Line(Box::new(row)));
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Refusal> {
        let Some(head) = &self.head else { return Ok(()) };
        if self.begun {
            return Ok(());
        }
        if head.account.is_empty() || head.opening.is_none() {
            return Err(STATEMENT_INCOMPLETE.because(
                "对账单缺少账号（:25:）或期初余额（:60F:）",
                "the statement lacks its account (:25:) or opening balance (:60F:)",
            ));
        }
        self.begun = true;
        self.parts.ready.push_back(StatementPart::Begin(head.clone()));
        Ok(())
    }

    fn finish_statement(&mut self) -> Result<(), Refusal> {
        self.finish_movement()?;
        let Some(head) = self.head.take() else { return Ok(()) };
        if head.closing.is_none() {
            return Err(FILE_TRUNCATED.because(
                format!("对账单 {} 没有期末余额（:62F:）", head.id),
                format!("statement {} has no closing balance (:62F:)", head.id),
            ));
        }
        let balance = self.running.end(&head)?;
        self.parts.ready.push_back(StatementPart::End(head, balance));
        Ok(())
    }

    fn finish_file(&mut self) -> Result<(), Refusal> {
        self.finish_statement()?;
        if self.statements == 0 { Err(FILE_EMPTY.because("文件中没有对账单", "the file has no statement")) } else { Ok(()) }
    }
}

/// The tag of a field's first line, and what follows it.
fn tag(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let mut characters = tag.chars();
    let digits = characters.by_ref().take(2).filter(char::is_ascii_digit).count() == 2;
    let letter = characters.as_str();
    let known = digits && (letter.is_empty() || (letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_uppercase())));
    known.then_some((tag, rest))
}

struct BalanceField {
    day: chrono::NaiveDate,
    currency: String,
    amount: Money,
}

/// `C230118CNY1234,56`
fn balance(text: &str) -> Option<BalanceField> {
    let (mark, rest) = text.split_at_checked(1)?;
    let (day, rest) = rest.split_at_checked(6)?;
    let (currency, amount) = rest.split_at_checked(3)?;
    let amount = line61::amount(amount)?;
    let amount = match mark {
        "C" => amount,
        "D" => -amount,
        _ => return None,
    };
    let letters = currency.bytes().all(|byte| byte.is_ascii_uppercase());
    letters.then_some(BalanceField { day: line61::day(day)?, currency: currency.to_owned(), amount })
}

fn no_balance(zh: &str, en: &str, line: u32) -> Refusal {
    FILE_FORMAT.because(format!("第{line}行：{zh}余额无法识别"), format!("line {line}: the {en} balance cannot be read"))
}

impl<R: BufRead> ReadsAhead for Mt940<R> {
    fn parts(&mut self) -> &mut Parts {
        &mut self.parts
    }

    fn advance(&mut self) -> Result<(), Refusal> {
        let Some(line) = self.lines.next_line()? else {
            self.parts.ended = true;
            self.finish_field()?;
            return self.finish_file();
        };
        let text = self.decode(&line.bytes, line.number)?;
        let text = match text.rfind("{4:").map(|start| text.split_at(start)) {
            // What follows the envelope's block 4 on the same line is its first field.
            Some((_, block)) if text.starts_with('{') => block.trim_start_matches("{4:").to_owned(),
            _ => text,
        };
        if text.is_empty() || text.starts_with('{') {
            return self.finish_field();
        }
        if text == "-" || text.starts_with("-}") {
            return self.finish_field();
        }
        match tag(&text) {
            Some((tag, rest)) => {
                self.finish_field()?;
                self.field =
                    Some(TaggedField { tag: tag.to_owned(), lines: vec![rest.to_owned()], bytes: rest.len(), number: line.number });
                Ok(())
            }
            None => self.continue_field(text, line.number),
        }
    }
}

impl<R: BufRead> Iterator for Mt940<R> {
    type Item = Result<StatementPart, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        self.part()
    }
}

/// The account number alone: some banks put themselves before it and a slash between, some its currency behind it. The same account
/// must be the same one in whatever format its statement comes.
fn account_of(field: &str) -> &str {
    let number = field.rsplit('/').next().unwrap_or(field);
    ["CNY", "RMB"].iter().find_map(|currency| number.strip_suffix(currency)).unwrap_or(number).trim()
}

#[cfg(test)]
mod tests;
