//! What runs only when something went wrong, and what a person looks at: there nobody waits for a loop.
//!
//! Knows handlers, raised errors, arms that end in one, what is put into the words of an error or a warning, classes of
//! errors, and functions that print or show. Does not know how often a loop turns.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use crate::dear::words;
use crate::flow::leads_to_raise;
use crate::growth::Growth;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;

/// First words of functions that put something before a person's eyes.
const SHOWS: [&str; 6] = ["debug", "display", "pprint", "pretty", "print", "show"];

/// Last words in the names of functions that say that something went wrong.
const WRONG: [&str; 5] = ["abort", "error", "exception", "warn", "warning"];

/// Methods of loggers that say that something went wrong.
const COMPLAINS: [&str; 6] = ["critical", "error", "exception", "fatal", "warn", "warning"];

impl<'d> Node<'d> {
    /// Whether it runs only when something went wrong, as seen from its function.
    pub fn is_rare(self) -> bool {
        self.goes_wrong_within(self.frame(), true) || self.is_of_error_class()
    }

    /// The same, as seen from a turn of the loop. What goes on after an error may have much to do: a loop in an `except`
    /// arm that does not end in an error is one like any other.
    pub(crate) fn is_rare_within(self, around: Loop<'d>) -> bool {
        let whole = around.node();
        self.kind() == Kind::Raise
            || self.goes_wrong_within(whole, true)
            || whole.goes_wrong_within(whole.frame(), false)
            || self.is_of_error_class()
    }

    fn goes_wrong_within(self, outermost: Node<'d>, all_handlers: bool) -> bool {
        let mut inside = self;
        for above in self.ancestors().take_while(|above| *above != outermost) {
            let goes_wrong = match above.ast() {
                AnyNodeRef::StmtRaise(_) => true,
                AnyNodeRef::ExceptHandlerExceptHandler(each) => {
                    all_handlers || leads_to_raise(above, &each.body)
                }
                AnyNodeRef::StmtAssert(each) => {
                    let message = each.msg.as_ref().map(|message| above.at(&**message));
                    return message == Some(inside);
                }
                AnyNodeRef::StmtIf(each) => {
                    inside.kind() != Kind::Arm
                        && inside != above.at(&*each.test)
                        && leads_to_raise(above, &each.body)
                }
                AnyNodeRef::ElifElseClause(each) => {
                    let test = each.test.as_ref().map(|test| above.at(test));
                    test != Some(inside) && leads_to_raise(above, &each.body)
                }
                AnyNodeRef::ExprCall(call) => {
                    above.at(&*call.func) != inside && above.complains(call)
                }
                _ => false,
            };
            if goes_wrong {
                return true;
            }
            inside = above;
        }
        false
    }

    /// Whether a call makes an error, or tells of one: `ValueError(..)`, `warnings.warn(..)`, `log.error(..)`.
    fn complains(self, call: &'d ast::ExprCall) -> bool {
        match &*call.func {
            Expr::Name(name) => is_error(name.id.as_str()) || says_so(name.id.as_str()),
            Expr::Attribute(each) => {
                let name = each.attr.as_str();
                let of = self.at(&*each.value).source();
                let last = of.rsplit('.').next().unwrap_or_default().to_lowercase();
                let is_log = || {
                    matches!(
                        last.trim_matches('_'),
                        "log" | "logger" | "logging" | "iflogger" | "mlog"
                    )
                };
                is_error(name)
                    || COMPLAINS.contains(&name) && is_log()
                    || name == "warn" && last == "warnings"
                    || says_so(name) && name.len() > 7
            }
            _ => false,
        }
    }

    /// Whether it belongs to a class of errors, which has nothing to do but to say what went wrong.
    fn is_of_error_class(self) -> bool {
        let Some(AnyNodeRef::StmtClassDef(each)) = self.class().map(Node::ast) else {
            return false;
        };
        let is_base = |base: &Expr| match base {
            Expr::Name(name) => is_error(name.id.as_str()),
            Expr::Attribute(base) => is_error(base.attr.as_str()),
            _ => false,
        };
        let mut bases = each.arguments.iter().flat_map(|bases| &bases.args);
        bases.any(is_base)
    }

    /// Whether its function puts something before a person's eyes: `print_tree`, `__repr__`. A method that is called
    /// `print` and nothing more is that of a printer.
    pub(crate) fn is_shown(self) -> bool {
        let Some(AnyNodeRef::StmtFunctionDef(each)) = self.function().map(Node::ast) else {
            return false;
        };
        let name = each.name.as_str();
        let words = words(name);
        let shows = words.len() > 1 && SHOWS.contains(&words[0].as_str());
        shows
            || matches!(
                name,
                "pprint" | "__repr__" | "_repr_html_" | "_repr_pretty_"
            )
    }
}

impl Growth<'_> {
    /// Whether what grows is used for nothing but the words of an error: `raise ValueError(text)`.
    pub(crate) fn tells_of_error(&self) -> bool {
        let Some(symbol) = self.target.symbol() else {
            return false;
        };
        let whole = self.outermost().node();
        let mut later = symbol
            .uses()
            .filter(|each| each.id() > whole.id() && !whole.contains(*each))
            .peekable();
        later.peek().is_some() && later.all(Node::is_rare)
    }
}

/// Whether a function of this name tells of an error: `_syntax_error`, `annotateException`; not one that gives, asks for or
/// keeps them.
fn says_so(name: &str) -> bool {
    let words = words(name);
    let tells = |word: &String| WRONG.contains(&word.as_str());
    let is_verb = words.first().is_some_and(|first| {
        matches!(
            first.as_str(),
            "get" | "is" | "has" | "set" | "add" | "count"
        )
    });
    // A measure of how far off something is.
    let is_measure = words.iter().any(|word| {
        matches!(
            word.as_str(),
            "mean" | "squared" | "absolute" | "relative" | "standard" | "max"
        )
    });
    words.last().is_some_and(tells) && !is_verb && !is_measure
}

/// Whether a class of this name is one of errors, as far as its name says.
fn is_error(name: &str) -> bool {
    let is_class = name
        .trim_start_matches('_')
        .starts_with(|first: char| first.is_ascii_uppercase());
    is_class
        && ["Error", "Exception", "Warning"]
            .iter()
            .any(|end| name.ends_with(end))
}
