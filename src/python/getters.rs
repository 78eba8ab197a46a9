//! Attributes that run code when they are read: the properties of the module's classes.
//!
//! Knows which property an attribute is, whether it goes through a collection each time, and whether what it looks at stays
//! while a loop runs. Does not know classes of other modules.

use ruff_python_ast::{AnyNodeRef, Expr};

use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::scope::BindingKind;
use crate::summary::Purity;
use crate::tables;
use crate::types::Type;

impl<'d> Node<'d> {
    /// The property that reading this attribute runs, where the module shows the class. None for one that keeps its answer.
    pub fn getter(self) -> Option<Node<'d>> {
        let AnyNodeRef::ExprAttribute(each) = self.ast() else {
            return None;
        };
        let Type::Instance(local) = self.at(&*each.value).ty().without_none() else {
            return None;
        };
        let document = self.document();
        document
            .own_classes(document.at(local.id))
            .into_iter()
            .find_map(|class| document.own_symbol(class.data().extra, each.attr.as_str()))?
            .bindings()
            .find(|binding| {
                binding.kind() == BindingKind::Function && binding.owner().is_plain_property()
            })
            .map(|binding| binding.owner())
    }

    /// Whether a function is a property and nothing else: neither cached, nor a setter, nor abstract.
    fn is_plain_property(self) -> bool {
        match self.ast() {
            AnyNodeRef::StmtFunctionDef(each) => matches!(
                &*each.decorator_list,
                [only] if matches!(&only.expression, Expr::Name(name) if name.id.as_str() == "property")
            ),
            _ => false,
        }
    }

    /// Whether reading this attribute goes through a collection of its object each time, and does nothing else.
    pub fn is_worked_out_anew(self) -> bool {
        self.getter().is_some_and(|getter| {
            getter.summary().is_some_and(|known| {
                known.purity <= Purity::Reads
                    && !known.reads_globals
                    && !known.generator
                    && known.deeds.iter().any(|deed| deed.what.is_linear())
            })
        })
    }

    /// Whether nothing in the loop changes what the property looks at: no attribute of its object or of what it goes through
    /// is set, and nothing is called that is not known to leave all as it is.
    pub fn looks_at_the_same(self, around: Loop<'d>) -> bool {
        let (Some(getter), AnyNodeRef::ExprAttribute(each)) = (self.getter(), self.ast()) else {
            return false;
        };
        let receiver = self.at(&*each.value);
        let is_plain = matches!(receiver.kind(), Kind::Name | Kind::Attribute);
        let Some(root) = receiver.root().symbol().filter(|_| is_plain) else {
            return false;
        };
        let Some(known) = getter.summary() else {
            return false;
        };
        let document = self.document();
        let is_set = |name: &str| document.stores_of(name).any(|store| around.repeats(store));
        let names = getter.subtree().filter_map(|part| match part.ast() {
            AnyNodeRef::ExprAttribute(each) => Some(each.attr.as_str()),
            _ => None,
        });
        let is_quiet = |part: Node<'d>| match part.kind() {
            Kind::Await | Kind::Yield | Kind::Delete => false,
            Kind::Call => {
                part.fact().is_some()
                    || part.purity().is_some()
                    || part.called_name().is_some_and(tables::answers)
                    || part
                        .summary()
                        .is_some_and(|known| known.purity <= Purity::Reads)
            }
            _ => true,
        };
        receiver.identity_change(around).is_none()
            && known
                .reads
                .iter()
                .all(|name| !self.sees_change_of(name, root, around))
            && !names.into_iter().any(is_set)
            && around.whole().subtree().all(is_quiet)
    }
}
