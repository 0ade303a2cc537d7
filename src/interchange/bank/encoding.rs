//! Character encodings of bank files, strictly: what is not text of the encoding is refused, and what the encoding lacks is
//! never replaced.

use encoding_rs::{DecoderResult, EncoderResult};
use serde::{Deserialize, Serialize};

/// The encoding of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8 without a mark; one is skipped when reading.
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets want it; reading does without.
    Utf8Bom,
    /// GB 18030, of which GBK and GB 2312 are parts.
    Gb18030,
}

impl Encoding {
    const fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 | Self::Utf8Bom => encoding_rs::UTF_8,
            Self::Gb18030 => encoding_rs::GB18030,
        }
    }

    /// What a file of this encoding begins with.
    pub(super) const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Bom => b"\xEF\xBB\xBF",
            Self::Utf8 | Self::Gb18030 => b"",
        }
    }

    /// The text, or `None` when the bytes are not of this encoding.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<String> {
        decode(self.codec(), bytes)
    }

    /// The bytes, or the first character that this encoding lacks.
    pub(super) fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        let codec = self.codec();
        if codec == encoding_rs::UTF_8 {
            return Ok(text.as_bytes().to_vec());
        }
        let mut encoder = codec.new_encoder();
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        loop {
            let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len()).unwrap_or(rest.len()).max(16);
            bytes.reserve(room);
            let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
            rest = rest.get(read..).unwrap_or_default();
            match result {
                EncoderResult::InputEmpty => return Ok(bytes),
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(character) => return Err(character),
            }
        }
    }
}

/// The text, or `None` when the bytes are not of the encoding.
fn decode(codec: &'static encoding_rs::Encoding, bytes: &[u8]) -> Option<String> {
    codec.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// The encodings in which XML is read, by the name that its declaration gives.
pub(super) fn of_xml(label: &str) -> Option<&'static encoding_rs::Encoding> {
    let codec = encoding_rs::Encoding::for_label(label.as_bytes())?;
    let known = [
        encoding_rs::UTF_8,
        encoding_rs::GBK,
        encoding_rs::GB18030,
        encoding_rs::WINDOWS_1252,
        encoding_rs::UTF_16LE,
        encoding_rs::UTF_16BE,
    ];
    // "gb2312" and "gbk" are read as GB 18030, which contains them: banks write characters that GBK lacks under its name.
    known.contains(&codec).then_some(if codec == encoding_rs::GBK { encoding_rs::GB18030 } else { codec })
}

/// A stream of bytes that becomes UTF-8.
pub(super) struct StreamDecoder {
    decoder: encoding_rs::Decoder,
}

impl StreamDecoder {
    pub fn new(codec: &'static encoding_rs::Encoding) -> Self {
        Self { decoder: codec.new_decoder_without_bom_handling() }
    }

    /// Appends the text of `bytes`; how many bytes it took, or `None` when they are not of the encoding. After `last` it
    /// must not be called again.
    pub fn push(&mut self, bytes: &[u8], out: &mut String, last: bool) -> Option<usize> {
        let room = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len())?;
        out.reserve(room);
        let (result, read) = self.decoder.decode_to_string_without_replacement(bytes, out, last);
        match result {
            DecoderResult::InputEmpty | DecoderResult::OutputFull => Some(read),
            DecoderResult::Malformed(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rare_name_has_four_bytes_in_gb18030_and_survives() {
        let bytes = Encoding::Gb18030.encode("𠮷䶮").unwrap();
        assert_eq!(Encoding::Gb18030.decode(&bytes).as_deref(), Some("𠮷䶮"));
        assert!(bytes.len() >= 6);
    }

    #[test]
    fn bytes_of_another_encoding_are_refused_and_not_replaced() {
        assert_eq!(Encoding::Utf8.decode(b"\xCE\xBF\xCE"), None);
        assert_eq!(Encoding::Gb18030.decode(b"\x81"), None);
        assert_eq!(Encoding::Gb18030.encode("a\u{E5E5}"), Err('\u{E5E5}'));
    }

    #[test]
    fn gbk_is_read_as_gb18030_and_strange_encodings_are_not_read() {
        assert_eq!(of_xml("GBK"), Some(encoding_rs::GB18030));
        assert_eq!(of_xml("gb2312"), Some(encoding_rs::GB18030));
        assert_eq!(of_xml("ISO-2022-JP"), None);
        assert_eq!(of_xml("UTF-7"), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_to_the_same(text in "\\PC{0,60}") {
            for encoding in [Encoding::Utf8, Encoding::Gb18030] {
                if let Ok(bytes) = encoding.encode(&text) {
                    prop_assert_eq!(encoding.decode(&bytes), Some(text.clone()));
                }
            }
        }
    }
}
