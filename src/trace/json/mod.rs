//! JSON with places: one pass over the text, a flat tape of spans, values read on demand.
//!
//! Written for this because nothing at hand gives the span of every nested value without recursion,
//! goes on after a fault, and leaves long texts alone until somebody asks for them.
//! Does not know any trace format.

mod embedded;
mod tape;
mod value;

pub use embedded::Embedded;
pub(crate) use embedded::{Origin, read_whole};
pub use tape::{Fault, Tape};
pub(crate) use value::escaped_char;
pub use value::{Entries, Items, Shape, Value};

/// Number of values and keys in a text of JSON values: one pass over it and nothing else.
pub fn n_values(text: &str) -> usize {
    let mut tape = Tape::new(text, Origin::Itself);
    let mut faults = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let reading = tape.read(at, text.len(), &mut faults);
        at = if reading.whole {
            reading.end
        } else {
            text.len()
        };
    }
    tape.nodes.len()
}
