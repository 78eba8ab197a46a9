//! The parts that a reader goes by: classes, functions and loops, one inside the other.
//!
//! Does not know who shows them.

use looplint_model::{Part, PartKind};
use ruff_python_ast::AnyNodeRef;

use crate::document::Document;
use crate::index::span;
use crate::loops::LoopKind;

/// The parts of a document, in the order of the text.
pub(crate) fn parts<'d>(document: &'d Document<'d>) -> Vec<Part> {
    let mut flat: Vec<Part> = Vec::new();
    for node in document.nodes() {
        let (kind, name) = match node.ast() {
            AnyNodeRef::StmtClassDef(class) => (PartKind::Class, &class.name),
            AnyNodeRef::StmtFunctionDef(function) => (PartKind::Function, &function.name),
            _ => continue,
        };
        flat.push(Part {
            kind,
            name: name.to_string(),
            detail: String::new(),
            span: node.span(),
            head: span(name.range),
            parts: Vec::new(),
        });
    }
    for each in document.loops() {
        // Two clauses share their comprehension: the element is repeated by both.
        let whole = match each.kind() {
            LoopKind::For | LoopKind::AsyncFor | LoopKind::While => each.node().span(),
            _ => each.whole().span(),
        };
        let head = each.span();
        flat.push(Part {
            kind: PartKind::Loop,
            name: document
                .source
                .slice(head)
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            detail: String::new(),
            span: whole.cover(head),
            head,
            parts: Vec::new(),
        });
    }
    flat.sort_by_key(|part| (part.span.start, std::cmp::Reverse(part.span.end), part.head));
    nest(flat)
}

/// Puts each part into the one around it.
fn nest(flat: Vec<Part>) -> Vec<Part> {
    let mut roots = Vec::new();
    let mut open: Vec<Part> = Vec::new();
    for part in flat {
        while open
            .last()
            .is_some_and(|around| !around.span.contains(part.span))
        {
            close(&mut open, &mut roots);
        }
        open.push(part);
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn close(open: &mut Vec<Part>, roots: &mut Vec<Part>) {
    let Some(part) = open.pop() else { return };
    match open.last_mut() {
        Some(around) => around.parts.push(part),
        None => roots.push(part),
    }
}

/// The names of all parts, indented: for tests.
#[cfg(test)]
fn drawn(parts: &[Part], depth: usize, out: &mut String) {
    for part in parts {
        *out += &format!("{}{:?} {}\n", "  ".repeat(depth), part.kind, part.name);
        assert!(part.span.contains(part.head), "{part:?}");
        drawn(&part.parts, depth + 1, out);
    }
}

#[cfg(test)]
mod tests {
    use looplint_model::{Domain, Settings, Source};

    use super::*;
    use crate::Python;

    #[test]
    fn loops_lie_in_functions_and_functions_in_classes() {
        let text = "class A:\n    def f(self, xs):\n        for x in xs:\n            while x:\n                x = [y for row in x for y in row]\n        return sorted(xs, key=lambda x: x)\n\nasync def g(): pass\n";
        let source = Source::new("a.py", text);
        let mut out = String::new();
        Python::open(&source, &Settings::default(), |document, _, _| {
            drawn(&parts(document), 0, &mut out);
        });
        let wanted = "Class A\n  Function f\n    Loop for x in xs\n      Loop while x\n        Loop for row in x\n          Loop for y in row\n    Loop sorted\nFunction g\n";
        assert_eq!(out, wanted);
    }
}
