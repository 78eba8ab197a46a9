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
}

/// One measured point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Number of elements.
    pub n: u64,
    /// Time before / time after.
    pub ratio: f64,
}

impl Curve {
    /// The slowdown at `n`, interpolated between the measured points on logarithmic axes,
    /// and whether `n` lies inside them.
    /// Outside, the nearest point's ratio is given: a lower bound above, an upper bound below.
    pub fn at(&self, n: u64) -> (f64, bool) {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return (1.0, false);
        };
        if n <= first.n {
            return (first.ratio, n == first.n);
        }
        if n >= last.n {
            return (last.ratio, n == last.n);
        }
        let above = self.points.partition_point(|point| point.n < n);
        let (low, high) = (self.points[above - 1], self.points[above]);
        let share = ((n as f64) / (low.n as f64)).ln() / ((high.n as f64) / (low.n as f64)).ln();
        (
            (low.ratio.ln() + share * (high.ratio.ln() - low.ratio.ln())).exp(),
            true,
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_points_on_logarithmic_axes_and_never_beyond() {
        let curve = Curve {
            points: vec![
                Point {
                    n: 100,
                    ratio: 10.0,
                },
                Point {
                    n: 10_000,
                    ratio: 1000.0,
                },
            ],
            interpreter: "CPython 3.11".into(),
        };
        let (ratio, inside) = curve.at(1_000);
        assert!((ratio - 100.0).abs() < 1e-9 && inside);
        assert_eq!(curve.at(10), (10.0, false));
        assert_eq!(curve.at(1_000_000), (1000.0, false));
        assert_eq!(curve.at(100), (10.0, true));
    }
}
