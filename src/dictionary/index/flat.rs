//! Arrays of numbers in a bundle: plain little-endian bytes, which are read back at the speed of copying, where one number
//! after the other would take a hundred times as long.

use std::{borrow::Cow, marker::PhantomData};

use serde::{
    Deserializer, Serializer,
    de::{Error, Visitor},
};

/// A number, or two, of a fixed count of bytes.
pub(super) trait Fixed: Copy {
    const BYTES: usize;
    fn put(self, out: &mut Vec<u8>);
    /// Takes the number at the beginning of `bytes`; 0 when they are too few, which they never are.
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! fixed {
    ($($number:ty),+) => {$(
        impl Fixed for $number {
            const BYTES: usize = size_of::<$number>();
            fn put(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Self {
                bytes.first_chunk().map_or(0, |bytes| Self::from_le_bytes(*bytes))
            }
        }
    )+};
}
fixed!(u16, u32, u64);

impl Fixed for (u32, u32) {
    const BYTES: usize = 8;
    fn put(self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(bytes: &[u8]) -> Self {
        let (first, second) = bytes.split_at_checked(4).unwrap_or_default();
        (u32::take(first), u32::take(second))
    }
}

pub(super) fn serialize<T: Fixed, S: Serializer>(numbers: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(numbers.len() * T::BYTES);
    numbers.iter().for_each(|number| number.put(&mut bytes));
    serializer.serialize_bytes(&bytes)
}

pub(super) fn deserialize<'de, T: Fixed, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let bytes = deserializer.deserialize_bytes(Bytes(PhantomData))?;
    if bytes.len() % T::BYTES != 0 {
        return Err(D::Error::custom("half a number"));
    }
    Ok(bytes.chunks_exact(T::BYTES).map(T::take).collect())
}

struct Bytes<'b>(PhantomData<&'b ()>);

impl<'de> Visitor<'de> for Bytes<'de> {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bytes")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(bytes))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(bytes.to_vec()))
    }
}
