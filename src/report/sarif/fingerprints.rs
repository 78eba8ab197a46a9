//! Which text the line hashes of a report's files are made from.
//!
//! Knows sources and their parts. Does not know how a hash is made.

use std::collections::{BTreeMap, BTreeSet};

use looplint_model::{Layout, Source};

use super::line_hash::hashes_of;
use crate::Report;
use crate::found::{Found, bytes_before};

/// Hashes by file name and line, for the lines that have results.
pub(super) type Hashes<'a> = BTreeMap<&'a str, BTreeMap<usize, String>>;

/// The hashes of the lines on which `kept` has results.
pub(super) fn line_hashes<'a>(report: &Report<'a>, kept: &[Vec<Found<'a>>]) -> Hashes<'a> {
    let mut lines: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for group in kept {
        let lines = lines.entry(&group[0].source.name).or_default();
        lines.insert(group[0].start().line);
    }
    let mut sources: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for checked in report.files {
        if lines.contains_key(checked.source.name.as_str()) {
            sources
                .entry(&checked.source.name)
                .or_default()
                .push(&checked.source);
        }
    }
    sources
        .into_iter()
        .filter_map(|(name, mut parts)| {
            parts.sort_by_key(|source| bytes_before(source));
            Some((name, hashes_of(whole_text(&parts)?, lines.get(name)?)))
        })
        .collect()
}

/// The file's text in UTF-16 units, or `None` where the parts are not all of it or another reader would read it
/// otherwise: the upload step then makes the hash itself.
fn whole_text<'a>(parts: &[&'a Source]) -> Option<impl Iterator<Item = u16> + use<'a>> {
    let mut at = 0;
    for part in parts {
        let readable = part.encoding == "utf-8" || part.text.is_ascii();
        let is_text = matches!(part.layout, Layout::Whole | Layout::Part { .. });
        if !is_text || !readable || bytes_before(part) != at {
            return None;
        }
        at += part.text.len() as u64;
    }
    let mark = parts.first().is_some_and(|part| part.bom).then_some(0xfeff);
    let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    Some(
        mark.into_iter()
            .chain(texts.into_iter().flat_map(str::encode_utf16)),
    )
}

/// The hash of the finding's line, where one could be made.
pub(super) fn hash_of(hashes: &Hashes<'_>, found: &Found<'_>) -> Option<String> {
    hashes
        .get(found.source.name.as_str())?
        .get(&found.start().line)
        .cloned()
}
