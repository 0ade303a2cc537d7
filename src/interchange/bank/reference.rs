//! References: how a payment's own reference is written into files and found again in what banks send back.

use std::collections::HashSet;

use uuid::Uuid;

/// Hexadecimal digits of a short reference.
pub const SHORT_LENGTH: usize = 16;

/// A reference as 32 lower-case hexadecimal digits, which fits the 35 characters of ISO 20022.
#[must_use]
pub fn compact(reference: Uuid) -> String {
    reference.simple().to_string()
}

/// The first 16 hexadecimal digits, for files without room for 32. 60 bits of them are free, so that a writer refuses a file in
/// which two would be equal; whoever reads one back looks for the payment that begins with it ([`Short`]).
#[must_use]
pub fn short(reference: Uuid) -> String {
    compact(reference).chars().take(SHORT_LENGTH).collect()
}

/// What a short reference says of the one it is short for: that it begins so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Short(u64);

impl Short {
    /// The short reference of a payment.
    #[must_use]
    pub const fn of(reference: Uuid) -> Self {
        Self(reference.as_u64_pair().0)
    }

    /// The short reference that a text is: exactly sixteen hexadecimal digits, in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.len() == SHORT_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }

    /// The first and the last reference that begin so: an index finds what lies between.
    #[must_use]
    pub const fn range(self) -> (Uuid, Uuid) {
        (Uuid::from_u64_pair(self.0, 0), Uuid::from_u64_pair(self.0, u64::MAX))
    }
}

/// The reference that a text is, in either case, with dashes or without.
#[must_use]
pub fn parse(text: &str) -> Option<Uuid> {
    let text = text.trim();
    (matches!(text.len(), 32 | 36) && text.is_ascii()).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// Every reference that stands in a text as a word of its own, in order and once each: banks copy the remittance text where
/// they have no field for a reference.
#[must_use]
pub fn find_all(text: &str) -> Vec<Uuid> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for word in text.split(|character: char| !(character.is_ascii_hexdigit() || character == '-')) {
        // Dashes may also join a reference to a number before or after it, so such words are looked at part by part.
        let whole = parse(word).into_iter();
        for reference in whole.chain(word.split('-').filter_map(parse)) {
            if seen.insert(reference) {
                found.push(reference);
            }
        }
    }
    found
}

/// References gathered in order, each once.
#[derive(Default)]
pub(super) struct References {
    list: Vec<String>,
    texts: HashSet<String>,
    uuids: HashSet<Uuid>,
}

impl References {
    /// Adds what a party gave, unless it is a mark for none.
    pub fn add(&mut self, text: &str) {
        let text = text.trim();
        let says_nothing = text.is_empty() || matches!(text.to_ascii_uppercase().as_str(), "NOTPROVIDED" | "NONREF" | "NOREF" | "NONE");
        if !says_nothing && self.texts.insert(text.to_owned()) {
            self.uuids.extend(parse(text));
            self.list.push(text.to_owned());
        }
    }

    /// Adds those that stand in a remittance text.
    pub fn add_found_in(&mut self, remittance: &str) {
        for found in find_all(remittance) {
            if self.uuids.insert(found) {
                self.list.push(compact(found));
            }
        }
    }

    pub fn into_list(self) -> Vec<String> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_card_number_is_no_reference() {
        assert_eq!(parse("6222020402038888888"), None);
        assert!(find_all("转账 6222020402038888888 慰问金").is_empty());
    }

    #[test]
    fn a_short_reference_has_sixteen_digits_and_nothing_else() {
        assert!(Short::parse(" 12565bb7e1fe51fa ").is_some());
        for other in ["12565bb7e1fe51f", "12565bb7e1fe51fa9", "+2565bb7e1fe51fa", "12565bb7e1fe51fg", ""] {
            assert_eq!(Short::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_reference_is_found_among_chinese_text_and_once() {
        let reference = Uuid::from_u128(0x1234_5678_9abc_5def_8123_4567_89ab_cdef);
        let text = format!("慰问金{}/退票{}；{}", compact(reference), reference, compact(reference).to_uppercase());
        assert_eq!(find_all(&text), [reference]);
    }

    proptest! {
        #[test]
        fn a_reference_survives_every_way_to_write_it(number in any::<u128>(), before in "[^0-9a-fA-F-]{0,8}", after in "[^0-9a-fA-F-]{0,8}") {
            let reference = Uuid::from_u128(number);
            prop_assert_eq!(parse(&compact(reference)), Some(reference));
            prop_assert_eq!(parse(&reference.to_string()), Some(reference));
            prop_assert!(compact(reference).starts_with(&short(reference)));
            let found = Short::parse(&short(reference).to_uppercase());
            prop_assert_eq!(found, Some(Short::of(reference)));
            let (first, last) = Short::of(reference).range();
            prop_assert!(first <= reference && reference <= last);
            let text = format!("{before}{}{after}", compact(reference));
            prop_assert_eq!(find_all(&text), vec![reference]);
        }
    }
}
