//! Numbers and codes: what spreadsheets and people do to them, and what is refused of it.

use rust_xlsxwriter::{Format, Workbook};
use serde_json::json;

use super::{Line, faults, file, head, member};
use crate::support::registry::identity_number;
use crate::support::{Aid, run};

const HOUSEHOLDS: &str = "/v1/households/import";

#[test]
fn a_dossier_number_that_a_spreadsheet_damaged_is_refused_with_its_row() {
    run(async |app| {
        Aid::new(app).await;
        let rows = [
            head("5.10502E+17", &Line::new("甲一")),
            head("5.10502E+17", &Line::new("乙二")),
            head("20220001.0", &Line::new("丙三")),
            head("20220001", &Line::new("丁四")),
        ];
        let report = app.report(&format!("{HOUSEHOLDS}?take=good"), &file(&rows)).await;
        let expected = [(2, "scientific_notation"), (3, "scientific_notation"), (4, "trailing_decimal")];
        assert_eq!(faults(&report), expected.map(|(row, code)| (row, "dossier_number".to_owned(), code.to_owned())), "{report}");
        assert_eq!(app.all("/v1/dossiers", 10).await.iter().map(|dossier| &dossier["number"]).collect::<Vec<_>>(), ["20220001"]);
        app.finish().await;
    });
}

#[test]
fn full_width_numbers_and_regions_are_the_same_as_narrow_ones() {
    run(async |app| {
        Aid::new(app).await;
        let rows = [
            head("Ｎ－１", &Line::new("甲一")).replace(",510599,", ",５１０５９９,"),
            member(" N-1\u{3000}", "配偶", &Line::new("乙二")),
            member("N‐1", "子女", &Line::new("丙三")),
        ];
        let report = app.report(HOUSEHOLDS, &file(&rows)).await;
        assert_eq!((&report["outcome"], &report["taken"]), (&json!("taken"), &json!(3)), "{report}");
        let dossiers = app.all("/v1/dossiers", 10).await;
        assert_eq!((dossiers.len(), &dossiers[0]["number"]), (1, &json!("N-1")));
        let household = app.get(&format!("/v1/households/{}", dossiers[0]["household_id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!((&household["region_code"], household["members"].as_array().unwrap().len()), (&json!("510599"), 3));
        app.finish().await;
    });
}

/// A workbook of persons, one with a numeric cell where the account stands.
fn persons(number: &str, quantity: u32) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let text = Format::new().set_num_format("@");
    for (place, head) in (0_u16..).zip(["姓名", "身份证号码", "账户类型", "账号"]) {
        sheet.write_string(0, place, head).unwrap();
    }
    for row in 1..=2 {
        sheet.write_string(row, 0, "王小明").unwrap();
        sheet.write_string_with_format(row, 1, identity_number(), &text).unwrap();
        sheet.write_string(row, 2, "银行卡").unwrap();
    }
    sheet.write_string_with_format(1, 3, number, &text).unwrap();
    sheet.write_number(2, 3, quantity).unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn an_account_in_a_numeric_cell_is_refused_because_its_leading_zero_may_be_lost() {
    run(async |app| {
        Aid::new(app).await;
        let report = app.report("/v1/persons/import?take=good", &persons("012345678901", 1_234_567_890)).await;
        assert_eq!(faults(&report), [(3, "account_number".to_owned(), "leading_zero_lost".to_owned())], "{report}");
        assert!(report["faults"][0]["zh"].as_str().unwrap().contains("首位的0"), "{report}");
        assert_eq!((&report["faults"][0]["value"], &report["taken"]), (&json!("****7890"), &json!(1)), "{report}");
        let accounts = app.all("/v1/payee-accounts", 10).await;
        assert_eq!((accounts.len(), &accounts[0]["number"]), (1, &json!("****8901")));
        app.finish().await;
    });
}
