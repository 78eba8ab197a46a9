//! Profiles that sample stacks: speedscope JSON, and the collapsed stacks of py-spy and perf.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Bad, Profile};

/// Seconds of a sample of a collapsed stack: py-spy takes 100 a second unless told otherwise, and does not say.
const SAMPLE_SECONDS: f64 = 0.01;

#[derive(Deserialize)]
pub(super) struct Speedscope {
    shared: Shared,
    profiles: Vec<Stacks>,
}

#[derive(Deserialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Deserialize)]
struct Frame {
    name: String,
    file: Option<String>,
    line: Option<f64>,
}

#[derive(Deserialize)]
struct Stacks {
    #[serde(rename = "type")]
    kind: String,
    unit: String,
    #[serde(default)]
    samples: Vec<Vec<usize>>,
    #[serde(default)]
    weights: Vec<f64>,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    at: f64,
    frame: usize,
}

impl Speedscope {
    /// The times by file and line.
    ///
    /// # Errors
    /// A stack names a frame that there is not, or events do not nest.
    pub(super) fn profile(&self) -> Result<Profile, Bad> {
        let mut profile = Profile::new("speedscope");
        let mut total = 0.0;
        for (at, stacks) in self.profiles.iter().enumerate() {
            let scale = match stacks.unit.as_str() {
                "seconds" => 1.0,
                "milliseconds" => 1e-3,
                "microseconds" => 1e-6,
                "nanoseconds" => 1e-9,
                "none" => SAMPLE_SECONDS,
                other => {
                    return Err(Bad::entry(at + 1, format!("`{other}` is no unit of time")));
                }
            };
            let mut add = |stack: &[usize], weight: f64| -> Result<(), Bad> {
                let seconds = weight * scale;
                let mut places = BTreeSet::new();
                for &frame in stack {
                    let Some(frame) = self.shared.frames.get(frame) else {
                        return Err(Bad::entry(at + 1, format!("there is no frame {frame}")));
                    };
                    places.extend(place(frame));
                }
                total += seconds;
                profile.add_stack(&places, seconds);
                Ok(())
            };
            match stacks.kind.as_str() {
                "sampled" => {
                    for (sample, &weight) in stacks.samples.iter().zip(&stacks.weights) {
                        add(sample, weight)?;
                    }
                }
                "evented" => evented(&stacks.events, at, &mut add)?,
                other => {
                    return Err(Bad::entry(
                        at + 1,
                        format!("`{other}` is no kind of profile"),
                    ));
                }
            }
        }
        profile.total = Some(total);
        Ok(profile)
    }
}

/// Opened and closed frames as stacks with the time between two events.
fn evented(
    events: &[Event],
    at: usize,
    add: &mut impl FnMut(&[usize], f64) -> Result<(), Bad>,
) -> Result<(), Bad> {
    let mut open: Vec<usize> = Vec::new();
    let mut since = events.first().map_or(0.0, |event| event.at);
    for event in events {
        if !open.is_empty() && event.at > since {
            add(&open, event.at - since)?;
        }
        since = event.at;
        match event.kind.as_str() {
            "O" => open.push(event.frame),
            _ if open.pop() == Some(event.frame) => {}
            _ => return Err(Bad::entry(at + 1, "a frame is closed that is not open")),
        }
    }
    Ok(())
}

fn place(frame: &Frame) -> Option<(&str, u32)> {
    match (&frame.file, frame.line) {
        (Some(file), Some(line)) => Some((file.as_str(), line as u32)),
        _ => in_name(&frame.name),
    }
}

/// `known (app.py:7)`.
fn in_name(name: &str) -> Option<(&str, u32)> {
    let inside = name.strip_suffix(')')?;
    let (_, place) = inside.rsplit_once('(')?;
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

/// Reads `frame;frame;frame count`, a stack on each line, as py-spy's `raw` format has it.
///
/// # Errors
/// A line has no count.
pub(super) fn collapsed(text: &str) -> Result<Profile, Bad> {
    let mut profile = Profile::new("collapsed stacks, 100 samples a second");
    let mut total = 0.0;
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let split = line.trim_end().rsplit_once(' ');
        let Some((stack, count)) =
            split.and_then(|(stack, count)| Some((stack, count.parse::<f64>().ok()?)))
        else {
            return Err(Bad::line(
                at + 1,
                "a stack is followed by a number of samples",
            ));
        };
        let seconds = count * SAMPLE_SECONDS;
        total += seconds;
        let places: BTreeSet<(&str, u32)> = stack.split(';').filter_map(in_name).collect();
        profile.add_stack(&places, seconds);
    }
    profile.total = Some(total);
    Ok(profile)
}
