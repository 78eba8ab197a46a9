//! Scopes while they are open, and what becomes of their names when they close.
//!
//! Names that a scope does not bind are handed to the scope around it in one piece, so that nothing is looked up twice.

use super::{Builder, Entry, Index, List, NONE, OpenScope, append};
use crate::kind::Kind;
use crate::scope::{BindingData, BindingKind, ScopeData, ScopeKind, SymbolData, UseData};

impl<'d> Builder<'d> {
    pub(super) fn open_scope(&mut self, kind: ScopeKind, node: u32) -> u32 {
        let id = self.out.scopes.len() as u32;
        self.out.scopes.push(ScopeData {
            kind,
            node,
            parent: self.scope,
            symbols: (0, 0),
            is_generator: false,
        });
        let entries = self.spare.pop().unwrap_or_default();
        self.open.push(OpenScope { id, kind, entries });
        self.scope = id;
        id
    }

    pub(super) fn close_scope(&mut self) {
        let Some(mut scope) = self.open.pop() else {
            return;
        };
        self.scope = self.open.last().map_or(NONE, |outer| outer.id);
        let first = self.out.symbols.len() as u32;
        let mut entries: Vec<(u32, Entry)> = scope.entries.drain().collect();
        // Numbers are given in the order of first appearance, so that runs agree.
        entries.sort_unstable_by_key(|(name, _)| *name);
        for (name, entry) in entries {
            let outermost = self.open.is_empty();
            if entry.global && !outermost {
                self.pass(0, name, entry, true, scope.kind);
            } else if outermost || (entry.bindings.first != NONE && !entry.nonlocal) {
                self.close_symbol(name, entry, scope.id);
            } else if let Some(outer) = self
                .open
                .iter()
                .rposition(|outer| outer.kind != ScopeKind::Class)
            {
                self.pass(outer, name, entry, false, scope.kind);
            }
        }
        self.out.scopes[scope.id as usize].symbols = (first, self.out.symbols.len() as u32);
        self.spare.push(scope.entries);
    }

    /// Hands a name that a closing scope does not own to the scope at `outer` in the stack.
    pub(super) fn pass(
        &mut self,
        outer: usize,
        name: u32,
        entry: Entry,
        owns: bool,
        from: ScopeKind,
    ) {
        let Builder { out, open, .. } = self;
        let target = open[outer].entries.entry(name).or_default();
        let mut link_use = |last: u32, first: u32| out.uses[last as usize].next = first;
        append(&mut target.uses, entry.uses, &mut link_use);
        let mut link_binding = |last: u32, first: u32| out.bindings[last as usize].next = first;
        let list = if owns {
            &mut target.bindings
        } else {
            &mut target.outer_bindings
        };
        append(list, entry.bindings, &mut link_binding);
        append(
            &mut target.outer_bindings,
            entry.outer_bindings,
            &mut link_binding,
        );
        // Comprehensions and class bodies run on the spot; functions and lambdas keep the name for later.
        target.captured |=
            entry.captured || matches!(from, ScopeKind::Function | ScopeKind::Lambda);
    }

    pub(super) fn close_symbol(&mut self, name: u32, mut entry: Entry, scope: u32) {
        let Builder { out, .. } = self;
        let mut link_binding = |last: u32, first: u32| out.bindings[last as usize].next = first;
        append(&mut entry.bindings, entry.outer_bindings, &mut link_binding);
        out.symbols.push(SymbolData {
            name: "",
            name_id: name,
            scope,
            bindings: entry.bindings.first,
            uses: entry.uses.first,
            captured: entry.captured,
            written_elsewhere: entry.outer_bindings.first != NONE,
        });
    }

    /// Writes each symbol's number into its bindings and uses.
    pub(super) fn mark_symbols(&mut self) {
        let Index {
            symbols,
            bindings,
            uses,
            nodes,
            names,
            ..
        } = &mut self.out;
        let mut texts = vec![""; names.len()];
        for (text, id) in names.iter() {
            texts[*id as usize] = text;
        }
        for (id, symbol) in symbols.iter_mut().enumerate() {
            symbol.name = texts[symbol.name_id as usize];
            let mut at = symbol.bindings;
            while let Some(binding) = bindings.get_mut(at as usize) {
                binding.symbol = id as u32;
                let target = &mut nodes[binding.target as usize];
                if matches!(target.kind, Kind::Name | Kind::Parameter) {
                    target.extra = id as u32;
                }
                at = binding.next;
            }
            let mut at = symbol.uses;
            while let Some(each) = uses.get(at as usize) {
                nodes[each.node as usize].extra = id as u32;
                at = each.next;
            }
        }
    }

    pub(super) fn name(&mut self, name: &'d str) -> u32 {
        let next = self.out.names.len() as u32;
        *self.out.names.entry(name).or_insert(next)
    }

    pub(super) fn entry(&mut self, level: usize, name: u32) -> &mut Entry {
        self.open[level].entries.entry(name).or_default()
    }

    pub(super) fn bind(&mut self, name: &'d str, kind: BindingKind, target: u32, owner: u32) {
        // A walrus inside a comprehension binds outside of it.
        let level = if kind == BindingKind::Named {
            self.open
                .iter()
                .rposition(|scope| scope.kind != ScopeKind::Comprehension)
                .unwrap_or(0)
        } else {
            self.open.len() - 1
        };
        let name = self.name(name);
        let at = self.out.bindings.len() as u32;
        self.out.bindings.push(BindingData {
            symbol: NONE,
            kind,
            target,
            owner,
            next: NONE,
        });
        let mut list = self.entry(level, name).bindings;
        let bindings = &mut self.out.bindings;
        append(
            &mut list,
            List {
                first: at,
                last: at,
            },
            &mut |last, first| {
                bindings[last as usize].next = first;
            },
        );
        self.entry(level, name).bindings = list;
    }

    pub(super) fn refer(&mut self, name: &'d str, node: u32) {
        let name = self.name(name);
        let at = self.out.uses.len() as u32;
        self.out.uses.push(UseData { node, next: NONE });
        let level = self.open.len() - 1;
        let mut list = self.entry(level, name).uses;
        let uses = &mut self.out.uses;
        append(
            &mut list,
            List {
                first: at,
                last: at,
            },
            &mut |last, first| {
                uses[last as usize].next = first;
            },
        );
        self.entry(level, name).uses = list;
    }
}
