//! Server-sent events out of pieces of bytes.
//!
//! Knows lines, comments and data over several lines, as the event-stream format has them, and a limit on size.
//! Does not know what the data mean.

use crate::failure::Failure;

/// The most bytes that one event may have.
const EVENT_MAX: usize = 4 << 20;

/// Collects events; bytes may be cut anywhere, inside a character too.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    line: Vec<u8>,
    data: String,
    has_data: bool,
    after_return: bool,
}

impl Lines {
    /// The data of the events that these bytes complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, Failure> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(&mut events),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.len() > EVENT_MAX {
                return Err(Failure::Malformed("an event of more than 4 MiB".into()));
            }
        }
        Ok(events)
    }

    /// The data of an event whose closing empty line never came.
    pub(crate) fn finish(&mut self) -> Option<String> {
        let mut events = Vec::new();
        self.end_line(&mut events);
        events.extend(self.take());
        events.pop()
    }

    fn end_line(&mut self, events: &mut Vec<String>) {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.is_empty() {
            events.extend(self.take());
            return;
        }
        if let Some(value) = line.strip_prefix("data:") {
            if self.has_data {
                self.data.push('\n');
            }
            self.has_data = true;
            self.data.push_str(value.strip_prefix(' ').unwrap_or(value));
        }
    }

    fn take(&mut self) -> Option<String> {
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then_some(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_events_however_the_bytes_are_cut() {
        let text = "\u{feff}: hello\r\ndata: {\"a\":\"\u{1f600}\"}\r\n\r\nevent: x\ndata: one\ndata:two\n\nid: 3\n\n\n\rdata: last\r\rdata: [DONE]";
        let wanted = ["{\"a\":\"\u{1f600}\"}", "one\ntwo", "last", "[DONE]"];
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            let mut events = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                events.extend(lines.push(piece).unwrap());
            }
            events.extend(lines.finish());
            assert_eq!(events, wanted, "pieces of {size}");
        }
    }

    #[test]
    fn an_endless_event_is_a_failure() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..5).any(|_| lines.push(&piece).is_err()));
    }
}
