//! A measured slowdown curve as an inline SVG: n to the right, slowdown upwards, both logarithmic.

use std::fmt::Write as _;

use looplint_model::{Curve, Point, Size};

use crate::words::{thousands, times};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 168.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 24.0;

/// The curve with the finding's own n marked. Empty where fewer than two points can be drawn.
pub(super) fn svg(curve: &Curve, size: Size) -> String {
    let points: Vec<Point> = curve
        .points
        .iter()
        .copied()
        .filter(|point| point.n > 0 && point.ratio > 0.0)
        .collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    if first.n == last.n {
        return String::new();
    }
    let (ratio, inside) = curve.at(size.n);
    let axes = Axes::new(&points);
    let n_shown = size.n.clamp(first.n, last.n);
    let mut svg = format!(
        "<svg class=\"curve\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"slowdown by size: {} at n = {}\">",
        times(ratio),
        thousands(size.n)
    );
    axes.draw_grid(&mut svg);
    let line: Vec<String> = points
        .iter()
        .map(|point| format!("{:.1},{:.1}", axes.x(point.n), axes.y(point.ratio)))
        .collect();
    let line = line.join(" L");
    let _ = write!(
        svg,
        "<path class=\"area\" d=\"M{:.1},{base:.1} L{line} L{:.1},{base:.1} Z\"/><path class=\"line\" d=\"M{line}\"/>",
        axes.x(first.n),
        axes.x(last.n),
        base = axes.y(1.0),
    );
    for point in &points {
        let _ = write!(
            svg,
            "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"><title>{} at n = {}</title></circle>",
            axes.x(point.n),
            axes.y(point.ratio),
            times(point.ratio),
            thousands(point.n)
        );
    }
    draw_here(&mut svg, &axes, n_shown, ratio, inside);
    svg.push_str("</svg>");
    svg
}

/// The mark at the finding's own n, with its number where there is room.
fn draw_here(svg: &mut String, axes: &Axes, n: u64, ratio: f64, inside: bool) {
    let (x, y) = (axes.x(n), axes.y(ratio));
    let (anchor, shift) = if x > WIDTH * 0.6 {
        ("end", -8.0)
    } else {
        ("start", 8.0)
    };
    let below = if y < TOP + 14.0 || anchor == "start" {
        14.0
    } else {
        -8.0
    };
    let at_edge = if inside { "" } else { "≥ " };
    let _ = write!(
        svg,
        "<path class=\"drop\" d=\"M{x:.1},{y:.1} V{:.1}\"/><circle class=\"here\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>\
         <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}{}</text>",
        axes.y(axes.y_min),
        x + shift,
        y + below,
        if ratio > 1.0 { at_edge } else { "" },
        times(ratio),
    );
}

/// Decades of both axes.
struct Axes {
    x_min: f64,
    x_max: f64,
    y_min: f64,
    y_max: f64,
}

impl Axes {
    fn new(points: &[Point]) -> Axes {
        // Decades are counted up to these ends: figures that no measurement gives must not make them endless.
        let sane = || {
            points
                .iter()
                .map(|point| point.ratio)
                .filter(|ratio| (1e-6..1e15).contains(ratio))
        };
        let low = sane().fold(1.0, f64::min);
        let high = sane().fold(10.0, f64::max);
        let x_min = points.first().map_or(1.0, |point| point.n as f64).max(1.0);
        Axes {
            x_min,
            x_max: points
                .last()
                .map_or(10.0, |point| point.n as f64)
                .max(10.0 * x_min),
            y_min: 10f64.powf(low.log10().floor()),
            y_max: 10f64.powf((high.log10() - 1e-9).ceil()),
        }
    }

    fn x(&self, n: u64) -> f64 {
        let share = ((n as f64) / self.x_min).ln() / (self.x_max / self.x_min).ln();
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, ratio: f64) -> f64 {
        let share = (ratio / self.y_min).ln() / (self.y_max / self.y_min).ln();
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }

    fn draw_grid(&self, svg: &mut String) {
        let mut ratio = self.y_min;
        while ratio <= self.y_max * 1.001 {
            let y = self.y(ratio);
            let text = if ratio < 1.0 {
                format!("{ratio}x")
            } else {
                format!("{}x", thousands(ratio as u64))
            };
            let _ = write!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT},{y:.1} H{:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 3.5,
            );
            ratio *= 10.0;
        }
        let mut n = 10f64.powf(self.x_min.log10().ceil());
        while n <= self.x_max * 1.001 {
            let x = self.x(n as u64);
            let _ = write!(
                svg,
                "<path class=\"grid\" d=\"M{x:.1},{TOP} V{:.1}\"/><text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                HEIGHT - BOTTOM,
                HEIGHT - BOTTOM + 15.0,
                thousands(n as u64),
            );
            n *= 10.0;
        }
    }
}
