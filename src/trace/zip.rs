//! Reads the members of a zip archive that hold runs: an Inspect `.eval` keeps one sample a member.
//!
//! Knows the central directory, stored and deflated members. Does not know zip64, encryption or other methods:
//! members that need them are said to be unreadable.

use std::io::Read;

use flate2::read::DeflateDecoder;
use looplint_model::{Decoded, Problem, ProblemKind};

use crate::decode::{UNPACKED_BYTES_MAX, cut, text};

/// More members than this are not looked at.
const MEMBERS_MAX: usize = 100_000;

struct Member<'a> {
    name: String,
    method: u16,
    encrypted: bool,
    packed: &'a [u8],
}

/// Whether the bytes begin as a zip archive does.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The name of the first member, read from its own header.
pub(crate) fn first_name(head: &[u8]) -> Option<&str> {
    let length = u16_at(head, 26)? as usize;
    std::str::from_utf8(head.get(30..30 + length)?).ok()
}

/// Adds each sample of the archive as a text of its own, named `archive!member`.
pub(crate) fn decode(name: &str, bytes: &[u8], decoded: &mut Decoded) {
    let mut budget = UNPACKED_BYTES_MAX;
    let Some(members) = members(bytes) else {
        return unreadable(
            decoded,
            "the archive has no readable directory; it may be cut".to_string(),
        );
    };
    for member in members.iter().filter(|member| is_sample(&member.name)) {
        let title = format!("{name}!{}", member.name);
        match unpack(member, budget) {
            Ok(mut unpacked) => {
                if unpacked.len() > budget {
                    cut(
                        &mut unpacked,
                        budget,
                        &format!("the archive's members up to {} unpack", member.name),
                        &mut decoded.problems,
                    );
                    budget = 0;
                } else {
                    budget -= unpacked.len();
                }
                text(title, unpacked, decoded);
            }
            Err(why) => unreadable(
                decoded,
                format!("member {} cannot be read: {why}", member.name),
            ),
        }
        if budget == 0 {
            break;
        }
    }
}

fn unreadable(decoded: &mut Decoded, message: String) {
    decoded.problems.push(Problem {
        kind: ProblemKind::Unreadable,
        span: None,
        message,
    });
}

fn is_sample(name: &str) -> bool {
    name.starts_with("samples/") && name.ends_with(".json")
}

fn unpack(member: &Member, bytes_max: usize) -> Result<Vec<u8>, String> {
    if member.encrypted {
        return Err("it is encrypted".to_string());
    }
    let mut unpacked = Vec::new();
    match member.method {
        0 => unpacked.extend_from_slice(&member.packed[..member.packed.len().min(bytes_max + 1)]),
        8 => {
            let read = DeflateDecoder::new(member.packed)
                .take(bytes_max as u64 + 1)
                .read_to_end(&mut unpacked);
            read.map_err(|error| format!("its data is broken: {error}"))?;
        }
        method => {
            return Err(format!(
                "it is packed by method {method}, which is not known here"
            ));
        }
    }
    Ok(unpacked)
}

/// The archive's members by its central directory; `None` where there is none.
fn members(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let end = end_of_directory(bytes)?;
    let count = u16_at(bytes, end + 10)? as usize;
    let mut at = u32_at(bytes, end + 16)? as usize;
    let mut members = Vec::with_capacity(count.min(1024));
    while bytes.get(at..at + 4) == Some(b"PK\x01\x02") && members.len() < MEMBERS_MAX {
        let (name_length, extra, comment) = (
            u16_at(bytes, at + 28)?,
            u16_at(bytes, at + 30)?,
            u16_at(bytes, at + 32)?,
        );
        let name_end = at + 46 + name_length as usize;
        let name = String::from_utf8_lossy(bytes.get(at + 46..name_end)?).into_owned();
        let packed_length = u32_at(bytes, at + 20)? as usize;
        let local = u32_at(bytes, at + 42)? as usize;
        let packed = packed(bytes, local, packed_length).unwrap_or(&[]);
        let encrypted = u16_at(bytes, at + 8)? & 1 != 0;
        members.push(Member {
            name,
            method: u16_at(bytes, at + 10)?,
            encrypted,
            packed,
        });
        at = name_end + extra as usize + comment as usize;
    }
    Some(members)
}

fn packed(bytes: &[u8], local: usize, length: usize) -> Option<&[u8]> {
    let start =
        local + 30 + u16_at(bytes, local + 26)? as usize + u16_at(bytes, local + 28)? as usize;
    bytes.get(start..start.checked_add(length)?)
}

/// The record that ends the archive: in its last 64 KiB and 22 bytes, as a comment may follow.
fn end_of_directory(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(22 + 0xffff);
    memchr::memmem::rfind(&bytes[from..], b"PK\x05\x06").map(|at| from + at)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..at + 2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at + 4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
