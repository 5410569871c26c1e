//! Chapter 2.6 Secrets: bytes that are erased when dropped and never printed.
//!
//! This module knows nothing about what a secret is for.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use zeroize::{Zeroize, ZeroizeOnDrop, optimization_barrier};

//= spec/02-primitives.md#2-6-secrets
//# [PRIM-15] An implementation MUST erase each secret when this specification says that it is gone,
//# and MUST NOT write secrets, computed tags or plaintext to logs, error values or debug output.
/// `N` secret bytes: no copy, no comparison, no printing, erased on drop.
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes over `bytes`; the caller's copy, if any, is the caller's to erase.
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// Lets `write` put the bytes in place, so that they need not pass over the stack.
    pub(crate) fn filled(write: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self([0; N]);
        write(&mut secret.0);
        secret
    }

    /// The place of the bytes, for who writes them there.
    pub(crate) const fn room(&mut self) -> &mut [u8; N] {
        &mut self.0
    }

    /// The bytes. The one name under which secrets leave their type: search for it.
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

/// Overwrites with zeros, many bytes at once, and keeps the compiler from leaving that out.
///
/// `Zeroize` writes byte by byte, which for a long message costs a third of opening it.
fn erase(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// Secret bytes of any length: a plaintext or a snapshot.
#[derive(Default)]
pub struct SecretBytes {
    memory: Vec<u8>,
    /// Where in the memory the bytes begin: what came before them has been erased.
    begin: usize,
}

impl SecretBytes {
    /// Takes over `bytes`.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self { memory: bytes, begin: 0 }
    }

    /// None yet, and room for so many.
    pub(crate) fn with_capacity(room: usize) -> Self {
        Self::new(Vec::with_capacity(room))
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        self.memory.get(self.begin..).unwrap_or_default()
    }

    /// Puts a byte behind the present ones.
    pub(crate) fn push(&mut self, byte: u8) {
        self.extend_from_slice(&[byte]);
    }

    /// Puts bytes behind the present ones; memory that is too small is erased.
    pub(crate) fn extend_from_slice(&mut self, more: &[u8]) {
        self.reserve(more.len());
        self.memory.extend_from_slice(more);
    }

    /// Makes room for so many bytes more.
    pub(crate) fn reserve(&mut self, more: usize) {
        let needed = self.memory.len() + more;
        if needed > self.memory.capacity() {
            let mut grown = Vec::with_capacity(needed.max(2 * self.memory.capacity()));
            grown.extend_from_slice(&self.memory);
            *self = Self { memory: grown, begin: self.begin };
        }
    }

    /// A place of `length` bytes instead of what it held; memory that is too small is erased.
    pub(crate) fn room(&mut self, length: usize) -> &mut [u8] {
        self.begin = 0;
        if self.memory.capacity() < length {
            *self = Self::new(vec![0; length]);
        }
        erase(self.memory.get_mut(length..).unwrap_or_default());
        self.memory.resize(length, 0);
        &mut self.memory
    }

    /// Keeps the bytes of a range, which lies within, and erases the others.
    pub(crate) fn keep(&mut self, range: Range<usize>) {
        for others in [0..range.start, range.end..self.memory.len()] {
            erase(self.memory.get_mut(others).unwrap_or_default());
        }
        self.memory.truncate(range.end);
        self.begin = range.start;
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.memory.clear();
        self.memory.resize(self.memory.capacity(), 0);
        optimization_barrier(self.memory.as_slice());
    }
}

impl ZeroizeOnDrop for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// A growing list of secrets whose memory holds nothing after an element has left.
///
/// `Vec` leaves bytes behind when it grows, shifts or shrinks; this list erases first.
pub(crate) struct SecretList<T: Zeroize>(Vec<T>);

impl<T: Zeroize> SecretList<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Moves all of `other` behind the present elements.
    pub(crate) fn append(&mut self, other: &mut Self)
    where
        T: Copy,
    {
        self.reserve(other.0.len());
        self.0.extend_from_slice(&other.0);
        other.0.zeroize();
    }

    pub(crate) fn push(&mut self, item: T)
    where
        T: Copy,
    {
        self.reserve(1);
        self.0.push(item);
    }

    pub(crate) fn remove_first(&mut self, count: usize) {
        let count = count.min(self.0.len());
        self.0.iter_mut().take(count).for_each(Zeroize::zeroize);
        self.0.rotate_left(count);
        self.0.truncate(self.0.len() - count);
    }

    pub(crate) fn remove(&mut self, index: usize) {
        if let Some(tail) = self.0.get_mut(index..)
            && let Some(first) = tail.first_mut()
        {
            first.zeroize();
            tail.rotate_left(1);
            self.0.truncate(self.0.len() - 1);
        }
    }

    fn reserve(&mut self, more: usize)
    where
        T: Copy,
    {
        let needed = self.0.len() + more;
        if needed > self.0.capacity() {
            let mut grown = Vec::with_capacity(needed.max(self.0.capacity() * 2));
            grown.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = grown;
        }
    }
}

impl<T: Zeroize> Drop for SecretList<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for SecretList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[..; {}]", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_print_nothing() {
        assert_eq!(alloc::format!("{:?}", Secret::new([7; 32])), "..");
        assert_eq!(alloc::format!("{:?}", SecretBytes::new(alloc::vec![7])), "..");
        let mut list = SecretList::new();
        (0..3u32).for_each(|_| list.push([7; 2]));
        assert_eq!(alloc::format!("{list:?}"), "[..; 3]");
    }

    #[test]
    fn bytes_keep_a_range_and_use_their_memory_again() {
        let mut bytes = SecretBytes::new(Vec::from(*b"long enough"));
        let memory = bytes.expose().as_ptr();
        bytes.room(10).copy_from_slice(b"0123456789");
        bytes.keep(2..5);
        assert_eq!(bytes.expose(), b"234");
        assert_eq!(bytes.memory, b"\0\x00234");
        bytes.room(7).copy_from_slice(b"another");
        assert_eq!((bytes.expose(), bytes.expose().as_ptr()), (&b"another"[..], memory));
        bytes.room(100).fill(7);
        assert_eq!(bytes.expose(), [7; 100]);
        // `Vec` would grow by itself to twice as much, and leave the old bytes behind
        assert_eq!((bytes.room(101).len(), bytes.memory.capacity()), (101, 101));
    }

    // `Vec` grows by itself to at least 8 bytes or 4 elements, and leaves the old ones behind
    #[test]
    fn memory_grows_before_it_is_full() {
        let (mut bytes, mut list) = (SecretBytes::default(), SecretList::new());
        for (length, room) in [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8)] {
            bytes.push(length);
            list.push([length; 2]);
            assert_eq!((bytes.memory.capacity(), list.0.capacity()), (room, room), "{length}");
        }
        assert_eq!(bytes.expose(), [1, 2, 3, 4, 5]);
        bytes.extend_from_slice(&[6; 20]);
        assert_eq!((bytes.memory.capacity(), bytes.expose().len()), (25, 25));
        bytes.reserve(8);
        assert_eq!(bytes.memory.capacity(), 50);
        assert_eq!(&bytes.expose()[..6], [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn list_keeps_order_through_growth_and_removal() {
        let mut list = SecretList::new();
        (0..100u32).for_each(|i| list.push([i; 2]));
        list.remove(50);
        list.remove_first(10);
        let kept: Vec<u32> = list.as_slice().iter().map(|x| x[0]).collect();
        assert_eq!(kept, (10..100).filter(|i| *i != 50).collect::<Vec<_>>());
    }
}
