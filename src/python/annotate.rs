//! What annotations say.
//!
//! Knows unions, generics, strings, type aliases and classes of the module.
//! Does not know whether the program keeps to them.

use ruff_python_ast::{self as ast, Expr, HasNodeIndex, Operator};
use ruff_python_parser::parse_expression;

use crate::document::Document;
use crate::index::NONE;
use crate::node::Node;
use crate::scope::{BindingKind, ScopeKind, Symbol};
use crate::types::{Local, Type};

/// Aliases and strings inside one another, at most.
const NESTING_MAX: u32 = 8;

impl<'d> Node<'d> {
    /// The type that this expression means as an annotation.
    pub fn annotation(self) -> Type {
        let reader = Reader {
            document: self.document,
            scope: self.data().scope,
            depth: 0,
        };
        match self.expr() {
            Some(expression) => reader.read(expression),
            None => Type::Unknown,
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'d> {
    document: &'d Document<'d>,
    scope: u32,
    depth: u32,
}

impl<'d> Reader<'d> {
    fn deeper(self) -> Option<Reader<'d>> {
        (self.depth < NESTING_MAX).then_some(Reader {
            depth: self.depth + 1,
            ..self
        })
    }

    fn read(self, annotation: ast::ExprRef<'_>) -> Type {
        match annotation {
            ast::ExprRef::NoneLiteral(_) => Type::None,
            ast::ExprRef::StringLiteral(text) => self.string(text.value.to_str()),
            ast::ExprRef::BinOp(each) if each.op == Operator::BitOr => {
                let left = self.read((&*each.left).into());
                left.join(&self.read((&*each.right).into()))
            }
            ast::ExprRef::Subscript(each) => self.generic(each),
            ast::ExprRef::Name(_) | ast::ExprRef::Attribute(_) => self.named(annotation),
            ast::ExprRef::Starred(each) => self.read((&*each.value).into()),
            _ => Type::Unknown,
        }
    }

    fn string(self, text: &str) -> Type {
        let Some(deeper) = self.deeper() else {
            return Type::Unknown;
        };
        match parse_expression(text.trim()) {
            Ok(parsed) => deeper.read(parsed.expr().into()),
            Err(_) => Type::Unknown,
        }
    }

    fn generic(self, each: &ast::ExprSubscript) -> Type {
        let Some(name) = self.name_of((&*each.value).into()) else {
            return Type::Unknown;
        };
        let bare = name.rsplit('.').next().unwrap_or_default();
        let arguments: &[Expr] = match &*each.slice {
            Expr::Tuple(tuple) => &tuple.elts,
            single => std::slice::from_ref(single),
        };
        if bare == "Literal" {
            return Type::union(arguments.iter().map(literal));
        }
        let open = arguments.iter().any(Expr::is_ellipsis_literal_expr);
        let read: Vec<Type> = arguments
            .iter()
            .filter(|argument| !argument.is_ellipsis_literal_expr())
            .map(|argument| {
                if bare == "Callable" && argument.is_list_expr() {
                    Type::Unknown
                } else {
                    self.read(argument.into())
                }
            })
            .collect();
        match Type::annotated(&name, &read, open) {
            Some(known) => known,
            None => self.named((&*each.value).into()),
        }
    }

    fn named(self, annotation: ast::ExprRef<'_>) -> Type {
        if let Some(name) = self.name_of(annotation)
            && let Some(known) = Type::annotated(&name, &[], false)
        {
            return known;
        }
        let ast::ExprRef::Name(name) = annotation else {
            return Type::Unknown;
        };
        match self.symbol(name) {
            Some(symbol) => self.defined(symbol),
            None => Type::Unknown,
        }
    }

    /// A class or type alias of the module.
    fn defined(self, symbol: Symbol<'d>) -> Type {
        let Some(binding) = symbol.single_binding() else {
            return Type::Unknown;
        };
        let owner = binding.owner();
        match (binding.kind(), owner.ast()) {
            (BindingKind::Class, _) => Type::Instance(Local {
                id: owner.id(),
                name: symbol.name().into(),
            }),
            (BindingKind::Assigned, ast::AnyNodeRef::StmtAssign(each))
                if each.targets.len() == 1 =>
            {
                self.deeper()
                    .map_or(Type::Unknown, |deeper| deeper.read((&*each.value).into()))
            }
            (BindingKind::Assigned, ast::AnyNodeRef::StmtAnnAssign(each)) => {
                match (&each.value, self.deeper()) {
                    (Some(value), Some(deeper)) => deeper.read((&**value).into()),
                    _ => Type::Unknown,
                }
            }
            (BindingKind::TypeAlias, ast::AnyNodeRef::StmtTypeAlias(each)) => self
                .deeper()
                .map_or(Type::Unknown, |deeper| deeper.read((&*each.value).into())),
            (BindingKind::TypeParameter, ast::AnyNodeRef::TypeParamTypeVar(each)) => {
                match (&each.bound, self.deeper()) {
                    (Some(bound), Some(deeper)) => deeper.read((&**bound).into()),
                    _ => Type::Unknown,
                }
            }
            _ => Type::Unknown,
        }
    }

    fn name_of(self, expression: ast::ExprRef<'_>) -> Option<String> {
        match expression {
            ast::ExprRef::Name(name) => match self.symbol(name) {
                Some(symbol) => self.document.qualified_of(symbol, name.id.as_str()),
                // Only the string names it, so nothing binds it.
                None => Some(name.id.as_str().to_owned()),
            },
            ast::ExprRef::Attribute(attribute) => {
                let mut base = self.name_of((&*attribute.value).into())?;
                base.push('.');
                base.push_str(attribute.attr.as_str());
                Some(base)
            }
            _ => None,
        }
    }

    /// Names inside of string annotations are not in the tree, so they are looked up by their text.
    fn symbol(self, name: &ast::ExprName) -> Option<Symbol<'d>> {
        if name.node_index().load().as_u32().is_some() {
            return self.document.node(name).symbol();
        }
        self.document.look_up(self.scope, name.id.as_str())
    }
}

fn literal(value: &Expr) -> Type {
    match value {
        Expr::StringLiteral(_) => Type::Str,
        Expr::BytesLiteral(_) => Type::Bytes,
        Expr::BooleanLiteral(_) => Type::Bool,
        Expr::NumberLiteral(_) | Expr::UnaryOp(_) => Type::Int,
        Expr::NoneLiteral(_) => Type::None,
        _ => Type::Unknown,
    }
}

impl<'d> Document<'d> {
    /// The symbol that `name` means in `scope`, by Python's rules.
    pub(crate) fn look_up(&'d self, scope: u32, name: &str) -> Option<Symbol<'d>> {
        let name = *self.index.names.get(name)?;
        let mut at = scope;
        while let Some(data) = self.index.scopes.get(at as usize) {
            let visible = data.kind != ScopeKind::Class || at == scope;
            let (first, end) = data.symbols;
            let symbols = &self.index.symbols[first as usize..end as usize];
            if visible
                && let Ok(found) = symbols.binary_search_by_key(&name, |symbol| symbol.name_id)
            {
                return Some(Symbol {
                    id: first + found as u32,
                    document: self,
                });
            }
            if data.parent == NONE {
                break;
            }
            at = data.parent;
        }
        None
    }
}
