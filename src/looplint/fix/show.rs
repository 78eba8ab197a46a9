//! What is said about fixes: flags, diffs, counts.

use std::io::{self, Write};

use clap::Args;
use similar::TextDiff;

use super::file::{Fixed, Fixer, Target, Work};
use crate::tell::say;

/// Flags for fixes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Fixes")]
#[group(skip)]
pub(crate) struct Arguments {
    /// Fix what can be fixed without changing what the program does
    #[arg(long)]
    pub(crate) fix: bool,
    /// Apply fixes too of which some condition is not proven; `looplint rule RULE` says which
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,
    /// Show what --fix would change as a unified diff, and write nothing; exit with 1 when something would
    #[arg(long)]
    pub(crate) diff: bool,
    /// Fix, and do not report what is left
    #[arg(long)]
    pub(crate) fix_only: bool,
    /// List what was fixed
    #[arg(long)]
    pub(crate) show_fixes: bool,
    /// Silence what is found with comments in the code, for the reason given
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["fix", "fix_only"]
    )]
    pub(crate) add_ignore: Option<String>,
    /// Exit with 1 when something was fixed, even if nothing is left
    #[arg(long)]
    pub(crate) exit_non_zero_on_fix: bool,
}

impl Arguments {
    /// How to fix; `None` where nothing is to be fixed.
    pub(crate) fn fixer(&self, is_stdin: bool) -> Option<Fixer> {
        let to = match is_stdin {
            _ if self.diff => Target::Diff,
            _ if !self.fix && !self.fix_only && self.add_ignore.is_none() => return None,
            true => Target::Stdout,
            false => Target::File,
        };
        let work = match &self.add_ignore {
            Some(reason) => Work::Ignore {
                reason: reason.trim().to_owned(),
            },
            None => Work::Fix {
                risky: self.unsafe_fixes,
            },
        };
        Some(Fixer { work, to })
    }

    /// Whether only fixes count, not findings.
    pub(crate) fn only(&self) -> bool {
        self.diff || self.fix_only
    }
}

/// Shows what became of the files with fixes, in their order; gives how many findings were fixed.
///
/// # Errors
/// Those of standard output.
pub(crate) fn report(
    arguments: &Arguments,
    fixer: &Fixer,
    all: &[Fixed],
    quiet: bool,
) -> io::Result<usize> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut n, mut n_files) = (0, 0);
    for fixed in all {
        if let Some(trouble) = &fixed.trouble {
            say(format!("looplint: {}: not changed: {trouble}", fixed.name));
        }
        let Some((before, after)) = &fixed.bytes else {
            continue;
        };
        let own: usize = fixed.rules.values().sum();
        n += own;
        n_files += usize::from(own > 0);
        if fixer.to == Target::Diff {
            let (before, after) = (shown(before, fixed.encoding), shown(after, fixed.encoding));
            write!(out, "{}", diff(&fixed.name, &before, &after))?;
        }
        if arguments.show_fixes && own > 0 {
            say(format!("{}:", fixed.name));
            for (rule, n) in &fixed.rules {
                say(format!("  {n} {rule}"));
            }
        }
    }
    out.flush()?;
    if n > 0 && !quiet {
        let did = match (&fixer.work, fixer.to) {
            (Work::Fix { .. }, Target::Diff) => "would fix",
            (Work::Fix { .. }, _) => "fixed",
            (Work::Ignore { .. }, Target::Diff) => "would silence",
            (Work::Ignore { .. }, _) => "silenced",
        };
        let (s, files) = (
            if n == 1 { "" } else { "s" },
            if n_files == 1 { "" } else { "s" },
        );
        say(format!("{did} {n} finding{s} in {n_files} file{files}"));
    }
    Ok(n)
}

/// The text of a file for a person.
fn shown(bytes: &[u8], encoding: &str) -> String {
    if encoding.eq_ignore_ascii_case("iso-8859-1") {
        return bytes.iter().map(|&byte| char::from(byte)).collect();
    }
    let known = encoding_rs::Encoding::for_label(encoding.as_bytes());
    let known = known.unwrap_or(encoding_rs::UTF_8);
    known.decode_without_bom_handling(bytes).0.into_owned()
}

fn diff(name: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .header(name, name)
        .to_string()
}
