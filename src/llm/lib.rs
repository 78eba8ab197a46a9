//! Floor 4: language models, where a user asks for them.
//!
//! Prompts made from rule pages and findings, the one network client, routing, the cache of answers, the
//! packing of long runs, and the statistics that tell whether a judge can be trusted.
//! Does not know the command line, the editor, the engine, any rule, any language or any trace format; gets
//! pages, findings, sources and runs as plain data, and never changes a finding. The only crate with a socket,
//! and without a call from above it opens none.

pub mod answer;
mod attempt;
pub mod budget;
pub mod catalogue;
pub mod client;
pub mod compare;
pub mod explain;
pub mod failure;
mod health;
pub mod judge;
pub mod metrics;
pub mod pack;
pub mod prompt;
pub mod provider;
pub mod redact;
pub mod route;
pub mod run;
mod slots;
pub mod stats;
pub mod store;
pub mod tokens;
mod transport;
pub mod wire;
