//! JSON pointers (RFC 6901) to bytes: where in a text the value lies that a pointer names.
//!
//! Knows JSON and files of one JSON value a line; does not know traces.

use looplint_model::Span;

/// The bytes of the value at `pointer`; in a text of several values its first part is the line's number from 0,
/// counted from `lines_before` before the text.
pub(crate) fn find(text: &str, pointer: &str, lines_before: u64) -> Option<Span> {
    let mut parts = pointer.split('/');
    if !parts.next()?.is_empty() {
        return None;
    }
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
    };
    if lines_before > 0 || has_more(text) {
        let Some(line) = parts.next() else {
            return Some(Span::new(0, u32::try_from(text.len()).ok()?));
        };
        let line: u64 = line.parse().ok()?;
        let skipped = usize::try_from(line.checked_sub(lines_before)?).ok()?;
        let start = match skipped {
            0 => 0,
            n => memchr::memchr_iter(b'\n', text.as_bytes()).nth(n - 1)? + 1,
        };
        reader.at = start;
    }
    for part in parts {
        let part = part.replace("~1", "/").replace("~0", "~");
        reader.enter(&part)?;
    }
    reader.blank();
    let start = reader.at;
    reader.skip()?;
    Some(Span::new(
        u32::try_from(start).ok()?,
        u32::try_from(reader.at).ok()?,
    ))
}

/// Whether something follows the text's first value.
fn has_more(text: &str) -> bool {
    let mut reader = Reader {
        text: text.as_bytes(),
        at: 0,
    };
    reader.blank();
    reader.skip().is_some() && {
        reader.blank();
        reader.at < reader.text.len()
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Goes to the value that `part` names in the value here.
    fn enter(&mut self, part: &str) -> Option<()> {
        self.blank();
        let is_object = match self.byte()? {
            b'{' => true,
            b'[' => false,
            _ => return None,
        };
        self.at += 1;
        let mut wanted: usize = if is_object { 0 } else { part.parse().ok()? };
        loop {
            self.blank();
            if is_object {
                let start = self.at;
                self.string()?;
                let key: String = serde_json::from_slice(&self.text[start..self.at]).ok()?;
                self.blank();
                if self.byte()? != b':' {
                    return None;
                }
                self.at += 1;
                if key == part {
                    return Some(());
                }
            } else if wanted == 0 {
                return (self.byte()? != b']').then_some(());
            } else {
                wanted -= 1;
            }
            self.blank();
            self.skip()?;
            self.blank();
            if self.byte()? != b',' {
                return None;
            }
            self.at += 1;
        }
    }

    /// Goes behind the value here, however deep it is.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0usize;
        loop {
            match self.byte()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                b',' | b':' => return None,
                _ => {
                    let rest = &self.text[self.at..];
                    let ends = |byte: &u8| {
                        matches!(byte, b',' | b'}' | b']' | b':') || byte.is_ascii_whitespace()
                    };
                    self.at += rest.iter().position(ends).unwrap_or(rest.len());
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn string(&mut self) -> Option<()> {
        if self.byte()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..)?;
            let next = memchr::memchr2(b'"', b'\\', rest)?;
            self.at += next + 1;
            if rest[next] == b'"' {
                return Some(());
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'t>(text: &'t str, pointer: &str) -> Option<&'t str> {
        let span = find(text, pointer, 0)?;
        text.get(span.start as usize..span.end as usize)
    }

    #[test]
    fn a_pointer_leads_to_its_value() {
        let text = r#" {"a": [1, {"b/c": "x\"]"}, [[]]], "~": null, "é": 7 } "#;
        assert_eq!(at(text, "/a/0"), Some("1"));
        assert_eq!(at(text, "/a/1"), Some(r#"{"b/c": "x\"]"}"#));
        assert_eq!(at(text, "/a/1/b~1c"), Some(r#""x\"]""#));
        assert_eq!(at(text, "/a/2"), Some("[[]]"));
        assert_eq!(at(text, "/~0"), Some("null"));
        assert_eq!(at(text, "/é"), Some("7"));
        assert_eq!(at(text, ""), Some(text.trim()));
        for wrong in ["/a/3", "/b", "/a/x", "/a/0/0", "/a/2/0/0", "x"] {
            assert_eq!(at(text, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn in_a_file_of_lines_the_first_part_is_the_line() {
        let text = "{\"a\":1}\n{\"a\":2}\n";
        assert_eq!(at(text, "/1/a"), Some("2"));
        assert_eq!(at(text, "/2/a"), None);
        let span = find(text, "/11/a", 10).unwrap();
        assert_eq!(&text[span.start as usize..span.end as usize], "2");
    }

    #[test]
    fn cut_and_hostile_texts_end() {
        let deep = "[".repeat(200_000);
        for text in ["", "{", "{\"a", "{\"a\":", "[1,", "}", deep.as_str()] {
            assert_eq!(at(text, "/a/0"), None);
        }
    }
}
