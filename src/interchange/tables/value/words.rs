//! Words of a list, and yes or no.

use crate::interchange::tables::fault::Reason;
use crate::interchange::tables::schema::Choice;
use crate::kernel::label;

/// Choices that a refusal names at most.
const NAMED: usize = 12;

const YES: &[&str] = &["是", "有", "y", "yes", "true", "1", "√", "✓", "✔"];
const NO: &[&str] = &["否", "无", "n", "no", "false", "0", "×", "✗", "✘"];

fn key(text: &str) -> String {
    label(text).to_lowercase()
}

pub(super) fn choice(text: &str, choices: &'static [Choice]) -> Result<&'static Choice, Reason> {
    let wanted = key(text);
    let names = |choice: &Choice| [choice.name, choice.zh].iter().chain(choice.aliases).any(|word| key(word) == wanted);
    choices.iter().find(|choice| names(choice)).ok_or_else(|| {
        let list = |word: fn(&Choice) -> &'static str, comma: &str| {
            let mut words: Vec<&str> = choices.iter().take(NAMED).map(word).collect();
            if choices.len() > NAMED {
                words.push("…");
            }
            words.join(comma)
        };
        Reason::new(
            "choice_unknown",
            format!("应为其中之一：{}", list(|choice| choice.zh, "、")),
            format!("must be one of: {}", list(|choice| choice.name, ", ")),
        )
    })
}

pub(super) fn flag(text: &str) -> Result<bool, Reason> {
    let word = key(text);
    if YES.contains(&word.as_str()) {
        Ok(true)
    } else if NO.contains(&word.as_str()) {
        Ok(false)
    } else {
        Err(Reason::new("flag_unknown", "应为「是」或「否」", "must be yes or no"))
    }
}
