//! Which fixes of one pass go together.
//!
//! Each fix was proven on the text as it stands, so a function takes one fix in a pass:
//! the next one is proven again on what the first one made of it.

use looplint_model::{Edit, Finding, Fix, Part, PartKind, Safety, Span};

/// The fixes of one pass.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Their edits, sorted, not overlapping, each once.
    pub edits: Vec<Edit>,
    /// Their rules.
    pub rules: Vec<&'static str>,
}

/// Whether a finding's fix may be applied.
pub fn allowed(finding: &Finding, risky: bool) -> Option<&Fix> {
    let fix = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty())?;
    match fix.safety {
        Safety::Safe => Some(fix),
        Safety::Unsafe(_) if risky => Some(fix),
        Safety::Unsafe(_) | Safety::Guidance => None,
    }
}

/// Chooses from `findings`, in the order of the text, fixes that do not touch each other,
/// one for each function of the `outline`, and one for all that lies in none.
/// Line ends in what the fixes write become `line_end`.
pub fn choose(findings: &[Finding], risky: bool, outline: &[Part], line_end: &str) -> Chosen {
    let mut regions = Vec::new();
    functions(outline, &mut regions);
    let mut taken = vec![false; regions.len() + 1];
    let mut chosen = Chosen::default();
    for finding in findings {
        let Some(fix) = allowed(finding, risky) else {
            continue;
        };
        let edits: Vec<Edit> = fix
            .edits
            .iter()
            .map(|edit| with_line_ends(edit, line_end))
            .collect();
        let own = places(finding, &edits, &regions);
        let fits = own.iter().all(|&place| !taken[place]) && agree(&edits, &chosen.edits);
        if !fits {
            continue;
        }
        for place in own {
            taken[place] = true;
        }
        chosen.rules.push(finding.rule);
        for edit in edits {
            if !chosen.edits.contains(&edit) {
                chosen.edits.push(edit);
            }
        }
    }
    chosen.edits.sort();
    chosen
}

/// The outermost functions, sorted by place. A method is its own, whatever its class.
fn functions(parts: &[Part], regions: &mut Vec<Span>) {
    for part in parts {
        if part.kind == PartKind::Function {
            regions.push(part.span);
        } else {
            functions(&part.parts, regions);
        }
    }
}

/// The numbers of the regions that a fix is about; one past the last for what lies in none.
/// An import is put outside of every function without being about what is there.
fn places(finding: &Finding, edits: &[Edit], regions: &[Span]) -> Vec<usize> {
    let region = |span: Span| {
        let after = regions.partition_point(|region| region.start <= span.start);
        let at = after.checked_sub(1);
        at.filter(|&at| span.start < regions[at].end)
            .unwrap_or(regions.len())
    };
    let mut places = vec![region(finding.span)];
    for edit in edits {
        let place = region(edit.span);
        if !(edit.span.is_empty() && place == regions.len()) {
            places.push(place);
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Whether no edit of one touches an edit of the other, but for insertions that both make.
fn agree(edits: &[Edit], others: &[Edit]) -> bool {
    edits.iter().all(|edit| {
        others.iter().all(|other| {
            let same = edit.span.is_empty() && edit == other;
            same || !touch(edit.span, other.span)
        })
    })
}

/// Whether two edits of these places could get into each other's way.
pub fn touch(a: Span, b: Span) -> bool {
    if a.is_empty() || b.is_empty() {
        a.start <= b.end && b.start <= a.end
    } else {
        a.overlaps(b)
    }
}

fn with_line_ends(edit: &Edit, line_end: &str) -> Edit {
    let text = if line_end == "\n" || !edit.text.contains('\n') {
        edit.text.clone()
    } else {
        edit.text.replace("\r\n", "\n").replace('\n', line_end)
    };
    Edit {
        span: edit.span,
        text,
    }
}
