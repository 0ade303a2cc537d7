//! Payment files by a layout.

use std::io::Write;

use super::cell::{amount_text, date_text};
use super::{Column, Field, Layout, Purpose};
use crate::interchange::bank::error::{ORDER_MISMATCH, ORDER_UNWRITABLE};
use crate::interchange::bank::payment::{Order, Payment, Tally, unwritable, unwritten};
use crate::interchange::bank::reference;
use crate::kernel::Text;
use crate::kernel::refusal::Refusal;

/// Writes one file, payment by payment.
///
/// What has been written is a payment file only when [`LayoutPayments::finish`] has returned without error: until then the
/// target must not be shown to a bank.
pub struct LayoutPayments<'o, W: Write> {
    out: W,
    layout: &'o Layout,
    order: &'o Order,
    tally: Tally,
    /// Short references so far, where the layout has them: two of them might be equal.
    short: std::collections::HashSet<String>,
}

impl<'o, W: Write> LayoutPayments<'o, W> {
    /// Writes everything before the first payment.
    ///
    /// # Errors
    /// `bank_layout_invalid`; `bank_order_unwritable` when a text of the order does not fit the layout; `bank_file_unwritable`.
    pub fn begin(out: W, layout: &'o Layout, order: &'o Order) -> Result<Self, Refusal> {
        layout.check(Purpose::Payments)?;
        let mut file = Self { out, layout, order, tally: Tally::new(), short: std::collections::HashSet::new() };
        file.put(layout.encoding.mark())?;
        for frame in &layout.headers {
            file.frame(&frame.columns)?;
        }
        Ok(file)
    }

    /// Writes one payment.
    ///
    /// # Errors
    /// `bank_payment_unwritable` names the payment that does not fit the layout: a text too long for its column, with the
    /// separator, a line break, or a character that the encoding lacks. `bank_order_mismatch` for a reference that was there
    /// before; `bank_file_unwritable`.
    pub fn push(&mut self, payment: &Payment) -> Result<(), Refusal> {
        self.tally.payment(payment)?;
        let has_short = self.layout.columns.iter().any(|column| column.field == Field::ReferenceShort);
        if has_short && !self.short.insert(reference::short(payment.reference)) {
            return Err(ORDER_MISMATCH.because(
                format!("第 {} 笔的短参考号与另一笔相同", payment.sequence),
                format!("the short reference of payment {} equals another's", payment.sequence),
            ));
        }
        let cell = |field| payment_cell(field, payment, self.order, self.layout);
        let line = self.layout.join(&self.layout.columns, cell);
        let line = line.map_err(|fault| unwritable(payment, &fault.zh, &fault.en))?;
        self.put(&line)
    }

    /// Completes the file and gives the target back.
    ///
    /// # Errors
    /// `bank_order_mismatch` when count or total differ from the order's; those of [`LayoutPayments::begin`].
    pub fn finish(mut self) -> Result<W, Refusal> {
        self.tally.finish(self.order)?;
        for frame in &self.layout.trailers {
            self.frame(&frame.columns)?;
        }
        self.out.flush().map_err(|error| unwritten(&error))?;
        Ok(self.out)
    }

    fn frame(&mut self, columns: &[Column]) -> Result<(), Refusal> {
        let line = self.layout.join(columns, |field| order_cell(field, self.order, self.layout));
        let line =
            line.map_err(|Text { zh, en }| ORDER_UNWRITABLE.because(format!("首行或末行{zh}"), format!("header or trailer line: {en}")))?;
        self.put(&line)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.out.write_all(bytes).map_err(|error| unwritten(&error))
    }
}

fn payment_cell(field: Field, payment: &Payment, order: &Order, layout: &Layout) -> String {
    let bank = payment.creditor_bank.as_ref();
    match field {
        Field::Reference => reference::compact(payment.reference),
        Field::ReferenceDashed => payment.reference.to_string(),
        Field::ReferenceShort => reference::short(payment.reference),
        Field::Sequence => payment.sequence.to_string(),
        Field::Amount => amount_text(layout.amounts, payment.amount),
        Field::CreditorName => payment.creditor_name.clone(),
        Field::CreditorAccount => payment.creditor_account.clone(),
        Field::CreditorBankCode => bank.and_then(|bank| bank.code.clone()).unwrap_or_default(),
        Field::CreditorBankName => bank.and_then(|bank| bank.name.clone()).unwrap_or_default(),
        Field::Remittance => payment.remittance.clone(),
        _ => order_cell(field, order, layout),
    }
}

/// What the order says; blank for fields that [`Layout::check`] does not let stand here.
fn order_cell(field: Field, order: &Order, layout: &Layout) -> String {
    match field {
        Field::Count => order.count.to_string(),
        Field::Total => amount_text(layout.amounts, order.total),
        Field::Date => date_text(layout.dates, order.requested_on),
        Field::Currency => "CNY".to_owned(),
        Field::BatchReference => order.batch_reference.clone(),
        Field::MessageId => order.message_id.clone(),
        Field::DebtorName => order.debtor.name.clone(),
        Field::DebtorAccount => order.debtor.account.clone(),
        Field::DebtorBankCode => order.debtor.bank.code.clone().unwrap_or_default(),
        _ => String::new(),
    }
}
