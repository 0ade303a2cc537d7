//! How far it is: a bar on a terminal, one plain line a stage elsewhere. Always on standard error.

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{lang, say};
use crate::kernel::Text;

/// A stage with a known number of steps.
pub struct Stage {
    bar: ProgressBar,
    name: Text,
    steps: usize,
}

impl Stage {
    /// Begins a stage.
    pub fn begin(zh: &str, en: &str, steps: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(steps).unwrap_or(u64::MAX)).with_message(Text::new(zh, en).get(lang()).to_owned());
        // Drawing into a file or a pipe is suppressed by the bar itself.
        if let Ok(style) = ProgressStyle::with_template("  {bar:24} {pos:>5}/{len:<5} {msg}") {
            bar.set_style(style);
        }
        Self { bar, name: Text::new(zh, en), steps }
    }

    /// One step more.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// Ends the stage and leaves one line of it.
    pub fn end(self) {
        self.bar.finish_and_clear();
        let (zh, en, steps) = (&self.name.zh, &self.name.en, self.steps);
        say(&Text::new(format!("  {zh} {steps}"), format!("  {en}: {steps}")));
    }
}
