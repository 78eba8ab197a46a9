//! Floor 1: the words that everything else speaks.
//!
//! Knows text, spans, findings, fixes, costs, rule pages and what a domain is.
//! Does not know any language, any trace format, any protocol, any file or any clock.

mod cost;
mod domain;
mod finding;
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
pub use page::{
    Block, BlockKind, FixClass, Measured, MeasuredPair, Page, PageError, PageOption, Rate,
};
pub use settings::{OptionValue, Settings};
pub use source::{
    Cell, Columns, FileLine, Layout, LineIndex, Piece as KeptPiece, Position, Source, Span,
};
pub use thin::thin;
