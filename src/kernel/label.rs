//! Texts that name things and are compared: two that look alike must be one.

use unicode_normalization::UnicodeNormalization;

/// A label in the one form it is kept and compared in: full-width and compatibility forms normalised (NFKC), and all white
/// space and invisible characters taken out, which in Chinese text carry no meaning. `2023 元旦春节` is `2023元旦春节`.
#[must_use]
pub fn label(text: &str) -> String {
    text.nfkc().filter(|each| !each.is_whitespace() && !each.is_control() && !is_invisible(*each)).collect()
}

/// Zero-width spaces and joiners, direction marks, the byte order mark and variation selectors.
const fn is_invisible(each: char) -> bool {
    matches!(each, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_look_alike_are_one() {
        for text in ["2023元旦春节", "2023 元旦春节", " ２０２３元旦春节\u{3000}", "2023元旦\u{200b}春节\u{feff}"] {
            assert_eq!(label(text), "2023元旦春节", "{text:?}");
        }
        assert_ne!(label("2023元旦春节"), label("2022元旦春节"));
        assert_eq!(label(" \u{3000}\u{200b}"), "");
    }
}
