//! Link-time optimisation over all crates together with `-C target-cpu=native` can make SHA-256
//! with the processor's instructions 50 to 130 times slower: their encodings and those of AVX do
//! not mix, and some processors pay for each change. `-C target-feature=-sha` repairs it.

use quipu::crypto::aead::seal;
use quipu::crypto::kdf::sha256;
use quipu::secret::Secret;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// SHA-256 without any help of the processor takes 3 times as long as one seal, with help half.
const BOUND: u32 = 12;

fn least(mut run: impl FnMut()) -> Duration {
    let mut batch = || {
        let begin = Instant::now();
        (0..200).for_each(|_| run());
        begin.elapsed()
    };
    (0..50).map(|_| batch()).min().unwrap_or_default()
}

#[test]
fn hashing_is_not_out_of_all_proportion_to_sealing() {
    let bytes = [7; 64];
    let mut out = Vec::with_capacity(128);
    let hash = least(|| {
        black_box(sha256(&[black_box(&bytes)]));
    });
    let seal = least(|| {
        out.clear();
        seal(Secret::new([1; 44]), b"", black_box(&bytes), &mut out);
    });
    assert!(hash < seal * BOUND, "SHA-256 {hash:?}, AES-256-GCM {seal:?}, 200 times 64 bytes");
}
