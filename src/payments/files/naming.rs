//! Which payment a line of a result file names: by its whole reference, by the short one, or by its number in the file that was sent.
//! One is meant, or the line is left out: nothing is guessed.

use std::collections::HashMap;

use uuid::Uuid;

use super::store;
use crate::db::{Result, Tx};
use crate::interchange::bank::reference::Short;
use crate::interchange::bank::result::{ResultFile, ResultLine};
use crate::kernel::{BatchId, Money};

/// A payment that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::payments) struct Issued {
    pub reference: Uuid,
    pub amount: Money,
    pub batch: BatchId,
    /// Keyed hash of the payee's account, where it was asked for.
    pub account: Option<Vec<u8>>,
}

/// The batch that a file answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answered {
    pub id: BatchId,
    /// Payments that went out together, when they did.
    pub count: Option<i32>,
    /// Their sum.
    pub total: Option<Money>,
}

impl Answered {
    /// Whether what a file says of the whole batch is what went out; what it does not say is not held against it.
    pub(super) fn agrees(&self, file: &ResultFile) -> bool {
        let sent = self.count.and_then(|count| u32::try_from(count).ok());
        file.sent_count.is_none_or(|count| sent == Some(count)) && file.sent_total.is_none_or(|total| self.total == Some(total))
    }
}

/// What a line names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Naming<'a> {
    One(&'a Issued),
    /// Nothing that was issued.
    Nothing,
    /// More than one may be meant.
    Several,
    /// A number in a file, and which file is not known.
    NoBatch,
    /// A number in a file, and the account beside it is another one's.
    OtherAccount,
}

/// The payments that the lines of a file may name.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub whole: HashMap<Uuid, Issued>,
    /// By their short references.
    pub short: HashMap<Short, Vec<Issued>>,
    /// By their numbers in the file of the batch, from 1 on.
    pub numbered: HashMap<u32, Issued>,
    pub batch: Option<Answered>,
}

/// The payments that short references mean, each where it means exactly one of the federation.
///
/// # Errors
/// When the database cannot be read.
pub async fn references_by_short(tx: &mut Tx, shorts: &[Short]) -> Result<HashMap<Short, Uuid>> {
    let mut found: HashMap<Short, Vec<Uuid>> = HashMap::new();
    for issued in store::issued_by_short(tx, shorts).await? {
        found.entry(Short::of(issued.reference)).or_default().push(issued.reference);
    }
    Ok(found.into_iter().filter_map(|(short, meant)| if let [one] = meant.as_slice() { Some((short, *one)) } else { None }).collect())
}

/// By what a line names its payment when it does so without a whole reference.
pub(super) fn short_of(line: &ResultLine) -> Option<Short> {
    if line.reference.is_some() { None } else { Short::parse(&line.reference_text) }
}

/// Whether a line names its payment by nothing but its number in the file that was sent.
pub(super) fn is_by_number(line: &ResultLine) -> bool {
    line.reference_text.is_empty() && line.sequence.is_some()
}

impl Names {
    /// What a line names. `hash` gives the keyed hash of an account.
    pub(super) fn of(&self, line: &ResultLine, hash: impl Fn(&str) -> Vec<u8>) -> Naming<'_> {
        if let Some(reference) = line.reference {
            return self.whole.get(&reference).map_or(Naming::Nothing, Naming::One);
        }
        if let Some(short) = short_of(line) {
            return self.by_short(short);
        }
        match line.sequence {
            Some(sequence) if line.reference_text.is_empty() => self.by_number(sequence, line, hash),
            _ => Naming::Nothing,
        }
    }

    /// Two of the federation with one short reference are told apart by the batch that is answered: no file holds both.
    fn by_short(&self, short: Short) -> Naming<'_> {
        let Some(all) = self.short.get(&short) else { return Naming::Nothing };
        let of_batch = |issued: &&Issued| self.batch.as_ref().is_some_and(|batch| batch.id == issued.batch);
        match all.as_slice() {
            [] => Naming::Nothing,
            [one] => Naming::One(one),
            several => match several.iter().filter(of_batch).collect::<Vec<_>>().as_slice() {
                [one] => Naming::One(one),
                _ => Naming::Several,
            },
        }
    }

    /// A number alone says little: a bank may have counted anew. So where the line gives the payee's account, it must be the one's.
    fn by_number(&self, sequence: u32, line: &ResultLine, hash: impl Fn(&str) -> Vec<u8>) -> Naming<'_> {
        if self.batch.is_none() {
            return Naming::NoBatch;
        }
        let Some(issued) = self.numbered.get(&sequence) else { return Naming::Nothing };
        let given: Option<String> =
            line.creditor_account.as_ref().map(|account| account.chars().filter(|character| !character.is_whitespace()).collect());
        // A masked account cannot be held against anything.
        match given.filter(|account| !account.is_empty() && account.chars().all(char::is_alphanumeric)) {
            Some(account) if issued.account.as_ref() != Some(&hash(&account)) => Naming::OtherAccount,
            _ => Naming::One(issued),
        }
    }

    /// Whether a line without an amount may be taken for its payment's own: it names the payment's reference, and the payment is of
    /// the batch that the file says it answers, of which it says nothing else than what went out.
    pub(super) fn is_answered(&self, line: &ResultLine, issued: &Issued, file: &ResultFile) -> bool {
        !is_by_number(line) && self.batch.as_ref().is_some_and(|batch| batch.id == issued.batch && batch.agrees(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interchange::bank::result::Outcome;

    fn line(reference: &str, sequence: Option<u32>, account: Option<&str>) -> ResultLine {
        ResultLine {
            line: 1,
            reference: crate::interchange::bank::reference::parse(reference),
            reference_text: reference.to_owned(),
            sequence,
            creditor_account: account.map(str::to_owned),
            outcome: Outcome::Settled,
            amount: None,
            occurred_on: None,
            code: None,
            reason: None,
            raw: String::new(),
        }
    }

    fn issued(reference: u128, batch: BatchId) -> Issued {
        Issued { reference: Uuid::from_u128(reference), amount: Money::yuan(1), batch, account: Some(hash("1")) }
    }

    fn hash(account: &str) -> Vec<u8> {
        account.as_bytes().to_vec()
    }

    const SHORT: &str = "12565bb7e1fe51fa";
    const FIRST: u128 = 0x1256_5bb7_e1fe_51fa_0000_0000_0000_0001;
    const SECOND: u128 = 0x1256_5bb7_e1fe_51fa_0000_0000_0000_0002;

    fn names(issued: &[Issued], batch: Option<BatchId>) -> Names {
        let mut names = Names { batch: batch.map(|id| Answered { id, count: Some(2), total: Some(Money::yuan(2)) }), ..Names::default() };
        for (sequence, one) in (1..).zip(issued) {
            names.short.entry(Short::of(one.reference)).or_default().push(one.clone());
            names.numbered.insert(sequence, one.clone());
        }
        names
    }

    #[test]
    fn a_short_reference_of_two_payments_means_the_one_of_the_batch_or_none() {
        let (here, there) = (BatchId::generate(), BatchId::generate());
        let both = [issued(FIRST, here), issued(SECOND, there)];
        assert_eq!(names(&both[..1], None).of(&line(SHORT, None, None), hash), Naming::One(&both[0]));
        assert_eq!(names(&both, None).of(&line(SHORT, None, None), hash), Naming::Several);
        assert_eq!(names(&both, Some(there)).of(&line(SHORT, None, None), hash), Naming::One(&both[1]));
        assert_eq!(names(&both, Some(BatchId::generate())).of(&line(SHORT, None, None), hash), Naming::Several);
        assert_eq!(names(&both, Some(here)).of(&line("ffffffffffffffff", None, None), hash), Naming::Nothing);
    }

    #[test]
    fn a_number_means_a_payment_of_the_batch_and_never_another_payees() {
        let batch = BatchId::generate();
        let both = [issued(FIRST, batch), issued(SECOND, batch)];
        let known = names(&both, Some(batch));
        assert_eq!(known.of(&line("", Some(2), None), hash), Naming::One(&both[1]));
        assert_eq!(known.of(&line("", Some(2), Some(" 1 ")), hash), Naming::One(&both[1]));
        assert_eq!(known.of(&line("", Some(2), Some("****1")), hash), Naming::One(&both[1]));
        assert_eq!(known.of(&line("", Some(2), Some("2")), hash), Naming::OtherAccount);
        assert_eq!(known.of(&line("", Some(3), None), hash), Naming::Nothing);
        assert_eq!(names(&both, None).of(&line("", Some(2), None), hash), Naming::NoBatch);
        assert_eq!(known.of(&line("unreadable", Some(2), None), hash), Naming::Nothing);
    }

    #[test]
    fn an_amount_is_ours_only_where_a_reference_of_the_answered_batch_is_named() {
        let (batch, other) = (BatchId::generate(), BatchId::generate());
        let one = issued(FIRST, batch);
        let answered = |known: Option<BatchId>, line: &ResultLine, file: &ResultFile| {
            names(std::slice::from_ref(&one), known).is_answered(line, &one, file)
        };
        let (named, file) = (line(SHORT, None, None), ResultFile::default());
        assert!(answered(Some(batch), &named, &file));
        assert!(!answered(Some(other), &named, &file));
        assert!(!answered(None, &named, &file));
        assert!(!answered(Some(batch), &line("", Some(1), None), &file));
        let says = |count, total: &str| ResultFile { sent_count: Some(count), sent_total: total.parse().ok(), ..ResultFile::default() };
        assert!(answered(Some(batch), &named, &says(2, "2.00")));
        assert!(!answered(Some(batch), &named, &says(3, "2.00")));
        assert!(!answered(Some(batch), &named, &says(2, "2.01")));
    }
}
