//! One line of a file: made of cells, and cut into them again.

use super::{Align, Column, Field, Kind, Layout};
use crate::interchange::bank::error::{ROW_ENCODING, ROW_SHAPE};
use crate::interchange::bank::row::{Problem, is_plain};
use crate::kernel::Text;

impl Layout {
    /// The bytes of a line with its end; `cell` gives what stands in each column. The error says what is the matter with a
    /// cell, without showing it.
    pub(super) fn join(&self, columns: &[Column], cell: impl Fn(Field) -> String) -> Result<Vec<u8>, Text> {
        let mut line = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            let text = column.text.clone().unwrap_or_else(|| cell(column.field));
            let fault = |fault: Text| {
                let number = index + 1;
                Text::new(format!("第 {number} 列{}", fault.zh), format!("column {number} {}", fault.en))
            };
            self.check_text(column, &text).map_err(fault)?;
            match &self.kind {
                Kind::FixedWidth => line.extend(self.fill(column, &text).map_err(fault)?),
                Kind::Delimited { separator, quote } => {
                    if index > 0 {
                        line.extend(separator.as_bytes());
                    }
                    let text = quoted(&text, separator, *quote).map_err(fault)?;
                    line.extend(self.encode(&text).map_err(fault)?);
                }
            }
        }
        line.extend(match self.line_end {
            super::LineEnd::Crlf => b"\r\n".as_slice(),
            super::LineEnd::Lf => b"\n",
        });
        Ok(line)
    }

    fn check_text(&self, column: &Column, text: &str) -> Result<(), Text> {
        if let Some(character) = text.chars().find(|character| !is_plain(*character)) {
            let code = u32::from(character);
            return Err(Text::new(
                format!("含有换行或控制字符 U+{code:04X}"),
                format!("has a line break or control character, U+{code:04X}"),
            ));
        }
        if text.trim() != text && column.field != Field::Literal {
            return Err(Text::new("首尾有空白", "begins or ends with a blank"));
        }
        let free = matches!(column.field, Field::CreditorName | Field::CreditorBankName | Field::Remittance | Field::DebtorName);
        if self.refuse_formulas && free && text.starts_with(['=', '+', '-', '@']) {
            return Err(Text::new("会被电子表格当作公式", "would be taken for a formula by a spreadsheet"));
        }
        Ok(())
    }

    fn encode(&self, text: &str) -> Result<Vec<u8>, Text> {
        self.encoding.encode(text).map_err(|character| {
            let code = u32::from(character);
            Text::new(format!("含有该编码没有的字符 U+{code:04X}"), format!("has a character that the encoding lacks, U+{code:04X}"))
        })
    }

    /// A cell of fixed width.
    fn fill(&self, column: &Column, text: &str) -> Result<Vec<u8>, Text> {
        let width = usize::from(column.width.unwrap_or_default());
        let mut bytes = self.encode(text)?;
        if bytes.len() > width {
            if !column.truncate {
                return Err(Text::new(format!("超过 {width} 字节"), format!("is longer than {width} bytes")));
            }
            bytes = self.shortened(text, width)?;
        }
        let filler = u8::try_from(u32::from(column.pad.unwrap_or(' '))).unwrap_or(b' ');
        let missing = width.saturating_sub(bytes.len());
        match column.align {
            Align::Left => bytes.extend(std::iter::repeat_n(filler, missing)),
            Align::Right => bytes = std::iter::repeat_n(filler, missing).chain(bytes).collect(),
        }
        Ok(bytes)
    }

    /// As many whole characters as fit.
    fn shortened(&self, text: &str, width: usize) -> Result<Vec<u8>, Text> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4];
        for character in text.chars() {
            let next = self.encode(character.encode_utf8(&mut buffer))?;
            if bytes.len() + next.len() > width {
                break;
            }
            bytes.extend(next);
        }
        Ok(bytes)
    }

    /// The cells of a line, without blanks and filling around them.
    pub(super) fn cut(&self, columns: &[Column], bytes: &[u8]) -> Result<Vec<String>, Problem> {
        let cells = match &self.kind {
            Kind::FixedWidth => self.cut_widths(columns, bytes)?,
            Kind::Delimited { separator, quote } => {
                let text = self.encoding.decode(bytes).ok_or_else(encoding)?;
                split(&text, separator, *quote)?.into_iter().map(|cell| cell.trim().to_owned()).collect()
            }
        };
        if cells.len() != columns.len() {
            let (has, needs) = (cells.len(), columns.len());
            return Err(Problem::new(
                &ROW_SHAPE,
                format!("有 {has} 列，应为 {needs} 列"),
                format!("there are {has} cells where {needs} should be"),
            ));
        }
        for (cell, column) in cells.iter().zip(columns) {
            if !cell.chars().all(is_plain) {
                return Err(Problem::new(&ROW_ENCODING, "含有控制字符", "there are control characters in it"));
            }
            if column.text.as_ref().is_some_and(|text| text.trim() != cell) {
                return Err(Problem::new(&ROW_SHAPE, "固定文字与版式不符", "a literal is not as the layout says"));
            }
        }
        Ok(cells)
    }

    fn cut_widths(&self, columns: &[Column], bytes: &[u8]) -> Result<Vec<String>, Problem> {
        let mut rest = bytes;
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            let width = usize::from(column.width.unwrap_or_default());
            let (cell, after) = rest.split_at_checked(width).ok_or_else(|| length(columns, bytes))?;
            rest = after;
            let text = self.encoding.decode(cell).ok_or_else(encoding)?;
            cells.push(unfilled(column, &text).to_owned());
        }
        // Blanks after the last column are of no account; anything else is a line of another shape.
        if rest.iter().all(|byte| *byte == b' ') { Ok(cells) } else { Err(length(columns, bytes)) }
    }
}

/// A text without its filling and the blanks around it. Of zeros the last stays.
fn unfilled<'t>(column: &Column, text: &'t str) -> &'t str {
    let text = text.trim();
    match (column.pad.unwrap_or(' '), column.align) {
        (' ', _) => text,
        ('0', _) => match text.trim_start_matches('0') {
            rest if rest.is_empty() || rest.starts_with('.') => text.get(text.len().saturating_sub(rest.len() + 1)..).unwrap_or(text),
            rest => rest,
        },
        (pad, Align::Left) => text.trim_end_matches(pad).trim(),
        (pad, Align::Right) => text.trim_start_matches(pad).trim(),
    }
}

fn quoted(text: &str, separator: &str, quote: Option<char>) -> Result<String, Text> {
    let Some(quote) = quote else {
        // A text may also make a separator together with the one that follows.
        let last = separator.chars().next();
        let clashes = text.contains(separator) || (separator.chars().count() > 1 && last.is_some_and(|first| text.contains(first)));
        return if clashes { Err(Text::new("含有分隔符", "contains the separator")) } else { Ok(text.to_owned()) };
    };
    if text.contains(separator) || text.contains(quote) {
        let doubled = text.replace(quote, &format!("{quote}{quote}"));
        return Ok(format!("{quote}{doubled}{quote}"));
    }
    Ok(text.to_owned())
}

/// The cells between separators; a separator within quotes is none.
fn split(text: &str, separator: &str, quote: Option<char>) -> Result<Vec<String>, Problem> {
    let Some(quote) = quote else { return Ok(text.split(separator).map(str::to_owned).collect()) };
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        // Banks put blanks and tabs around quotes, too; where the separator itself is one, they are cells.
        let begin = if separator.trim().is_empty() { rest } else { rest.trim_start() };
        let (cell, after) = match begin.strip_prefix(quote) {
            Some(inside) => unquoted(inside, quote)?,
            None => (String::new(), rest),
        };
        let quoted = begin.starts_with(quote);
        let (between, next) = match after.split_once(separator) {
            Some((between, next)) => (between, Some(next)),
            None => (after, None),
        };
        if quoted && !between.trim().is_empty() {
            return Err(Problem::new(&ROW_SHAPE, "引号之后还有文字", "there is text after a closing quote"));
        }
        cells.push(if quoted { cell } else { between.to_owned() });
        match next {
            Some(next) => rest = next,
            None => return Ok(cells),
        }
    }
}

/// The text up to the closing quote, and what comes after that.
fn unquoted(inside: &str, quote: char) -> Result<(String, &str), Problem> {
    let mut cell = String::new();
    let mut rest = inside;
    loop {
        let Some((text, after)) = rest.split_once(quote) else {
            return Err(Problem::new(&ROW_SHAPE, "引号没有结束", "a quote is not closed"));
        };
        cell.push_str(text);
        match after.strip_prefix(quote) {
            Some(more) => {
                cell.push(quote);
                rest = more;
            }
            None => return Ok((cell, after)),
        }
    }
}

fn length(columns: &[Column], bytes: &[u8]) -> Problem {
    let needs: usize = columns.iter().map(|column| usize::from(column.width.unwrap_or_default())).sum();
    let has = bytes.len();
    Problem::new(&ROW_SHAPE, format!("长度为 {has} 字节，应为 {needs} 字节"), format!("it has {has} bytes where {needs} should be"))
}

fn encoding() -> Problem {
    Problem::new(&ROW_ENCODING, "编码与版式不符", "it is not text of the layout's encoding")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn layout(kind: &str, encoding: &str, columns: &str) -> Layout {
        let json =
            format!(r#"{{"name":"x","encoding":"{encoding}","kind":{kind},"amounts":"yuan","dates":"compact","columns":[{columns}]}}"#);
        serde_json::from_str(&json).unwrap()
    }

    fn named(layout: &Layout, name: &str) -> Result<Vec<u8>, Text> {
        layout.join(&layout.columns, |_| name.to_owned())
    }

    #[test]
    fn a_width_counts_bytes_of_the_files_encoding() {
        let column = r#"{"field":"creditor_name","width":7}"#;
        assert_eq!(named(&layout("\"fixed_width\"", "gb18030", column), "王小明").unwrap(), b"\xCD\xF5\xD0\xA1\xC3\xF7 \r\n");
        assert!(named(&layout("\"fixed_width\"", "utf8", column), "王小明").unwrap_err().en.contains("longer"));
    }

    #[test]
    fn a_name_is_shortened_between_characters_where_the_layout_says_so() {
        let column = r#"{"field":"creditor_name","width":5,"truncate":true}"#;
        assert_eq!(named(&layout("\"fixed_width\"", "gb18030", column), "王小明").unwrap(), b"\xCD\xF5\xD0\xA1 \r\n");
    }

    #[test]
    fn a_separator_within_a_gb18030_character_is_none() {
        // 0x7C, the bar, is the second byte of 獆.
        let layout = layout(r#"{"delimited":{"separator":"|"}}"#, "gb18030", r#"{"field":"creditor_name"},{"field":"remittance"}"#);
        let line = named(&layout, "獆").unwrap();
        assert!(line.iter().filter(|byte| **byte == b'|').count() > 1);
        assert_eq!(layout.cut(&layout.columns, line.trim_ascii_end()).unwrap(), ["獆", "獆"]);
    }

    #[test]
    fn what_would_break_the_line_is_refused() {
        let plain = layout(r#"{"delimited":{"separator":"|"}}"#, "utf8", r#"{"field":"creditor_name"}"#);
        for text in ["a|b", "a\nb", "a\rb", "a\0b", " a", "a\u{202E}b"] {
            assert!(named(&plain, text).is_err(), "{text:?}");
        }
        let long = layout(r#"{"delimited":{"separator":"@|"}}"#, "utf8", r#"{"field":"creditor_name"}"#);
        assert!(named(&long, "a@").is_err());
        assert!(named(&layout(r#"{"delimited":{"separator":"|"}}"#, "gb18030", r#"{"field":"creditor_name"}"#), "\u{E5E5}").is_err());
    }

    #[test]
    fn quotes_are_doubled_and_an_open_one_is_a_fault() {
        assert_eq!(split(r#""a,""b""" ,c,"","#, ",", Some('"')).unwrap(), ["a,\"b\"", "c", "", ""]);
        for text in [r#""a"#, r#""a"b,c"#] {
            assert_eq!(split(text, ",", Some('"')).unwrap_err().code, &ROW_SHAPE, "{text}");
        }
    }

    #[test]
    fn zeros_that_fill_a_number_are_dropped_but_not_its_last() {
        let layout = layout("\"fixed_width\"", "utf8", r#"{"field":"amount","width":8,"align":"right","pad":"0"}"#);
        for (text, cell) in [(&b"00000000"[..], "0"), (b"00000.05", "0.05"), (b"00120.00", "120.00")] {
            assert_eq!(layout.cut(&layout.columns, text).unwrap(), [cell]);
        }
        assert_eq!(layout.cut(&layout.columns, b"0120.00").unwrap_err().code, &ROW_SHAPE);
        assert_eq!(layout.cut(&layout.columns, b"00120.001").unwrap_err().code, &ROW_SHAPE);
    }

    #[test]
    fn a_character_cut_in_two_by_a_width_is_a_fault() {
        let layout = layout("\"fixed_width\"", "gb18030", r#"{"field":"creditor_name","width":3},{"field":"remittance","width":1}"#);
        assert_eq!(layout.cut(&layout.columns, b"\xCD\xF5\xD0\xA1").unwrap_err().code, &ROW_ENCODING);
    }

    proptest! {
        #[test]
        fn what_is_joined_is_cut_into_the_same(text in "[a-z\"',|王𠮷獆 ]{0,12}") {
            let text = text.trim().to_owned();
            for (kind, width) in [(r#"{"delimited":{"separator":",","quote":"\""}}"#, ""), (r#"{"delimited":{"separator":"|"}}"#, ""), ("\"fixed_width\"", r#","width":60"#)] {
                for encoding in ["utf8", "gb18030"] {
                    let column = format!(r#"{{"field":"creditor_name"{width}}},{{"field":"remittance"{width}}}"#);
                    let layout = layout(kind, encoding, &column);
                    if let Ok(line) = named(&layout, &text) {
                        let line = line.strip_suffix(b"\r\n").unwrap();
                        prop_assert_eq!(layout.cut(&layout.columns, line).unwrap(), vec![text.clone(), text.clone()]);
                    }
                }
            }
        }

        #[test]
        fn any_line_is_cut_or_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            for kind in [r#"{"delimited":{"separator":",","quote":"\""}}"#, r#"{"delimited":{"separator":"\t","quote":"'"}}"#, "\"fixed_width\""] {
                let layout = layout(kind, "gb18030", r#"{"field":"creditor_name","width":5},{"field":"amount","width":9,"pad":"0","align":"right"}"#);
                let _ = layout.cut(&layout.columns, &bytes);
            }
        }
    }
}
