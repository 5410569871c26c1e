//! Genuine bytes, and what a fuzzer makes of them.

/// Changes `genuine` as `edits` say, four bytes each: what, where (two bytes), value.
pub(crate) fn edited(genuine: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = genuine.to_vec();
    let (edits, _) = edits.as_chunks::<4>();
    for [what, high, low, value] in edits {
        let at = usize::from(u16::from_be_bytes([*high, *low]));
        let within = at % bytes.len().max(1);
        match what % 6 {
            0 => bytes.iter_mut().skip(within).take(1).for_each(|byte| *byte ^= value),
            1 => bytes.iter_mut().skip(within).take(1).for_each(|byte| *byte = *value),
            2 => bytes.insert(at % (bytes.len() + 1), *value),
            3 => drop(bytes.drain(within..bytes.len().min(within + usize::from(*value)))),
            4 => bytes.truncate(at),
            _ => bytes.extend(core::iter::repeat_n(*value, at % 512)),
        }
    }
    bytes
}

/// The first byte, and what is behind it.
pub(crate) fn first(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}

/// One of some, chosen by a byte.
pub(crate) fn choose<T>(all: &[T], by: u8) -> &T {
    &all[usize::from(by) % all.len()]
}
