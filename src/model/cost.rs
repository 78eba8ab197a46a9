//! What a finding costs.
//!
//! For code: Big-O before and after in the program's own names, and a slowdown read off measured points.
//! For a run: the calls, tokens and milliseconds that bought nothing.
//! Does not measure anything: the points come from a rule page's `measured.toml`.

/// The cost of a finding, by domain.
#[derive(Clone, Debug, PartialEq)]
pub enum Cost {
    /// Of a place in code.
    Code(CodeCost),
    /// Of a stretch of an agent's run.
    Run(RunCost),
}

/// The cost of a place in code.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeCost {
    /// Big-O as it stands, in the program's own names: `O(orders * customers)`.
    pub before: String,
    /// Big-O after the change: `O(orders + customers)`.
    pub after: String,
    /// Number of loops that multiply the costly expression.
    pub depth: u32,
    /// The n at which `ratio` holds.
    pub size: Size,
    /// Name of the page's measured pair that has this shape; empty for the first.
    pub shape: &'static str,
    /// The measured slowdown curve; `None` until the engine has looked it up, or where none was measured.
    pub curve: Option<Curve>,
}

/// A loop's size, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of elements.
    pub n: u64,
    /// How it is known.
    pub origin: SizeOrigin,
}

/// How a size is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeOrigin {
    /// Counted in a literal.
    Literal,
    /// The argument of a `range`.
    Range,
    /// Said by an annotation.
    Annotation,
    /// A constant of the program.
    Constant,
    /// Not known: the setting `assume-size`.
    Assumed,
}

impl SizeOrigin {
    /// `literal`, `range`, `annotation`, `constant` or `assumed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            SizeOrigin::Literal => "literal",
            SizeOrigin::Range => "range",
            SizeOrigin::Annotation => "annotation",
            SizeOrigin::Constant => "constant",
            SizeOrigin::Assumed => "assumed",
        }
    }
}

/// Slowdown (time before / time after) as measured at several sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The points, by rising n. Never empty.
    pub points: Vec<Point>,
    /// What measured it, `CPython 3.11`.
    pub interpreter: String,
    /// Whether the points are other than measured, because the finding's loop does more or less besides.
    pub adjusted: bool,
}

/// How far beyond the measured sizes a slowdown is said, as a factor of the largest.
const BEYOND_MAX: u64 = 10;

/// One measured point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of elements.
    pub n: u64,
    /// Time before / time after.
    pub ratio: f64,
}

/// What an iteration of a loop does beside what a finding is about, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Once per iteration.
    pub ns: f64,
    /// Once per iteration for each of n items.
    pub ns_per_item: f64,
}

impl Curve {
    /// The slowdown at `n`, interpolated between the measured points on logarithmic axes,
    /// and whether `n` lies inside them.
    /// Below, the first point's ratio is given, an upper bound. Above, the slope of the last decade goes on for
    /// another decade, and what is reached there is a lower bound.
    pub fn at(&self, n: u64) -> (f64, bool) {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return (1.0, false);
        };
        if n <= first.n {
            return (first.ratio, n == first.n);
        }
        if n >= last.n {
            let beyond = n.min(last.n.saturating_mul(BEYOND_MAX)) as f64 / last.n as f64;
            return (last.ratio * beyond.powf(self.last_slope()), n == last.n);
        }
        let above = self.points.partition_point(|point| point.n < n);
        let (low, high) = (self.points[above - 1], self.points[above]);
        let share = ((n as f64) / (low.n as f64)).ln() / ((high.n as f64) / (low.n as f64)).ln();
        (
            (low.ratio.ln() + share * (high.ratio.ln() - low.ratio.ln())).exp(),
            true,
        )
    }

    /// The largest measured n.
    pub fn n_max(&self) -> u64 {
        self.points.last().map_or(0, |point| point.n)
    }

    /// Whether the curve can be read off at `n`: measured there, or not far beyond.
    pub fn reaches(&self, n: u64) -> bool {
        n <= self.n_max().saturating_mul(BEYOND_MAX)
    }

    /// The power of n with which the slowdown grows over the last decade.
    /// At most 1, what a loop saved inside a loop gains: steeper is a cache that overflows, and that ends.
    fn last_slope(&self) -> f64 {
        let Some(last) = self.points.last() else {
            return 0.0;
        };
        let decade = |point: &&Point| point.n < last.n && point.n >= last.n / BEYOND_MAX;
        let Some(first) = self.points.iter().find(decade) else {
            return 0.0;
        };
        let run = (last.n as f64 / first.n as f64).ln();
        ((last.ratio / first.ratio).ln() / run).clamp(0.0, 1.0)
    }
}

impl CodeCost {
    /// The slowdown at the finding's own n, where one was measured.
    pub fn ratio(&self) -> Option<f64> {
        self.curve.as_ref().map(|curve| curve.at(self.size.n).0)
    }

    /// `(slow / fast - 1) * 100` at the finding's own n, where one was measured.
    pub fn slowdown_pct(&self) -> Option<f64> {
        self.ratio().map(|ratio| (ratio - 1.0) * 100.0)
    }
}

/// What a stretch of a run wasted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RunCost {
    /// Tool calls that bought nothing.
    pub calls: u64,
    /// Tokens that bought nothing, where the format carries them.
    pub tokens: u64,
    /// Milliseconds that bought nothing, where the format carries them.
    pub milliseconds: u64,
    /// Share of the run's turns, from 0 to 1.
    pub share: f64,
}

/// The degree of a Big-O text in all its names together: 2 for `O(n*m)` and `O(n^2)`, 1 for `O(n + m)`
/// and `O(n log n)`, 0 for `O(1)`. Text after the closing parenthesis (`round trips`) does not count.
///
/// Returns `None` where the text is not of the form `O(sum of products)`.
pub fn degree(text: &str) -> Option<f64> {
    let inner = text.trim().strip_prefix("O(")?;
    let mut depth = 1usize;
    let end = inner.char_indices().find_map(|(at, character)| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    sum_degree(&inner[..end])
}

fn sum_degree(text: &str) -> Option<f64> {
    let terms = split_outside(text, &['+']);
    terms
        .into_iter()
        .map(product_degree)
        .try_fold(0.0, |most, term| Some(f64::max(most, term?)))
}

fn product_degree(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut after_log = false;
    for factor in split_outside(text, &['*', ' ']) {
        if factor == "log" {
            after_log = true;
        } else if !std::mem::take(&mut after_log) {
            total += factor_degree(factor)?;
        }
    }
    Some(total)
}

fn factor_degree(text: &str) -> Option<f64> {
    if let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return sum_degree(inner);
    }
    if let Some((base, power)) = text.rsplit_once('^') {
        return Some(factor_degree(base)? * power.parse::<f64>().ok()?);
    }
    let first = text.chars().next()?;
    if first.is_ascii_digit() {
        return text.parse::<f64>().ok().map(|_| 0.0);
    }
    Some(1.0)
}

/// The parts between separators that stand outside parentheses and brackets; empty ones are dropped.
fn split_outside<'t>(text: &'t str, separators: &[char]) -> Vec<&'t str> {
    let (mut depth, mut start) = (0usize, 0usize);
    let mut parts = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && separators.contains(&character) => {
                parts.push(text[start..at].trim());
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_from_the_text() {
        let cases = [
            ("O(1)", 0.0),
            ("O(n)", 1.0),
            ("O(n log n)", 1.0),
            ("O(orders * customers)", 2.0),
            ("O(self.orders + len(rows))", 1.0),
            ("O(n^2)", 2.0),
            ("O(n * (m + k))", 2.0),
            ("O(n) round trips", 1.0),
        ];
        for (text, wanted) in cases {
            assert_eq!(degree(text), Some(wanted), "{text}");
        }
        assert_eq!(degree("fast"), None);
    }

    #[test]
    fn between_points_on_logarithmic_axes_and_a_decade_beyond() {
        let curve = Curve {
            points: vec![
                Point {
                    n: 100,
                    ratio: 10.0,
                },
                Point {
                    n: 1_000,
                    ratio: 100.0,
                },
                Point {
                    n: 10_000,
                    ratio: 300.0,
                },
            ],
            interpreter: "CPython 3.11".into(),
            adjusted: false,
        };
        let is = |n, wanted: f64, inside| {
            let found = curve.at(n);
            assert!((found.0 - wanted).abs() < 1e-9 && found.1 == inside, "{n}");
        };
        is(316, 31.6, true);
        is(10, 10.0, false);
        is(100_000, 900.0, false);
        is(1_000_000, 900.0, false);
        assert_eq!(curve.at(100), (10.0, true));
    }
}
