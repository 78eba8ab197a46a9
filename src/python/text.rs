//! Source text for messages: short, on one line.
//!
//! Does not know what the text means.

use crate::node::Node;

/// Most characters of source in a message.
const TEXT_MAX: usize = 48;

impl Node<'_> {
    /// Its source on one line, cut to fit a message.
    pub fn text(self) -> String {
        let source = self.source();
        let words: Vec<&str> = source.split_whitespace().collect();
        let line = if source.contains('\n') {
            words.join(" ")
        } else {
            source.to_owned()
        };
        if line.chars().count() <= TEXT_MAX {
            return line;
        }
        let kept: String = line.chars().take(TEXT_MAX - 3).collect();
        format!("{}...", kept.trim_end())
    }
}
