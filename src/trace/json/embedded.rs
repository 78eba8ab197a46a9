//! JSON that stands as a string inside JSON, and how its places map back to the outer text.
//!
//! Knows escapes. Does not know who wrote JSON into a string, or why.

use looplint_model::Span;

use super::tape::Tape;
use super::value::{Value, escaped_char};

/// Where a tape's text stands in the source.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The text is the source's.
    Itself,
    /// The text was unescaped from the source: pairs of an offset here and the offset there,
    /// one at the start and one after each escape, both rising.
    Unescaped(Vec<(u32, u32)>),
    /// The text was made of what stands here in some other form.
    Made(Span),
}

/// JSON unpacked from a string.
#[derive(Debug)]
pub struct Embedded {
    text: String,
    origin: Origin,
}

impl Origin {
    /// The place in the source of a place in the text.
    pub(crate) fn place(&self, span: Span) -> Span {
        match self {
            Origin::Itself => span,
            Origin::Made(from) => *from,
            Origin::Unescaped(_) => Span::new(self.offset(span.start), self.offset(span.end)),
        }
    }

    fn offset(&self, at: u32) -> u32 {
        let Origin::Unescaped(steps) = self else {
            return at;
        };
        let after = steps.partition_point(|&(here, _)| here <= at);
        match steps.get(after.saturating_sub(1)) {
            Some(&(here, there)) => there + (at - here),
            None => at,
        }
    }

    /// The origin of the text that `inside` of `outer` unescapes to.
    fn of_string(outer: &Tape, inside: Span) -> Origin {
        let raw = &outer.text[inside.start as usize..inside.end as usize];
        let mut steps = vec![(0, outer.origin.offset(inside.start))];
        let (mut here, mut at) = (0u32, 0usize);
        while let Some(found) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
            let (character, width) = escaped_char(raw, at + found);
            here += found as u32 + character.map_or(0, |it| it.len_utf8() as u32);
            at += found + width;
            steps.push((here, outer.origin.offset(inside.start + at as u32)));
        }
        // Stretches of an outer text that is itself unescaped are not even: its own steps count too.
        if let Origin::Unescaped(outer_steps) = &outer.origin {
            steps = with_outer_steps(&steps, raw, inside.start, outer_steps);
        }
        Origin::Unescaped(steps)
    }
}

/// Adds the places where the outer text's own mapping jumps inside an even stretch of ours.
fn with_outer_steps(
    steps: &[(u32, u32)],
    raw: &str,
    start: u32,
    outer: &[(u32, u32)],
) -> Vec<(u32, u32)> {
    let end = start + raw.len() as u32;
    let first = outer.partition_point(|&(here, _)| here <= start);
    let mut all = steps.to_vec();
    let (mut here, mut at, mut next) = (0u32, 0usize, first);
    loop {
        let stop =
            memchr::memchr(b'\\', &raw.as_bytes()[at..]).map_or(raw.len(), |found| at + found);
        while let Some(&(outer_here, there)) = outer.get(next)
            && outer_here < end
            && (outer_here - start) as usize <= stop
        {
            let offset = (outer_here - start) as usize;
            if offset > at {
                all.push((here + (offset - at) as u32, there));
            }
            next += 1;
        }
        if stop >= raw.len() {
            break;
        }
        let (character, width) = escaped_char(raw, stop);
        here += (stop - at) as u32 + character.map_or(0, |it| it.len_utf8() as u32);
        at = stop + width;
    }
    all.sort_unstable();
    all.dedup_by_key(|step| step.0);
    all
}

impl Embedded {
    /// What the string at `inside` of `outer` unescapes to.
    pub(crate) fn new(text: String, outer: &Tape, inside: Span) -> Embedded {
        let origin = Origin::of_string(outer, inside);
        Embedded { text, origin }
    }

    /// JSON made of what stands at `from` in some other form.
    pub(crate) fn made(text: String, from: Span) -> Embedded {
        Embedded {
            text,
            origin: Origin::Made(from),
        }
    }

    /// A tape over the unpacked text, whose spans are places in the source;
    /// `None` where the text is not exactly one whole JSON value.
    pub fn tape(&self) -> Option<Tape<'_>> {
        read_whole(&self.text, self.origin.clone())
    }
}

/// A tape over a text that is exactly one whole JSON value, give or take slips that [`Tape`] forgives.
pub(crate) fn read_whole(text: &str, origin: Origin) -> Option<Tape<'_>> {
    let mut faults = Vec::new();
    let mut tape = Tape::new(text, origin);
    let reading = tape.read(0, text.len(), &mut faults);
    let rest = text.get(reading.end..)?;
    (reading.whole && rest.trim().is_empty()).then_some(tape)
}

impl<'a> Tape<'a> {
    /// The first value on the tape.
    pub fn root(&'a self) -> Option<Value<'a>> {
        (!self.nodes.is_empty()).then(|| Value::new(self, 0))
    }
}
