//! What a name says of many: rows, lines and tokens there are any number of.
//!
//! Knows nouns for data, numbers that an input decides, and what work to do is called. The opposite is in `few.rs`, which
//! is asked first. Does not know any document.

use std::borrow::Cow;

use crate::dear;
use crate::few;

/// Nouns for data, in the singular. In their plural they name what there is any number of.
const NOUNS: &str = "\
    account address annotation article atom batch block book byte cell change changeset char character child chunk \
    client code commit component contact customer device digest doc document domain edge email employee entry \
    event face file fileid friend gene hash hunk id image instruction invoice ip item job leaf letter line link \
    log measurement message name neighbor neighbour node number observation orbit order packet page paragraph \
    patient payment person photo pixel point post predecessor product question reading record result rev review \
    revision row sample segment sentence student successor synset tag task ticket token trade transaction triangle \
    url user utterance value vertex visit voxel word";

/// Names of any number of things as they stand.
const WHOLE: &str = "\
    backlog bytes corpus data dataset frontier heap history people queue rawdata stack stream text payload todo \
    vertices waiting walk worklist";

/// Numbers that an input decides.
const NUMBERS: &str = "\
    count k limit m n number size steps total";

/// What a caller hands in that somebody wrote by hand all the same.
const BY_HAND: &str = "\
    bounds conditions constraints define defines excludes functions imports includes rules self cls tree";

/// What a list of work to do is called.
const QUEUES: &str = "\
    backlog frontier jobs queue stack tasks todo waiting work worklist";

/// Whether a collection of this name holds data: `lines`, `childNodes`, `token_list`, `records_by_id`.
pub(crate) fn is_many(name: &str) -> bool {
    if few::is_few(name) || few::is_constant(name) {
        return false;
    }
    let words = dear::words(name);
    let is_wrapper = |word: &String| {
        matches!(
            word.as_str(),
            "list" | "set" | "map" | "dict" | "array" | "table" | "seq"
        )
    };
    let is_wrapped = words.len() > 1 && words.last().is_some_and(is_wrapper);
    let Some(noun) = words.iter().rev().find(|word| !is_wrapper(word)) else {
        return false;
    };
    if words.iter().any(|word| {
        matches!(
            word.as_str(),
            "arg" | "args" | "option" | "field" | "column" | "layer"
        )
    }) {
        return false;
    }
    let singular = singular(noun);
    is_in(WHOLE, noun) || (singular != *noun || is_wrapped) && is_in(NOUNS, &singular)
}

/// Whether a name says that there are several, however many: `names`, `node_order`, `my_list`; a text may be found by its
/// parts, too, and is called otherwise.
pub(crate) fn is_several(name: &str) -> bool {
    let words = dear::words(name);
    let is_order =
        |word: &String| is_in("array list order perm permutation seq sequence vec", word);
    let plural = words.last().is_some_and(|last| {
        let last = last.trim_end_matches(|each: char| each.is_ascii_digit());
        last.len() > 2 && last.ends_with('s') && !last.ends_with("ss")
    });
    plural || words.iter().any(is_order)
}

/// `entry` of `entries`, `address` of `addresses`; a word that is no plural stays.
fn singular(noun: &str) -> Cow<'_, str> {
    let irregular = match noun {
        "children" => Some("child"),
        "indices" => Some("index"),
        "leaves" => Some("leaf"),
        _ => None,
    };
    if let Some(known) = irregular {
        return Cow::Borrowed(known);
    }
    if let Some(stem) = noun.strip_suffix("ies") {
        return Cow::Owned(format!("{stem}y"));
    }
    let short = noun.strip_suffix('s').unwrap_or(noun);
    // `boxes`, but `lines`.
    let shorter = short.strip_suffix('e').filter(|word| is_in(NOUNS, word));
    Cow::Borrowed(shorter.unwrap_or(short))
}

/// `num_nodes`, `n_samples`, `batch_size`: how many of data there are.
pub(crate) fn is_number_of_many(name: &str) -> bool {
    if few::is_few_of(name) {
        return false;
    }
    let words = dear::words(name);
    let counts = matches!(
        words.first().map(String::as_str),
        Some("n" | "num" | "nb" | "number")
    );
    counts && words.len() > 1 && is_many(words.last().map_or("", |word| word))
}

/// Whether a number of this name is one that an input decides: `n`, `limit`, `num_nodes`.
pub(crate) fn is_free_number(name: &str) -> bool {
    is_in(NUMBERS, name) || is_number_of_many(name)
}

/// Whether a caller hands in by hand what is called so.
pub(crate) fn is_by_hand(name: &str) -> bool {
    // Fields and flags are those of a line as often as those of a schema.
    let is_few = few::is_few(name) && !matches!(name, "fields" | "flags");
    is_in(BY_HAND, name) || is_few || few::is_short_text(name)
}

/// Whether a list of this name is one of work to do.
pub(crate) fn is_queue(name: &str) -> bool {
    let words = dear::words(name);
    is_many(name) && words.last().is_some_and(|last| is_in(QUEUES, last))
}

fn is_in(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_of_data() {
        for name in [
            "lines",
            "childNodes",
            "token_list",
            "entries",
            "self_rows",
            "id_list",
            "addresses",
            "queue",
            "vertices",
            "children",
        ] {
            assert!(is_many(name), "{name}");
        }
        for name in [
            "parts",
            "line",
            "args_queue",
            "roots",
            "column_names",
            "limits",
            "generators",
            "_pending",
            "",
        ] {
            assert!(!is_many(name), "{name}");
        }
    }

    #[test]
    fn numbers_of_data() {
        assert!(is_number_of_many("num_nodes") && is_number_of_many("n_samples"));
        assert!(!is_number_of_many("num_layers") && !is_number_of_many("nodes"));
    }
}
