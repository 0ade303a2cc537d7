//! Workbooks. Bytes that begin with `<` are put into one as its sheet, so that the mutations reach the cells instead of ending
//! at a checksum of the archive.

#![no_main]

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"<") {
        bangfu_fuzz::table(&around(bytes).expect("an archive in memory"));
    } else {
        bangfu_fuzz::table(bytes);
    }
});

fn around(sheet: &[u8]) -> Result<Vec<u8>, zip::result::ZipError> {
    let relation =
        |id: &str, kind: &str, target: &str| format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>");
    let root = format!("<Relationships>{}</Relationships>", relation("a", "officeDocument", "xl/workbook.xml"));
    let own = format!(
        "<Relationships>{}{}</Relationships>",
        relation("a", "worksheet", "sheet.xml"),
        relation("b", "sharedStrings", "texts.xml")
    );
    let texts = "<sst><si><t>姓名</t></si><si><t>身份证号</t></si><si><t>王小明</t></si><si><t>510599199001010017</t></si></sst>";
    let main = format!("<workbook xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"a\"/></sheets></workbook>");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", main.as_bytes()),
        ("xl/_rels/workbook.xml.rels", own.as_bytes()),
        ("xl/texts.xml", texts.as_bytes()),
        ("xl/sheet.xml", sheet),
    ];
    for (name, content) in parts {
        zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}
