//! Claims nothing yet; does not know anything.

pub mod tables;
pub mod types;

use looplint_model::{Claim, Decoded, Domain, Problem, Settings, Silence, Source};
/// The domain.
pub struct Python;
impl Domain for Python {
    const NAME: &'static str = "python";
    const KINDS: usize = 1;
    type Kind = u8;
    type Document<'d> = u8;
    type Node<'d> = u8;
    type Summary = ();
    fn claims(_: &str, _: &[u8]) -> Claim {
        Claim::No
    }
    fn decode(n: &str, b: Vec<u8>) -> Decoded {
        Decoded {
            sources: vec![Source::new(n, String::from_utf8_lossy(&b).into_owned())],
            problems: vec![],
        }
    }
    fn open<R>(
        s: &Source,
        t: &Settings,
        run: impl for<'d> FnOnce(&'d u8, &'d Source, &'d Settings) -> R,
    ) -> R {
        run(&0, s, t)
    }
    fn problems(_: &u8) -> &[Problem] {
        &[]
    }
    fn index(_: u8) -> usize {
        0
    }
    fn walk(_: &u8, _: &mut dyn FnMut(u8, u8)) {}
    fn summarise(_: &u8) {}
    fn silence(_: &u8) -> Vec<Silence> {
        vec![]
    }
}
