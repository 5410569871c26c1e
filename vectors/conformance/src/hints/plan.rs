//! The computation of a vector, step by step, each value with its name. One step made wrongly can be
//! followed to every value behind it.

use super::raw::{BASE, Hash, clamp, seal, sign, signer, unclamped};
use quipu::crypto::passphrase::argon2id;
use std::collections::{BTreeMap, BTreeSet};

/// The name of a value: a label of chapter 12.3, else that of the specification.
pub(super) type Name = &'static str;

/// The names of what is concatenated.
pub(super) type Parts = Vec<Name>;

/// How a value is made.
#[derive(Debug, Clone)]
pub(super) enum How {
    Given(Sort),
    Hash {
        hash: Hash,
        parts: Parts,
    },
    Mix {
        hash: Name,
        parts: Parts,
    },
    Extract {
        salt: Name,
        label: Name,
        ikm: Parts,
    },
    Expand {
        prk: Name,
        label: String,
        context: Parts,
        length: usize,
    },
    Hmac {
        key: Name,
        parts: Parts,
    },
    Public {
        private: Name,
    },
    Agree {
        private: Name,
        public: Name,
    },
    Signer {
        seed: Name,
    },
    Sign {
        seed: Name,
        purpose: Name,
        hash: Name,
    },
    Seal {
        keys: Name,
        ad: Parts,
        plain: Parts,
    },
    Join {
        parts: Parts,
    },
    Cut {
        of: Name,
        from: usize,
        to: usize,
    },
    Master {
        passphrase: Name,
        salt: Name,
        memory: u32,
        passes: u32,
        lanes: u32,
    },
    /// `h_i = SHA-512(h_(i-1) || key)`, so often.
    Iterate {
        first: Name,
        key: Name,
        times: usize,
    },
    Digits {
        of: Name,
    },
}

/// What a given value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sort {
    /// Text of the specification, a key, a packet: taken as it is.
    Bytes,
    /// One byte that tells two uses apart.
    Constant,
    Number,
    Time,
    /// Zeros behind the value proper.
    Padded,
    /// A draw; the others of the same length.
    Draw(Parts),
}

/// The values of a vector and how they follow from each other.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) suite: u16,
    steps: Vec<(Name, How)>,
    values: BTreeMap<Name, Vec<u8>>,
}

impl Plan {
    pub(super) const fn new(suite: u16) -> Self {
        Self { suite, steps: Vec::new(), values: BTreeMap::new() }
    }

    /// Adds a value and computes it; `None` when what it is made of is not there.
    pub(super) fn step(&mut self, name: Name, how: How) -> Option<()> {
        let value = self.compute(&how, &BTreeMap::new())?;
        self.steps.push((name, how));
        self.values.insert(name, value);
        Some(())
    }

    pub(super) fn given(&mut self, name: Name, sort: Sort, value: impl Into<Vec<u8>>) {
        self.steps.push((name, How::Given(sort)));
        self.values.insert(name, value.into());
    }

    pub(super) fn bytes(&mut self, name: Name, value: impl Into<Vec<u8>>) {
        self.given(name, Sort::Bytes, value);
    }

    pub(super) fn value(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// The steps that lead to a value, itself the last.
    pub(super) fn towards(&self, target: &str) -> Vec<&(Name, How)> {
        let mut needed = BTreeSet::from([target]);
        let mut steps: Vec<&(Name, How)> = Vec::new();
        for step in self.steps.iter().rev() {
            if needed.contains(step.0) {
                needed.extend(step.1.names());
                steps.push(step);
            }
        }
        steps.reverse();
        steps
    }

    /// A step made of another value of the same length: what stood in its place, and the result.
    pub(super) fn confused(&self, name: Name, how: &How) -> Vec<(Name, Name, Vec<u8>)> {
        let mut out = Vec::new();
        let known: Vec<Name> =
            self.steps.iter().map(|(it, _)| *it).take_while(|it| *it != name).collect();
        for used in how.names() {
            for other in &known {
                let (Some(right), Some(wrong)) = (self.values.get(used), self.values.get(other))
                else {
                    continue;
                };
                if right.len() == wrong.len() && right.len() >= 16 && right != wrong {
                    let changed = BTreeMap::from([(used, wrong.clone())]);
                    out.extend(self.compute(how, &changed).map(|value| (used, *other, value)));
                }
            }
        }
        out
    }

    /// The target, computed with one value replaced.
    pub(super) fn replay(
        &self,
        steps: &[&(Name, How)],
        (name, value): (Name, Vec<u8>),
        target: &str,
    ) -> Option<Vec<u8>> {
        let mut changed = BTreeMap::from([(name, value)]);
        for (step, how) in steps.iter().copied() {
            if *step != name && how.names().iter().any(|it| changed.contains_key(it)) {
                changed.insert(step, self.compute(how, &changed)?);
            }
        }
        changed.remove(target)
    }

    /// The bytes of parts in their order.
    pub(super) fn bytes_of(&self, parts: &[Name]) -> Option<Vec<u8>> {
        self.concat(parts, &BTreeMap::new())
    }

    fn concat(&self, parts: &[Name], changed: &BTreeMap<Name, Vec<u8>>) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for part in parts {
            out.extend_from_slice(changed.get(part).or_else(|| self.values.get(part))?);
        }
        Some(out)
    }

    fn compute(&self, how: &How, changed: &BTreeMap<Name, Vec<u8>>) -> Option<Vec<u8>> {
        let get = |name: &Name| changed.get(name).or_else(|| self.values.get(name)).cloned();
        let join = |parts: &[Name]| self.concat(parts, changed);
        let it = Hash::Sha256;
        Some(match how {
            How::Given(_) => return None,
            How::Hash { hash, parts } => hash.of(&[&join(parts)?]),
            How::Mix { hash, parts } => {
                let bytes = join(parts)?;
                it.of(&[&get(hash)?, &length(bytes.len(), 4), &bytes])
            }
            How::Extract { salt, label, ikm } => {
                it.hmac(&get(salt)?, &[self.labelled(label), join(ikm)?].concat())
            }
            How::Expand { prk, label, context, length } => {
                it.expand(&get(prk)?, &self.info(label, &join(context)?, *length), *length, 1)
            }
            How::Hmac { key, parts } => it.hmac(&get(key)?, &join(parts)?),
            How::Public { private } => unclamped(&clamp(&get(private)?), &BASE)?,
            How::Agree { private, public } => unclamped(&clamp(&get(private)?), &get(public)?)?,
            How::Signer { seed } => signer(&get(seed)?)?,
            How::Sign { seed, purpose, hash } => {
                let hash = get(hash)?;
                sign(&get(seed)?, &[b"QuipuV1", purpose.as_bytes(), &[0], &hash].concat())?
            }
            How::Seal { keys, ad, plain } => {
                let keys = get(keys)?;
                let (key, nonce) = keys.split_at_checked(32)?;
                seal(key, nonce, &join(ad)?, &join(plain)?)?
            }
            How::Join { parts } => join(parts)?,
            How::Cut { of, from, to } => get(of)?.get(*from..*to)?.to_vec(),
            How::Master { passphrase, salt, memory, passes, lanes } => {
                let salt = get(salt)?.try_into().ok()?;
                let master = argon2id(&get(passphrase)?, &salt, *memory, *passes, *lanes).ok()?;
                master.expose().to_vec()
            }
            How::Iterate { first, key, times } => {
                let key = get(key)?;
                (0..*times).fold(get(first)?, |hash, _| Hash::Sha512.of(&[&hash, &key]))
            }
            How::Digits { of } => digits(&get(of)?, |five| five).into_bytes(),
        })
    }

    /// `PROTO || suite || u8(len(label)) || label`.
    pub(super) fn labelled(&self, label: &str) -> Vec<u8> {
        let label = label.as_bytes();
        [b"QuipuV1", self.suite.to_be_bytes().as_slice(), &length(label.len(), 1), label].concat()
    }

    /// The `info` of an LExpand.
    pub(super) fn info(&self, label: &str, context: &[u8], size: usize) -> Vec<u8> {
        let of_context = length(context.len(), 2);
        [length(size, 2), self.labelled(label), of_context, context.to_vec()].concat()
    }
}

impl How {
    /// The names of what the value is made of.
    fn names(&self) -> Parts {
        match self {
            Self::Given(_) => Vec::new(),
            Self::Hash { parts, .. } | Self::Join { parts } => parts.clone(),
            Self::Mix { hash, parts } => [&[*hash], parts.as_slice()].concat(),
            Self::Extract { salt, ikm, .. } => [&[*salt], ikm.as_slice()].concat(),
            Self::Expand { prk, context, .. } => [&[*prk], context.as_slice()].concat(),
            Self::Hmac { key, parts } => [&[*key], parts.as_slice()].concat(),
            Self::Public { private } => vec![private],
            Self::Agree { private, public } => vec![private, public],
            Self::Signer { seed } => vec![seed],
            Self::Sign { seed, hash, .. } => vec![seed, hash],
            Self::Seal { keys, ad, plain } => [&[*keys], ad.as_slice(), plain.as_slice()].concat(),
            Self::Cut { of, .. } | Self::Digits { of } => vec![of],
            Self::Master { passphrase, salt, .. } => vec![passphrase, salt],
            Self::Iterate { first, key, .. } => vec![first, key],
        }
    }
}

/// A length as a big-endian number of so many bytes.
pub(super) fn length(length: usize, bytes: usize) -> Vec<u8> {
    length.to_be_bytes().iter().rev().take(bytes).rev().copied().collect()
}

/// The 30 digits of a fingerprint, its pieces changed before they are read.
pub(super) fn digits(fingerprint: &[u8], piece: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let pieces = fingerprint.chunks_exact(5).take(6).map(|five| {
        let number =
            piece(five.to_vec()).iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{:05}", number % 100_000)
    });
    pieces.collect()
}
