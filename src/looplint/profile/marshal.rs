//! Python's marshal format, as far as profiles use it: versions 0 to 5, with references.
//!
//! Knows values, not what they mean. Broken and hostile bytes give an error with its place, never a panic.

use std::rc::Rc;

/// Containers inside one another that are read.
const DEPTH_MAX: u32 = 64;
/// The bit of a type that asks to be remembered for a reference.
const FLAG_REF: u8 = 0x80;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// `None`, and whatever a profile has no use for.
    Nothing,
    /// An integer or boolean, as far as a float holds it; or a float.
    Number(f64),
    /// Text, or bytes that are text.
    Text(Rc<str>),
    /// A tuple, list or set.
    Items(Rc<Vec<Value>>),
    /// A dictionary, in its order.
    Pairs(Rc<Vec<(Value, Value)>>),
}

/// Where bytes stop making sense, and why.
#[derive(Debug, PartialEq)]
pub(super) struct Broken {
    pub(super) at: usize,
    pub(super) why: String,
}

/// Reads one value.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Broken> {
    let mut reader = Reader {
        bytes,
        at: 0,
        depth: 0,
        remembered: Vec::new(),
        interned: Vec::new(),
    };
    match reader.value()? {
        Some(value) => Ok(value),
        None => Err(reader.broken("the value ends before it begins")),
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    depth: u32,
    /// What references point at, by number; a container under way stands as nothing.
    remembered: Vec<Value>,
    /// Strings that Python 2 wrote once.
    interned: Vec<Value>,
}

impl<'b> Reader<'b> {
    fn broken(&self, why: impl Into<String>) -> Broken {
        Broken {
            at: self.at,
            why: why.into(),
        }
    }

    fn take(&mut self, n: usize) -> Result<&'b [u8], Broken> {
        let end = self
            .at
            .checked_add(n)
            .filter(|&end| end <= self.bytes.len());
        let Some(end) = end else {
            return Err(self.broken("it ends in the middle of a value"));
        };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn long(&mut self) -> Result<i32, Broken> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// A number of items or bytes: no more than there are bytes left.
    fn size(&mut self, wide: bool) -> Result<usize, Broken> {
        let size = if wide {
            i64::from(self.long()?)
        } else {
            i64::from(self.array::<1>()?[0])
        };
        match usize::try_from(size) {
            Ok(size) if size <= self.bytes.len() - self.at => Ok(size),
            _ => Err(self.broken(format!("a size of {size} is more than there is"))),
        }
    }

    /// The next value; `None` for the mark that ends a dictionary.
    fn value(&mut self) -> Result<Option<Value>, Broken> {
        let [code] = self.array::<1>()?;
        let kind = code & !FLAG_REF;
        if kind == b'0' {
            return Ok(None);
        }
        // A container's number is given before those of what it holds.
        let place = self.remembered.len();
        let remembered = code & FLAG_REF != 0;
        if remembered {
            self.remembered.push(Value::Nothing);
        }
        let value = self.of_kind(kind)?;
        if remembered && let Some(slot) = self.remembered.get_mut(place) {
            *slot = value.clone();
        }
        Ok(Some(value))
    }

    fn of_kind(&mut self, kind: u8) -> Result<Value, Broken> {
        Ok(match kind {
            b'N' | b'S' | b'.' | b'F' => match kind {
                b'F' => Value::Number(0.0),
                _ => Value::Nothing,
            },
            b'T' => Value::Number(1.0),
            b'i' => Value::Number(f64::from(self.long()?)),
            b'I' => Value::Number(i64::from_le_bytes(self.array()?) as f64),
            b'l' => self.large()?,
            b'g' => Value::Number(f64::from_le_bytes(self.array()?)),
            b'f' => self.written_float()?,
            b'y' => {
                self.take(16)?;
                Value::Nothing
            }
            b's' | b'u' | b'a' | b'A' => self.text(true)?,
            b'z' | b'Z' => self.text(false)?,
            b't' => {
                let text = self.text(true)?;
                self.interned.push(text.clone());
                text
            }
            b'R' => self.reference(true)?,
            b'r' => self.reference(false)?,
            b')' => self.items(false)?,
            b'(' | b'[' | b'<' | b'>' => self.items(true)?,
            b'{' => self.pairs()?,
            other => {
                self.at -= 1;
                return Err(self.broken(format!("0x{other:02x} is no type that profiles have")));
            }
        })
    }

    /// An integer in digits of 15 bits.
    fn large(&mut self) -> Result<Value, Broken> {
        let n = self.long()?;
        let mut value = 0.0;
        let mut scale = 1.0;
        for _ in 0..n.unsigned_abs() {
            value += f64::from(u16::from_le_bytes(self.array()?)) * scale;
            scale *= 32_768.0;
        }
        Ok(Value::Number(if n < 0 { -value } else { value }))
    }

    fn written_float(&mut self) -> Result<Value, Broken> {
        let size = self.size(false)?;
        let text = String::from_utf8_lossy(self.take(size)?);
        match text.parse() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err(self.broken("a number is not written as one")),
        }
    }

    fn text(&mut self, wide: bool) -> Result<Value, Broken> {
        let size = self.size(wide)?;
        let text = String::from_utf8_lossy(self.take(size)?);
        Ok(Value::Text(text.into()))
    }

    fn reference(&mut self, interned: bool) -> Result<Value, Broken> {
        let number = self.long()?;
        let known = if interned {
            &self.interned
        } else {
            &self.remembered
        };
        let value = usize::try_from(number).ok().and_then(|at| known.get(at));
        match value {
            Some(value) => Ok(value.clone()),
            None => Err(self.broken(format!("reference {number} points at nothing"))),
        }
    }

    fn deeper(&mut self) -> Result<(), Broken> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.broken("it is nested too deeply"));
        }
        Ok(())
    }

    fn items(&mut self, wide: bool) -> Result<Value, Broken> {
        self.deeper()?;
        let size = self.size(wide)?;
        let mut items = Vec::with_capacity(size.min(1024));
        for _ in 0..size {
            match self.value()? {
                Some(value) => items.push(value),
                None => return Err(self.broken("an item is missing")),
            }
        }
        self.depth -= 1;
        Ok(Value::Items(Rc::new(items)))
    }

    fn pairs(&mut self) -> Result<Value, Broken> {
        self.deeper()?;
        let mut pairs = Vec::new();
        while let Some(key) = self.value()? {
            match self.value()? {
                Some(value) => pairs.push((key, value)),
                None => return Err(self.broken("a key has no value")),
            }
        }
        self.depth -= 1;
        Ok(Value::Pairs(Rc::new(pairs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_old_and_new_versions() {
        let text = |text: &str| Value::Text(text.into());
        let items = |items: Vec<Value>| Value::Items(Rc::new(items));
        let cases: [(&[u8], Value); 7] = [
            (b"i\x2a\0\0\0", Value::Number(42.0)),
            (b"f\x040.25", Value::Number(0.25)),
            (b"l\xfe\xff\xff\xff\x01\0\x01\0", Value::Number(-32_769.0)),
            (
                b"(\x02\0\0\0t\x01\0\0\0aR\0\0\0\0",
                items(vec![text("a"), text("a")]),
            ),
            (
                b"\xa9\x02\xda\x01ar\x01\0\0\0",
                items(vec![text("a"), text("a")]),
            ),
            (
                b"{z\x01ai\x01\0\0\x000",
                Value::Pairs(Rc::new(vec![(text("a"), Value::Number(1.0))])),
            ),
            // A container that holds itself.
            (b"\xdb\x01\0\0\0r\0\0\0\0", items(vec![Value::Nothing])),
        ];
        for (bytes, wanted) in cases {
            assert_eq!(read(bytes), Ok(wanted), "{bytes:?}");
        }
    }

    #[test]
    fn broken_bytes_say_where() {
        let cases: [(&[u8], usize); 7] = [
            (b"", 0),
            (b"i\x01", 1),
            (b"(\xff\xff\xff\x7f", 5),
            (b"r\x09\0\0\0", 5),
            (b"{0", 2),
            (b"c\0\0\0\0", 0),
            (b"{z\x01a0", 5),
        ];
        for (bytes, at) in &cases[..4] {
            assert_eq!(read(bytes).unwrap_err().at, *at, "{bytes:?}");
        }
        assert_eq!(read(cases[4].0), Ok(Value::Pairs(Rc::new(Vec::new()))));
        assert_eq!(read(cases[5].0).unwrap_err().at, 0);
        assert_eq!(read(cases[6].0).unwrap_err().at, 5);
        let deep = b"[\x01\0\0\0".repeat(100_000);
        assert!(read(&deep).unwrap_err().why.contains("deep"));
    }
}
