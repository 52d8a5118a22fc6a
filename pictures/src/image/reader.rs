//! A cursor over the file: whoever reads past its end learns that the picture is cut short.

use super::Rejection;

/// The bytes not read yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes left.
    pub(super) const fn len(&self) -> usize {
        self.rest.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Rejection> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Rejection::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Rejection> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Rejection::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Rejection> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16_be(&mut self) -> Result<u16, Rejection> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u16_le(&mut self) -> Result<u16, Rejection> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u24_le(&mut self) -> Result<u32, Rejection> {
        self.array().map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    pub(super) fn u32_be(&mut self) -> Result<u32, Rejection> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u32_le(&mut self) -> Result<u32, Rejection> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length of the format, as a length of memory.
    pub(super) fn length_le(&mut self) -> Result<usize, Rejection> {
        self.u32_le().and_then(|length| usize::try_from(length).map_err(|_| Rejection::Broken))
    }

    /// The same, most significant byte first.
    pub(super) fn length_be(&mut self) -> Result<usize, Rejection> {
        self.u32_be().and_then(|length| usize::try_from(length).map_err(|_| Rejection::Broken))
    }
}
