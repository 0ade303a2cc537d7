use proptest::prelude::*;

use super::super::error::FILE_UNREADABLE;
use super::*;

fn leaves(bytes: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let mut xml = Xml::new(bytes)?;
    let mut leaves = Vec::new();
    loop {
        match xml.step()? {
            Step::Close if !xml.text().is_empty() => leaves.push((xml.path().to_owned(), xml.text().to_owned())),
            Step::End => return Ok(leaves),
            _ => {}
        }
    }
}

fn code(bytes: &[u8]) -> &'static str {
    leaves(bytes).unwrap_err().code.name
}

fn one(text: &str) -> Vec<(String, String)> {
    vec![("a/b".to_owned(), text.to_owned())]
}

#[test]
fn prefixes_entities_and_sections_are_read_as_text() {
    assert_eq!(leaves(b"<x:a xmlns:x='u'><x:b> A&amp;B&#x43;<![CDATA[<D>]]><!-- no --></x:b><c/></x:a>").unwrap(), one("A&BC<D>"));
}

#[test]
fn a_file_is_decoded_by_what_it_declares() {
    let text = "<?xml version='1.0' encoding='GBK'?><a><b>慰问金𠮷</b></a>";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    assert_eq!(leaves(&gb).unwrap(), one("慰问金𠮷"));
    assert_eq!(leaves("<a><b>慰问金</b></a>".as_bytes()).unwrap(), one("慰问金"));
    assert_eq!(leaves("\u{FEFF}<a><b>慰问金</b></a>".as_bytes()).unwrap(), one("慰问金"));
    let wide = "<?xml version='1.0' encoding='UTF-16'?><a><b>慰问金</b></a>";
    for mark in [true, false] {
        let units = mark.then_some(0xFEFF).into_iter().chain(wide.encode_utf16());
        let little: Vec<u8> = units.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
        assert_eq!(leaves(&little).unwrap(), one("慰问金"));
        assert_eq!(leaves(&big).unwrap(), one("慰问金"));
    }
}

#[test]
fn a_long_text_in_gb18030_is_decoded_across_chunks() {
    let text = "慰𠮷a".repeat(70_000);
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    let file = [b"<?xml version='1.0' encoding='gb18030'?><a><b>", gb.as_ref(), b"</b></a>"].concat();
    let input = std::io::BufReader::with_capacity(7, file.as_slice());
    let mut xml = Xml::new(input).unwrap();
    while xml.step().unwrap() != Step::Close {}
    assert_eq!(xml.text(), text);
}

#[test]
fn bytes_that_are_not_of_the_declared_encoding_are_refused() {
    assert_eq!(code(b"<a><b>\xCE\xBF\xCE</b></a>"), FILE_ENCODING.name);
    assert_eq!(code(b"<?xml version='1.0' encoding='GB18030'?><a><b>\x81</b></a>"), FILE_ENCODING.name);
    assert_eq!(code(b"<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>"), FILE_ENCODING.name);
    assert_eq!(code(b"<?xml version='1.0' encoding='UTF-16'?><a/>"), FILE_ENCODING.name);
}

#[test]
fn a_document_type_is_refused_before_anything_is_expanded() {
    let laughs = br#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a><b>&b;</b></a>"#;
    assert_eq!(code(laughs), FILE_DOCTYPE.name);
    assert_eq!(code(br#"<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>"#), FILE_DOCTYPE.name);
    assert_eq!(code(b"<a><b>&undefined;</b></a>"), FILE_DOCTYPE.name);
}

#[test]
fn a_million_attributes_are_refused() {
    let attributes: String = (0..1_000_000).map(|number| format!(" a{number}=''")).collect();
    assert_eq!(code(format!("<a{attributes}/>").as_bytes()), FILE_TOO_LARGE.name);
}

#[test]
fn depth_and_length_have_limits() {
    assert_eq!(code("<a>".repeat(100_000).as_bytes()), FILE_TOO_LARGE.name);
    assert_eq!(code(format!("<{}/>", "a".repeat(300)).as_bytes()), FILE_TOO_LARGE.name);
    let endless = std::io::BufReader::new(std::io::Read::chain(&b"<a><b>"[..], std::io::repeat(b'x')));
    let mut xml = Xml::new(endless).unwrap();
    let refusal = loop {
        if let Err(refusal) = xml.step() {
            break refusal;
        }
    };
    assert_eq!(refusal.code, &FILE_TOO_LARGE);
}

#[test]
fn an_empty_or_broken_file_is_refused_with_the_reason() {
    assert_eq!(code(b""), FILE_EMPTY.name);
    assert_eq!(code(b" \r\n"), FILE_EMPTY.name);
    assert_eq!(code(b"<!-- nothing -->"), FILE_EMPTY.name);
    assert_eq!(code(b"<a><b>x</b>"), FILE_TRUNCATED.name);
    assert_eq!(code(b"<a><b attribute='"), FILE_TRUNCATED.name);
    assert_eq!(code(b"<a></b>"), FILE_FORMAT.name);
    assert_eq!(code(b"<a/><a/>"), FILE_FORMAT.name);
    assert_eq!(code(b"<a/>text"), FILE_FORMAT.name);
    assert_eq!(code(b"text"), FILE_FORMAT.name);
    assert_eq!(code(b"<a><b>x\0y</b></a>"), FILE_FORMAT.name);
    assert_eq!(code(b"<a><b>&#8;</b></a>"), FILE_FORMAT.name);
    assert_eq!(code(b"<a><b>&#x202E;</b></a>"), FILE_FORMAT.name);
}

#[test]
fn a_transport_that_fails_is_named() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let refusal = Xml::new(std::io::BufReader::new(Broken)).err().unwrap();
    assert_eq!(refusal.code, &FILE_UNREADABLE);
}

#[test]
fn what_is_recorded_is_the_files_own_text() {
    let mut xml = Xml::new(&b"<a><b x='1'> t&amp;<c/><![CDATA[<]]></b></a>"[..]).unwrap();
    while !xml.path().ends_with("/b") {
        xml.step().unwrap();
    }
    xml.record();
    while !(xml.step().unwrap() == Step::Close && xml.path() == "a/b") {}
    assert_eq!(xml.take_record(), "<b x='1'> t&amp;<c/><![CDATA[<]]></b>");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = leaves(&bytes);
    }

    #[test]
    fn anything_that_looks_like_xml_is_read_or_refused(text in "(<[ab/!?&;\"'= ]{0,6}>?|&[a-z#0-9]{0,4};|[ab \\]]|<!\\[CDATA\\[|<!--|-->){0,30}") {
        let _ = leaves(text.as_bytes());
    }
}
