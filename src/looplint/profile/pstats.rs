//! What `python -m cProfile -o FILE` and `pstats` write: times by function.

use super::marshal::{self, Value};
use super::{Bad, Function, Profile};

/// Reads `{(file, line, name): (calls, all calls, own seconds, seconds, {caller: the same})}`.
///
/// A function's time is its own and that of the builtins it calls: what a scan of a list costs, `list.index` has.
///
/// # Errors
/// The bytes are not marshal, or something else than a profile.
pub(super) fn read(bytes: &[u8]) -> Result<Profile, Bad> {
    let value = marshal::read(bytes).map_err(|broken| Bad::byte(broken.at, broken.why))?;
    let Value::Pairs(pairs) = value else {
        return Err(Bad::whole("it holds something else than cProfile's table"));
    };
    let mut profile = Profile::new("cProfile");
    let mut total = 0.0;
    for (at, (key, row)) in pairs.iter().enumerate() {
        let bad = |why: &str| Bad::entry(at + 1, why);
        let place = place(key).ok_or_else(|| bad("its key is no (file, line, name)"))?;
        let Value::Items(row) = row else {
            return Err(bad("its value is no tuple"));
        };
        let [
            _,
            Value::Number(calls),
            Value::Number(own),
            Value::Number(_),
            Value::Pairs(callers),
        ] = row.as_slice()
        else {
            return Err(bad(
                "its value is no (calls, calls, seconds, seconds, callers)",
            ));
        };
        total += own;
        if place.is_builtin() {
            for (caller, row) in callers.iter() {
                let caller =
                    self::place(caller).ok_or_else(|| bad("a caller is no (file, line, name)"))?;
                profile.add_function(caller.file, caller.function(0, seconds_of(row)));
            }
        } else {
            profile.add_function(place.file, place.function(*calls as u64, *own));
        }
    }
    profile.total = Some(total);
    Ok(profile)
}

struct Place<'v> {
    file: &'v str,
    line: u32,
    name: &'v str,
}

impl Place<'_> {
    /// cProfile files builtins under `~`.
    fn is_builtin(&self) -> bool {
        self.file == "~" || self.file.is_empty()
    }

    fn function(&self, calls: u64, seconds: f64) -> Function {
        Function {
            line: self.line,
            name: self.name.to_owned(),
            calls,
            seconds,
        }
    }
}

fn place(key: &Value) -> Option<Place<'_>> {
    let Value::Items(key) = key else { return None };
    let [Value::Text(file), Value::Number(line), Value::Text(name)] = key.as_slice() else {
        return None;
    };
    Some(Place {
        file,
        line: *line as u32,
        name,
    })
}

/// The own seconds of a builtin for one caller; before Python 2.5 there was only a number of calls.
fn seconds_of(row: &Value) -> f64 {
    match row {
        Value::Items(row) => match row.as_slice() {
            [_, _, Value::Number(own), ..] => *own,
            _ => 0.0,
        },
        _ => 0.0,
    }
}
