use proptest::prelude::*;

use super::*;
use crate::interchange::tables::normal::normal;

const DIGITS: Kind = Kind::Digits { shortest: 6, longest: 6 };
const COUNT: Kind = Kind::Integer { least: 0, most: 999 };
static CAUSES: [Choice; 2] = [Choice::new("illness", "患病", &["大病", "重病"]), Choice::new("disability", "残疾", &[])];

fn code_of(kind: Kind, text: &str, origin: Origin) -> &'static str {
    match read(kind, &normal(kind, text), origin) {
        Ok(value) => panic!("{text} was read as {value:?}"),
        Err(reason) => {
            assert!(!reason.text.zh.is_ascii() && !reason.text.en.is_empty(), "{reason:?}");
            reason.code
        }
    }
}

fn canonical(kind: Kind, text: &str) -> String {
    read(kind, &normal(kind, text), Origin::Text).unwrap_or_else(|reason| panic!("{text}: {reason:?}")).canonical()
}

#[test]
fn an_identity_number_damaged_by_a_spreadsheet_is_refused() {
    for (text, origin, code) in [
        ("5.10599E+17", Origin::Text, "scientific_notation"),
        ("5.10599000000000E+017", Origin::Text, "scientific_notation"),
        ("510599199001010000", Origin::Number, "digits_lost"),
        ("510599199001010000", Origin::Text, "identity_number_spreadsheet_damage"),
        ("510599199001010017.0", Origin::Text, "trailing_decimal"),
        ("51059919900101001", Origin::Text, "identity_number_17_digits"),
        ("51059919900101001", Origin::Number, "digits_lost"),
        ("510599900101001", Origin::Text, "identity_number_length"),
        ("510599199001010018", Origin::Text, "identity_number_check_digit"),
        ("510599200102290017", Origin::Text, "identity_number_date"),
        ("########", Origin::Text, "spreadsheet_overflow"),
        ("#N/A", Origin::Text, "spreadsheet_error"),
        ("#VALUE!", Origin::Error, "spreadsheet_error"),
        ("#ref!", Origin::Text, "spreadsheet_error"),
        ("510599199001010017", Origin::Formula, "formula"),
    ] {
        assert_eq!(code_of(Kind::Identity, text, origin), code, "{text}");
    }
    assert_eq!(canonical(Kind::Identity, "'510599199001010017"), "510599199001010017");
}

#[test]
fn a_card_number_in_scientific_notation_is_refused() {
    assert_eq!(code_of(Kind::Account, "6.22999E+18", Origin::Text), "scientific_notation");
    assert_eq!(code_of(Kind::Account, "6229990000000000000", Origin::Number), "digits_lost");
    assert_eq!(code_of(Kind::Account, "6229990000.0", Origin::Text), "trailing_decimal");
    assert_eq!(code_of(Kind::Account, "62299900000A", Origin::Text), "account_character");
    assert_eq!(code_of(Kind::Account, "6229999", Origin::Text), "account_length");
    assert_eq!(canonical(Kind::Account, "６２２９ 9900 0000 0000 019"), "6229990000000000019");
}

#[test]
fn an_account_or_number_that_may_have_lost_a_leading_zero_is_refused() {
    for kind in [Kind::Account, Kind::Code] {
        assert_eq!(code_of(kind, "12345678901", Origin::Number), "leading_zero_lost");
        assert_eq!(canonical(kind, "'012345678901"), "012345678901");
    }
    // What is held against a list may be a quantity: one that has lost a zero names nothing.
    assert_eq!(read(Kind::Reference, "510599", Origin::Number).map(|value| value.canonical()), Ok("510599".to_owned()));
}

#[test]
fn a_code_damaged_by_a_spreadsheet_is_refused_and_one_that_is_not_is_kept() {
    for kind in [Kind::Code, Kind::Reference] {
        for (text, origin, code) in [
            ("5.10502E+17", Origin::Text, "scientific_notation"),
            ("5E+17", Origin::Text, "scientific_notation"),
            ("５．１Ｅ＋１７", Origin::Text, "scientific_notation"),
            ("20220001.0", Origin::Text, "trailing_decimal"),
            ("20220001.5", Origin::Number, "trailing_decimal"),
            ("510502199001010000", Origin::Number, "digits_lost"),
            ("2022-03-04", Origin::Date, "turned_into_day"),
            ("=A1", Origin::Formula, "formula"),
            ("#N/A", Origin::Text, "spreadsheet_error"),
        ] {
            assert_eq!(code_of(kind, text, origin), code, "{text}");
        }
        for (text, kept) in [("12E3", "12E3"), ("2022.15", "2022.15"), ("０００１２", "00012"), (" Ｎ－１ ", "N-1"), ("N—1", "N-1")]
        {
            assert_eq!(canonical(kind, text), kept);
        }
    }
    assert_eq!(code_of(Kind::Account, "2022-03-04", Origin::Date), "turned_into_day");
    // Words keep their characters.
    assert_eq!(canonical(Kind::Text, "５．１Ｅ＋１７ 号"), "５．１Ｅ＋１７ 号");
}

#[test]
fn a_phone_of_ten_digits_is_refused() {
    assert_eq!(code_of(Kind::Phone, "1990000283", Origin::Text), "phone_ten_digits");
    assert_eq!(code_of(Kind::Phone, "8302835123", Origin::Number), "phone_ten_digits");
    assert_eq!(code_of(Kind::Phone, "1.99E+10", Origin::Text), "scientific_notation");
    assert_eq!(code_of(Kind::Phone, "12345678901", Origin::Text), "phone_malformed");
    for (text, plain) in
        [("199 0000 2835", "19900002835"), ("+86 199-0000-2835", "19900002835"), ("(0830)2835123", "08302835123"), ("2835123", "2835123")]
    {
        assert_eq!(canonical(Kind::Phone, text), plain, "{text}");
    }
}

#[test]
fn a_code_that_lost_its_leading_zeros_is_refused() {
    assert_eq!(code_of(DIGITS, "712", Origin::Number), "leading_zero_lost");
    assert_eq!(code_of(DIGITS, "712", Origin::Text), "digits_length");
    assert_eq!(code_of(DIGITS, "51O599", Origin::Text), "digits_character");
    assert_eq!(canonical(DIGITS, "000712"), "000712");
}

#[test]
fn a_day_is_read_the_year_first() {
    for text in [
        "2022-08-01",
        "2022/8/1",
        "2022.8.1",
        "2022年8月1日",
        "20220801",
        "２０２２－０８－０１",
        "2022-08-01 00:00:00",
        "2022-08-01T00:00:00.000",
        "2022 年 8 月 1 日",
        "2022/8/1 0:00",
    ] {
        assert_eq!(canonical(Kind::Date, text), "2022-08-01", "{text}");
    }
    for (text, origin, code) in [
        ("44774", Origin::Text, "date_serial"),
        ("44774", Origin::Number, "date_serial"),
        ("44774.5", Origin::Number, "date_serial"),
        ("8/1/22", Origin::Text, "date_ambiguous"),
        ("22-08-01", Origin::Text, "date_ambiguous"),
        ("2022-02-30", Origin::Text, "date_unknown"),
        ("1022-08-01", Origin::Text, "date_unknown"),
        ("2022-08-01 10:30", Origin::Text, "date_has_time"),
        ("2022-8", Origin::Text, "date_malformed"),
        ("八月一日", Origin::Text, "date_malformed"),
    ] {
        assert_eq!(code_of(Kind::Date, text, origin), code, "{text}");
    }
}

#[test]
fn an_amount_is_read_to_the_fen() {
    for (text, yuan) in [
        ("1,521.00", "1521.00"),
        ("￥1521", "1521.00"),
        ("1521元", "1521.00"),
        ("0.1521万元", "1521.00"),
        ("-3,000", "-3000.00"),
        ("-¥5.5", "-5.50"),
        ("１５２１．００", "1521.00"),
    ] {
        assert_eq!(canonical(Kind::Money, text), yuan, "{text}");
    }
    for (text, origin, code) in [
        ("1521.0000000000002", Origin::Number, "amount_fraction_of_fen"),
        ("1521.005", Origin::Text, "amount_fraction_of_fen"),
        ("12345678901234567", Origin::Number, "digits_lost"),
        ("1.521E+03", Origin::Text, "scientific_notation"),
        ("72,4", Origin::Text, "amount_malformed"),
        ("(1,521.00)", Origin::Text, "amount_malformed"),
        ("--5", Origin::Text, "amount_malformed"),
        ("99999999999999999", Origin::Text, "amount_too_large"),
    ] {
        assert_eq!(code_of(Kind::Money, text, origin), code, "{text}");
    }
}

#[test]
fn whole_numbers_choices_and_flags_are_read() {
    assert_eq!(canonical(COUNT, "12"), "12");
    assert_eq!(code_of(COUNT, "12.0", Origin::Text), "integer_fraction");
    assert_eq!(code_of(COUNT, "1,000", Origin::Text), "integer_out_of_range");
    assert_eq!(code_of(COUNT, "十二", Origin::Text), "integer_malformed");
    for text in ["患病", "大 病", "illness", "ILLNESS"] {
        assert_eq!(canonical(Kind::Choice(&CAUSES), text), "illness");
    }
    assert_eq!(code_of(Kind::Choice(&CAUSES), "穷", Origin::Text), "choice_unknown");
    assert_eq!((canonical(Kind::Flag, "是"), canonical(Kind::Flag, "No")), ("true".into(), "false".into()));
    assert_eq!(code_of(Kind::Flag, "也许", Origin::Text), "flag_unknown");
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(text in "\\PC{0,24}") {
        for kind in [Kind::Text, Kind::Code, Kind::Reference, Kind::Name, Kind::Identity, Kind::Account, Kind::Phone, DIGITS, Kind::Money, Kind::Date, COUNT, Kind::Choice(&CAUSES), Kind::Flag] {
            for origin in [Origin::Text, Origin::Number, Origin::Date] {
                let _ = read(kind, &normal(kind, &text), origin);
            }
        }
    }

    #[test]
    fn what_was_read_reads_the_same_again(text in "[-0-9年月日./,万元¥ ]{1,14}") {
        for kind in [Kind::Money, Kind::Date, COUNT, Kind::Phone, Kind::Account, Kind::Code] {
            if let Ok(value) = read(kind, &normal(kind, &text), Origin::Text) {
                prop_assert_eq!(read(kind, &value.canonical(), Origin::Text), Ok(value));
            }
        }
    }
}
