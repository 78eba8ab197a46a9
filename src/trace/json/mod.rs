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
