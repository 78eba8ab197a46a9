//! What one function does, found in one walk over it.
//!
//! Takes what the functions that it calls do from their summaries.

use ruff_python_ast::{AnyNodeRef, CmpOp};

use crate::deeds::dotted;
use crate::effects::Role;
use crate::index::span;
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind};
use crate::summary::{Deed, FunctionSummary, Purity, Subject, What};
use crate::tables::{self, Effect, Sink, Slot, Work};
use crate::types::{InCost, Type};

/// Calls that a deed is followed through.
pub const HOPS_MAX: usize = 3;

/// Deeds kept per function.
const DEEDS_MAX: usize = 12;

/// Goes through the body of one function.
pub(crate) struct Finder<'d> {
    function: Node<'d>,
    found: FunctionSummary,
}

impl<'d> Finder<'d> {
    pub(crate) fn new(function: Node<'d>) -> Finder<'d> {
        let scope = &function.document.index.scopes[function.data().extra as usize];
        let header = function.header_span();
        let parameters = function.children().filter_map(|child| match child.ast() {
            AnyNodeRef::Parameter(each) => Some(each.name.to_string()),
            _ => None,
        });
        let found = FunctionSummary {
            name: dotted(function),
            header: (header.start, header.end),
            parameters: parameters.collect(),
            generator: scope.is_generator,
            purity: Purity::Pure,
            ..FunctionSummary::default()
        };
        Finder { function, found }
    }

    pub(crate) fn run(mut self) -> FunctionSummary {
        let AnyNodeRef::StmtFunctionDef(each) = self.function.ast() else {
            return self.found;
        };
        self.found.asynchronous = each.is_async;
        if each.is_async {
            self.worse(Purity::Effects);
        }
        self.found.returns = self
            .function
            .document
            .return_type(self.function)
            .to_string();
        for node in self.function.subtree() {
            // What a nested function or lambda does is done when that is called.
            if node.frame() == self.function {
                self.look_at(node);
            }
        }
        self.found.deeds.truncate(DEEDS_MAX);
        self.found
    }

    fn worse(&mut self, purity: Purity) {
        self.found.purity = self.found.purity.max(purity);
    }

    fn look_at(&mut self, node: Node<'d>) {
        match node.ast() {
            AnyNodeRef::ExprCall(_) => self.call(node),
            AnyNodeRef::ExprCompare(compare) => {
                for (op, right) in compare.ops.iter().zip(&compare.comparators) {
                    let right = node.at(right);
                    if matches!(op, CmpOp::In | CmpOp::NotIn) && is_scanned(right) {
                        self.deed(What::Scan, right, node);
                    }
                }
            }
            AnyNodeRef::StmtFor(each) => self.iterates(node.at(&*each.iter), node),
            AnyNodeRef::Comprehension(each) => self.iterates(node.at(&each.iter), node),
            AnyNodeRef::ExprName(_) => self.name(node),
            AnyNodeRef::ExprAttribute(_) => self.attribute(node),
            AnyNodeRef::ExprAwait(_) => self.worse(Purity::Effects),
            AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_) | AnyNodeRef::StmtDelete(_) => {
                self.worse(Purity::Effects);
            }
            _ => {}
        }
    }

    fn iterates(&mut self, object: Node<'d>, place: Node<'d>) {
        self.deed(What::Iterate, object, place);
    }

    /// A use of a name: parameters may be changed or kept, names of the module may be read.
    fn name(&mut self, node: Node<'d>) {
        let Some(symbol) = node.symbol() else { return };
        if symbol.is_unbound() {
            return;
        }
        let subject = node.subject();
        let role = node.role().role;
        match subject {
            Subject::Parameter(at) => match role {
                Role::Mutates | Role::Stores | Role::Escapes => {
                    let is_receiver = at == 0 && self.function.parent_class().is_some();
                    // What is done to `self` is told by its attributes.
                    if !is_receiver || role == Role::Escapes {
                        push(&mut self.found.mutates, at);
                    }
                    self.worse(Purity::Effects);
                }
                Role::Aliases | Role::Returns => push(&mut self.found.keeps, at),
                _ => {}
            },
            Subject::Global(_) => {
                if matches!(role, Role::Mutates | Role::Stores | Role::Escapes) {
                    self.worse(Purity::Effects);
                } else if !is_constant(node) {
                    self.found.reads_globals = true;
                    self.worse(Purity::Reads);
                }
            }
            _ if symbol.owner() != self.function && symbol.scope_kind() == ScopeKind::Function => {
                self.found.reads_globals = true;
                self.worse(Purity::Reads);
            }
            _ => {}
        }
    }

    fn attribute(&mut self, node: Node<'d>) {
        let AnyNodeRef::ExprAttribute(each) = node.ast() else {
            return;
        };
        let is_method = node.parent().is_some_and(|call| {
            call.method()
                .is_some_and(|(receiver, _)| receiver == node.at(&*each.value))
        });
        let value = node.at(&*each.value);
        let Subject::Attribute(name) = node.subject() else {
            if !each.ctx.is_load()
                && value.root().subject() == Subject::Other
                && !is_local(value.root(), self.function)
            {
                self.worse(Purity::Effects);
            }
            return;
        };
        let changed = !each.ctx.is_load()
            || matches!(
                node.role().role,
                Role::Mutates | Role::Stores | Role::Escapes
            );
        if changed && !is_method {
            push(&mut self.found.writes, name);
            self.worse(Purity::Effects);
        } else if !is_method {
            push(&mut self.found.reads, name);
            self.worse(Purity::Reads);
        }
    }

    fn call(&mut self, node: Node<'d>) {
        if node.is_rare() {
            return;
        }
        if let Some(fact) = node.fact() {
            return self.known_call(node, fact);
        }
        let Some(callee) = node.callee() else {
            let may_act = match node.method() {
                Some((_, name)) => tables::guess(name) != tables::Guess::Reads,
                None => true,
            };
            // A guess about a method is no proof of purity.
            let _ = may_act;
            return self.worse(Purity::Effects);
        };
        // A recursion does what the rest of the function does.
        if callee == self.function {
            self.found.recursive = true;
            return;
        }
        let summary = self.function.document.function_summary(callee);
        let own = node
            .method()
            .is_some_and(|(receiver, _)| receiver.subject() == Subject::Parameter(0));
        for attribute in if own { summary.writes.as_slice() } else { &[] } {
            push(&mut self.found.writes, attribute.clone());
        }
        for attribute in if own { summary.reads.as_slice() } else { &[] } {
            push(&mut self.found.reads, attribute.clone());
        }
        self.found.reads_globals |= summary.reads_globals;
        // Changing an object that this function made is nobody else's business.
        let only_own_objects = summary.purity == Purity::Effects
            && summary.name.ends_with("__init__")
            && summary.mutates.is_empty();
        self.worse(if only_own_objects {
            Purity::Reads
        } else {
            summary.purity
        });
        for deed in &summary.deeds {
            self.inherit(node, deed);
        }
    }

    /// A callee's deed, told in this function's terms.
    fn inherit(&mut self, call: Node<'d>, deed: &Deed) {
        if deed.chain.len() > HOPS_MAX {
            return;
        }
        let subject = match &deed.subject {
            Subject::Parameter(at) => call.passed(*at).map_or(Subject::Other, Node::subject),
            Subject::Attribute(name) => match call.method() {
                Some((receiver, _)) if receiver.subject() == Subject::Parameter(0) => {
                    Subject::Attribute(name.clone())
                }
                _ => Subject::Other,
            },
            other => other.clone(),
        };
        if deed.what.is_linear() && subject == Subject::Other {
            return;
        }
        let here = call.span();
        let mut chain = vec![(here.start, here.end)];
        chain.extend(&deed.chain);
        let repeated = deed.repeated || is_repeated(call);
        self.add(Deed {
            what: deed.what,
            subject,
            chain,
            repeated,
        });
    }

    fn known_call(&mut self, node: Node<'d>, fact: &tables::Fact) {
        match fact.effect {
            Effect::Pure | Effect::Fresh => {}
            Effect::Reads => {
                self.found.reads_globals = true;
                self.worse(Purity::Reads);
            }
            // What it changes is seen at the uses of the receiver and the arguments.
            Effect::Mutates => {}
            Effect::Outside if node.only_reads_files() => {
                self.found.reads_globals = true;
                self.worse(Purity::Reads);
            }
            Effect::Outside | Effect::Unknown => self.worse(Purity::Effects),
        }
        if let Some(what) = fact.sink.and_then(sink_deed) {
            let place = node.span();
            let file = (what == What::File).then(|| node.file()).flatten();
            self.add(Deed {
                what,
                subject: file.map_or(Subject::Other, Node::subject),
                chain: vec![(place.start, place.end)],
                repeated: is_repeated(node),
            });
        }
        let slot = match fact.work {
            Work::Linear(slot) | Work::NLogN(slot) => slot,
            Work::UpTo(slot) => slot,
            Work::LinearAll => Slot::Argument(0),
            _ => return,
        };
        let object = match slot {
            Slot::Receiver => node.method().map(|(receiver, _)| receiver),
            Slot::Argument(at) => node.argument(usize::from(at), ""),
            Slot::Key => None,
        };
        let Some(object) = object else { return };
        let ty = object.ty();
        // Searching a text costs by the text's length, which is another matter.
        if matches!(ty, Type::Str | Type::Bytes) {
            return;
        }
        let searches = matches!(fact.name, "index" | "count" | "remove" | "__contains__");
        if node.searches_on() {
            return;
        }
        self.deed(
            if searches { What::Scan } else { What::Compute },
            object,
            node,
        );
    }

    fn deed(&mut self, what: What, object: Node<'d>, place: Node<'d>) {
        if object.extent().is_small() || place.is_rare() {
            return;
        }
        let subject = object.subject();
        if subject == Subject::Other {
            return;
        }
        let span = match place.ast() {
            AnyNodeRef::StmtFor(each) => {
                let whole = place.span();
                looplint_model::Span::new(whole.start, span(&*each.iter).end)
            }
            _ => place.span(),
        };
        let repeated = is_repeated(place);
        self.add(Deed {
            what,
            subject,
            chain: vec![(span.start, span.end)],
            repeated,
        });
    }

    fn add(&mut self, deed: Deed) {
        let known = self
            .found
            .deeds
            .iter()
            .any(|known| known.what == deed.what && known.subject == deed.subject);
        if !known || deed.repeated {
            self.found.deeds.push(deed);
        }
    }
}

fn push<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Whether `x in this` compares one item after another.
pub(crate) fn is_scanned(object: Node<'_>) -> bool {
    matches!(
        object.ty().without_none().scan_cost_of_in(),
        InCost::Scan | InCost::MostlyScan
    )
}

/// Whether a loop of the function, not a small one, repeats the place.
fn is_repeated(place: Node<'_>) -> bool {
    place.loops().iter().any(|each| !each.is_bounded())
}

/// Whether a name is bound in the function: what is done to its object may still be the function's own business.
fn is_local<'d>(name: Node<'d>, function: Node<'d>) -> bool {
    name.symbol()
        .is_some_and(|symbol| symbol.owner() == function)
        && name.reaching().iter().all(|binding| {
            binding.kind() == BindingKind::Assigned
                && binding.owner().assigned_value().is_some_and(|value| {
                    matches!(
                        value.kind(),
                        Kind::Call | Kind::List | Kind::Dict | Kind::Set | Kind::Comprehension
                    )
                })
        })
}

/// A name of the module that always means the same: a function, class or import, or something assigned once that
/// cannot change.
fn is_constant(name: Node<'_>) -> bool {
    let Some(binding) = name.symbol().and_then(|symbol| symbol.single_binding()) else {
        return false;
    };
    match binding.kind() {
        BindingKind::Function | BindingKind::Class | BindingKind::Imported => true,
        BindingKind::Assigned => {
            name.ty().is_mutable().is_no() || !binding.symbol().is_mutated_or_escapes()
        }
        _ => false,
    }
}

fn sink_deed(sink: Sink) -> Option<What> {
    Some(match sink {
        Sink::Query => What::Query,
        Sink::RowWrite | Sink::BulkWrite => What::Write,
        Sink::Commit => What::Commit,
        Sink::Request | Sink::Connect => What::Request,
        Sink::Open | Sink::FileRead | Sink::FileSystem => What::File,
        Sink::Process => What::Process,
        Sink::Sleep => What::Sleep,
        // The rows of a query that already ran.
        Sink::Fetch => return None,
        Sink::FileWrite | Sink::Print => return None,
    })
}
