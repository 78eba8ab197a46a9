//! From a file's bytes to texts: byte order marks, PEP 263 encoding lines, notebooks.
//!
//! Knows how Python finds the encoding of a source file.
//! Does not know Python's grammar, and never guesses: bytes that are not what they claim are a problem.

use encoding_rs::Encoding;
use looplint_model::{Claim, Decoded, Problem, ProblemKind, Source, Span};

use crate::notebook;

/// Spans are 32 bits wide; nobody writes a source of this size by hand.
const LARGEST: usize = 1 << 30;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Whether a file of this name and beginning is Python.
pub(crate) fn claims(name: &str, head: &[u8]) -> Claim {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    match file.rsplit_once('.') {
        Some((_, "py" | "pyw" | "pyi" | "ipynb")) => Claim::Yes,
        Some(_) => Claim::No,
        None if is_python_script(head) => Claim::Yes,
        None => Claim::No,
    }
}

/// A file without an extension whose first line names a Python interpreter.
fn is_python_script(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && String::from_utf8_lossy(line).contains("python")
}

/// Decodes a file.
pub(crate) fn decode(name: &str, bytes: Vec<u8>) -> Decoded {
    if bytes.len() > LARGEST {
        return problem(
            ProblemKind::Limit,
            None,
            "larger than 1 GiB, so it was not read".into(),
        );
    }
    if name.ends_with(".ipynb") {
        return notebook::decode(name, &bytes);
    }
    match text(bytes) {
        Ok(text) => {
            let mut source = Source::new(name, text.text);
            source.encoding = text.encoding;
            source.bom = text.bom;
            Decoded {
                sources: vec![source],
                problems: Vec::new(),
            }
        }
        Err(problem) => Decoded {
            sources: Vec::new(),
            problems: vec![problem],
        },
    }
}

pub(crate) fn problem(kind: ProblemKind, span: Option<Span>, message: String) -> Decoded {
    Decoded {
        sources: Vec::new(),
        problems: vec![Problem {
            kind,
            span,
            message,
        }],
    }
}

struct Text {
    text: String,
    encoding: &'static str,
    bom: bool,
}

fn text(bytes: Vec<u8>) -> Result<Text, Problem> {
    let bom = bytes.starts_with(BOM);
    let body = if bom { &bytes[BOM.len()..] } else { &bytes[..] };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(encoding_problem(
            0,
            "looks like UTF-16, which Python does not read as source",
        ));
    }
    let cookie = cookie(body);
    let Some((label, at)) = cookie else {
        return utf8(bytes, bom);
    };
    let label_text = String::from_utf8_lossy(label).into_owned();
    match codec(&label_text) {
        Codec::Utf8 => utf8(bytes, bom),
        _ if bom => Err(encoding_problem(
            at,
            &format!("the file begins with a UTF-8 byte order mark but claims to be {label_text}"),
        )),
        Codec::Ascii => match body.iter().position(|byte| !byte.is_ascii()) {
            None => utf8(bytes, bom),
            Some(bad) => Err(encoding_problem(
                bad,
                "not ASCII, which the file claims to be",
            )),
        },
        Codec::Latin1 => checked(Text {
            text: bytes.iter().map(|&byte| char::from(byte)).collect(),
            encoding: "iso-8859-1",
            bom,
        }),
        Codec::Other(encoding) => {
            match encoding.decode_without_bom_handling_and_without_replacement(body) {
                Some(text) => checked(Text {
                    text: text.into_owned(),
                    encoding: encoding.name(),
                    bom,
                }),
                None => Err(Problem {
                    kind: ProblemKind::Encoding,
                    span: None,
                    message: format!("not {label_text}, which the file claims to be"),
                }),
            }
        }
        Codec::Unknown => Err(encoding_problem(
            at,
            &format!("unknown encoding {label_text:?}"),
        )),
    }
}

fn utf8(mut bytes: Vec<u8>, bom: bool) -> Result<Text, Problem> {
    if bom {
        bytes.drain(..BOM.len());
    }
    match String::from_utf8(bytes) {
        Ok(text) => checked(Text {
            text,
            encoding: "utf-8",
            bom,
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            let byte = bytes.get(at).copied().unwrap_or_default();
            Err(encoding_problem(
                at,
                &format!(
                    "not UTF-8: byte 0x{byte:02x} in line {line}, and no encoding is declared"
                ),
            ))
        }
    }
}

/// Python refuses NUL in source.
fn checked(text: Text) -> Result<Text, Problem> {
    match memchr::memchr(0, text.text.as_bytes()) {
        None => Ok(text),
        Some(at) => {
            let line = 1 + text.text.as_bytes()[..at]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            Err(encoding_problem(
                at,
                &format!("NUL byte in line {line}, so this is no Python source"),
            ))
        }
    }
}

fn encoding_problem(at: usize, message: &str) -> Problem {
    Problem {
        kind: ProblemKind::Encoding,
        span: Some(Span::at(at as u32)),
        message: message.to_owned(),
    }
}

/// The encoding named by a comment in the first two lines, and its offset in `body` (PEP 263).
fn cookie(body: &[u8]) -> Option<(&[u8], usize)> {
    let mut start = 0;
    for _ in 0..2 {
        let rest = body.get(start..)?;
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .unwrap_or(rest.len());
        let line = &rest[..end];
        let first = line
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\t' | 0x0c));
        match first {
            Some(hash) if line[hash] == b'#' => {
                if let Some((label, at)) = coding(&line[hash..]) {
                    return Some((label, start + hash + at));
                }
            }
            Some(_) => return None,
            None => {}
        }
        start += end + 1;
        if rest.get(end) == Some(&b'\r') && rest.get(end + 1) == Some(&b'\n') {
            start += 1;
        }
    }
    None
}

/// `coding[:=][ \t]*([-_.a-zA-Z0-9]+)` in a comment.
fn coding(comment: &[u8]) -> Option<(&[u8], usize)> {
    let word = b"coding";
    let mut from = 0;
    while let Some(found) = comment[from..]
        .windows(word.len())
        .position(|window| window == word)
    {
        let mut at = from + found + word.len();
        from = at;
        if !matches!(comment.get(at), Some(b':' | b'=')) {
            continue;
        }
        at += 1;
        while matches!(comment.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        let length = comment[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .count();
        if length > 0 {
            return Some((&comment[at..at + length], at));
        }
    }
    None
}

enum Codec {
    Utf8,
    Ascii,
    Latin1,
    Other(&'static Encoding),
    Unknown,
}

/// Python's codec names are wider than the web's labels, and differ for latin-1, which the web reads as
/// windows-1252.
fn codec(label: &str) -> Codec {
    let name: String = label
        .chars()
        .map(|character| {
            if character == '_' {
                '-'
            } else {
                character.to_ascii_lowercase()
            }
        })
        .collect();
    match name.as_str() {
        "utf-8" | "utf8" | "u8" | "utf" | "utf-8-sig" | "utf8-sig" | "cp65001" => {
            return Codec::Utf8;
        }
        _ if name.starts_with("utf-8-") => return Codec::Utf8,
        "ascii" | "us-ascii" | "646" | "ansi-x3.4-1968" => return Codec::Ascii,
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "8859" | "cp819" => {
            return Codec::Latin1;
        }
        _ if name.starts_with("latin-1-") || name.starts_with("iso-8859-1-") => {
            return Codec::Latin1;
        }
        _ => {}
    }
    let squeezed = name.replace('-', "");
    let web = match squeezed.as_str() {
        "latin2" | "l2" => "iso-8859-2".to_owned(),
        "latin9" | "l9" => "iso-8859-15".to_owned(),
        "eucjp" | "ujis" => "euc-jp".to_owned(),
        "euckr" => "euc-kr".to_owned(),
        "koi8r" => "koi8-r".to_owned(),
        "koi8u" => "koi8-u".to_owned(),
        "sjis" | "shiftjis" | "cp932" | "mskanji" => "shift_jis".to_owned(),
        "gb2312" | "euccn" | "cp936" => "gbk".to_owned(),
        "cp950" => "big5".to_owned(),
        "macroman" => "macintosh".to_owned(),
        _ if squeezed.starts_with("iso8859") => {
            format!("iso-8859-{}", &squeezed["iso8859".len()..])
        }
        _ if squeezed.starts_with("cp125") => format!("windows-{}", &squeezed[2..]),
        _ => name,
    };
    match Encoding::for_label(web.as_bytes()) {
        Some(encoding) if encoding == encoding_rs::UTF_8 => Codec::Utf8,
        // Python does not read these as source either.
        Some(encoding)
            if encoding == encoding_rs::UTF_16LE
                || encoding == encoding_rs::UTF_16BE
                || encoding == encoding_rs::REPLACEMENT =>
        {
            Codec::Unknown
        }
        Some(encoding) => Codec::Other(encoding),
        None => Codec::Unknown,
    }
}
