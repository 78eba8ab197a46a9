//! The figures of a rule: its bad/good pairs timed on interpreters, its hits on labelled runs.
//!
//! `looplint bench` and `looplint trace calibrate` write them, pages carry them, findings read them.

use crate::cost::{Curve, Point, Work};

/// The figures of a page, as `measured.toml` has them.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Measured {
    /// Timed bad/good pairs, for code.
    #[serde(rename = "pair", skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<MeasuredPair>,
    /// Hits on labelled runs, for traces, by rising run length.
    #[serde(rename = "rate", skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<Rate>,
}

/// One bad/good pair, timed on one interpreter.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct MeasuredPair {
    /// Name of the pair on the page.
    pub name: String,
    /// What ran it, `CPython 3.11.7`.
    pub interpreter: String,
    /// Sizes given to the page's `data(n)`.
    pub n: Vec<u64>,
    /// Nanoseconds of one run of `bad`, by size.
    pub slow_ns: Vec<f64>,
    /// Nanoseconds of one run of `good`, by size.
    pub fast_ns: Vec<f64>,
    /// `slow_ns / fast_ns`, by size.
    pub ratio: Vec<f64>,
    /// Fitted exponent of `bad`: its time grows as n to this power.
    pub slow_exponent: f64,
    /// Fitted exponent of `good`.
    pub fast_exponent: f64,
    /// Relative spread of repeated measurements, 0.05 for five in a hundred.
    pub noise: f64,
    /// What an iteration of `bad` does beside what the rule is about, estimated, in nanoseconds;
    /// `None` where no loop repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_ns: Option<f64>,
}

impl MeasuredPair {
    /// The slowdown curve; where `work` is known, that of a loop that does so much besides.
    ///
    /// In a loop of n iterations that does `extra` nanoseconds more than the page's, both sides take
    /// `n * extra` longer: `(slow + n * extra) / (fast + n * extra)`.
    pub fn curve(&self, work: Option<Work>) -> Option<Curve> {
        let point = |(&n, times): (&u64, (&f64, &f64))| Point {
            n,
            ratio: self.ratio_with(work, n, *times.0, *times.1),
        };
        let points: Vec<Point> = self
            .n
            .iter()
            .zip(self.slow_ns.iter().zip(&self.fast_ns))
            .map(point)
            .collect();
        let is_as_measured = |(point, measured): (&Point, &f64)| {
            (1.0 / ADJUSTED_MIN..ADJUSTED_MIN).contains(&(point.ratio / measured))
        };
        (!points.is_empty()).then(|| Curve {
            adjusted: !points.iter().zip(&self.ratio).all(is_as_measured),
            points,
            interpreter: short_name(&self.interpreter),
        })
    }

    fn ratio_with(&self, work: Option<Work>, n: u64, slow: f64, fast: f64) -> f64 {
        let (Some(work), Some(own)) = (work, self.work_ns) else {
            return slow / fast.max(1.0);
        };
        let n = n as f64;
        let extra = n * (work.ns + n * work.ns_per_item - own);
        // A loop that does less than the page's still does what the finding is about.
        (slow + extra).max(slow * LEFT_MIN) / (fast + extra).max(fast * LEFT_MIN).max(1.0)
    }
}

/// A point this factor away from what was measured is said to be adjusted.
const ADJUSTED_MIN: f64 = 1.1;
/// The share of a measured time that is left at least, whatever the estimates say.
const LEFT_MIN: f64 = 0.3;

/// How often a trace rule was right on labelled runs of one length.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(default)]
pub struct Rate {
    /// Runs of up to this many turns; the last row has none and holds for all longer ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns_max: Option<u64>,
    /// Labelled runs on which the rule fired.
    pub fired: u64,
    /// Of these, the runs that had failed in that way.
    pub right: u64,
    /// The probability that findings carry.
    pub probability: f64,
}

impl Measured {
    /// Reads `measured.toml`.
    ///
    /// # Errors
    /// The text is not TOML of this shape.
    pub fn parse(text: &str) -> Result<Measured, toml::de::Error> {
        toml::from_str(text)
    }

    /// The pair `shape` (the first where that is empty or unknown), from the interpreter nearest to `version`.
    pub fn pair(&self, shape: &str, version: (u8, u8)) -> Option<&MeasuredPair> {
        let wanted = self
            .pairs
            .iter()
            .find(|pair| pair.name == shape)
            .or(self.pairs.first())?;
        self.pairs
            .iter()
            .filter(|pair| pair.name == wanted.name)
            .min_by_key(|pair| distance(&pair.interpreter, version))
    }

    /// The probability that a finding in a run of `n_turns` turns is right.
    pub fn probability(&self, n_turns: usize) -> Option<f64> {
        let row = self.rates.iter().find(|rate| {
            rate.turns_max
                .is_none_or(|turns_max| n_turns as u64 <= turns_max)
        })?;
        (row.fired > 0).then_some(row.probability)
    }
}

/// `CPython 3.11` for `CPython 3.11.7`.
fn short_name(interpreter: &str) -> String {
    interpreter
        .splitn(3, '.')
        .take(2)
        .collect::<Vec<_>>()
        .join(".")
}

/// How far an interpreter is from a version: another implementation than CPython is always farther.
fn distance(interpreter: &str, (major, minor): (u8, u8)) -> u32 {
    let (name, version) = interpreter.split_once(' ').unwrap_or((interpreter, ""));
    let mut numbers = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let (a, b) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let far = u32::from(name != "CPython") * 100_000;
    far + (a * 100 + b).abs_diff(u32::from(major) * 100 + u32::from(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_interpreter_is_taken() {
        let pair = |interpreter: &str, ratio| MeasuredPair {
            name: "1".into(),
            interpreter: interpreter.into(),
            n: vec![100],
            slow_ns: vec![ratio * 10.0],
            fast_ns: vec![10.0],
            ratio: vec![ratio],
            ..MeasuredPair::default()
        };
        let measured = Measured {
            pairs: vec![
                pair("PyPy 3.11.0", 9.0),
                pair("CPython 3.11.7", 2.0),
                pair("CPython 3.13.0", 3.0),
            ],
            rates: vec![],
        };
        let curve = measured.pair("1", (3, 12)).unwrap().curve(None).unwrap();
        assert_eq!(curve.interpreter, "CPython 3.11");
        let nearest = measured.pair("", (3, 14)).unwrap().curve(None).unwrap();
        assert_eq!(nearest.points[0].ratio, 3.0);
    }

    #[test]
    fn a_loop_that_does_more_gains_less() {
        let pair = MeasuredPair {
            n: vec![1_000],
            slow_ns: vec![1_000_000.0],
            fast_ns: vec![10_000.0],
            work_ns: Some(5.0),
            ..MeasuredPair::default()
        };
        let ratio = |work| pair.curve(work).unwrap().points[0].ratio;
        let work = |ns, ns_per_item| Some(Work { ns, ns_per_item });
        assert_eq!(ratio(None), 100.0);
        assert_eq!(ratio(work(5.0, 0.0)), 100.0);
        assert_eq!(ratio(work(95.0, 0.0)), 1_090_000.0 / 100_000.0);
        assert_eq!(ratio(work(5.0, 1.0)), 2_000_000.0 / 1_010_000.0);
    }
}
