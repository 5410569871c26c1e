//! The plans of the operations of chapter 12.3.

mod handshake;
mod people;
mod prepared;
mod session;

use super::plan::{How, Name, Parts, Plan, Sort};
use super::raw::Hash;
use super::slips::{Slip, Slips};
use quipu::crypto::kem::KemSecret;
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::secret::Secret;
use quipu_vectors::file::{File, Object, Test};
use quipu_vectors::perform::Fields;
use std::iter::once;

/// How the values of a test follow from its input; `None` for an operation without formulas.
pub(super) fn plan(file: &File, test: &Test) -> Option<Plan> {
    let mut plan = Plan::new(file.suite);
    let input = test.input.as_ref()?;
    let (it, get) = (&mut plan, Fields(input));
    match file.operation.as_str() {
        "x25519" => {
            it.bytes("private", get.bytes("private").ok()?);
            it.bytes("public", get.bytes("public").ok()?);
            it.agree("shared", "private", "public")?;
        }
        "ed25519-sign" => {
            it.bytes("seed", get.bytes("seed").ok()?);
            it.bytes("hash", get.bytes("hash").ok()?);
            it.step("public", How::Signer { seed: "seed" })?;
            let purposes = Purpose::ALL.iter().map(|it| it.label());
            it.sign("signature", "seed", label(purposes, get.text("purpose").ok()?)?, "hash")?;
        }
        "mix" => {
            it.bytes("hash so far", get.bytes("hash").ok()?);
            it.bytes("bytes", get.bytes("bytes").ok()?);
            it.mix("hash", "hash so far", &["bytes"])?;
        }
        "extract" => {
            it.bytes("salt", get.bytes("salt").ok()?);
            it.bytes("ikm", get.bytes("ikm").ok()?);
            let labels = Extract::ALL.iter().map(|it| it.label());
            it.extract("prk", "salt", label(labels, get.text("label").ok()?)?, &["ikm"])?;
        }
        "expand" => {
            it.bytes("prk", get.bytes("prk").ok()?);
            it.bytes("context", get.bytes("context").ok()?);
            let labels = Expand::ALL.iter().map(|it| it.label());
            let name = label(labels, get.text("label").ok()?)?;
            it.expand("okm", "prk", name, &["context"], get.usize("length").ok()?)?;
        }
        "seal" => {
            it.bytes("keys", get.bytes("keys").ok()?);
            it.bytes("ad", get.bytes("ad").ok()?);
            it.bytes("plaintext", get.bytes("plaintext").ok()?);
            it.seal("sealed", "keys", &["ad"], &["plaintext"])?;
        }
        "handshake-initiate" => handshake::initiate(it, input, &draws(test)?)?,
        "handshake-respond" => handshake::respond(it, input, &draws(test)?)?,
        "handshake-finish" => handshake::finish(it, &get, &draws(test)?)?,
        "handshake-complete" => handshake::complete(it, &get)?,
        "prepared-initiate" => prepared::initiate(it, &get, &draws(test)?)?,
        "prepared-respond" => prepared::respond(it, &get, test)?,
        "session-keys" => session::keys(it, &get)?,
        "export" => session::export(it, &get)?,
        "ratchet-step" => session::ratchet_step(it, &get)?,
        "chain-step" => session::chain_step(it, &get)?,
        "message-seal" => session::message_seal(it, &get, &draws(test)?)?,
        "message-open" => session::message_open(it, &get)?,
        "card-issue" => people::card(it, &get)?,
        "prekey-issue" => people::prekey(it, &get, test)?,
        "manifest-issue" => people::manifest(it, &get)?,
        "fingerprint" => people::fingerprint(it, &get)?,
        "safety-number" => people::safety_number(it, &get)?,
        "psk-id" => {
            it.bytes("psk", get.bytes("psk").ok()?);
            it.expand("psk_id", "psk", "psk id", &[], 16)?;
        }
        "file-seal" => people::file(it, &get, &draws(test)?)?,
        _ => return None,
    }
    Some(plan)
}

/// Mistakes of operations that are one function.
pub(super) fn single(operation: &str, input: &Object) -> Vec<Slip> {
    let (mut out, get) = (Slips::default(), Fields(input));
    match operation {
        "kem-generate" | "kem-decapsulate" => {
            let Ok(seed) = get.array::<64>("seed") else { return out.0 };
            let mut swapped = seed;
            swapped.rotate_left(32);
            let text = "is made with the halves `d` and `z` of the seed swapped";
            if operation == "kem-generate" {
                let key = KemSecret::new(&Secret::new(swapped)).public().as_bytes().to_vec();
                out.add("parts-swapped", text, Some(key));
            } else if let Ok(ct) = get.array("ct") {
                let secret = KemSecret::new(&Secret::new(swapped)).decapsulate(&ct);
                out.add("parts-swapped", text, Some(secret.expose().to_vec()));
                let secret = KemSecret::new(&Secret::new(seed)).decapsulate(&ct);
                let hash = Hash::Sha256.of(&[secret.expose()]);
                out.add("hash-twice", "is the SHA-256 of the secret", Some(hash));
            }
        }
        _ => {}
    }
    out.0
}

/// The draws of a test.
fn draws(test: &Test) -> Option<Vec<Vec<u8>>> {
    test.random.iter().flatten().map(|text| hex::decode(text).ok()).collect()
}

/// The label of the registry that a vector names.
fn label(all: impl Iterator<Item = &'static [u8]>, name: &str) -> Option<Name> {
    all.filter_map(|it| std::str::from_utf8(it).ok()).find(|it| *it == name)
}

/// The steps by their names in the specification.
impl Plan {
    fn mix(&mut self, name: Name, hash: Name, parts: &[Name]) -> Option<()> {
        self.step(name, How::Mix { hash, parts: parts.to_vec() })
    }

    fn hash(&mut self, name: Name, parts: &[Name]) -> Option<()> {
        self.step(name, How::Hash { hash: Hash::Sha256, parts: parts.to_vec() })
    }

    fn extract(&mut self, name: Name, salt: Name, label: Name, ikm: &[Name]) -> Option<()> {
        self.step(name, How::Extract { salt, label, ikm: ikm.to_vec() })
    }

    fn expand(
        &mut self,
        name: Name,
        prk: Name,
        label: &str,
        context: &[Name],
        length: usize,
    ) -> Option<()> {
        let (label, context) = (label.to_owned(), context.to_vec());
        self.step(name, How::Expand { prk, label, context, length })
    }

    fn hmac(&mut self, name: Name, key: Name, parts: &[Name]) -> Option<()> {
        self.step(name, How::Hmac { key, parts: parts.to_vec() })
    }

    fn public(&mut self, name: Name, private: Name) -> Option<()> {
        self.step(name, How::Public { private })
    }

    fn agree(&mut self, name: Name, private: Name, public: Name) -> Option<()> {
        self.step(name, How::Agree { private, public })
    }

    fn sign(&mut self, name: Name, seed: Name, purpose: Name, hash: Name) -> Option<()> {
        self.step(name, How::Sign { seed, purpose, hash })
    }

    fn seal(&mut self, name: Name, keys: Name, ad: &[Name], plain: &[Name]) -> Option<()> {
        self.step(name, How::Seal { keys, ad: ad.to_vec(), plain: plain.to_vec() })
    }

    fn join(&mut self, name: Name, parts: &[Name]) -> Option<()> {
        self.step(name, How::Join { parts: parts.to_vec() })
    }

    fn cut(&mut self, name: Name, of: Name, from: usize, to: usize) -> Option<()> {
        self.step(name, How::Cut { of, from, to })
    }

    fn number(&mut self, name: Name, value: u32) {
        self.given(name, Sort::Number, value.to_be_bytes());
    }

    fn time(&mut self, name: Name, value: u64) {
        self.given(name, Sort::Time, value.to_be_bytes());
    }

    /// Draws by their names; one may be taken for another of the same length.
    fn draws(&mut self, names: &[Name], draws: &[Vec<u8>]) -> Option<()> {
        for (name, draw) in names.iter().zip(draws) {
            let same = |(other, it): &(&Name, &Vec<u8>)| *other != name && it.len() == draw.len();
            let others = names.iter().zip(draws).filter(same).map(|(name, _)| *name);
            self.given(name, Sort::Draw(others.collect()), draw.clone());
        }
        (draws.len() == names.len()).then_some(())
    }

    /// The transcript's first hash: `SHA-256(PROTO || label)`.
    fn start(&mut self, label: Name) -> Option<()> {
        self.bytes("PROTO", *b"QuipuV1");
        self.bytes("label of the start", label);
        self.hash("start", &["PROTO", "label of the start"])
    }

    /// Version, type, suite.
    fn prefix(&mut self, name: Name, kind: u8) {
        let [high, low] = self.suite.to_be_bytes();
        self.bytes(name, [1, kind, high, low]);
    }
}

/// Names of parts, some of which are not there.
fn parts<const N: usize>(all: [Option<Name>; N]) -> Parts {
    all.into_iter().flatten().collect()
}

/// An address: its length, and 64 bytes.
fn address(plan: &mut Plan, (length, padded): (Name, Name), address: &[u8]) -> Option<()> {
    plan.bytes(length, [u8::try_from(address.len()).ok()?]);
    let zeros = std::iter::repeat_n(0, 64usize.checked_sub(address.len())?);
    let bytes: Vec<u8> = address.iter().copied().chain(zeros).collect();
    plan.given(padded, Sort::Padded, bytes);
    Some(())
}

/// Hex of an input, or so many zeros.
fn or_zero(input: &Object, name: &str, length: usize) -> Option<Vec<u8>> {
    match input.get(name) {
        None => Some(once(0).cycle().take(length).collect()),
        Some(value) => hex::decode(value.as_str()?).ok(),
    }
}
