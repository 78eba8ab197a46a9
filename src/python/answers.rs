//! Calls of code that is not seen, or seen only in part, which most likely answer the same when asked the same.
//!
//! Knows what a callee of the module is seen to do, and callees that remember their answers. Proves nothing. Does not know
//! which loops ask, nor how dear an answer is: that is for `dear`.

use ruff_python_ast::{AnyNodeRef, CmpOp, Expr, ExprContext};

use crate::dear::{DEAR, OF_TEXT, QUICK, words};
use crate::effects::Role;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::tables::{self, Guess, Work};
use crate::types::Type;

impl<'d> Node<'d> {
    /// Whether the call most likely gives the same whenever it is asked the same, does nothing else, and costs more than
    /// to read a field.
    pub fn answers_dearly(self) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let Some(name) = self.called_name() else {
            return false;
        };
        if self.is_made_to_compare() {
            return true;
        }
        // Names first: they cost nothing to ask.
        let may_be_dear = DEAR.iter().any(|dear| dear.ends_with(name));
        let may_answer = !QUICK.contains(&name) && tables::answers(name);
        if !(OF_TEXT.contains(&name) || may_be_dear || may_answer) || self.builtin().is_some() {
            return false;
        }
        if self.fact().is_some() || self.is_of_text() {
            return self.is_of_text() || self.is_dear_by_table();
        }
        may_answer
            && !self.is_quick(call, name)
            && !self.draws(name)
            && !self.is_seen_to_act()
            && !self.is_short_callee()
    }

    /// Whether it makes a new text of a whole text: `line.replace(..)`, `name.lower()`.
    pub fn is_of_text(self) -> bool {
        let Some((receiver, name)) = self.method() else {
            return false;
        };
        OF_TEXT.contains(&name)
            && receiver.kind() != Kind::Literal
            && match receiver.ty().without_none() {
                Type::Str | Type::Bytes => true,
                Type::Unknown => {
                    tables::reads_by_name(name) || matches!(name, "replace" | "translate")
                }
                _ => false,
            }
    }

    /// The name of what is called: of the method, the function, or the entry of a table of functions.
    pub fn called_name(self) -> Option<&'d str> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        match &*call.func {
            Expr::Name(_) => Some(self.at(&*call.func).source()),
            Expr::Attribute(each) => Some(each.attr.as_str()),
            // `modules["pkg.list_all"](..)`
            Expr::Subscript(each) => {
                let key = self.at(&*each.slice).constant_str()?;
                key.contains('.').then(|| key.rsplit('.').next())?
            }
            _ => None,
        }
    }

    /// Whether what the call is asked, and what it looks at, stays the same within `around`.
    pub fn is_asked_the_same(self, around: Loop<'d>) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let same = |value: Node<'d>| value.invariant(around).is_ok();
        // Going through itself the object runs code of its own, and what it holds may be another thing each time.
        let goes_through_itself = around
            .iterable()
            .is_some_and(|whole| whole.source() == "self")
            && self
                .method()
                .is_some_and(|(receiver, _)| receiver.root().source() == "self");
        if goes_through_itself {
            return false;
        }
        let receiver_stays = match self.method() {
            None => same(self.at(&*call.func)),
            Some((receiver, _)) => {
                same(receiver)
                    || self.reads_what_stays(receiver, around)
                    || receiver.is_only_asked(around)
            }
        };
        receiver_stays
            && !self.sees_what_changes(around)
            && call
                .arguments
                .iter_source_order()
                .all(|each| same(self.at(each.value())))
    }

    /// Whether the callee is a function within a function, and looks at a name around it that the loop binds anew.
    fn sees_what_changes(self, around: Loop<'d>) -> bool {
        let Some(callee) = self
            .callee()
            .filter(|callee| callee.parent_class().is_none())
        else {
            return false;
        };
        let is_bound_anew = |name: Node<'d>| {
            name.symbol().is_some_and(|symbol| {
                let mut bindings = symbol.bindings();
                bindings.any(|binding| around.repeats(binding.target()))
            })
        };
        callee
            .subtree()
            .filter(|part| part.kind() == Kind::Name)
            .any(is_bound_anew)
    }

    /// Whether a new object is made in each turn only to compare something with it: `style != Style()`.
    pub fn is_made_to_compare(self) -> bool {
        let Some(name) = self.called_name() else {
            return false;
        };
        // `GetLastError()` is a function of another system.
        let is_function = || {
            matches!(
                words(name).first().map(String::as_str),
                Some("get" | "is" | "has")
            )
        };
        let is_class = name.starts_with(char::is_uppercase)
            && name.contains(char::is_lowercase)
            && !is_function();
        let is_operand = || {
            self.parent().is_some_and(|parent| match parent.ast() {
                AnyNodeRef::ExprCompare(each) => each
                    .ops
                    .iter()
                    .all(|op| matches!(op, CmpOp::Eq | CmpOp::NotEq)),
                _ => false,
            })
        };
        let is_cheap = || self.fact().is_some() || self.ty() == Type::Path;
        is_class && name.len() > 3 && is_operand() && !is_cheap()
    }

    /// Whether the loop does nothing with what a name or attribute holds but to call methods that answer by their names.
    fn is_only_asked(self, around: Loop<'d>) -> bool {
        let Some(symbol) = self.root().symbol() else {
            return false;
        };
        let is_chain = matches!(self.kind(), Kind::Name | Kind::Attribute);
        let is_plain = || {
            self.subtree()
                .all(|part| matches!(part.kind(), Kind::Name | Kind::Attribute))
        };
        let answers = |place: Node<'d>| {
            let mut above = place;
            while let Some(parent) = above
                .parent()
                .filter(|parent| parent.kind() == Kind::Attribute)
            {
                above = parent;
            }
            above
                .parent()
                .and_then(Node::method)
                .is_some_and(|(_, name)| tables::answers(name))
        };
        is_chain
            && is_plain()
            && self.identity_change(around).is_none()
            && !symbol.is_captured()
            && symbol
                .changes_in(around.whole())
                .all(|(place, found)| found.role == Role::Escapes && answers(place))
    }

    /// Whether nothing in the loop changes what an own method reads of its receiver, though other methods change other
    /// things of it.
    fn reads_what_stays(self, receiver: Node<'d>, around: Loop<'d>) -> bool {
        let Some(summary) = self.summary() else {
            return false;
        };
        let Some(root) = receiver.symbol().filter(|_| receiver.kind() == Kind::Name) else {
            return false;
        };
        !summary.reads.is_empty()
            && receiver.identity_change(around).is_none()
            && summary
                .reads
                .iter()
                .all(|name| !self.sees_change_of(name, root, around))
    }

    /// Whether the callee is of the module and seen to do more than answer: it changes what it is given, waits, gives its
    /// items one by one, or changes its object for more than to remember the answer.
    fn is_seen_to_act(self) -> bool {
        let Some(summary) = self.summary() else {
            return false;
        };
        // What sets names of functions around it moves on: a reader of the next portion.
        let sets_others = |part: Node<'d>| {
            matches!(
                part.ast(),
                AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_)
            )
        };
        if self
            .callee()
            .is_some_and(|callee| callee.subtree().any(sets_others))
        {
            return true;
        }
        let remembers = || self.callee().is_some_and(Node::only_remembers);
        let changes_given = self.callee().is_some_and(Node::changes_what_it_is_given);
        let changes_own = !summary.writes.is_empty();
        changes_given || summary.asynchronous || summary.generator || changes_own && !remembers()
    }

    /// Whether a function itself changes the object of one of its parameters.
    fn changes_what_it_is_given(self) -> bool {
        let is_method = self.parent_class().is_some();
        self.children()
            .filter(|child| child.kind() == Kind::Parameter)
            .skip(usize::from(is_method))
            .filter_map(Node::symbol)
            .any(|symbol| {
                symbol
                    .uses()
                    .any(|each| matches!(each.role().role, Role::Mutates | Role::Stores))
            })
    }

    /// Whether a method changes its object only where it has no answer yet: each change stands under a condition.
    fn only_remembers(self) -> bool {
        if self.parent_class().is_none() {
            return false;
        }
        let is_conditional = |place: Node<'d>| {
            place
                .ancestors()
                .take_while(|above| *above != self)
                .any(|above| matches!(above.kind(), Kind::If | Kind::Arm | Kind::Except))
        };
        let changes = |place: Node<'d>| match place.ast() {
            AnyNodeRef::ExprAttribute(each) => {
                let is_own = place.root().source() == "self";
                is_own
                    && (each.ctx != ExprContext::Load
                        || matches!(place.role().role, Role::Mutates | Role::Stores))
            }
            AnyNodeRef::ExprCall(_) => {
                let is_own = place
                    .method()
                    .is_some_and(|(receiver, _)| receiver.source() == "self");
                is_own
                    && place.callee() != Some(self)
                    && place
                        .summary()
                        .is_some_and(|known| !known.writes.is_empty())
            }
            _ => false,
        };
        let mut gives = false;
        let all = self.subtree().all(|place| {
            gives |= matches!(place.ast(), AnyNodeRef::StmtReturn(each) if each.value.is_some());
            !changes(place) || is_conditional(place)
        });
        all && gives
    }

    /// Whether the callee is of the module and does next to nothing: no loop, no call but of quick builtins.
    fn is_short_callee(self) -> bool {
        let Some(AnyNodeRef::StmtFunctionDef(each)) = self.callee().map(Node::ast) else {
            return false;
        };
        let Some(callee) = self.callee() else {
            return false;
        };
        each.body.len() <= 4
            && callee.subtree().all(|part| match part.kind() {
                Kind::Call => {
                    let is_quick = matches!(
                        part.called_name(),
                        Some("isinstance" | "len" | "str" | "getattr" | "cast")
                    );
                    is_quick
                        || part.is_of_text()
                        || part
                            .fact()
                            .is_some_and(|fact| fact.work == Work::Constant && fact.is_pure())
                }
                Kind::For
                | Kind::While
                | Kind::Comprehension
                | Kind::With
                | Kind::Try
                | Kind::Yield
                | Kind::Await => false,
                _ => true,
            })
    }

    /// Whether what is called on the answer changes or sends it: then each turn wants an answer of its own.
    pub fn is_acted_on(self) -> bool {
        let Some(next) = self.parent().and_then(Node::parent) else {
            return false;
        };
        let Some((receiver, name)) = next.method() else {
            return false;
        };
        let acts = matches!(tables::guess(name), Guess::Mutates | Guess::Outside)
            || words(name).first().is_some_and(|word| {
                matches!(word.as_str(), "add" | "set" | "copy" | "execute" | "send")
            });
        receiver == self && acts
    }
}
