//! From an edited text back to the bytes of its file: same encoding, same byte order mark, nothing else changed.

use looplint_model::{Edit, Fix, Layout, Safety, Source};

use super::notebook;

/// The byte order mark of UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Makes `edits` to `source` in the bytes of the file that it was read from.
///
/// # Errors
/// Why that cannot be done, in one line.
pub(crate) fn splice(bytes: &[u8], source: &Source, edits: &[Edit]) -> Result<Vec<u8>, String> {
    match &source.layout {
        Layout::Whole => whole(bytes, source, edits),
        Layout::Cells(cells) => notebook::splice(bytes, source, cells, edits),
        Layout::Part { .. } | Layout::Pieces { .. } => Err("it is checked in parts".into()),
    }
}

fn whole(bytes: &[u8], source: &Source, edits: &[Edit]) -> Result<Vec<u8>, String> {
    let text = apply(&source.text, edits)?;
    let mut made = Vec::with_capacity(text.len() + BOM.len());
    if source.bom {
        made.extend(BOM);
    }
    let before = encode(&source.text, source.encoding)?;
    if bytes.get(made.len()..) != Some(before.as_slice()) {
        return Err(format!(
            "it cannot be written back as {} as it was",
            source.encoding
        ));
    }
    made.extend(encode(&text, source.encoding)?);
    Ok(made)
}

/// Applies edits to a text.
///
/// # Errors
/// They overlap or cut a character.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> Result<String, String> {
    let all = Fix {
        title: String::new(),
        edits: edits.to_vec(),
        safety: Safety::Safe,
    };
    all.apply(text)
        .ok_or_else(|| "its edits do not fit together".into())
}

fn encode(text: &str, encoding: &str) -> Result<Vec<u8>, String> {
    let unfit = || format!("what it would hold cannot be written as {encoding}");
    if encoding.eq_ignore_ascii_case("utf-8") {
        return Ok(text.as_bytes().to_vec());
    }
    // The web reads this name as windows-1252, Python as the first 256 characters.
    if encoding.eq_ignore_ascii_case("iso-8859-1") {
        return text
            .chars()
            .map(|character| u8::try_from(u32::from(character)).map_err(|_| unfit()))
            .collect();
    }
    let known = encoding_rs::Encoding::for_label(encoding.as_bytes()).ok_or_else(unfit)?;
    let (bytes, used, lossy) = known.encode(text);
    if lossy || used != known {
        return Err(unfit());
    }
    Ok(bytes.into_owned())
}
