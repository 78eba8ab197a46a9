//! Floor 1: the words that everything else speaks.
//!
//! Knows text, spans, findings, fixes, costs, rule pages and what a domain is.
//! Does not know any language, any trace format, any protocol, any file or any clock.

mod cost;
mod domain;
mod finding;
mod lines;
mod measured;
mod page;
mod settings;
mod source;
mod thin;

pub use cost::{CodeCost, Cost, Curve, Point, RunCost, Size, SizeOrigin, Work, degree};
pub use domain::{
    Check, Claim, Cx, Decoded, Domain, Part, PartKind, Piece, Rule, Silence, SilenceScope,
};
pub use finding::{
    Checked, Confidence, Edit, Finding, Fix, Problem, ProblemKind, Related, RunPlace, Safety,
    Severity,
};
pub use lines::{Columns, LineIndex};
pub use measured::{Measured, MeasuredPair, Rate};
pub use page::{Block, BlockKind, FixClass, Page, PageError, PageOption};
pub use settings::{OptionValue, Settings};
pub use source::{Cell, FileLine, Layout, Piece as KeptPiece, Position, Source, Span};
pub use thin::thin;
