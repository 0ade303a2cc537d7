//! A form as a page.

use askama::Template;

use super::model::{Form, Section, printed};
use crate::db::{Error, Result};

#[derive(Template)]
#[template(path = "form.html")]
struct Page<'a> {
    form: &'a Form,
    sections: Vec<Table<'a>>,
}

struct Table<'a> {
    title: &'a str,
    heads: &'a [&'static str],
    rows: Vec<Vec<(String, bool)>>,
    totals: Vec<(String, bool)>,
}

impl<'a> Table<'a> {
    fn of(section: &'a Section) -> Self {
        Self {
            title: section.title,
            heads: &section.heads,
            rows: section.rows.iter().map(|row| row.iter().map(printed).collect()).collect(),
            totals: section.totals.iter().flatten().map(printed).collect(),
        }
    }
}

/// The form as HTML for A4 paper: no script, nothing fetched, every text escaped.
///
/// # Errors
/// [`Error::Internal`] when the template fails: a defect.
pub fn page(form: &Form) -> Result<String> {
    let page = Page { form, sections: form.sections.iter().map(Table::of).collect() };
    page.render().map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::Value;
    use crate::kernel::Money;

    fn form() -> Form {
        let row = vec![Value::Text("<script>alert(1)</script>".into()), Value::Money(Money::yuan(1521)), Value::Word("settled")];
        Form {
            title: "发放花名册",
            facts: vec![("方案", "\"A\" & <b>".to_owned())],
            sections: vec![Section {
                title: "名单",
                heads: vec!["姓名", "金额", "状态"],
                rows: vec![row],
                totals: Some(vec![Value::Text("合计".into()), Value::Money(Money::yuan(1521)), Value::Empty]),
            }],
            notes: vec![("合计大写", crate::kernel::capitals::capital(Money::yuan(1521)))],
            signatures: &["制表", "审核"],
        }
    }

    #[test]
    fn nothing_of_a_name_becomes_markup() {
        let html = page(&form()).unwrap();
        assert!(!html.contains("<script") && !html.contains("& <b>"), "{html}");
        assert!(html.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{html}");
    }

    #[test]
    fn a_page_is_for_a4_paper_and_complete_in_itself() {
        let html = page(&form()).unwrap();
        for part in ["@page", "size: A4", "<h1>发放花名册</h1>", "成功", "1521.00", "人民币壹仟伍佰贰拾壹元整", "制表：", "审核：", "thead"]
        {
            assert!(html.contains(part), "{part} in {html}");
        }
        for part in ["http:", "https:", "src=", "href=", "url("] {
            assert!(!html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn a_book_says_what_the_page_says() {
        use calamine::Reader as _;
        let bytes = super::super::book(&form()).unwrap();
        let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let cells: Vec<String> = sheet.rows().flatten().map(ToString::to_string).filter(|cell| !cell.is_empty()).collect();
        let expected = [
            "发放花名册",
            "方案",
            "\"A\" & <b>",
            "名单",
            "姓名",
            "金额",
            "状态",
            "<script>alert(1)</script>",
            "1521",
            "成功",
            "合计",
            "1521",
            "合计大写",
            "人民币壹仟伍佰贰拾壹元整",
            "制表：",
            "审核：",
        ];
        assert_eq!(cells, expected);
    }
}
