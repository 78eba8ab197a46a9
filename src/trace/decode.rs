//! From a file's bytes to texts: byte order marks, UTF-16, gzip, the members of an Inspect archive.
//!
//! Knows encodings and containers. Does not look into the JSON.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use looplint_model::{Decoded, Problem, ProblemKind, Source, Span};

use crate::zip;

/// No more than this many bytes are unpacked from one file: what a small file may cost has a bound.
pub(crate) const UNPACKED_BYTES_MAX: usize = 1 << 30;

/// A text whose places fit in 32 bits.
const TEXT_BYTES_MAX: usize = u32::MAX as usize - 1;

/// Turns a file's bytes into texts.
pub(crate) fn decode(name: &str, bytes: Vec<u8>) -> Decoded {
    let mut decoded = Decoded::default();
    if is_gzip(&bytes) {
        let unpacked = gunzip(&bytes, &mut decoded.problems);
        if zip::is_zip(&unpacked) {
            zip::decode(name, &unpacked, &mut decoded);
        } else {
            text(name.to_string(), unpacked, &mut decoded);
        }
    } else if zip::is_zip(&bytes) {
        zip::decode(name, &bytes, &mut decoded);
    } else {
        text(name.to_string(), bytes, &mut decoded);
    }
    decoded
}

/// Whether the bytes begin as gzip does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
}

fn gunzip(bytes: &[u8], problems: &mut Vec<Problem>) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes)
        .take(UNPACKED_BYTES_MAX as u64 + 1)
        .read_to_end(&mut unpacked);
    if let Err(error) = read {
        let message = format!(
            "the gzip data breaks off after {} bytes of text: {error}",
            unpacked.len()
        );
        problems.push(Problem {
            kind: ProblemKind::Unreadable,
            span: None,
            message,
        });
    }
    if unpacked.len() > UNPACKED_BYTES_MAX {
        cut(
            &mut unpacked,
            UNPACKED_BYTES_MAX,
            "the gzip data unpacks",
            problems,
        );
    }
    unpacked
}

/// Keeps whole lines of what fits and says so.
pub(crate) fn cut(bytes: &mut Vec<u8>, bytes_max: usize, what: &str, problems: &mut Vec<Problem>) {
    bytes.truncate(bytes_max);
    if let Some(end) = memchr::memrchr(b'\n', bytes) {
        bytes.truncate(end + 1);
    }
    let message = format!(
        "{what} to more than {} MiB; only the first {} MiB were checked",
        bytes_max >> 20,
        bytes.len() >> 20
    );
    problems.push(Problem {
        kind: ProblemKind::Limit,
        span: None,
        message,
    });
}

/// Adds the text that `bytes` are.
pub(crate) fn text(name: String, mut bytes: Vec<u8>, decoded: &mut Decoded) {
    if bytes.len() > TEXT_BYTES_MAX {
        let message = "the file is larger than 4 GiB and cannot be cut at line ends".to_string();
        decoded.problems.push(Problem {
            kind: ProblemKind::Limit,
            span: None,
            message,
        });
        return;
    }
    if let Some(big_endian) = utf16(&bytes) {
        return utf16_text(name, &bytes, big_endian, decoded);
    }
    let bom = bytes.starts_with(&[0xef, 0xbb, 0xbf]);
    if bom {
        bytes.drain(..3);
    }
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        let valid = error.utf8_error().valid_up_to() as u32;
        let message = "the bytes here are not UTF-8; each was read as U+FFFD".to_string();
        let span = Some(Span::new(valid, valid + 3));
        decoded.problems.push(Problem {
            kind: ProblemKind::Encoding,
            span,
            message,
        });
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    let mut source = Source::new(name, text);
    source.bom = bom;
    decoded.sources.push(source);
}

/// Whether the bytes are UTF-16, by their mark or by the zero beside the first bracket; and whether big-endian.
pub(crate) fn utf16(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xff, 0xfe, ..] | [b'{' | b'[', 0, _, 0, ..] => Some(false),
        [0xfe, 0xff, ..] | [0, b'{' | b'[', 0, ..] => Some(true),
        _ => None,
    }
}

fn utf16_text(name: String, bytes: &[u8], big_endian: bool, decoded: &mut Decoded) {
    let unit = |pair: &[u8]| match (pair, big_endian) {
        ([high, low], true) | ([low, high], false) => u16::from_be_bytes([*high, *low]),
        _ => 0xfffd,
    };
    let bom = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let units = bytes[if bom { 2 } else { 0 }..].chunks(2).map(unit);
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut first_bad = None;
    for character in char::decode_utf16(units) {
        if character.is_err() && first_bad.is_none() {
            first_bad = Some(text.len() as u32);
        }
        text.push(character.unwrap_or('\u{fffd}'));
    }
    if let Some(at) = first_bad {
        let message = "half of a surrogate pair here is not UTF-16; read as U+FFFD".to_string();
        let span = Some(Span::new(at, at + 3));
        decoded.problems.push(Problem {
            kind: ProblemKind::Encoding,
            span,
            message,
        });
    }
    let mut source = Source::new(name, text);
    source.encoding = if big_endian { "utf-16-be" } else { "utf-16-le" };
    source.bom = bom;
    decoded.sources.push(source);
}
