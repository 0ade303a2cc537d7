use super::*;
use crate::interchange::tables::Choice;
use crate::interchange::tables::Words;
use crate::interchange::tables::sample::{HOUSEHOLDS, rows};

#[test]
fn a_template_with_its_example_is_taken_without_a_fault() {
    let mut digests = std::collections::BTreeSet::new();
    for lang in [Lang::Zh, Lang::En] {
        let files = [
            template(&HOUSEHOLDS, lang).unwrap(),
            csv_template(&HOUSEHOLDS, lang, Encoding::Utf8Bom).unwrap(),
            csv_template(&HOUSEHOLDS, lang, Encoding::Gb18030).unwrap(),
        ];
        for bytes in files {
            let rows = rows(bytes);
            assert_eq!((rows.len(), rows[0].faults()), (1, vec![]));
            digests.insert(rows[0].digest());
        }
    }
    assert_eq!(digests.len(), 1);
}

#[test]
fn another_program_reads_the_template() {
    use calamine::{Data, Reader as _};
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(template(&HOUSEHOLDS, Lang::Zh).unwrap())).unwrap();
    assert_eq!(book.sheet_names(), ["填写", "说明"]);
    let sheet = book.worksheet_range("填写").unwrap();
    assert_eq!(sheet.get_value((0, 0)), Some(&Data::String("姓名*".into())));
    let words = book.worksheet_range("说明").unwrap();
    assert_eq!(words.get_value((10, 2)), Some(&Data::String("深度困难 / 相对困难 / 意外致困 / 省级".into())));
}

#[test]
fn choices_too_many_for_a_cell_stand_on_a_sheet_of_their_own() {
    static CHOICES: [Choice; 3] = [
        Choice::new(
            "first",
            "甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲甲",
            &[],
        ),
        Choice::new(
            "second",
            "乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙乙",
            &[],
        ),
        Choice::new(
            "third",
            "丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙丙",
            &[],
        ),
    ];
    static COLUMNS: [Column; 1] = [Column::new("kind", "类别", Kind::Choice(&CHOICES))];
    static TABLE: Table = Table { name: "kinds", title: Words::new("类别", "Kinds"), columns: &COLUMNS };
    use calamine::Reader as _;
    let book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(template(&TABLE, Lang::Zh).unwrap())).unwrap();
    assert_eq!(book.sheet_names(), ["填写", "说明", "选项"]);
    assert_eq!(book.sheets_metadata()[2].visible, calamine::SheetVisible::Hidden);
}
