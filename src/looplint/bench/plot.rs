//! Predicted against measured slowdowns as an SVG: both axes logarithmic, a band where the prediction is near.

use std::fmt::Write as _;

use super::validate::{Kernel, NEAR};

/// Width and height of the drawing, in units of its own.
const SIDE: f64 = 640.0;
/// Room for the labels of the axes.
const MARGIN: f64 = 56.0;
/// The axes go from one half to a hundred thousand.
const RANGE: (f64, f64) = (0.5, 100_000.0);
/// A mark for each size: colours that are told apart by everybody, in light and in dark.
const COLOURS: [(u64, &str); 3] = [(100, "#0072b2"), (1_000, "#e69f00"), (10_000, "#009e73")];

/// The drawing.
pub(super) fn svg(kernels: &[Kernel]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\" font-family=\"sans-serif\" \
         font-size=\"13\" role=\"img\" aria-label=\"predicted and measured slowdowns\">\n\
         <rect width=\"{SIDE}\" height=\"{SIDE}\" fill=\"#ffffff\"/>\n"
    );
    band(&mut svg);
    axes(&mut svg);
    for row in kernels.iter().flat_map(|kernel| &kernel.rows) {
        let colour = COLOURS
            .iter()
            .find(|(n, _)| *n == row.n)
            .map_or("#000000", |(_, colour)| colour);
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\" fill-opacity=\"0.75\"/>",
            across(row.predicted),
            up(row.measured)
        );
    }
    for (at, (n, colour)) in COLOURS.iter().enumerate() {
        let y = MARGIN + 18.0 * at as f64;
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{:.1}\">n = {n}</text>",
            MARGIN + 14.0,
            MARGIN + 24.0,
            y + 4.5
        );
    }
    svg + "</svg>\n"
}

/// Where the prediction is off by less than the factor, and the line where it is right.
fn band(svg: &mut String) {
    let (low, high) = RANGE;
    let corners = [
        (low, low / NEAR),
        (high, high / NEAR),
        (high, high * NEAR),
        (low, low * NEAR),
    ];
    let points: Vec<String> = corners
        .iter()
        .map(|&(x, y)| format!("{:.1},{:.1}", across(x), up(y)))
        .collect();
    let _ = writeln!(
        svg,
        "<polygon points=\"{}\" fill=\"#e8e8e8\"/>\n<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"#888888\"/>",
        points.join(" "),
        across(low),
        up(low),
        across(high),
        up(high)
    );
}

fn axes(svg: &mut String) {
    let end = SIDE - MARGIN;
    let _ = writeln!(
        svg,
        "<path d=\"M{MARGIN} {MARGIN} V{end} H{end}\" fill=\"none\" stroke=\"#333333\"/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">predicted slowdown</text>\n\
         <text x=\"16\" y=\"{}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {})\">measured slowdown</text>",
        SIDE / 2.0,
        SIDE - 12.0,
        SIDE / 2.0,
        SIDE / 2.0
    );
    for power in 0..=5 {
        let value = 10f64.powi(power);
        let label = match power {
            0..3 => format!("{value}x"),
            _ => format!("{},000x", value / 1000.0),
        };
        let (x, y) = (across(value), up(value));
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            end + 18.0,
            MARGIN - 6.0,
            y + 4.5
        );
    }
}

fn across(value: f64) -> f64 {
    MARGIN + share(value) * (SIDE - 2.0 * MARGIN)
}

fn up(value: f64) -> f64 {
    SIDE - across(value)
}

fn share(value: f64) -> f64 {
    let (low, high) = RANGE;
    ((value / low).ln() / (high / low).ln()).clamp(0.0, 1.0)
}
