//! Floor 4: the editor's loop. Open documents, checked as they change, and everything an editor asks about a finding.
//!
//! Knows the language server protocol, and is the only crate that does.
//! Does not know what a rule looks for, which domains there are, or where a configuration is written;
//! does not read files, run programs or open connections: what it needs from outside is a [`Host`].

mod actions;
mod choices;
mod commands;
mod documents;
mod explain;
mod features;
mod fixes;
mod guard;
mod host;
mod hover;
mod inbox;
mod marks;
mod outbox;
mod paths;
mod profiles;
mod pull;
mod report;
mod server;
mod session;
mod tell;
mod text;
mod wire;
mod workers;
mod workspace;

pub use choices::{Choices, Preference};
pub use explain::{Explained, Explainer, Stopper};
pub use host::{FileChange, Govern, Host, Mistake, Profile, Trouble};
pub use server::serve;
