//! Which bindings can give a name its value at a place.
//!
//! Found by going backwards through the graph from the use to the nearest bindings on every path.
//! Does not follow values through attributes or elements.

use ruff_python_ast::AnyNodeRef;

use crate::graph::{Graph, graph};
use crate::kind::Kind;
use crate::node::Node;
use crate::scope::{Binding, BindingKind, ScopeKind, Symbol};

impl<'d> Node<'d> {
    /// The bindings that can give this name its value here. All bindings where the name belongs to another function,
    /// which may run at any time.
    pub fn reaching(self) -> Vec<Binding<'d>> {
        let Some(symbol) = self.symbol() else {
            return Vec::new();
        };
        if symbol.single_binding().is_some() || symbol.is_unbound() {
            return symbol.bindings().collect();
        }
        let frame = self.frame();
        if symbol.scope_kind() == ScopeKind::Comprehension {
            return symbol
                .bindings()
                .filter(|each| gives_value(*each))
                .collect();
        }
        let home = symbol.owner().frame_of_owner();
        let memo = &self.document.memo;
        if let Some(known) = memo.reaching.borrow().get(&self.id) {
            return known
                .iter()
                .map(|id| Binding {
                    id: *id,
                    document: self.document,
                })
                .collect();
        }
        // Functions of a module may run at any time.
        if home != frame && home.kind() == Kind::Module {
            return symbol
                .bindings()
                .filter(|each| gives_value(*each))
                .collect();
        }
        let found = if home == frame {
            search(self, symbol, frame)
        } else {
            self.reaching_from_within(symbol, frame, home)
        };
        memo.reaching
            .borrow_mut()
            .insert(self.id, found.iter().map(|binding| binding.id).collect());
        found
    }

    /// The bindings of a name of `home` that an inner function or lambda can see: those that reach its definition, and
    /// all that may run after it. A lambda that sorts or maps is called right where it stands.
    /// The same, and behind each `x += y` among them what gave `x` its value there: the object may be that one.
    pub(crate) fn reaching_through_sums(self) -> Vec<Binding<'d>> {
        let mut found = self.reaching();
        let mut at = 0;
        while let Some(binding) = found.get(at).copied() {
            at += 1;
            if binding.kind() == BindingKind::Augmented {
                for earlier in binding.target().reaching() {
                    if !found.contains(&earlier) {
                        found.push(earlier);
                    }
                }
            }
        }
        found
    }

    fn reaching_from_within(
        self,
        symbol: Symbol<'d>,
        frame: Node<'d>,
        home: Node<'d>,
    ) -> Vec<Binding<'d>> {
        let all = || symbol.bindings().filter(|each| gives_value(*each));
        // The frame in `home` that holds the use, and whether all between is called on the spot.
        let mut outermost = frame;
        let mut on_the_spot = self.is_applied(frame);
        while outermost.frame_outside() != home {
            outermost = outermost.frame_outside();
            if outermost == home || outermost.kind() == Kind::Module {
                return all().collect();
            }
            on_the_spot &= self.is_applied(outermost);
        }
        let mut found = search(outermost, symbol, home);
        if on_the_spot {
            return found;
        }
        let loops: Vec<Node<'d>> = outermost.all_loops().map(crate::Loop::node).collect();
        for each in all() {
            let target = each.target();
            let later = target.id > outermost.id
                || !is_parameter(each) && target.frame() != home
                || loops.iter().any(|around| around.contains(target));
            if later && !found.contains(&each) {
                found.push(each);
            }
        }
        found.sort_by_key(|binding| binding.target().id);
        found
    }

    /// Whether `frame` is a lambda that is called where it stands: a key function, the lambda of `map`.
    fn is_applied(self, frame: Node<'d>) -> bool {
        let AnyNodeRef::ExprLambda(lambda) = frame.ast() else {
            return false;
        };
        let around = self.document.node(&*lambda.body).innermost_loop();
        around.is_some_and(|each| each.node() == frame)
    }

    /// The frame around a function or lambda.
    fn frame_outside(self) -> Node<'d> {
        match self.frame() {
            outside if outside == self => self.parent().map_or(self, Node::frame),
            outside => outside,
        }
    }

    /// The frame that an owner of a scope opens or is part of.
    fn frame_of_owner(self) -> Node<'d> {
        match self.kind() {
            Kind::Function | Kind::Lambda | Kind::Module => self,
            _ => self.frame(),
        }
    }

    pub(crate) fn graph<R>(self, ask: impl FnOnce(&Graph) -> R) -> R {
        let graphs = &self.document.memo.graphs;
        let known = graphs.borrow().get(&self.id).cloned();
        let found = match known {
            Some(known) => known,
            None => {
                let made = std::rc::Rc::new(graph(self));
                graphs.borrow_mut().insert(self.id, made.clone());
                made
            }
        };
        ask(&found)
    }
}

impl<'d> Binding<'d> {
    /// The uses that can see the value of this binding.
    pub fn reached_uses(self) -> impl Iterator<Item = Node<'d>> {
        self.symbol()
            .uses()
            .filter(move |each| each.reaching().contains(&self))
    }
}

/// A binding in the graph.
#[derive(Clone, Copy)]
struct Definition<'d> {
    binding: Binding<'d>,
    block: u32,
    at: u32,
    /// Whether it may be skipped although its unit runs: a walrus behind `and`.
    may: bool,
}

fn search<'d>(name: Node<'d>, symbol: Symbol<'d>, frame: Node<'d>) -> Vec<Binding<'d>> {
    let mut found: Vec<Binding<'d>> = Vec::new();
    let mut local: Vec<Definition<'d>> = Vec::new();
    frame.graph(|graph| {
        for binding in symbol.bindings() {
            let target = binding.target();
            if is_parameter(binding) {
                local.push(Definition {
                    binding,
                    block: 0,
                    at: 0,
                    may: false,
                });
            } else if target.frame() == frame {
                let (block, at) = graph.place(target);
                local.push(Definition {
                    binding,
                    block,
                    at: at + 1,
                    may: is_conditional(binding),
                });
            } else {
                // Another function binds it through `global` or `nonlocal`, at any time.
                found.push(binding);
            }
        }
        let (block, at) = graph.place(name);
        backwards(graph, &local, name, (block, at), &mut found);
    });
    found.sort_by_key(|binding| binding.target().id);
    found.dedup();
    found.retain(|binding| gives_value(*binding));
    found
}

/// Collects the nearest definitions before the unit at `place`, on every path.
/// A definition's position counts from 1, so that the entry's own come before all units.
fn backwards<'d>(
    graph: &Graph,
    local: &[Definition<'d>],
    name: Node<'d>,
    place: (u32, u32),
    found: &mut Vec<Binding<'d>>,
) {
    // Within the unit itself only a walrus comes before the use.
    for each in local {
        let same = (each.block, each.at) == (place.0, place.1 + 1);
        if same && each.binding.kind() == BindingKind::Named && each.binding.target().id < name.id {
            found.push(each.binding);
            if !each.may {
                return;
            }
        }
    }
    let mut seen = vec![false; graph.blocks.len()];
    // Definitions at or before the limit in the block count; the use's own block is entered again from its end.
    let mut todo = vec![(place.0, place.1)];
    while let Some((block, limit)) = todo.pop() {
        let mut inside: Vec<&Definition<'d>> = local
            .iter()
            .filter(|each| each.block == block && each.at <= limit)
            .collect();
        inside.sort_by_key(|each| {
            (
                std::cmp::Reverse(each.at),
                std::cmp::Reverse(each.binding.target().id),
            )
        });
        let mut stopped = false;
        for each in inside {
            found.push(each.binding);
            if !each.may {
                stopped = true;
                break;
            }
        }
        if stopped {
            continue;
        }
        for before in &graph.blocks[block as usize].before {
            if !std::mem::replace(&mut seen[*before as usize], true) {
                todo.push((*before, u32::MAX));
            }
        }
    }
}

fn is_parameter(binding: Binding<'_>) -> bool {
    matches!(
        binding.kind(),
        BindingKind::Parameter | BindingKind::Rest | BindingKind::Keywords
    )
}

/// `x: T` and `del x` give no value.
fn gives_value(binding: Binding<'_>) -> bool {
    !matches!(binding.kind(), BindingKind::Declared | BindingKind::Deleted)
}

/// A walrus that its expression may skip.
fn is_conditional(binding: Binding<'_>) -> bool {
    match binding.kind() {
        BindingKind::Named => binding
            .owner()
            .ancestors()
            .take_while(|above| {
                above.expr().is_some()
                    || above.kind() == Kind::Clause
                    || above.kind() == Kind::Keyword
            })
            .any(|above| {
                matches!(
                    above.kind(),
                    Kind::BoolOp | Kind::IfExpression | Kind::Comprehension | Kind::Compare
                )
            }),
        _ => false,
    }
}
