//! Any bytes are a status report or a refusal; what is read keeps the promises of its types.
#![no_main]

use bangfu_fuzz::interchange::bank::pain002::Pain002;
use bangfu_fuzz::interchange::bank::result::Outcome;
use bangfu_fuzz::interchange::bank::row::Row;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut rows) = Pain002::new(bytes) else { return };
    while let Some(row) = rows.next() {
        match row {
            Ok(Row::Read(line)) => {
                assert!(!line.amount.is_some_and(|amount| amount.is_negative()));
                assert!(line.outcome != Outcome::Failed || line.code.as_deref() == Some("RJCT"));
            }
            Ok(Row::Faulty(_)) => {}
            Err(_) => {
                assert!(rows.next().is_none());
                return;
            }
        }
    }
});
