//! Costs in the program's own names: `O(orders * customers)`.
//!
//! Knows products and sums of sizes, with equal names gathered into powers and bounded sizes left out.
//! Does not know the measured curve: the engine adds it.

use looplint_model::{CodeCost, Size, SizeOrigin};

use crate::loops::Loop;
use crate::node::Node;

/// A product of sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Monomial {
    factors: Vec<(String, u32)>,
    /// `log n` factors, by name.
    logs: Vec<String>,
}

impl Monomial {
    /// The constant.
    pub fn one() -> Monomial {
        Monomial::default()
    }

    /// One size.
    pub fn of(name: impl Into<String>) -> Monomial {
        Monomial::one().times(name)
    }

    /// This, times another size.
    #[must_use]
    pub fn times(mut self, name: impl Into<String>) -> Monomial {
        let name = name.into();
        match self.factors.iter_mut().find(|(factor, _)| *factor == name) {
            Some((_, power)) => *power += 1,
            None => self.factors.push((name, 1)),
        }
        self
    }

    /// This, times the logarithm of a size.
    #[must_use]
    pub fn log(mut self, name: impl Into<String>) -> Monomial {
        self.logs.push(name.into());
        self
    }

    /// The product of what the loops multiply; bounded loops count as one.
    pub fn of_loops<'d>(loops: impl IntoIterator<Item = Loop<'d>>) -> Monomial {
        let mut loops: Vec<Loop<'d>> = loops.into_iter().collect();
        loops.reverse();
        loops
            .into_iter()
            .map(Loop::extent)
            .filter(|extent| !extent.is_bounded())
            .fold(Monomial::one(), |all, extent| all.times(extent.name))
    }

    /// Number of factors, powers counted.
    pub fn degree(&self) -> u32 {
        self.factors.iter().map(|(_, power)| power).sum()
    }

    /// This, times all of another.
    #[must_use]
    pub fn product(self, other: &Monomial) -> Monomial {
        let sizes = other
            .factors
            .iter()
            .flat_map(|(name, power)| std::iter::repeat_n(name, *power as usize));
        let all = sizes.fold(self, |all, name| all.times(name.clone()));
        other
            .logs
            .iter()
            .fold(all, |all, name| all.log(name.clone()))
    }

    /// With other names for its sizes, where `new` knows one.
    #[must_use]
    pub fn renamed(&self, new: impl Fn(&str) -> Option<String>) -> Monomial {
        let name = |old: &String| new(old).unwrap_or_else(|| old.clone());
        let factors = self.factors.iter().map(|(old, power)| (name(old), *power));
        let renamed = Monomial {
            factors: factors.collect(),
            logs: self.logs.iter().map(name).collect(),
        };
        // Two sizes may have become one.
        Monomial::one().product(&renamed)
    }

    /// Whether it has more sizes multiplied, or as many and more logarithms.
    pub fn outgrows(&self, other: &Monomial) -> bool {
        (self.degree(), self.logs.len()) > (other.degree(), other.logs.len())
    }

    fn covers(&self, other: &Monomial) -> bool {
        other.logs.iter().all(|log| self.logs.contains(log))
            && other.factors.iter().all(|(name, power)| {
                self.factors
                    .iter()
                    .any(|(mine, more)| mine == name && more >= power)
            })
    }

    fn text(&self) -> String {
        let mut parts: Vec<String> = self
            .factors
            .iter()
            .map(|(name, power)| {
                if *power == 1 {
                    name.clone()
                } else {
                    format!("{name}^{power}")
                }
            })
            .collect();
        parts.extend(self.logs.iter().map(|name| format!("log {name}")));
        if parts.is_empty() {
            "1".into()
        } else {
            parts.join(" * ")
        }
    }
}

/// `O(a * b + c)`: the sum of `terms`, without those that another one covers.
pub fn big_o(terms: &[Monomial]) -> String {
    let mut kept: Vec<&Monomial> = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        let covered = terms.iter().enumerate().any(|(other, larger)| {
            other != at && larger.covers(term) && (!term.covers(larger) || other < at)
        });
        if !covered {
            kept.push(term);
        }
    }
    let parts: Vec<String> = kept.iter().map(|term| term.text()).collect();
    match parts.as_slice() {
        [] => "O(1)".into(),
        parts => format!("O({})", parts.join(" + ")),
    }
}

impl<'d> Node<'d> {
    /// The cost of going through `object` in each iteration of `loops` (innermost first), against going through it
    /// once beforehand: `O(orders * customers)` and `O(orders + customers)`.
    pub fn scan_cost(self, object: Node<'d>, loops: &[Loop<'d>]) -> CodeCost {
        self.scan_cost_named(&object.size_name(), object.size(), loops)
    }

    /// The cost of going through `object` once for each of its items, against going through it once.
    pub fn square_cost(self, object: Node<'d>, loops: &[Loop<'d>]) -> CodeCost {
        let n = Monomial::of(object.size_name());
        CodeCost {
            before: big_o(&[n.clone().times(object.size_name())]),
            after: big_o(&[n]),
            ..self.scan_cost(object, loops)
        }
    }

    /// The same as [`Node::scan_cost`] for something whose size is called `name`.
    pub fn scan_cost_named(self, name: &str, size: Size, loops: &[Loop<'d>]) -> CodeCost {
        let outside: Vec<Loop<'d>> = loops.to_vec();
        let trips = Monomial::of_loops(outside.iter().copied());
        let before = big_o(&[trips.clone().times(name)]);
        let after = big_o(&[trips, Monomial::of(name)]);
        CodeCost {
            before,
            after,
            depth: loops.len() as u32,
            size: self.best_size(size, loops),
            shape: "",
            curve: None,
        }
    }

    /// The n to state: the scanned object's where it is known, else a loop's, else the assumed one.
    pub fn best_size(self, size: Size, loops: &[Loop<'d>]) -> Size {
        if size.origin != SizeOrigin::Assumed {
            return size;
        }
        let known = loops
            .iter()
            .map(|each| each.size())
            .find(|size| size.origin != SizeOrigin::Assumed);
        known.unwrap_or(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_products_in_the_programs_names() {
        let orders = Monomial::of("orders");
        assert_eq!(
            big_o(&[orders.clone().times("customers")]),
            "O(orders * customers)"
        );
        assert_eq!(
            big_o(&[orders.clone(), Monomial::of("customers")]),
            "O(orders + customers)"
        );
        assert_eq!(big_o(&[orders.clone().times("orders")]), "O(orders^2)");
        assert_eq!(big_o(&[orders.clone(), orders.clone()]), "O(orders)");
        assert_eq!(
            big_o(&[orders.clone(), orders.clone().times("k")]),
            "O(orders * k)"
        );
        assert_eq!(big_o(&[orders.log("orders")]), "O(orders * log orders)");
        assert_eq!(big_o(&[Monomial::one()]), "O(1)");
    }
}
