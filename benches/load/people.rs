//! Invented people: identity numbers of the unassigned region 510599 with their check digits, and cards.

use std::fmt::Write;

/// The so-manieth identity number.
pub fn identity_number(number: usize) -> String {
    // 365 days times 999 people a day, a year for each 364,635 of them.
    let (year, rest) = (1950 + number / 300_000, number % 300_000);
    let (month, rest) = (1 + rest / 25_000, rest % 25_000);
    let (day, order) = (1 + rest / 999, 1 + rest % 999);
    let body = format!("510599{year:04}{month:02}{day:02}{order:03}");
    let weights = (1..=17).rev().map(|power| (0..power).fold(1_u32, |weight, _| weight * 2 % 11));
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize];
    body + check
}

/// The so-manieth card.
pub fn card(number: usize) -> String {
    format!("622999{number:013}")
}

/// A file of households of one, each with a dossier and a card.
pub fn households(count: usize) -> Vec<u8> {
    let mut file = String::with_capacity(count * 160);
    file.push_str(
        "档案编号,与户主关系,姓名,身份证号码,电话,建档系统,建档级别,困难类别,行政区划,在档日期,致困原因,家庭月收入,账户类型,银行账号\r\n",
    );
    for number in 0..count {
        writeln!(
            file,
            "N-{number:07},户主,王小{number},{},199{:08},全总帮扶系统,市级,相对困难,510599,2021-03-07,疾病,2830.00,一卡通,{}\r",
            identity_number(number),
            number,
            card(number)
        )
        .unwrap();
    }
    file.into_bytes()
}
