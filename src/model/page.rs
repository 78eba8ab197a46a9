//! The rule page: one Markdown file that explains a rule, tests it and carries its measured figures.
//!
//! One parser for all readers: terminal, editor, SARIF, configuration, tests and bench.
//! Does not run anything that is on a page.

use std::sync::OnceLock;

use crate::finding::{Confidence, Severity};
use crate::measured::Measured;

/// A parsed rule page.
#[derive(Debug)]
pub struct Page {
    /// The rule's id.
    pub id: String,
    /// The rule's domain.
    pub domain: String,
    /// What is found, in one sentence without a full stop.
    pub summary: String,
    /// Severity of its findings unless a finding says otherwise.
    pub severity: Severity,
    /// Confidence of its findings unless a finding says otherwise.
    pub confidence: Confidence,
    /// Whether the rule runs when the user selected nothing.
    pub default: bool,
    /// Big-O as found, in the page's own names.
    pub cost_before: String,
    /// Big-O after the change.
    pub cost_after: String,
    /// The best fix it can give.
    pub fix: FixClass,
    /// First version that has it.
    pub since: String,
    /// The failure mode that the rule speaks for, `CIRCULAR_REASONING`; empty for code.
    pub mode: String,
    /// Place in the causal order of failures: of several findings in a run, the one with the least is the root.
    pub order: u32,
    /// Probability that a finding is right in runs of a length that no labelled run had, from 0 to 1.
    pub prior: f64,
    /// The rule's options.
    pub options: Vec<PageOption>,
    /// All text after the front matter, Markdown.
    pub body: String,
    /// Lines of the file before the body.
    pub body_line: usize,
    /// The fenced blocks that tests and bench read.
    pub blocks: Vec<Block>,
    /// What is wrong with the page; tests refuse a page with any.
    pub errors: Vec<PageError>,
    measured_text: String,
    measured: OnceLock<Measured>,
}

/// The best fix a rule can give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FixClass {
    /// Says only what is wrong.
    #[default]
    None,
    /// Shows code to write by hand.
    Guidance,
    /// Rewrites, with a condition that is not always proven.
    Unsafe,
    /// Rewrites, with every condition proven.
    Safe,
}

impl FixClass {
    /// `none`, `guidance`, `unsafe` or `safe`.
    pub const fn as_str(self) -> &'static str {
        match self {
            FixClass::None => "none",
            FixClass::Guidance => "guidance",
            FixClass::Unsafe => "unsafe",
            FixClass::Safe => "safe",
        }
    }

    fn parse(text: &str) -> Option<FixClass> {
        match text {
            "none" => Some(FixClass::None),
            "guidance" => Some(FixClass::Guidance),
            "unsafe" => Some(FixClass::Unsafe),
            "safe" => Some(FixClass::Safe),
            _ => None,
        }
    }
}

/// An option of a rule: `option.NAME: DEFAULT  # what it does`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOption {
    /// Its name.
    pub name: String,
    /// Its default, as written.
    pub default: String,
    /// What it does.
    pub summary: String,
}

/// Something wrong with a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// A fenced block whose info string begins with a language and one of the words of [`BlockKind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The language: `python`, `json`, `jsonl`, `text`.
    pub language: String,
    /// What the block is for.
    pub kind: BlockKind,
    /// Name of the pair, from `name=`; pairs without one are numbered in the file's order, from 1.
    pub name: String,
    /// Lines of the block, from 1, on which `bad` must fire, from `at=2,5`.
    pub at: Vec<usize>,
    /// `fix=none`: the rule gives no fix for this pair.
    pub no_fix: bool,
    /// `fix=unsafe`: the rule gives a fix, but none that is safe.
    pub unsafe_fix: bool,
    /// `run=none`: the block needs what is not on a plain CPython, so it is neither run nor timed.
    pub no_run: bool,
    /// The remaining words: for `ok`, why it is silent.
    pub why: String,
    /// The text inside the fence.
    pub text: String,
    /// Line in the file of the block's first line of text, from 1.
    pub line: usize,
}

/// What a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Defines `data(n)`, which returns the arguments of `run`, for the pairs that follow.
    Setup,
    /// Must be found.
    Bad,
    /// The same thing done well: must be silent, and must be what the fix makes of `Bad`.
    Good,
    /// A look-alike that must be silent.
    Ok,
}

impl Page {
    /// Parses the page of rule `id`. Never fails: what is wrong is in [`Page::errors`].
    pub fn of_rule(id: &str, domain: &str, readme: &str, measured: &str) -> Page {
        let mut page = Page {
            id: id.to_owned(),
            domain: domain.to_owned(),
            summary: String::new(),
            severity: Severity::Warning,
            confidence: Confidence::Proven,
            default: true,
            cost_before: String::new(),
            cost_after: String::new(),
            fix: FixClass::None,
            since: String::new(),
            mode: String::new(),
            order: 100,
            prior: 0.5,
            options: Vec::new(),
            body: String::new(),
            body_line: 0,
            blocks: Vec::new(),
            errors: Vec::new(),
            measured_text: measured.to_owned(),
            measured: OnceLock::new(),
        };
        let body_at = page.read_front_matter(readme);
        page.body = readme
            .get(body_at..)
            .unwrap_or("")
            .trim_start_matches('\n')
            .to_owned();
        page.body_line = readme.lines().count() - page.body.lines().count();
        page.read_blocks();
        page
    }

    /// The measured figures, parsed on first use; empty where none were written yet.
    pub fn measured(&self) -> &Measured {
        self.measured
            .get_or_init(|| Measured::parse(&self.measured_text).unwrap_or_default())
    }

    /// The probability that a finding is right in a run of `n_turns` turns: measured, else [`Page::prior`].
    pub fn probability(&self, n_turns: usize) -> f64 {
        self.measured().probability(n_turns).unwrap_or(self.prior)
    }

    /// The link to the page that findings carry.
    pub fn href(&self) -> String {
        format!(
            "https://github.com/looplint/looplint/tree/main/rules/{}/{}",
            self.domain, self.id
        )
    }

    /// The bad and good blocks that belong together, each with the setup block before it.
    pub fn pairs(&self) -> Vec<(Option<&Block>, &Block, &Block)> {
        let mut setup = None;
        let mut bad = None;
        let mut pairs = Vec::new();
        for block in &self.blocks {
            match block.kind {
                BlockKind::Setup => setup = Some(block),
                BlockKind::Bad => bad = Some(block),
                BlockKind::Good => {
                    if let Some(bad) = bad.take() {
                        pairs.push((setup, bad, block));
                    }
                }
                BlockKind::Ok => {}
            }
        }
        pairs
    }

    /// Reads `key: value` lines between two `---` lines; returns where the body begins.
    fn read_front_matter(&mut self, readme: &str) -> usize {
        let Some(rest) = readme.strip_prefix("---\n") else {
            self.error(1, "the page does not begin with `---`");
            return 0;
        };
        let Some(end) = rest.find("\n---\n") else {
            self.error(1, "the front matter has no closing `---`");
            return readme.len();
        };
        for (at, line) in rest[..end].lines().enumerate() {
            let number = at + 2;
            let Some((key, value)) = line.split_once(':') else {
                self.error(number, format!("`{line}` is not `key: value`"));
                continue;
            };
            self.read_key(number, key.trim(), value.trim());
        }
        if self.summary.is_empty() {
            self.error(2, "no summary");
        }
        4 + end + 5
    }

    fn read_key(&mut self, line: usize, key: &str, value: &str) {
        let known = match key {
            "summary" => set(&mut self.summary, Some(value.to_owned())),
            "severity" => set(&mut self.severity, Severity::parse(value)),
            "confidence" => set(&mut self.confidence, Confidence::parse(value)),
            "default" => set(&mut self.default, parse_switch(value)),
            "cost_before" => set(&mut self.cost_before, Some(value.to_owned())),
            "cost_after" => set(&mut self.cost_after, Some(value.to_owned())),
            "fix" => set(&mut self.fix, FixClass::parse(value)),
            "since" => set(&mut self.since, Some(value.to_owned())),
            "mode" => set(&mut self.mode, Some(value.to_owned())),
            "order" => set(&mut self.order, value.parse().ok()),
            "prior" => set(
                &mut self.prior,
                value
                    .parse()
                    .ok()
                    .filter(|prior| (0.0..=1.0).contains(prior)),
            ),
            _ => {
                let Some(name) = key.strip_prefix("option.") else {
                    self.error(line, format!("unknown key `{key}`"));
                    return;
                };
                let (default, summary) = value.split_once('#').unwrap_or((value, ""));
                self.options.push(PageOption {
                    name: name.to_owned(),
                    default: default.trim().to_owned(),
                    summary: summary.trim().to_owned(),
                });
                true
            }
        };
        if !known {
            self.error(line, format!("`{value}` is no value for `{key}`"));
        }
    }

    fn read_blocks(&mut self) {
        let mut open: Option<(Option<Block>, usize)> = None;
        let mut n_bad = 0;
        let body = std::mem::take(&mut self.body);
        for (at, line) in body.lines().enumerate() {
            let number = self.body_line + at + 1;
            let fence = line.bytes().take_while(|&byte| byte == b'`').count();
            match &mut open {
                Some((block, width)) => {
                    if fence >= *width && line.len() == fence {
                        self.blocks.extend(block.take());
                        open = None;
                    } else if let Some(block) = block {
                        block.text.push_str(line);
                        block.text.push('\n');
                    }
                }
                None if fence >= 3 => {
                    let block = self.read_info(&line[fence..], number, &mut n_bad);
                    open = Some((block, fence));
                }
                None => {}
            }
        }
        if open.is_some() {
            self.error(
                self.body_line + body.lines().count(),
                "a code block is not closed",
            );
        }
        self.body = body;
    }

    fn read_info(&mut self, info: &str, line: usize, n_bad: &mut usize) -> Option<Block> {
        let mut words = info.split_whitespace();
        let language = words.next()?.to_owned();
        let kind = match words.next()? {
            "setup" => BlockKind::Setup,
            "bad" => BlockKind::Bad,
            "good" => BlockKind::Good,
            "ok" => BlockKind::Ok,
            _ => return None,
        };
        if kind == BlockKind::Bad {
            *n_bad += 1;
        }
        let mut block = Block {
            language,
            kind,
            name: n_bad.to_string(),
            at: Vec::new(),
            no_fix: false,
            unsafe_fix: false,
            no_run: false,
            why: String::new(),
            text: String::new(),
            line: line + 1,
        };
        for word in words {
            match word.split_once('=') {
                Some(("at", lines)) => block.at = lines.split(',').flat_map(str::parse).collect(),
                Some(("name", name)) => block.name = name.to_owned(),
                Some(("fix", "none")) => block.no_fix = true,
                Some(("fix", "unsafe")) => block.unsafe_fix = true,
                Some(("run", "none")) => block.no_run = true,
                _ => {
                    if !block.why.is_empty() {
                        block.why.push(' ');
                    }
                    block.why.push_str(word);
                }
            }
        }
        if kind == BlockKind::Bad && block.at.is_empty() {
            self.error(line, "a bad block names its lines: `at=3`");
        }
        if kind == BlockKind::Ok && block.why.is_empty() {
            self.error(line, "an ok block says why in its info string");
        }
        Some(block)
    }

    fn error(&mut self, line: usize, message: impl Into<String>) {
        self.errors.push(PageError {
            line,
            message: message.into(),
        });
    }
}

fn set<T>(place: &mut T, value: Option<T>) -> bool {
    let Some(value) = value else { return false };
    *place = value;
    true
}

fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\nsummary: A thing\nseverity: error\nfix: safe\noption.limit: 8 # how many\n---\n\n# Thing\n\n```python setup\ndef data(n): ...\n```\n\n```python bad at=2 name=first\na\nb\n```\n\n```python good\nc\n```\n\n```python ok a set is fast\nd\n```\n\n```sh\nnot read\n```\n";

    #[test]
    fn a_page_is_read_once_for_all() {
        let page = Page::of_rule("thing", "python", PAGE, "");
        assert_eq!(page.errors, []);
        assert_eq!((page.severity, page.fix), (Severity::Error, FixClass::Safe));
        assert_eq!(page.options[0].default, "8");
        assert_eq!(page.blocks.len(), 4);
        let (setup, bad, good) = page.pairs()[0];
        assert!(setup.is_some());
        assert_eq!((bad.text.as_str(), bad.at.as_slice()), ("a\nb\n", &[2][..]));
        assert_eq!(good.text, "c\n");
        assert_eq!(page.blocks[3].why, "a set is fast");
        assert_eq!(PAGE.lines().nth(bad.line - 1), Some("a"));
    }

    #[test]
    fn a_broken_page_says_where() {
        let page = Page::of_rule(
            "thing",
            "python",
            "---\nseverity: loud\nwhat: x\n---\n```python bad\n",
            "",
        );
        let lines: Vec<usize> = page.errors.iter().map(|error| error.line).collect();
        assert_eq!(lines, [2, 3, 2, 5, 5]);
    }
}
