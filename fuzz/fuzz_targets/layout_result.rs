//! Any bytes are a result file or a refusal under each layout; the first byte chooses one, and of every layout that reads
//! statements, too.
#![no_main]

use bangfu_fuzz::interchange::bank::layout::{Layout, LayoutResults, LayoutStatement, neutral};
use bangfu_fuzz::interchange::bank::result::Controls;
use bangfu_fuzz::interchange::bank::row::Row;
use bangfu_fuzz::interchange::bank::statement::StatementPart;
use libfuzzer_sys::fuzz_target;

fn read(text: &str) -> Layout {
    serde_json::from_str(text).unwrap()
}

fn results(layout: &Layout, bytes: &[u8]) {
    let mut reader = LayoutResults::new(bytes, layout).unwrap();
    let (mut rows, mut faults) = (0, 0);
    while let Some(row) = reader.next() {
        match row {
            Ok(Row::Read(line)) => {
                rows += 1;
                assert!(!line.amount.is_some_and(|amount| amount.is_negative()));
            }
            Ok(Row::Faulty(_)) => faults += 1,
            Err(_) => {
                assert!(reader.next().is_none());
                return;
            }
        }
    }
    let file = reader.file();
    assert_eq!((file.rows, file.faults), (rows + faults, faults));
    assert!(file.controls != Controls::Hold || faults == 0 || layout.trailers.is_empty());
}

fn statement(layout: &Layout, bytes: &[u8]) {
    for part in LayoutStatement::new(bytes, layout).unwrap() {
        if let Ok(StatementPart::Line(row)) = part
            && let Row::Read(line) = *row
        {
            assert!(line.amount.is_positive());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, file)) = bytes.split_first() else { return };
    match choice % 5 {
        0 => results(&read(include_str!("../../tests/samples/bank/one_card.results.json")), file),
        1 => results(&read(include_str!("../../tests/samples/bank/payroll.results.json")), file),
        2 => results(&neutral::results(), file),
        3 => statement(&read(include_str!("../../tests/samples/bank/statement.layout.json")), file),
        _ => statement(&neutral::statement(), file),
    }
});
