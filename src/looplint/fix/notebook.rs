//! Edits of a notebook's code, made in its JSON: the lines that change are written anew, every other byte stays.

use looplint_model::{Cell, Edit, Source, Span};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::encode::apply;

#[derive(Deserialize)]
struct Notebook<'n> {
    #[serde(borrow, default)]
    cells: Vec<RawCell<'n>>,
    #[serde(borrow, default)]
    worksheets: Vec<Worksheet<'n>>,
}

#[derive(Deserialize)]
struct Worksheet<'n> {
    #[serde(borrow, default)]
    cells: Vec<RawCell<'n>>,
}

#[derive(Deserialize)]
struct RawCell<'n> {
    #[serde(borrow, default, alias = "input")]
    source: Option<&'n RawValue>,
}

/// Makes `edits` to the joined cells in the notebook's bytes.
///
/// # Errors
/// Why that cannot be done, in one line.
pub(crate) fn splice(
    bytes: &[u8],
    source: &Source,
    cells: &[Cell],
    edits: &[Edit],
) -> Result<Vec<u8>, String> {
    let file = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let json = file.strip_prefix('\u{feff}').unwrap_or(file);
    let offset = file.len() - json.len();
    let notebook: Notebook<'_> =
        serde_json::from_str(json).map_err(|_| "it is no notebook".to_owned())?;
    let sheets = notebook.worksheets.iter().flat_map(|sheet| &sheet.cells);
    let raw: Vec<Option<&RawValue>> = notebook
        .cells
        .iter()
        .chain(sheets)
        .map(|cell| cell.source)
        .collect();
    let ascii = json.is_ascii();
    let mut made = String::with_capacity(file.len() + 256);
    let mut done = 0;
    for (cell, edits) in by_cell(cells, edits)? {
        let raw = raw.get(cell.number - 1).copied().flatten();
        let raw = raw.ok_or("a cell has no code")?.get();
        let start = offset + (raw.as_ptr() as usize - json.as_ptr() as usize);
        made.push_str(&file[done..start]);
        made.push_str(&rewrite(raw, source, cell, &edits, ascii)?);
        done = start + raw.len();
    }
    made.push_str(&file[done..]);
    Ok(made.into_bytes())
}

/// The edits of each cell that has any, in the order of the text.
/// What is inserted where one cell ends and the next begins belongs to the next.
fn by_cell<'c>(cells: &'c [Cell], edits: &[Edit]) -> Result<Vec<(&'c Cell, Vec<Edit>)>, String> {
    let mut groups: Vec<(&Cell, Vec<Edit>)> = Vec::new();
    for edit in edits {
        let after = cells.partition_point(|cell| cell.span.start <= edit.span.start);
        let cell = after.checked_sub(1).and_then(|at| cells.get(at));
        let Some(cell) = cell.filter(|cell| cell.span.contains(edit.span)) else {
            return Err("a fix reaches over several cells".into());
        };
        match groups.last_mut() {
            Some((last, edits)) if last.number == cell.number => edits.push(edit.clone()),
            _ => groups.push((cell, vec![edit.clone()])),
        }
    }
    Ok(groups)
}

/// The JSON of a cell's source after `edits`.
fn rewrite(
    raw: &str,
    source: &Source,
    cell: &Cell,
    edits: &[Edit],
    ascii: bool,
) -> Result<String, String> {
    let elements = elements(raw)?;
    let old: String = elements
        .iter()
        .map(|element| element.text.as_str())
        .collect();
    // The reader ends every cell in a line break; the cell itself need not.
    let shown = source.slice(cell.span);
    let added = shown.len() - old.len().min(shown.len());
    if shown.len() != old.len() + added || added > 1 {
        return Err("a cell's code is not where it was read".into());
    }
    let mut local = Vec::new();
    for edit in edits {
        let (start, end) = (
            edit.span.start - cell.span.start,
            edit.span.end - cell.span.start,
        );
        let in_cell = Span::new(start, end);
        // Lines of IPython read as blanks; they are not to be touched.
        let from = (start as usize).min(old.len());
        let known = old.get(from..(end as usize).min(old.len()).max(from));
        let seen = source.slice(edit.span);
        if known.is_none_or(|known| !seen.starts_with(known) || seen.len() > known.len() + added) {
            return Err("a fix would change a line of IPython".into());
        }
        local.push(Edit {
            span: in_cell,
            text: edit.text.clone(),
        });
    }
    let line_break = if added == 1 { "\n" } else { "" };
    let mut new = apply(&(old + line_break), &local)?;
    if added == 1 && new.ends_with('\n') {
        new.pop();
    }
    Ok(if raw.starts_with('[') {
        list(raw, &elements, &new, ascii)
    } else {
        quote(&new, ascii)
    })
}

/// A JSON text of a cell's source: what it says and where it stands.
struct Element {
    text: String,
    start: usize,
    end: usize,
}

fn elements(raw: &str) -> Result<Vec<Element>, String> {
    let values: Vec<&RawValue> = if raw.starts_with('[') {
        serde_json::from_str(raw).map_err(|_| "a cell's source is no list".to_owned())?
    } else {
        let whole: &RawValue =
            serde_json::from_str(raw).map_err(|_| "a cell's source is no text")?;
        vec![whole]
    };
    let element = |value: &&RawValue| {
        let text = serde_json::from_str(value.get()).map_err(|_| "a cell's source is no text")?;
        let start = value.get().as_ptr() as usize - raw.as_ptr() as usize;
        Ok(Element {
            text,
            start,
            end: start + value.get().len(),
        })
    };
    values.iter().map(element).collect()
}

/// The list with the lines of `new`: those at the begin and the end that stay keep their bytes.
fn list(raw: &str, elements: &[Element], new: &str, ascii: bool) -> String {
    let lines: Vec<&str> = new.split_inclusive('\n').collect();
    let same = |(element, line): &(&Element, &&str)| element.text == **line;
    let n_head = elements.iter().zip(&lines).take_while(same).count();
    let rest = (elements[n_head..].iter().rev()).zip(lines[n_head..].iter().rev());
    let n_tail = rest.take_while(same).count();
    if lines.is_empty() {
        return "[]".into();
    }
    let separator = match elements {
        [first, second, ..] => &raw[first.end..second.start],
        _ => ", ",
    };
    let first = elements.first().map_or(1, |element| element.start);
    let mut made = match n_head {
        0 => raw[..first].to_owned(),
        n => raw[..elements[n - 1].end].to_owned(),
    };
    let mut is_first = n_head == 0;
    // What stood before the first line that changes stays before it.
    let mut gap = match n_head {
        n if n > 0 && n < elements.len() => &raw[elements[n - 1].end..elements[n].start],
        _ => separator,
    };
    for line in &lines[n_head..lines.len() - n_tail] {
        if !is_first {
            made.push_str(std::mem::replace(&mut gap, separator));
        }
        made.push_str(&quote(line, ascii));
        is_first = false;
    }
    if n_tail > 0 {
        if !is_first {
            made.push_str(separator);
        }
        made.push_str(&raw[elements[elements.len() - n_tail].start..]);
    } else {
        let last = elements.last().map_or(raw.len() - 1, |element| element.end);
        made.push_str(&raw[last..]);
    }
    made
}

/// A JSON text, in ASCII where the whole file is.
fn quote(text: &str, ascii: bool) -> String {
    let plain = serde_json::Value::from(text).to_string();
    if !ascii || plain.is_ascii() {
        return plain;
    }
    let mut made = String::with_capacity(plain.len() * 2);
    for character in plain.chars() {
        if character.is_ascii() {
            made.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                made.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    made
}
