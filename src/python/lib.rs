//! Floor 2, left wing: Python source with the facts that rules ask for.
//!
//! Knows Python: parsing with recovery, scopes, loops, types, effects, sizes, costs.
//! Does not know any rule, any file, any protocol. It is the only crate that names the Python parser.

mod annotate;
mod answers;
mod apart;
mod calls;
mod changed;
mod cost;
mod count;
mod data;
mod database;
mod dear;
mod decode;
mod deeds;
mod degree;
mod depth;
mod distinct;
mod document;
mod edits;
mod effects;
mod elements;
mod few;
mod finder;
mod flow;
mod getters;
mod graph;
mod growth;
mod guards;
mod handful;
mod hoist;
mod index;
mod infer;
mod invariant;
mod kernel;
mod kind;
mod loops;
mod many;
mod memo;
mod names;
mod narrow;
mod node;
mod notebook;
mod outline;
mod parse;
mod picked;
mod pieces;
mod private;
mod purity;
mod purpose;
mod quiet;
mod rare;
mod reach;
mod relations;
mod rows;
mod scan;
mod scope;
mod selected;
mod silence;
mod size;
mod starts;
pub mod summary;
pub mod tables;
mod text;
mod turns;
pub mod types;
mod waits;
mod work;
mod written;

use looplint_model::{
    Claim, Decoded, Domain, Edit, Part, Piece, Problem, Settings, Silence, SilenceScope, Source,
    Span, Work,
};

pub use cost::{Monomial, big_o};
pub use degree::FunctionCost;
pub use document::Document;
pub use effects::{Role, Use};
pub use finder::HOPS_MAX;
pub use flow::Multiplicity;
pub use growth::Growth;
pub use infer::Typed;
pub use invariant::{Reason, Variance};
pub use kernel::{Kernel, Shape};
pub use kind::Kind;
pub use loops::{Loop, LoopKind};
pub use node::Node;
pub use private::Private;
pub use scan::{Scan, related_loops};
pub use scope::{Binding, BindingKind, ScopeKind, Symbol};
pub use selected::Selected;
pub use size::{BOUNDED_MAX, Extent};
pub use types::Type;

/// The parser's syntax tree.
pub use ruff_python_ast as ast;
/// Ranges of the parser's syntax tree.
pub use ruff_text_size::Ranged;

/// Python source files and notebooks.
pub struct Python;

impl Domain for Python {
    const NAME: &'static str = "python";
    const KINDS: usize = Kind::COUNT;
    // An expression is rewritten once, whatever is wrong with it.
    const ONE_PER_PLACE: bool = true;
    type Kind = Kind;
    type Document<'d> = Document<'d>;
    type Node<'d> = Node<'d>;
    type Summary = summary::Summary;

    fn claims(name: &str, head: &[u8]) -> Claim {
        decode::claims(name, head)
    }

    fn decode(name: &str, bytes: Vec<u8>) -> Decoded {
        decode::decode(name, bytes)
    }

    fn open<R>(
        source: &Source,
        settings: &Settings,
        run: impl for<'d> FnOnce(&'d Document<'d>, &'d Source, &'d Settings) -> R,
    ) -> R {
        parse::with_parsed(source, settings, |parsed, problems| {
            let document =
                Document::new(source, settings, parsed.syntax(), parsed.tokens(), problems);
            run(&document, source, settings)
        })
    }

    fn problems<'d>(document: &'d Document<'d>) -> &'d [Problem] {
        &document.problems
    }

    fn index(kind: Kind) -> usize {
        kind as usize
    }

    fn walk<'d>(document: &'d Document<'d>, visit: &mut dyn FnMut(Kind, Node<'d>)) {
        for node in document.nodes() {
            visit(node.kind(), node);
        }
    }

    fn walk_some<'d>(
        document: &'d Document<'d>,
        nodes: (u32, u32),
        visit: &mut dyn FnMut(Kind, Node<'d>),
    ) {
        for id in nodes.0..nodes.1 {
            let node = document.at(id);
            visit(node.kind(), node);
        }
    }

    fn pieces<'d>(document: &'d Document<'d>) -> Vec<Piece> {
        pieces::pieces(document)
    }

    fn asked<'d>(document: &'d Document<'d>) -> Vec<(String, bool)> {
        document.memo.asked.take()
    }

    fn answers<'d>(document: &'d Document<'d>, question: &str) -> bool {
        document.is_taken(question)
    }

    fn summarise<'d>(document: &'d Document<'d>) -> summary::Summary {
        document.summary()
    }

    fn silence<'d>(document: &'d Document<'d>) -> Vec<Silence> {
        silence::silences(document)
    }

    fn quiet<'d>(
        document: &'d Document<'d>,
        at: Span,
        rule: &str,
        scope: SilenceScope,
    ) -> Option<Edit> {
        quiet::edit(document, at, rule, scope)
    }

    fn outline<'d>(document: &'d Document<'d>) -> Vec<Part> {
        outline::parts(document)
    }

    fn work<'d>(document: &'d Document<'d>, span: Span) -> Option<Work> {
        document.work_around(span)
    }
}
