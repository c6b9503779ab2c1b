//! Bytes of unknown encoding.

use encoding_rs::GB18030;

/// The encodings that Chinese office files come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, without a byte order mark.
    Utf8,
    /// UTF-8 behind a byte order mark.
    Utf8Bom,
    /// GB18030, which includes GBK and GB2312.
    Gb18030,
    /// UTF-16 behind a byte order mark (Excel's "Unicode text").
    Utf16,
}

impl Encoding {
    /// The name told to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 (BOM)",
            Self::Gb18030 => "GB18030",
            Self::Utf16 => "UTF-16",
        }
    }
}

/// A decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; bytes that mean nothing became U+FFFD.
    pub text: String,
    /// What the bytes were taken for.
    pub encoding: Encoding,
    /// Whether some bytes meant nothing.
    pub damaged: bool,
}

/// Decodes a whole file. UTF-8 is taken when all of it, or all but scattered bytes of it, is UTF-8; otherwise GB18030.
pub fn decode(bytes: &[u8]) -> Decoded {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, damaged) = encoding.decode_with_bom_removal(bytes);
        let encoding = if encoding == encoding_rs::UTF_8 { Encoding::Utf8Bom } else { Encoding::Utf16 };
        return Decoded { text: text.into_owned(), encoding, damaged };
    }
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Decoded { text: text.to_owned(), encoding: Encoding::Utf8, damaged: false },
        Err(_) => {
            let utf8 = String::from_utf8_lossy(bytes);
            let (gb18030, _, gb_damaged) = GB18030.decode(bytes);
            // A few stray bytes in a UTF-8 file leave most of its Han characters readable; a GB18030 file read as
            // UTF-8 turns nearly every one of them into U+FFFD.
            let broken = utf8.chars().filter(|&c| c == '\u{fffd}').count();
            let han = utf8.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
            if gb_damaged && han > broken || han > 4 * broken {
                Decoded { text: utf8.into_owned(), encoding: Encoding::Utf8, damaged: true }
            } else {
                Decoded { text: gb18030.into_owned(), encoding: Encoding::Gb18030, damaged: gb_damaged }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_encodings_apart() {
        let (gb, _, _) = GB18030.encode("货物名称,规格型号\n单晶硅组件,550W");
        assert_eq!(decode(&gb).encoding, Encoding::Gb18030);
        assert_eq!(decode(&gb).text, "货物名称,规格型号\n单晶硅组件,550W");
        assert_eq!(decode("\u{feff}货物".as_bytes()).encoding, Encoding::Utf8Bom);
        assert_eq!(decode("货物".as_bytes()).encoding, Encoding::Utf8);
    }

    #[test]
    fn a_stray_byte_does_not_turn_a_utf8_file_into_gb18030() {
        let mut bytes = "货物名称\n单晶硅组件\n".as_bytes().to_vec();
        bytes.push(0xff);
        bytes.extend("光伏支架".as_bytes());
        let decoded = decode(&bytes);
        assert_eq!((decoded.encoding, decoded.damaged), (Encoding::Utf8, true));
        assert!(decoded.text.ends_with("光伏支架"));
    }
}
