//! The hash by which code scanning knows an alert again: `primaryLocationLineHash`.
//!
//! A rolling hash over a window of 100 UTF-16 units from the start of each line, without spaces and tabs, as GitHub
//! publishes it for uploads that bring none. Works on a whole file's text. Knows no finding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

const WINDOW: usize = 100;
const FACTOR: u64 = 37;
const END_OF_FILE: u16 = 0xffff;
const LINE_FEED: u16 = 0x0a;
const CARRIAGE_RETURN: u16 = 0x0d;

/// The hashes of some lines (from 1), `c129715d7a2bc9a3:1` for the first line of the text that has that hash.
pub(super) fn hashes_of(
    units: impl Iterator<Item = u16>,
    lines: &BTreeSet<usize>,
) -> BTreeMap<usize, String> {
    let hashes = line_hashes(units);
    let at = |line: &usize| hashes.get(line.checked_sub(1)?).copied();
    let mut seen: HashMap<u64, u32> = lines.iter().filter_map(at).map(|hash| (hash, 0)).collect();
    let mut named = BTreeMap::new();
    for (index, hash) in hashes.iter().enumerate() {
        let Some(n) = seen.get_mut(hash) else {
            continue;
        };
        *n += 1;
        if lines.contains(&(index + 1)) {
            named.insert(index + 1, format!("{hash:x}:{n}"));
        }
    }
    named
}

/// The hashes of all lines of a text.
fn line_hashes(units: impl Iterator<Item = u16>) -> Vec<u64> {
    let mut rolling = Rolling::new();
    let mut after_return = false;
    let mut line_start = true;
    for unit in units.chain([END_OF_FILE]) {
        let skipped = matches!(unit, 0x20 | 0x09) || (after_return && unit == LINE_FEED);
        after_return = unit == CARRIAGE_RETURN;
        if skipped {
            continue;
        }
        let unit = if after_return { LINE_FEED } else { unit };
        rolling.push(unit, line_start);
        line_start = unit == LINE_FEED;
    }
    for _ in 0..WINDOW {
        rolling.push(0, false);
    }
    rolling.hashes
}

/// The window as a ring; a line's hash is ready when its first unit is about to leave.
struct Rolling {
    ring: [u16; WINDOW],
    starts_line: [bool; WINDOW],
    at: usize,
    hash: u64,
    leaving: u64,
    hashes: Vec<u64>,
}

impl Rolling {
    fn new() -> Rolling {
        Rolling {
            ring: [0; WINDOW],
            starts_line: [false; WINDOW],
            at: 0,
            hash: 0,
            leaving: FACTOR.wrapping_pow(WINDOW as u32),
            hashes: Vec::new(),
        }
    }

    fn push(&mut self, unit: u16, starts_line: bool) {
        if self.starts_line[self.at] {
            self.hashes.push(self.hash);
        }
        let left = u64::from(self.ring[self.at]);
        self.ring[self.at] = unit;
        self.starts_line[self.at] = starts_line;
        self.hash = FACTOR
            .wrapping_mul(self.hash)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.leaving.wrapping_mul(left));
        self.at = if self.at + 1 == WINDOW {
            0
        } else {
            self.at + 1
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<String> {
        let lines = (1..=text.len() + 1).collect();
        hashes_of(text.encode_utf16(), &lines)
            .into_values()
            .collect()
    }

    /// The vectors that GitHub's own uploader is tested with.
    #[test]
    fn the_published_vectors() {
        assert_eq!(hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            hashes(" a\nb\n  \t\tc\n d"),
            [
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1"
            ]
        );
        let greeting = " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n";
        let expected = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(hashes(greeting), expected);
        assert_eq!(hashes(&greeting.replace('\n', "\r\n")), expected);
        assert_eq!(hashes(&greeting.replace('\n', "\r")), expected);
    }

    #[test]
    fn equal_lines_are_counted() {
        let text = "x\n".repeat(300);
        let hashes = hashes(&text);
        assert_eq!(hashes.len(), 301);
        assert_eq!(hashes[0], hashes[1].replace(":2", ":1"));
        assert!(hashes[200].ends_with(":201"));
    }
}
