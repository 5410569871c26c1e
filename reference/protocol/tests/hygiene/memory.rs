//! Looking for secrets in the memory of another process.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};

const HALF: usize = 16;

/// A secret and what it is.
pub(crate) type Secret = (&'static str, Vec<u8>);

/// One place where a half of a secret lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) secret: &'static str,
    pub(crate) region: &'static str,
    pub(crate) address: u64,
}

/// The halves of secrets, 16 bytes each: what is freed loses its first bytes to the allocator.
pub(crate) struct Needles {
    halves: HashMap<[u8; HALF], &'static str>,
    /// Whether a half begins with these two bytes.
    begins: Vec<bool>,
}

impl Needles {
    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let mut halves = HashMap::new();
        for (what, bytes) in secrets {
            for half in bytes.as_chunks::<HALF>().0.iter().filter(|half| random(half)) {
                halves.entry(*half).or_insert(*what);
            }
        }
        let mut begins = vec![false; 1 << 16];
        halves.keys().for_each(|half| begins[pair(half)] = true);
        Self { halves, begins }
    }

    pub(crate) fn len(&self) -> usize {
        self.halves.len()
    }

    /// Every place in the writable memory of a process that holds a half; `stack` is an address
    /// on the stack of its thread.
    pub(crate) fn scan(&self, process: u32, stack: u64) -> Vec<Found> {
        let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("its maps");
        let mut memory = File::open(format!("/proc/{process}/mem")).expect("its memory");
        let (mut found, mut looked) = (Vec::new(), 0);
        for line in maps.lines() {
            let mut fields = line.split_whitespace();
            let (Some(range), Some(rights)) = (fields.next(), fields.next()) else { continue };
            if !rights.starts_with("rw") {
                continue;
            }
            let (begin, end) = range.split_once('-').expect("a range");
            let number = |text| u64::from_str_radix(text, 16).expect("an address");
            let (begin, end) = (number(begin), number(end));
            let region = match fields.nth(3) {
                _ if (begin..end).contains(&stack) => "stack",
                Some("[stack]") => "stack",
                Some("[heap]") | None => "heap",
                Some(_) => "data",
            };
            let mut bytes = vec![0; usize::try_from(end - begin).expect("fits")];
            memory.seek(SeekFrom::Start(begin)).expect("an address of it");
            memory.read_exact(&mut bytes).expect("readable memory");
            looked += bytes.len();
            found.extend(self.find(&bytes).map(|(at, secret)| Found {
                secret,
                region,
                address: begin + at as u64,
            }));
        }
        assert!(looked > 100_000, "{looked} bytes of memory were looked at");
        found
    }

    fn find(&self, bytes: &[u8]) -> impl Iterator<Item = (usize, &'static str)> {
        bytes.windows(HALF).enumerate().filter_map(|(at, window)| {
            let window = window.first_chunk().filter(|it| self.begins[pair(it)])?;
            self.halves.get(window).map(|secret| (at, *secret))
        })
    }
}

/// Whether bytes are so mixed that they lie nowhere by chance.
fn random(half: &[u8; HALF]) -> bool {
    let mut bytes = *half;
    bytes.sort_unstable();
    bytes.chunk_by(|one, other| one == other).count() >= 10
}

fn pair(half: &[u8; HALF]) -> usize {
    usize::from(half[0]) << 8 | usize::from(half[1])
}
