//! Jupyter notebooks: the Python code cells of one, joined to one text.
//!
//! Knows the notebook format from version 3 on, and that IPython's own lines are not Python.
//! Does not know what the lines of IPython do.

use looplint_model::{
    Cell, Columns, Decoded, FileLine, Layout, LineIndex, ProblemKind, Source, Span,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decode::problem;

#[derive(Deserialize)]
struct Notebook<'a> {
    #[serde(default, borrow)]
    cells: Vec<RawCell<'a>>,
    #[serde(default, borrow)]
    worksheets: Vec<Worksheet<'a>>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Worksheet<'a> {
    #[serde(default, borrow)]
    cells: Vec<RawCell<'a>>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    kernelspec: Option<Language>,
    language_info: Option<Language>,
}

#[derive(Deserialize)]
struct Language {
    name: Option<String>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct RawCell<'a> {
    #[serde(default)]
    cell_type: String,
    id: Option<String>,
    #[serde(default, borrow, alias = "input")]
    source: Option<&'a RawValue>,
}

/// The text of a cell, and where each of its lines is in the file.
/// A cell's source is a string, or a list of strings that mostly are one line each.
fn read_lines(
    source: Option<&RawValue>,
    file: Option<(&str, &LineIndex)>,
) -> (String, Vec<FileLine>) {
    let (mut text, mut places) = (String::new(), Vec::new());
    let Some(source) = source else {
        return (text, places);
    };
    let strings =
        serde_json::from_str::<Vec<&RawValue>>(source.get()).unwrap_or_else(|_| vec![source]);
    for string in strings {
        let Ok(part) = serde_json::from_str::<String>(string.get()) else {
            continue;
        };
        let place = file.map(|(file, index)| place_of(string.get(), file, index));
        for line in part.split_inclusive('\n') {
            if text.is_empty() || text.ends_with('\n') {
                places.extend(place);
            }
            text.push_str(line);
        }
    }
    (text, places)
}

/// Where `part`, which is borrowed from `file`, is in it.
fn place_of(part: &str, file: &str, index: &LineIndex) -> FileLine {
    let start = (part.as_ptr() as usize).saturating_sub(file.as_ptr() as usize) as u32;
    let (line, start_column) = index.line_column(file, start, Columns::Utf16);
    let (_, end_column) = index.line_column(file, start + part.len() as u32, Columns::Utf16);
    FileLine {
        line: line as u32,
        start: start_column as u32,
        end: end_column as u32,
    }
}

/// Reads a notebook. A notebook in another language has no sources and no problems.
pub(crate) fn decode(name: &str, bytes: &[u8]) -> Decoded {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return problem(
            ProblemKind::Syntax,
            None,
            "an empty file is no notebook".into(),
        );
    }
    let notebook: Notebook = match serde_json::from_slice(bytes) {
        Ok(notebook) => notebook,
        Err(error) => {
            let message = format!(
                "not a notebook: {} at line {} column {}",
                reason(&error),
                error.line(),
                error.column()
            );
            return problem(ProblemKind::Syntax, None, message);
        }
    };
    if !is_python(&notebook.metadata) {
        return Decoded::default();
    }
    let cells = notebook.cells.into_iter().chain(
        notebook
            .worksheets
            .into_iter()
            .flat_map(|sheet| sheet.cells),
    );
    let file = std::str::from_utf8(bytes).ok();
    let index = file.map(LineIndex::new);
    let mut text = String::new();
    let mut places = Vec::new();
    for (at, cell) in cells.enumerate() {
        if cell.cell_type != "code" {
            continue;
        }
        let (lines, file_lines) = read_lines(cell.source, file.zip(index.as_ref()));
        let start = text.len() as u32;
        if is_other_language(&lines) {
            text.push_str(&blank(&lines));
        } else {
            push_python(&mut text, &lines);
        }
        if !text.is_empty() && !text.ends_with('\n') || text.len() as u32 == start {
            text.push('\n');
        }
        places.push(Cell {
            number: at + 1,
            span: Span::new(start, text.len() as u32),
            id: cell.id,
            file_lines,
        });
    }
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return problem(
            ProblemKind::Encoding,
            None,
            format!("NUL character in a cell, {at} bytes into the code"),
        );
    }
    Decoded {
        sources: vec![Source::laid_out(name, text, Layout::Cells(places))],
        problems: Vec::new(),
    }
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn is_python(metadata: &Metadata) -> bool {
    let named = [&metadata.language_info, &metadata.kernelspec]
        .into_iter()
        .flatten()
        .find_map(|language| language.language.as_deref().or(language.name.as_deref()));
    named.is_none_or(|language| {
        let language = language.to_ascii_lowercase();
        language.contains("python") || language.contains("conda") || language.contains("sage")
    })
}

/// A cell magic that hands the whole cell to something else than Python.
fn is_other_language(cell: &str) -> bool {
    let first = cell.trim_start();
    let Some(magic) = first.strip_prefix("%%") else {
        return false;
    };
    let word = magic
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '!')
        .next()
        .unwrap_or_default();
    !matches!(
        word,
        "time" | "timeit" | "capture" | "prun" | "python" | "python3" | "pypy" | "debug" | "px"
    )
}

fn push_python(text: &mut String, cell: &str) {
    let mut brackets = 0i64;
    let mut quote: Option<&'static str> = None;
    let mut continued = false;
    for line in cell.split_inclusive('\n') {
        let inside = brackets > 0 || quote.is_some() || continued;
        if !inside && is_magic(line) {
            text.push_str(&magic(line));
            continued = false;
            continue;
        }
        continued = follow(line, &mut brackets, &mut quote);
        text.push_str(line);
    }
}

/// Whether a line that begins a statement is IPython's: `%magic`, `!shell`, `?help` or `help?`.
fn is_magic(line: &str) -> bool {
    let body = line.trim();
    if body.starts_with(['%', '!', '?']) {
        return true;
    }
    let asks = body.trim_end_matches('?');
    if asks.len() < body.len()
        && !asks.is_empty()
        && asks
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '*'))
    {
        return true;
    }
    let Some((target, value)) = body.split_once('=') else {
        return false;
    };
    value.trim_start().starts_with(['!', '%'])
        && target
            .trim()
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' '))
}

/// The magic line in Python of the same length: nothing, or a `0` where an indented block may need a statement.
fn magic(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let blanked = blank(line);
    if indent == 0 {
        return blanked;
    }
    format!("{}0{}", &line[..indent], &blanked[indent + 1..])
}

/// Spaces for everything but line ends, byte for byte.
fn blank(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if matches!(byte, b'\n' | b'\r') {
                char::from(byte)
            } else {
                ' '
            }
        })
        .collect()
}

/// Follows brackets and triple quotes over a line; returns whether a backslash continues it.
fn follow(line: &str, brackets: &mut i64, quote: &mut Option<&'static str>) -> bool {
    let mut rest = line;
    loop {
        if let Some(open) = *quote {
            let Some(end) = rest.find(open) else {
                return false;
            };
            rest = &rest[end + 3..];
            *quote = None;
        }
        let Some(at) = rest.find(['(', '[', '{', ')', ']', '}', '"', '\'', '#']) else {
            return rest.trim_end_matches(['\n', '\r']).ends_with('\\');
        };
        let found = &rest[at..];
        match found.as_bytes()[0] {
            b'(' | b'[' | b'{' => *brackets += 1,
            b')' | b']' | b'}' => *brackets -= 1,
            b'#' => return false,
            mark => {
                if found.starts_with("\"\"\"") || found.starts_with("'''") {
                    *quote = Some(if mark == b'"' { "\"\"\"" } else { "'''" });
                    rest = &found[3..];
                    continue;
                }
                rest = after_string(&found[1..], mark);
                continue;
            }
        }
        rest = &found[1..];
    }
}

fn after_string(rest: &str, mark: u8) -> &str {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' => break,
            byte if byte == mark => return &rest[at + 1..],
            _ => {}
        }
        at += 1;
    }
    rest.get(at..).unwrap_or("")
}
