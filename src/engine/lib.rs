//! Floor 3: one walk per document, every rule in its place, silence where it was asked for, all cores busy.
//!
//! Knows what a domain, a rule and a finding are.
//! Does not know which domains or rules there are, does not read or write files, does not print.

mod again;
mod choose;
mod run;
mod silence;
mod table;

pub use again::Kept;
pub use choose::{Chosen, allowed, choose, touch};
pub use run::{Engine, Pool};
pub use silence::{IGNORE_UNKNOWN, IGNORE_UNUSED, IGNORE_WITHOUT_REASON, nearest};
pub use table::{Counters, Outcome, Table, Wing};
