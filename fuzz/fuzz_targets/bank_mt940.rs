//! Any bytes are a statement file or a refusal; what is read keeps the promises of its types.
#![no_main]

use bangfu_fuzz::interchange::bank::mt940::Mt940;
use bangfu_fuzz::interchange::bank::row::Row;
use bangfu_fuzz::interchange::bank::statement::{Balance, StatementPart};
use bangfu_fuzz::kernel::Money;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = Mt940::new(bytes);
    let mut sum = Money::ZERO;
    while let Some(part) = parts.next() {
        match part {
            Ok(StatementPart::Begin(_)) => sum = Money::ZERO,
            Ok(StatementPart::Line(row)) => {
                if let Row::Read(line) = *row {
                    assert!(line.amount.is_positive());
                    sum += line.direction.signed(line.amount);
                    let _ = line.identity("account");
                }
            }
            Ok(StatementPart::End(head, balance)) => {
                assert!(balance != Balance::Holds || head.opening.unwrap() + sum == head.closing.unwrap());
            }
            Err(_) => {
                assert!(parts.next().is_none());
                return;
            }
        }
    }
});
