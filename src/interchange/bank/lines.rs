//! Lines of a text file, as bytes, with a limit on everything.

use std::io::{BufRead, Read};

use crate::kernel::refusal::Refusal;

use super::error::{FILE_TOO_LARGE, FILE_UNREADABLE};

/// Bytes of one line at most.
pub(super) const LONGEST_LINE: usize = 64 * 1024;
/// Bytes of one file at most: three times the largest statement that was measured.
pub(super) const LARGEST_FILE: u64 = 256 * 1024 * 1024;

/// One line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1 on.
    pub number: u32,
    pub bytes: Vec<u8>,
}

/// The lines of a file; those of blanks only are left out but counted.
pub(super) struct Lines<R> {
    input: R,
    number: u32,
    read: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, number: 0, read: 0 }
    }

    /// The next line that is not blank; `None` at the end.
    ///
    /// Lines end with a line feed, before which a carriage return is dropped: neither byte is ever part of a longer
    /// character in UTF-8 or GB 18030.
    pub fn next_line(&mut self) -> Result<Option<Line>, Refusal> {
        loop {
            let mut bytes = Vec::new();
            let limit = u64::try_from(LONGEST_LINE + 2).unwrap_or(u64::MAX);
            let taken = (&mut self.input).take(limit).read_until(b'\n', &mut bytes).map_err(unreadable)?;
            if taken == 0 {
                return Ok(None);
            }
            self.read = self.read.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            self.number = self.number.saturating_add(1);
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
                if bytes.last() == Some(&b'\r') {
                    bytes.pop();
                }
            }
            // Control Z ended files of DOS, and some banks' hosts still write it.
            if bytes == [0x1A] {
                continue;
            }
            if bytes.len() > LONGEST_LINE || self.read > LARGEST_FILE {
                return Err(too_large(self.number));
            }
            if self.number == 1 && bytes.starts_with(b"\xEF\xBB\xBF") {
                bytes.drain(..3);
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(Line { number: self.number, bytes }));
            }
        }
    }
}

/// The transport failed.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Refusal {
    FILE_UNREADABLE.because(format!("文件无法读取：{error}"), format!("the file cannot be read: {error}"))
}

fn too_large(line: u32) -> Refusal {
    FILE_TOO_LARGE.because(
        format!("第{line}行：一行不得超过 {LONGEST_LINE} 字节，文件不得超过 {LARGEST_FILE} 字节"),
        format!("line {line}: a line has at most {LONGEST_LINE} bytes and a file at most {LARGEST_FILE}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(u32, String)> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push((line.number, String::from_utf8(line.bytes).unwrap()));
        }
        all
    }

    #[test]
    fn lines_of_either_end_are_counted_and_blank_ones_left_out() {
        let expected = vec![(1, "a".to_owned()), (3, "b".to_owned()), (4, "c".to_owned())];
        assert_eq!(all(b"\xEF\xBB\xBFa\r\n\r\nb\nc"), expected);
        assert_eq!(all(b"a\n \nb\nc\n\x1A"), expected);
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let endless = std::io::BufReader::new(std::io::repeat(b'x'));
        let refusal = Lines::new(endless).next_line().unwrap_err();
        assert_eq!(refusal.code, &FILE_TOO_LARGE);
    }

    #[test]
    fn a_file_of_blank_lines_without_end_is_refused() {
        let endless = std::io::BufReader::with_capacity(1 << 20, std::io::repeat(b'\n'));
        let mut lines = Lines::new(endless);
        lines.read = LARGEST_FILE - 100;
        assert_eq!(lines.next_line().unwrap_err().code, &FILE_TOO_LARGE);
    }
}
