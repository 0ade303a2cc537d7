//! The modules that are fuzzed, and the table that their files are read as.

#![allow(dead_code, reason = "much of the kernel has no use without the service")]

#[path = "../src/interchange/mod.rs"]
pub mod interchange;
#[path = "../src/kernel/mod.rs"]
pub mod kernel;

use interchange::tables::{Choice, Column, Faults, Kind, Limits, Reader, Table, Words, annotate};
use kernel::Lang;

static CATEGORIES: [Choice; 2] = [Choice::new("deep", "深度困难", &["深度"]), Choice::new("relative", "相对困难", &["相对"])];

static COLUMNS: [Column; 10] = [
    Column::new("name", "姓名", Kind::Name).required(),
    Column::new("identity_number", "身份证号", Kind::Identity).required().aliases(&["身份证号码"]),
    Column::new("account", "银行卡号", Kind::Account).aliases(&["卡号"]),
    Column::new("phone", "手机号", Kind::Phone).aliases(&["联系电话"]),
    Column::new("amount", "金额", Kind::Money).aliases(&["金额(元)"]),
    Column::new("opened_on", "建档日期", Kind::Date),
    Column::new("members", "家庭人口", Kind::Integer { least: 1, most: 30 }),
    Column::new("category", "困难类别", Kind::Choice(&CATEGORIES)),
    Column::new("in_grace", "是否渐退", Kind::Flag),
    Column::new("remark", "备注", Kind::Text),
];

static HOUSEHOLDS: Table = Table { name: "households", title: Words::new("困难职工家庭", "Households"), columns: &COLUMNS };

/// Reads a file to its end, and answers it: nothing may panic, and the answer must read as the file did.
pub fn table(bytes: &[u8]) {
    let limits = Limits { inflated_bytes: 16 << 20, shared_text_bytes: 8 << 20, columns: 150, ..Limits::default() };
    let Ok(reader) = Reader::open(bytes, &HOUSEHOLDS, &limits) else { return };
    let mut faults = Faults::new(100);
    let mut given = Vec::new();
    for row in reader {
        let Ok(row) = row else { return };
        row.faults().into_iter().for_each(|fault| faults.push(fault));
        given.push((row.number(), row.digest()));
    }
    let mut of = |row| Ok(faults.kept().iter().filter(|fault| fault.row == row).cloned().collect());
    let answer = annotate(bytes, &HOUSEHOLDS, &mut of, Lang::Zh, &limits).expect("what was read can be answered");
    let twice = annotate(answer.clone(), &HOUSEHOLDS, &mut of, Lang::Zh, &Limits::default()).expect("an answer can be answered");
    assert!(answer == twice, "an earlier answer is replaced");
    let again: Vec<u32> = Reader::open(answer, &HOUSEHOLDS, &Limits::default())
        .expect("an answer is a table")
        .map(|row| row.expect("its rows are rows").number())
        .collect();
    assert_eq!(given.iter().map(|(number, _)| *number).collect::<Vec<_>>(), again);
}
