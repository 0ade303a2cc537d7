//! The lines before and after the rows, taken off a file while it is read.

use std::collections::VecDeque;
use std::io::BufRead;

use super::{Field, Frame, Layout};
use crate::interchange::bank::error::{FILE_EMPTY, HEADER_UNEXPECTED, TRAILER_UNEXPECTED};
use crate::interchange::bank::lines::{Line, Lines};
use crate::kernel::refusal::{Code, Refusal};

/// What a line before or after the rows says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub field: Field,
    pub text: String,
    /// The refusal when the text is not what the field needs.
    pub code: &'static Code,
}

impl Fact {
    pub fn refuse(&self) -> Refusal {
        self.code.because("首行或末行中的数值无法识别", "a figure in a header or trailer line cannot be read")
    }
}

/// The rows of a file, and what stood around them.
pub(super) struct Framed<R> {
    lines: Lines<R>,
    started: bool,
    /// As many lines as there are trailers, which are known as such only at the end.
    waiting: VecDeque<Line>,
    facts: Vec<Fact>,
}

impl<R: BufRead> Framed<R> {
    pub fn new(input: R) -> Self {
        Self { lines: Lines::new(input), started: false, waiting: VecDeque::new(), facts: Vec::new() }
    }

    /// The next row; `None` when the trailers have been read.
    pub fn next_row(&mut self, layout: &Layout) -> Result<Option<Line>, Refusal> {
        if !self.started {
            self.started = true;
            self.start(layout)?;
        }
        while self.waiting.len() <= layout.trailers.len() {
            match self.lines.next_line()? {
                Some(line) => self.waiting.push_back(line),
                None => return self.finish(layout).map(|()| None),
            }
        }
        Ok(self.waiting.pop_front())
    }

    /// What was read around the rows so far: all of it when there are no more rows.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    fn start(&mut self, layout: &Layout) -> Result<(), Refusal> {
        for (index, frame) in layout.headers.iter().enumerate() {
            let Some(line) = self.lines.next_line()? else {
                return Err(if index == 0 {
                    FILE_EMPTY.refuse()
                } else {
                    HEADER_UNEXPECTED.because("首行不全", "not all header lines are there")
                });
            };
            self.take(layout, frame, &line, &HEADER_UNEXPECTED)?;
        }
        if layout.headers.is_empty() {
            // Without headers an empty file is told by its lacking a first line.
            match self.lines.next_line()? {
                Some(line) => self.waiting.push_back(line),
                None => return Err(FILE_EMPTY.refuse()),
            }
        }
        Ok(())
    }

    fn finish(&mut self, layout: &Layout) -> Result<(), Refusal> {
        if self.waiting.len() < layout.trailers.len() {
            return Err(TRAILER_UNEXPECTED.because("末行缺失，文件可能不完整", "a trailer line is missing; the file may be incomplete"));
        }
        for frame in &layout.trailers {
            if let Some(line) = self.waiting.pop_front() {
                self.take(layout, frame, &line, &TRAILER_UNEXPECTED)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, layout: &Layout, frame: &Frame, line: &Line, code: &'static Code) -> Result<(), Refusal> {
        if frame.any {
            return Ok(());
        }
        let cells = layout.cut(&frame.columns, &line.bytes).map_err(|problem| {
            let number = line.number;
            code.because(format!("第{number}行：{}", problem.text.zh), format!("line {number}: {}", problem.text.en)).with("line", number)
        })?;
        let facts = frame.columns.iter().zip(cells).filter(|(column, _)| !matches!(column.field, Field::Literal | Field::Blank));
        self.facts.extend(facts.map(|(column, text)| Fact { field: column.field, text, code }));
        Ok(())
    }
}
