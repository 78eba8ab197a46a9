//! How deep a text can nest, found without parsing it.
//!
//! Knows brackets, operators, strings and indents well enough for an upper bound of the tree's depth.
//! Does not know Python's grammar: the bound may be several times the truth, never much below it.
//! It exists because trees are walked and dropped by recursion, and hostile text makes them deep.

/// The deepest text that is parsed. The deepest real file met so far comes to less than a tenth of it.
pub(crate) const LIMIT: u32 = 10_000;

/// The bound and where it is reached first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    /// Levels.
    pub levels: u32,
    /// Byte offset of the deepest place.
    pub at: u32,
}

/// Bounds the depth of the tree of `text`; stops counting once [`LIMIT`] is passed.
pub(crate) fn estimate(text: &str) -> Depth {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
        open: Vec::new(),
        below: 0,
        chain: 0,
        indents: Vec::new(),
        deepest: Depth::default(),
    };
    scan.run();
    scan.deepest
}

/// Which bytes go on with a word.
static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_' || byte >= 0x80;
        byte += 1;
    }
    table
};

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Chain lengths outside each open bracket.
    open: Vec<u32>,
    /// Sum of `open`, plus one per bracket.
    below: u32,
    /// Operators and words since the last comma or line at this level.
    chain: u32,
    indents: Vec<u32>,
    deepest: Depth,
}

impl Scan<'_> {
    fn run(&mut self) {
        self.indent();
        while let Some(&byte) = self.bytes.get(self.at) {
            if self.deepest.levels > LIMIT {
                return;
            }
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                    self.word();
                    continue;
                }
                b'\n' => {
                    self.at += 1;
                    self.line();
                    continue;
                }
                b'(' | b'[' | b'{' => self.push(),
                b')' | b']' | b'}' => self.pop(),
                b',' | b';' => self.chain = 0,
                b'"' | b'\'' => {
                    self.string(false);
                    continue;
                }
                b'#' => {
                    self.skip_line();
                    continue;
                }
                b'\\' => self.at += 1,
                b' ' | b'\t' | b'\r' | 0x0c | b'0'..=b'9' | b':' => {}
                _ => self.link(),
            }
            self.at += 1;
        }
    }

    fn link(&mut self) {
        self.chain += 1;
        let levels = self.below + self.chain + self.indents.len() as u32;
        if levels > self.deepest.levels {
            self.deepest = Depth {
                levels,
                at: self.at as u32,
            };
        }
    }

    fn push(&mut self) {
        self.link();
        self.open.push(self.chain);
        self.below += self.chain + 1;
        self.chain = 0;
    }

    fn pop(&mut self) {
        if let Some(chain) = self.open.pop() {
            self.below -= chain + 1;
            self.chain = chain;
        }
    }

    /// A word, or the string that it is the prefix of.
    fn word(&mut self) {
        let start = self.at;
        let rest = &self.bytes[start..];
        self.at += rest
            .iter()
            .position(|byte| !IN_WORD[usize::from(*byte)])
            .unwrap_or(rest.len());
        let quoted = matches!(self.bytes.get(self.at), Some(b'"' | b'\''));
        if quoted && self.at - start <= 2 {
            let prefix = &self.bytes[start..self.at];
            self.string(
                prefix
                    .iter()
                    .any(|byte| matches!(byte, b'f' | b'F' | b't' | b'T')),
            );
            return;
        }
        self.link();
    }

    /// A string from its quote on; replacement fields of `f""` count as code.
    fn string(&mut self, fields: bool) {
        let Some(&quote) = self.bytes.get(self.at) else {
            return;
        };
        let triple = self.bytes.get(self.at..self.at + 3) == Some(&[quote; 3][..]);
        self.at += if triple { 3 } else { 1 };
        let (open, below, chain) = (self.open.len(), self.below, self.chain);
        loop {
            if !fields {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                let stop = if triple { quote } else { b'\n' };
                self.at += memchr::memchr3(quote, b'\\', stop, rest).unwrap_or(rest.len());
            }
            let Some(&byte) = self.bytes.get(self.at) else {
                break;
            };
            match byte {
                b'\\' => self.at += 1,
                b'\n' if !triple => break,
                _ if byte == quote => {
                    if !triple {
                        self.at += 1;
                        break;
                    }
                    if self.bytes.get(self.at..self.at + 3) == Some(&[quote; 3][..]) {
                        self.at += 3;
                        break;
                    }
                }
                b'(' | b'[' | b'{' if fields => self.push(),
                b')' | b']' | b'}' if fields && self.open.len() > open => self.pop(),
                b'+' | b'-' | b'*' | b'/' | b'.' | b'~' | b'%' | b'@' | b'&' | b'|' if fields => {
                    self.link()
                }
                _ => {}
            }
            if fields && self.deepest.levels > LIMIT {
                return;
            }
            self.at += 1;
        }
        // The string's own brackets do not outlive it: prose has its brackets unbalanced.
        self.open.truncate(open);
        (self.below, self.chain) = (below, chain);
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// A new line: ends the statement where no bracket is open, or where the parser would give up on one
    /// because a statement begins; half-typed files are full of open brackets.
    fn line(&mut self) {
        if !self.open.is_empty() {
            let rest = &self.bytes[self.at..];
            let first = rest
                .iter()
                .position(|byte| !matches!(byte, b' ' | b'\t'))
                .unwrap_or(0);
            let rest = &rest[first..];
            let end = rest
                .iter()
                .position(|byte| !byte.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            if !starts_statement(&rest[..end]) {
                return;
            }
            self.open.clear();
            self.below = 0;
        }
        self.chain = 0;
        self.indent();
    }

    fn indent(&mut self) {
        let start = self.at;
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | 0x0c)) {
            self.at += 1;
        }
        if matches!(self.bytes.get(self.at), None | Some(b'\n' | b'\r' | b'#')) {
            return;
        }
        let column = (self.at - start) as u32;
        while self.indents.last().is_some_and(|last| *last >= column) {
            self.indents.pop();
        }
        if column > 0 {
            self.indents.push(column);
        }
    }
}

fn starts_statement(word: &[u8]) -> bool {
    matches!(
        word,
        b"def"
            | b"class"
            | b"import"
            | b"return"
            | b"raise"
            | b"while"
            | b"with"
            | b"try"
            | b"assert"
            | b"del"
            | b"pass"
    )
}
