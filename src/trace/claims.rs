//! Whether a file holds runs, told from its first bytes; and whether it may be read in parts.
//!
//! Goes by content. A file's name counts for nothing.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use looplint_model::Claim;

use crate::formats;
use crate::json::{Origin, Shape, Tape, Value};
use crate::{decode, zip};

/// A keyword in quotes that some format writes near its beginning; without any, JSON is taken for something else.
const HINTS: &[&str] = &[
    "role",
    "turns",
    "turn_number",
    "messages",
    "traj",
    "trajectory",
    "history",
    "trace_id",
    "traceId",
    "traceID",
    "spans",
    "resourceSpans",
    "batches",
    "observations",
    "run_type",
    "sessionId",
    "session_id",
    "payload",
    "channel_values",
    "run_id",
    "goal",
    "original_goal",
    "chat_history",
    "conversation",
    "simulations",
    "generated_items",
    "span_data",
    "contextId",
    "toolCalls",
];

/// How surely a file that begins with `head` holds runs.
pub(crate) fn claims(_name: &str, head: &[u8]) -> Claim {
    if zip::is_zip(head) {
        return match zip::first_name(head) {
            Some(name) if is_eval_member(name) => Claim::Yes,
            _ => Claim::No,
        };
    }
    let Some(text) = head_text(head) else {
        return Claim::No;
    };
    if !text.trim_start().starts_with(['{', '[']) {
        return Claim::No;
    }
    if recognised(&text) {
        return Claim::Yes;
    }
    let hinted = |hint: &&str| {
        memchr::memmem::find(text.as_bytes(), format!("\"{hint}\"").as_bytes()).is_some()
    };
    if HINTS.iter().any(hinted) {
        Claim::Maybe
    } else {
        Claim::No
    }
}

fn is_eval_member(name: &str) -> bool {
    name.starts_with("_journal/")
        || name.starts_with("samples/")
        || name == "header.json"
        || name == "summaries.json"
}

/// Whether a text of lines may be cut at any line end, because each line is a run of its own.
///
/// `false` where that cannot be told from `head`, the first bytes of the file.
pub(crate) fn cuttable(head: &[u8]) -> bool {
    if decode::is_gzip(head) || zip::is_zip(head) || decode::utf16(head).is_some() {
        return false;
    }
    let Some(text) = head_text(head) else {
        return false;
    };
    let text = text.trim_start();
    if !text.starts_with('{') {
        return false;
    }
    let mut tape = Tape::new(text, Origin::Itself);
    let mut faults = Vec::new();
    let first_line = text.lines().next().unwrap_or("");
    let reading = tape.read(0, first_line.len(), &mut faults);
    let newline_seen = text.contains('\n');
    // A first line that breaks off before its end is the beginning of a value laid out over several lines.
    if newline_seen && !reading.whole {
        return false;
    }
    let Some(root) = tape.root() else {
        return false;
    };
    formats::series(&[root]).is_none() && formats::whole(root).is_some()
}

/// The text at the beginning of a file, whatever it is wrapped in; a character cut at the end is left out.
fn head_text(head: &[u8]) -> Option<Cow<'_, str>> {
    if decode::is_gzip(head) {
        let mut unpacked = vec![0; 64 << 10];
        let mut decoder = MultiGzDecoder::new(head);
        let mut length = 0;
        while length < unpacked.len() {
            match decoder.read(&mut unpacked[length..]) {
                Ok(0) | Err(_) => break,
                Ok(read) => length += read,
            }
        }
        unpacked.truncate(length);
        return Some(Cow::Owned(String::from_utf8_lossy(&unpacked).into_owned()));
    }
    if decode::utf16(head).is_some() {
        let decoded = decode::decode("", head.to_vec());
        return decoded
            .sources
            .into_iter()
            .next()
            .map(|source| Cow::Owned(source.text));
    }
    let head = head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(head);
    match std::str::from_utf8(head) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()])
                .ok()
                .map(Cow::Borrowed)
        }
        Err(_) => Some(Cow::Owned(String::from_utf8_lossy(head).into_owned())),
    }
}

/// Whether a format knows the text's first value, cut as it may be.
fn recognised(text: &str) -> bool {
    let mut tape = Tape::new(text, Origin::Itself);
    tape.read(0, text.len(), &mut Vec::new());
    let Some(root) = tape.root() else {
        return false;
    };
    if formats::whole(root).is_some() || formats::series(&[root]).is_some() {
        return true;
    }
    if root.shape() != Shape::Array {
        return false;
    }
    let items: Vec<Value> = root.items().take(formats::SERIES_HEAD_LEN).collect();
    formats::series(&items).is_some()
        || items
            .first()
            .is_some_and(|item| formats::whole(*item).is_some())
}
