//! What is done with a name: every use has a role, and some roles change the object or hand it out.
//!
//! Knows methods by the receiver's type through the tables, and a stated guess where the type is unknown.
//! Does not know what functions of other modules do with an argument: that is an escape.

use looplint_model::Confidence;
use ruff_python_ast::{AnyNodeRef, Expr, ExprContext};

use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::{ScopeKind, Symbol};
use crate::tables::{self, Guess, Slot};
use crate::types::Type;

/// What a use of an object does with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Looks at it: compares, measures, tests, formats, subscripts, hands it to something that only reads.
    Reads,
    /// Goes through it: `for`, a comprehension, `*xs`, unpacking.
    Iterates,
    /// The right side of `in`.
    Contains,
    /// Calls a method that only reads.
    Method,
    /// Calls a method that changes it, or hands it to a function that changes it.
    Mutates,
    /// `x[k] = v`, `del x[k]`, `x += v`, `x.a = v`.
    Stores,
    /// Gives it another name, or puts it into something.
    Aliases,
    /// Returns or yields it.
    Returns,
    /// Hands it to code that is not known.
    Escapes,
    /// Calls it.
    Calls,
}

impl Role {
    /// Whether the object may be another, or hold others, afterwards.
    pub fn may_change(&self) -> bool {
        matches!(
            self,
            Role::Mutates | Role::Stores | Role::Aliases | Role::Escapes | Role::Returns
        )
    }
}

/// A role with how sure it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// What it does.
    pub role: Role,
    /// How sure that is: methods of unknown receivers are guessed by their names.
    pub confidence: Confidence,
}

fn sure(role: Role) -> Use {
    Use {
        role,
        confidence: Confidence::Proven,
    }
}

fn guessed(role: Role) -> Use {
    Use {
        role,
        confidence: Confidence::Possible,
    }
}

impl<'d> Node<'d> {
    /// What is done with the value of this expression where it stands.
    pub fn role(self) -> Use {
        let Some(parent) = self.parent() else {
            return sure(Role::Reads);
        };
        match parent.ast() {
            AnyNodeRef::ExprAttribute(each) => {
                parent.role_of_attribute(self, each.ctx, each.attr.as_str())
            }
            AnyNodeRef::ExprSubscript(each) if parent.at(&*each.value) == self => match each.ctx {
                ExprContext::Load => part_of(parent.role()),
                _ => sure(Role::Stores),
            },
            AnyNodeRef::ExprCall(call) if parent.at(&*call.func) == self => sure(Role::Calls),
            AnyNodeRef::ExprCall(call) => {
                let at = call
                    .arguments
                    .args
                    .iter()
                    .position(|argument| parent.at(argument) == self);
                parent.role_of_argument(at, None)
            }
            AnyNodeRef::Keyword(keyword) => match parent.parent() {
                Some(call) if call.kind() == Kind::Call => {
                    call.role_of_argument(None, keyword.arg.as_ref().map(|name| name.as_str()))
                }
                _ => sure(Role::Escapes),
            },
            AnyNodeRef::ExprStarred(_) => match parent.role().role {
                Role::Escapes => sure(Role::Iterates),
                _ => sure(Role::Iterates),
            },
            AnyNodeRef::StmtFor(each) if parent.at(&*each.iter) == self => sure(Role::Iterates),
            AnyNodeRef::Comprehension(each) if parent.at(&each.iter) == self => {
                sure(Role::Iterates)
            }
            AnyNodeRef::ExprYieldFrom(_) => sure(Role::Iterates),
            AnyNodeRef::ExprCompare(each) => {
                let right = each
                    .comparators
                    .iter()
                    .position(|right| parent.at(right) == self);
                let is_in = right.is_some_and(|at| {
                    each.ops
                        .get(at)
                        .is_some_and(|op| op.is_in() || op.is_not_in())
                });
                sure(if is_in { Role::Contains } else { Role::Reads })
            }
            AnyNodeRef::StmtAugAssign(each) if parent.at(&*each.target) == self => {
                sure(Role::Stores)
            }
            AnyNodeRef::StmtAugAssign(_) => sure(Role::Iterates),
            AnyNodeRef::StmtAssign(each) if parent.at(&*each.value) == self => {
                let unpacks = each
                    .targets
                    .iter()
                    .all(|target| target.is_tuple_expr() || target.is_list_expr());
                sure(if unpacks {
                    Role::Iterates
                } else {
                    Role::Aliases
                })
            }
            AnyNodeRef::StmtAnnAssign(_) | AnyNodeRef::WithItem(_) => sure(Role::Aliases),
            AnyNodeRef::ExprNamed(_) => sure(Role::Aliases),
            AnyNodeRef::StmtDelete(_) => sure(Role::Reads),
            AnyNodeRef::ExprList(_)
            | AnyNodeRef::ExprTuple(_)
            | AnyNodeRef::ExprSet(_)
            | AnyNodeRef::ExprDict(_) => parent.role_of_display(),
            AnyNodeRef::ExprListComp(_)
            | AnyNodeRef::ExprSetComp(_)
            | AnyNodeRef::ExprDictComp(_)
            | AnyNodeRef::ExprGenerator(_) => sure(Role::Aliases),
            AnyNodeRef::ExprIf(each) if parent.at(&*each.test) != self => parent.role(),
            AnyNodeRef::ExprBoolOp(_) => match parent.role() {
                tested if tested.role == Role::Reads => tested,
                other => other,
            },
            AnyNodeRef::StmtReturn(_) | AnyNodeRef::ExprYield(_) => sure(Role::Returns),
            AnyNodeRef::ExprAwait(_) => sure(Role::Calls),
            AnyNodeRef::ExprLambda(_) => sure(Role::Aliases),
            _ => sure(Role::Reads),
        }
    }

    /// A display that is only looked at keeps nothing: `x in (a, b)`, `for x in (a, b)`.
    fn role_of_display(self) -> Use {
        match self.role().role {
            // `a, b = x, y` gives each of them a name.
            // `xs += [x]` keeps it.
            Role::Iterates
                if self
                    .parent()
                    .is_some_and(|above| above.kind() == Kind::AugAssign) =>
            {
                sure(Role::Aliases)
            }
            Role::Iterates if self.is_unpacked() || self.items_are_changed() => sure(Role::Aliases),
            Role::Contains | Role::Reads | Role::Iterates => sure(Role::Reads),
            Role::Returns => sure(Role::Returns),
            Role::Escapes => sure(Role::Escapes),
            _ => sure(Role::Aliases),
        }
    }

    /// `for each in (xs, ys): each.append(..)`
    fn items_are_changed(self) -> bool {
        let Some(AnyNodeRef::StmtFor(each)) = self.parent().map(Node::ast) else {
            return false;
        };
        // Only what stands right there is looked at: the role of anything else may lead back to here.
        let is_changed = |place: Node<'d>| {
            let Some(parent) = place.parent() else {
                return false;
            };
            match parent.ast() {
                AnyNodeRef::ExprSubscript(item) => item.ctx == ExprContext::Store,
                AnyNodeRef::ExprAttribute(method) => {
                    let calls = parent
                        .parent()
                        .and_then(Node::method)
                        .is_some_and(|(receiver, _)| receiver == place);
                    calls && place.role_of_method(method.attr.as_str()).role == Role::Mutates
                }
                _ => false,
            }
        };
        let target = self.at(&*each.target).symbol();
        target.is_some_and(|target| target.uses().any(is_changed))
    }

    /// Whether an assignment takes this display apart into names or places.
    fn is_unpacked(self) -> bool {
        let parent = self.parent();
        parent.is_some_and(|parent| matches!(parent.ast(), AnyNodeRef::StmtAssign(_)))
    }

    /// The name that an assignment gives to this very value: `x` for `value` in `x = value` and `x, y = value, other`.
    pub fn given_name(self) -> Option<Symbol<'d>> {
        self.given_target()?.symbol()
    }

    /// The one target of this value.
    fn given_target(self) -> Option<Node<'d>> {
        let parent = self.parent()?;
        let values = match parent.ast() {
            AnyNodeRef::StmtAssign(assign) if parent.at(&*assign.value) == self => {
                let [target] = assign.targets.as_slice() else {
                    return None;
                };
                return Some(parent.at(target));
            }
            AnyNodeRef::ExprTuple(tuple) => &tuple.elts,
            AnyNodeRef::ExprList(list) => &list.elts,
            _ => return None,
        };
        let taken_by = parent.given_target()?;
        let targets = match taken_by.ast() {
            AnyNodeRef::ExprTuple(tuple) => &tuple.elts,
            AnyNodeRef::ExprList(list) => &list.elts,
            _ => return None,
        };
        let is_each_to_each = targets.len() == values.len()
            && !targets.iter().chain(values).any(Expr::is_starred_expr);
        let at = values.iter().position(|value| parent.at(value) == self)?;
        is_each_to_each.then(|| taken_by.at(&targets[at]))
    }

    /// Whether an iteration of `around` keeps this value, hands it out or changes it: then each iteration needs its own.
    pub fn is_kept_in(self, around: Loop<'d>) -> bool {
        let role = self.role().role;
        if role != Role::Aliases {
            return role.may_change();
        }
        // Bound to a name: what is done with the name is done with the value.
        self.given_name().is_none_or(|symbol| {
            symbol.is_captured() || symbol.changes_in(around.node()).next().is_some()
        })
    }

    fn role_of_attribute(self, value: Node<'d>, context: ExprContext, name: &str) -> Use {
        if !matches!(context, ExprContext::Load) {
            return sure(Role::Stores);
        }
        let is_called = matches!(self.role_in_call(), Some(true));
        if !is_called {
            // What is done with `x.a` is done with a part of `x`.
            return part_of(self.role());
        }
        value.role_of_method(name)
    }

    fn role_in_call(self) -> Option<bool> {
        match self.parent()?.ast() {
            AnyNodeRef::ExprCall(call) => Some(self.at(&*call.func) == self),
            _ => None,
        }
    }

    /// What calling the method `name` does with this receiver.
    pub fn role_of_method(self, name: &str) -> Use {
        let typed = self.typed();
        let mut worst = None;
        for member in typed
            .ty
            .members()
            .iter()
            .filter(|member| **member != Type::None)
        {
            let role = match (member, tables::method(member, name)) {
                (_, Some(fact)) if fact.mutates.has(Slot::Receiver) => sure(Role::Mutates),
                (_, Some(fact)) if fact.effect == tables::Effect::Unknown => guessed(Role::Escapes),
                (_, Some(_)) => sure(Role::Method),
                (Type::Instance(class), None) => self.role_of_own_method(class.id, name),
                (_, None) => match tables::guess(name) {
                    Guess::Reads => guessed(Role::Method),
                    Guess::Mutates => guessed(Role::Mutates),
                    Guess::Outside | Guess::Anything => guessed(Role::Escapes),
                },
            };
            worst = Some(match worst {
                Some(Use {
                    role: Role::Mutates | Role::Escapes,
                    ..
                }) => worst.unwrap_or(role),
                _ => role,
            });
        }
        worst.unwrap_or(guessed(Role::Escapes))
    }

    /// What a method that the module defines does with its receiver.
    fn role_of_own_method(self, class: u32, name: &str) -> Use {
        let likely = |role| Use {
            role,
            confidence: Confidence::Likely,
        };
        if self.document.is_typing() {
            return guessed(Role::Escapes);
        }
        let method = match self.document.member_type(self.document.at(class), name) {
            Type::Function(local) => self.document.at(local.id),
            _ => return guessed(Role::Escapes),
        };
        let summary = self.document.function_summary(method);
        if summary.name.is_empty() {
            guessed(Role::Escapes)
        } else if !summary.writes.is_empty() || summary.mutates.contains(&0) {
            likely(Role::Mutates)
        } else if summary.keeps.contains(&0) {
            likely(Role::Aliases)
        } else {
            likely(Role::Method)
        }
    }

    /// What a function of the module does with the argument at a position or of a name.
    fn role_by_summary(self, callee: Node<'d>, at: Option<usize>, keyword: Option<&str>) -> Use {
        if self.document.is_typing() {
            return guessed(Role::Escapes);
        }
        // What a recursion does with its argument is what the rest of the function does with it.
        if self.function() == Some(callee) {
            return guessed(Role::Reads);
        }
        let summary = self.document.function_summary(callee);
        let skipped = usize::from(self.passes_receiver(callee));
        let position = match (at, keyword) {
            (Some(at), _) => Some(at + skipped),
            (None, Some(name)) => summary.parameters.iter().position(|each| each == name),
            (None, None) => None,
        };
        let Some(position) = position.filter(|at| *at < summary.parameters.len()) else {
            return guessed(Role::Escapes);
        };
        let position = position as u32;
        let confidence = match callee.parent_class() {
            None => Confidence::Proven,
            Some(_) => Confidence::Likely,
        };
        let role = if summary.mutates.contains(&position) {
            Role::Mutates
        } else if summary.keeps.contains(&position) {
            Role::Aliases
        } else {
            Role::Reads
        };
        Use { role, confidence }
    }

    /// What a call does with the argument at a position or of a name.
    fn role_of_argument(self, at: Option<usize>, keyword: Option<&str>) -> Use {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return sure(Role::Escapes);
        };
        // `np.add(a, b, out=c)`: the answer is written there.
        if keyword == Some("out") && self.callee().is_none() {
            return sure(Role::Mutates);
        }
        let fact = match self.method() {
            Some((receiver, name)) => {
                let ty = receiver.ty();
                let found = ty
                    .members()
                    .iter()
                    .find_map(|member| tables::method(member, name));
                found.or_else(|| {
                    self.qualified_name()
                        .and_then(|name| tables::function(&name))
                })
            }
            None => self
                .qualified_name()
                .and_then(|name| tables::function(&name)),
        };
        // `dict(key=value)` keeps the value.
        if at.is_none() && matches!(self.builtin(), Some("dict")) {
            return sure(Role::Aliases);
        }
        let Some(fact) = fact else {
            if let Some(callee) = self.callee() {
                return self.role_by_summary(callee, at, keyword);
            }
            if matches!(self.at(&*call.func).ty(), Type::Class(_)) {
                return sure(Role::Aliases);
            }
            return guessed(match self.method().map(|(_, name)| tables::guess(name)) {
                Some(Guess::Reads) => Role::Reads,
                Some(Guess::Mutates) => Role::Aliases,
                _ => Role::Escapes,
            });
        };
        let slot = match (at, keyword) {
            (Some(at), _) => Slot::Argument(u8::try_from(at).unwrap_or(u8::MAX)),
            (None, Some("key" | "default_factory")) => Slot::Key,
            (None, _) => Slot::Argument(u8::MAX),
        };
        if fact.mutates.has(slot) {
            sure(Role::Mutates)
        } else if fact.keeps.has(slot) || fact.effect == tables::Effect::Unknown {
            sure(Role::Aliases)
        } else if fact.shares.has(slot) {
            sure(Role::Iterates)
        } else {
            sure(Role::Reads)
        }
    }
}

/// What is done with a part, seen from the whole: storing into a part changes what the whole holds.
/// Handing a part to unknown code is taken to leave the whole as it is, though not for certain.
fn part_of(part: Use) -> Use {
    match part.role {
        Role::Mutates | Role::Stores => Use {
            role: Role::Mutates,
            ..part
        },
        Role::Escapes => guessed(Role::Reads),
        _ => Use {
            role: Role::Reads,
            ..part
        },
    }
}

impl<'d> Symbol<'d> {
    /// Whether any use may change the object or hand it to code that may.
    pub fn is_mutated_or_escapes(self) -> bool {
        self.uses().any(|each| {
            let found = each.role();
            match found.role {
                Role::Mutates | Role::Stores | Role::Escapes => true,
                // Aliases and returned objects of constants of the module are rarely changed, but may be.
                Role::Aliases => self.scope_kind() != ScopeKind::Module,
                _ => false,
            }
        })
    }

    /// Whether any use may give the object more items, or hand it to code that may.
    pub fn may_grow(self) -> bool {
        self.uses().any(|each| {
            let shrinks = each
                .parent()
                .and_then(Node::parent)
                .and_then(Node::method)
                .is_some_and(|(receiver, method)| {
                    receiver == each
                        && matches!(
                            method,
                            "pop" | "popleft" | "remove" | "clear" | "sort" | "reverse"
                        )
                });
            match each.role().role {
                Role::Mutates => !shrinks,
                Role::Stores | Role::Escapes => true,
                // Aliases of constants of the module are rarely changed, but may be.
                Role::Aliases => self.scope_kind() != ScopeKind::Module,
                _ => false,
            }
        })
    }

    /// The uses in `place` that may change the object, with what each does.
    pub fn changes_in(self, place: Node<'d>) -> impl Iterator<Item = (Node<'d>, Use)> {
        self.uses()
            .filter(move |each| place.contains(*each))
            .filter_map(|each| {
                let found = each.role();
                found.role.may_change().then_some((each, found))
            })
    }
}
