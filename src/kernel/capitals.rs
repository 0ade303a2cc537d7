//! Amounts in capitals (人民币大写), as receipts and payment orders carry them beside the figures.

use super::money::Money;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
/// Places within a group of four, the highest first.
const PLACES: [&str; 4] = ["仟", "佰", "拾", ""];
/// Groups of four, the lowest first; an amount has at most sixteen digits of yuan.
const GROUPS: [&str; 4] = ["", "万", "亿", "万亿"];

/// The amount in capitals: `人民币壹仟肆佰零玖元伍角`, `人民币叁佰贰拾伍元零肆分`, `人民币零元整`; below zero `人民币负伍元整`.
///
/// 整 stands only after whole yuan. One 零 stands for any run of zeros between digits, and in front of 角 when the yuan end in
/// zero; what begins a group of four with a zero has one in front, `壹拾万零伍佰`.
#[must_use]
pub fn capital(amount: Money) -> String {
    let text = amount.abs().to_string();
    let (yuan, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if amount.is_negative() { "负" } else { "" };
    let whole = whole(yuan);
    let mut digits = cents.chars().filter_map(|each| each.to_digit(10)).filter_map(|digit| usize::try_from(digit).ok());
    let (jiao, fen) = (digits.next().unwrap_or(0), digits.next().unwrap_or(0));
    let zero_before = if !whole.is_empty() && (jiao == 0 || yuan.ends_with('0')) { "零" } else { "" };
    let fraction = match (jiao, fen) {
        (0, 0) => "整".to_owned(),
        (0, fen) => format!("{zero_before}{}分", digit(fen)),
        (jiao, 0) => format!("{zero_before}{}角", digit(jiao)),
        (jiao, fen) => format!("{zero_before}{}角{}分", digit(jiao), digit(fen)),
    };
    match (whole.is_empty(), jiao + fen) {
        (true, 0) => format!("人民币{sign}零元整"),
        (true, _) => format!("人民币{sign}{fraction}"),
        (false, _) => format!("人民币{sign}{whole}元{fraction}"),
    }
}

fn digit(value: usize) -> char {
    DIGITS.get(value).copied().unwrap_or('零')
}

/// The yuan without their unit; empty for none.
fn whole(yuan: &str) -> String {
    let digits: Vec<usize> = yuan.chars().filter_map(|each| each.to_digit(10)).filter_map(|digit| usize::try_from(digit).ok()).collect();
    let groups: Vec<&[usize]> = digits.rchunks(4).collect();
    let mut out = String::new();
    let mut gap = false;
    // 亿 is also said when only the group above it has digits: 壹万亿.
    for (index, group) in groups.iter().enumerate().rev() {
        if group.iter().all(|digit| *digit == 0) {
            gap = true;
            continue;
        }
        for (place, value) in (4 - group.len()..).zip(*group) {
            if *value == 0 {
                gap = true;
                continue;
            }
            if gap && !out.is_empty() {
                out.push('零');
            }
            gap = false;
            out.push(digit(*value));
            out.push_str(PLACES.get(place).copied().unwrap_or_default());
        }
        // Zeros at the end of a group are silent; the group's name stands for them.
        gap = false;
        out.push_str(unit(index, &groups));
    }
    out
}

/// 万亿 is 万 when 亿 follows with digits of its own: 壹万贰仟亿.
fn unit(index: usize, groups: &[&[usize]]) -> &'static str {
    let hundreds_of_millions = groups.get(2).is_some_and(|group| group.iter().any(|digit| *digit != 0));
    if index == 3 && hundreds_of_millions { "万" } else { GROUPS.get(index).copied().unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_written_as_on_a_receipt() {
        for (yuan, expected) in [
            ("1409.50", "人民币壹仟肆佰零玖元伍角"),
            ("6007.14", "人民币陆仟零柒元壹角肆分"),
            ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
            ("325.04", "人民币叁佰贰拾伍元零肆分"),
            ("1680.32", "人民币壹仟陆佰捌拾元零叁角贰分"),
            ("107000.53", "人民币壹拾万柒仟元零伍角叁分"),
            ("0", "人民币零元整"),
            ("0.05", "人民币伍分"),
            ("0.50", "人民币伍角"),
            ("0.55", "人民币伍角伍分"),
            ("1", "人民币壹元整"),
            ("10", "人民币壹拾元整"),
            ("20", "人民币贰拾元整"),
            ("100", "人民币壹佰元整"),
            ("1001", "人民币壹仟零壹元整"),
            ("10000", "人民币壹万元整"),
            ("100000", "人民币壹拾万元整"),
            ("100500", "人民币壹拾万零伍佰元整"),
            ("1001000", "人民币壹佰万壹仟元整"),
            ("10000500", "人民币壹仟万零伍佰元整"),
            ("100000000", "人民币壹亿元整"),
            ("100001000", "人民币壹亿零壹仟元整"),
            ("266436", "人民币贰拾陆万陆仟肆佰叁拾陆元整"),
            ("376040", "人民币叁拾柒万陆仟零肆拾元整"),
            ("1315360", "人民币壹佰叁拾壹万伍仟叁佰陆拾元整"),
            ("1315532", "人民币壹佰叁拾壹万伍仟伍佰叁拾贰元整"),
            ("1315476", "人民币壹佰叁拾壹万伍仟肆佰柒拾陆元整"),
            ("172", "人民币壹佰柒拾贰元整"),
            ("116", "人民币壹佰壹拾陆元整"),
            ("56", "人民币伍拾陆元整"),
            ("6300", "人民币陆仟叁佰元整"),
            ("9000", "人民币玖仟元整"),
            ("1521", "人民币壹仟伍佰贰拾壹元整"),
            ("2212", "人民币贰仟贰佰壹拾贰元整"),
            ("3000", "人民币叁仟元整"),
            ("-5", "人民币负伍元整"),
            ("1000000000000", "人民币壹万亿元整"),
            ("1200000000000", "人民币壹万贰仟亿元整"),
            ("1000100000000", "人民币壹万零壹亿元整"),
            ("9999999999999999.99", "人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ] {
            assert_eq!(capital(yuan.parse().unwrap()), expected, "{yuan}");
        }
    }

    proptest! {
        #[test]
        fn no_two_amounts_read_alike(one in 0_u64..2_000_000_000, other in 0_u64..2_000_000_000) {
            let text = |fen: u64| capital(format!("{}.{:02}", fen / 100, fen % 100).parse().unwrap());
            prop_assert_eq!(one == other, text(one) == text(other));
        }

        #[test]
        fn zeros_never_stand_together(fen in 0_u64..1_000_000_000_000_000_000) {
            let text = capital(format!("{}.{:02}", fen / 100, fen % 100).parse().unwrap());
            prop_assert!(!text.contains("零零") && !text.contains("零万") && !text.contains("零亿"), "{}", text);
        }
    }
}
