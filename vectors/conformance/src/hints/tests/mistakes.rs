//! Each mistake made once more, by the functions of the reference or a library and from the text of
//! the specification, and not by the code that finds it.

use super::{ask, labelled, plan, successes};
use crate::hints::{operations, slips};
use curve25519_dalek::Scalar;
use curve25519_dalek::montgomery::MontgomeryPoint;
use ed25519_dalek::{Signer, SigningKey};
use quipu::crypto::kdf::{hkdf_expand, sha256, sha512};
use quipu::crypto::kem::KemSecret;
use quipu::crypto::{aead, mac};
use quipu::secret::Secret;
use quipu_vectors::file::{File, Test};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A vector with its values by name.
struct Case(&'static File, &'static Test);

fn case(id: &str) -> Case {
    let (file, test) = successes().find(|(_, test)| test.id == id).expect(id);
    Case(file, test)
}

impl Case {
    fn input(&self, name: &str) -> Vec<u8> {
        let text = self.1.input.as_ref().and_then(|it| it[name].as_str()).expect(name);
        hex::decode(text).expect("hex")
    }

    fn value(&self, label: &str) -> Vec<u8> {
        let all = labelled(self.1);
        let (.., value) = all.into_iter().find(|(_, _, it, _)| it == label).expect(label);
        hex::decode(value.as_str().expect("a text")).expect("hex")
    }

    fn draw(&self, at: usize) -> [u8; 32] {
        let text = &self.1.random.as_ref().expect("draws")[at];
        hex::decode(text).expect("hex").try_into().expect("32 bytes")
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    mac::hmac(&Secret::new(key.try_into().expect("32 bytes")), parts).to_vec()
}

/// HMAC with SHA-512, for keys of 32 bytes.
fn hmac512(key: &[u8], data: &[u8]) -> Vec<u8> {
    let block = |with: u8| -> Vec<u8> {
        (0..128).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect()
    };
    sha512(&[&block(0x5c), &sha512(&[&block(0x36), data])]).to_vec()
}

fn hkdf(prk: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    hkdf_expand(&Secret::new(prk.try_into().expect("32 bytes")), info, &mut out);
    out
}

fn gcm(keys: &[u8], ad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    aead::seal(Secret::new(keys.try_into().expect("44 bytes")), ad, plaintext, &mut out);
    out
}

fn ed25519(seed: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let key = SigningKey::from_bytes(seed.try_into().expect("32 bytes"));
    key.sign(&parts.concat()).to_bytes().to_vec()
}

fn x25519_base(private: [u8; 32]) -> Vec<u8> {
    // On the base point an unclamped key is its remainder by the order of the group.
    let scalar = Scalar::from_bytes_mod_order(private);
    MontgomeryPoint::mul_base(&scalar).as_bytes().to_vec()
}

fn reversed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// What a client gives, and the kind of mistake with a piece of the sentence.
type Made = (&'static str, &'static str, Value, &'static str, &'static str);

fn made(
    id: &'static str,
    label: &'static str,
    value: &[u8],
    hint: &'static str,
    says: &'static str,
) -> Made {
    (id, label, json!(hex::encode(value)), hint, says)
}

fn kdf() -> Vec<Made> {
    let id = "extract-interactive-salt";
    let it = case(id);
    let (salt, ikm) = (it.input("salt"), it.input("ikm"));
    let front: &[u8] = b"QuipuV1\0\x01\x0binteractive";
    let extract = |value: Vec<u8>, hint, says| made(id, "prk", &value, hint, says);
    let mut all = vec![
        extract(hmac(&ikm, &[front, &salt]), "salt-and-input", "salt and input swapped"),
        extract(
            hmac(&salt, &[b"QuipuV1\0\x01interactive", &ikm]),
            "label-length",
            "without the length byte",
        ),
        extract(hmac(&salt, &[b"QuipuV1\0\x01interactive\0", &ikm]), "label-nul", "NUL"),
        extract(hmac(&salt, &[b"\0\x01\x0binteractive", &ikm]), "proto-missing", "QuipuV1"),
        extract(hmac(&salt, &[b"QuipuV1\x0binteractive", &ikm]), "suite-missing", "suite number"),
        extract(hmac(&salt, &[b"QuipuV1\0\x02\x0binteractive", &ikm]), "suite-other", "0x0002"),
        extract(
            hmac(&salt, &[b"QuipuV1\x01\0\x0binteractive", &ikm]),
            "suite-little-endian",
            "little-endian suite",
        ),
        extract(
            hmac(&salt, &[b"QuipuV1\0\x01\x08prepared", &ikm]),
            "label-other",
            "`prepared`, not `interactive`",
        ),
        extract(hmac(&salt, &[&ikm]), "label-missing", "plain HKDF-Extract"),
        extract(hmac(&[0; 32], &[front, &ikm]), "salt-zero", "zeros"),
        extract(hmac(&salt, &[front, hex::encode(&ikm).as_bytes()]), "hex-text", "hex text"),
        extract(hmac512(&salt, &[front, &ikm].concat())[..32].to_vec(), "sha512", "SHA-512"),
        extract(sha256(&[&salt, front, &ikm]).to_vec(), "hash-for-hmac", "HMAC"),
        extract(hmac(&salt, &[front, &sha256(&[&ikm])]), "hash-twice", "hash of the input"),
    ];
    let id = "expand-init-seal";
    let it = case(id);
    let (prk, context) = (it.input("prk"), it.input("context"));
    let (front, size): (&[u8], &[u8]) = (b"QuipuV1\0\x01\x09init seal", &[0, 32]);
    let right = [b"\0\x2c", front, size, &context].concat();
    let expand = |value: Vec<u8>, hint, says| made(id, "okm", &value, hint, says);
    let okm = hkdf(&prk, &[&right], 44);
    let from_zero = {
        let first = hmac(&prk, &[&right, &[0]]);
        let second = hmac(&prk, &[&first, &right, &[1]]);
        [first, second].concat()[..44].to_vec()
    };
    all.extend([
        expand(hkdf(&prk, &[front, size, &context], 44), "length-missing", "length of the output"),
        expand(
            hkdf(&prk, &[b"\x2c\0", front, size, &context], 44),
            "length-little-endian",
            "length of the output",
        ),
        expand(
            hkdf(&prk, &[b"\0\x2c", front, &context], 44),
            "context-length",
            "length of the context",
        ),
        expand(hkdf(&prk, &[b"\0\x2c", front, &[0, 0]], 44), "part-missing", "without `context`"),
        expand(
            hkdf(&prk, &[b"\0\x20", front, size, &context], 44),
            "length-other",
            "32 bytes, not 44",
        ),
        expand(hkdf(&hmac(&[0; 32], &[&prk]), &[&right], 44), "extract-first", "HKDF-Extract"),
        expand([&okm[32..], &okm[..32]].concat(), "nonce-first", "nonce before the key"),
        expand(from_zero, "counter", "counter from 0"),
    ]);
    let id = "mix-card";
    let it = case(id);
    let (hash, bytes) = (it.input("hash"), it.input("bytes"));
    let size = u32::try_from(bytes.len()).expect("short");
    let mix = |parts: &[&[u8]], hint, says| made(id, "hash", &sha256(parts), hint, says);
    all.extend([
        mix(&[&hash, &bytes], "length-missing", "without the length"),
        mix(&[&hash, &size.to_le_bytes(), &bytes], "length-little-endian", "little-endian"),
        mix(&[&hash, &u64::from(size).to_be_bytes(), &bytes], "length-size", "8 bytes, not 4"),
        mix(&[&size.to_be_bytes(), &bytes, &hash], "parts-swapped", "before the hash"),
        mix(
            &[&[0, 0, 0, 32], &hash, &size.to_be_bytes(), &bytes],
            "length-twice",
            "hash so far too",
        ),
        mix(&[&sha256(&[&hash, &size.to_be_bytes(), &bytes])], "hash-twice", "hashed twice"),
        made(id, "hash", &hmac(&hash, &[&bytes]), "hmac-for-hash", "HMAC"),
        made(id, "hash", &hash, "mix-missing", "nothing mixed in"),
    ]);
    all
}

fn keys() -> Vec<Made> {
    let id = "handshake-initiate-ada-to-bob";
    let it = case(id);
    let private = it.draw(0);
    let clamped = |mut key: [u8; 32]| {
        key[0] &= 248;
        key[31] = key[31] & 127 | 64;
        key
    };
    let mut backwards = private;
    backwards.reverse();
    let half: [u8; 32] = sha512(&[&private])[..32].try_into().expect("32 bytes");
    let own = x25519_base(clamped(private));
    let seed = SigningKey::from_bytes(&private).verifying_key().to_bytes();
    let h2 = it.value("h2");
    let ik_seed = it.input("ik_seed");
    let sign =
        |parts: &[&[u8]], hint, says| made(id, "sig_i1", &ed25519(&ik_seed, parts), hint, says);
    vec![
        made(id, "ek_i", &x25519_base(private), "key-unclamped", "not clamped"),
        made(id, "ek_i", &x25519_base(clamped(backwards)), "key-reversed", "big-endian"),
        made(id, "ek_i", &x25519_base(clamped(half)), "key-hashed", "SHA-512"),
        made(id, "ek_i", &seed, "key-other-curve", "Ed25519 key"),
        made(id, "es", &own, "key-own", "own public key"),
        sign(&[b"QuipuV1init", &h2], "sign-nul", "without the NUL"),
        sign(&[&h2], "sign-bare", "the hash alone"),
        sign(&[b"QuipuV1card\0", &h2], "label-other", "`card`, not `init`"),
        sign(&[b"init\0", &h2], "proto-missing", "QuipuV1"),
        sign(&[&sha256(&[b"QuipuV1init\0", &h2])], "hash-twice", "SHA-256"),
        made(id, "k_es", &it.value("es"), "other-value", "`es`"),
        made(
            "x25519-pair-0",
            "shared",
            &reversed(&case("x25519-pair-0").value("shared")),
            "byte-order",
            "reverse",
        ),
        made("card-issue-ada", "idk", &case("card-issue-ada").value("ik"), "other-value", "`ik`"),
    ]
}

fn handshake() -> Vec<Made> {
    let id = "handshake-finish-bob";
    let it = case(id);
    let (ee, se, hs) = (it.value("ee"), it.value("se"), it.value("hs"));
    let earlier = &it.1.input.as_ref().expect("input")["initiate"];
    let start = successes().find(|(_, test)| {
        test.input.as_ref() == earlier["input"].as_object()
            && test.random == serde_json::from_value(earlier["random"].clone()).expect("draws")
    });
    let (file, test) = start.expect("the Init is a vector of its own");
    let init = Case(file, test);
    let es = init.value("es");
    let front: &[u8] = b"QuipuV1\0\x01\x0binteractive";
    let order = |parts: [&[u8]; 3]| hmac(&[0; 32], &[front, parts[0], parts[1], parts[2]]);
    let response = it.input("response");
    let (h4, h5) = (it.value("h4"), it.value("h5"));
    let respond = case("handshake-respond-ada");
    let mac = |data: &[u8]| hmac(&respond.value("response_mac"), &[data]);
    let (ts, card) = (1_767_225_600u64, init.input("card_i"));
    let (h1, views) = (init.value("h1"), init.input("views"));
    let body = |ts: &[u8]| {
        let all = [ts, &card, &[0; 16], &views].concat();
        let size = u32::try_from(all.len()).expect("short").to_be_bytes();
        sha256(&[&h1, &size, &all]).to_vec()
    };
    let h6 = |mac: &[u8]| sha256(&[&h5, &[0, 0, 0, 32], mac]).to_vec();
    let little = 1_767_225_600_000u64.to_le_bytes();
    vec![
        made(id, "hs", &order([&se, &es, &ee]), "parts-swapped", "`ee` and `se` swapped"),
        made(id, "hs", &order([&es, &se, &ee]), "parts-order", "`es`, `se`, `ee`"),
        made(id, "hs", &hmac(&[0; 32], &[front, &ee, &es]), "part-missing", "without `se`"),
        made(id, "hs", &hmac(&[0; 32], &[front, &ee, &es, &es, &se]), "part-twice", "`es` twice"),
        made(id, "h6", &h6(&response[204..236]), "output-order", "is taken from byte"),
        made(
            "handshake-respond-ada",
            "mac_r",
            &mac(&respond.value("h4")),
            "other-input",
            "`h4` in place of `h5`",
        ),
        made(
            "handshake-respond-ada",
            "ek_r",
            &x25519_clamped(respond.draw(1)),
            "other-value",
            "`rb`",
        ),
        made(
            "handshake-initiate-ada-to-bob",
            "h2",
            &body(&ts.to_be_bytes()),
            "seconds",
            "in seconds",
        ),
        made(
            "handshake-initiate-ada-to-bob",
            "h2",
            &body(&little),
            "little-endian",
            "little-endian",
        ),
        made(
            id,
            "response_mac",
            &hkdf(&hs, &[b"\0\x20QuipuV1\0\x01\x0cresponse mac\0\x20", &h5], 32),
            "other-input",
            "`h5` in place of `h4`",
        ),
        made(id, "h5", &sha256(&[&h4, &response[52..236]]), "length-missing", "`h5`"),
    ]
}

fn x25519_clamped(mut private: [u8; 32]) -> Vec<u8> {
    private[0] &= 248;
    private[31] = private[31] & 127 | 64;
    x25519_base(private)
}

fn messages() -> Vec<Made> {
    let id = "message-seal-hello";
    let it = case(id);
    let (ad, message) = (it.input("ad"), it.value("message"));
    let body = [b"\x01\0\0\0\x05hello".as_slice(), &[0; 246]].concat();
    let (body_keys, mak) = (it.value("body_keys"), it.value("mak"));
    let finish = |sealed: Vec<u8>| {
        let before = [&message[..76], &sealed].concat();
        let tag = hmac(&mak, &[&ad, &sha256(&[&before])]);
        [before, tag].concat()
    };
    let data = |parts: &[&[u8]]| [&[b"body".as_slice(), &ad], parts].concat().concat();
    let right = gcm(&body_keys, &data(&[&message[..76]]), &body);
    let (text, tag) = right.split_at(256);
    let before = &message[..message.len() - 32];
    let zero = [&body_keys[..32], &[0; 12]].concat();
    let sealed = |bytes: Vec<u8>, hint, says| made(id, "message", &finish(bytes), hint, says);
    let with_mac =
        |mac: Vec<u8>, hint, says| made(id, "message", &[before, &mac].concat(), hint, says);
    let keys = "session-keys-one";
    let session = case(keys);
    let side = |ik: &str| [session.input(ik).as_slice(), &[0, 0, 0, 1]].concat();
    let (i, r, transcript) = (side("ik_i"), side("ik_r"), session.input("transcript"));
    let ads = |parts: &[&[u8]], hint, says| made(keys, "ad_initiator", &sha256(parts), hint, says);
    let chain = case("chain-step-one").input("chain");
    let step = case("ratchet-step-one");
    let all = hkdf(
        &step.value("prk"),
        &[
            b"\0\x60QuipuV1\0\x01\x0cratchet keys\0\x40",
            &step.input("dh_other"),
            &step.input("dh_new"),
        ],
        96,
    );
    let export = case("export-usual");
    vec![
        sealed(
            gcm(&body_keys, &data(&[&message[..20]]), &body),
            "part-missing",
            "without `sealed header`",
        ),
        sealed(gcm(&body_keys, &[], &body), "ad-missing", "without associated data"),
        sealed(gcm(&zero, &data(&[&message[..76]]), &body), "nonce-zero", "nonce of zeros"),
        sealed([tag, text].concat(), "tag-first", "tag before"),
        sealed(text.to_vec(), "tag-missing", "no tag"),
        with_mac(hmac(&mak, &[&ad, before]), "hash-missing", "`hash` is not hashed"),
        with_mac(hmac(&mak, &[&sha256(&[before])]), "part-missing", "`MAC` is made without `ad`"),
        ads(
            &[b"QuipuV1ad", &transcript, &[1], &r, &i],
            "parts-swapped",
            "`initiator` and `responder` swapped",
        ),
        ads(&[b"QuipuV1ad", &transcript, &[0], &i, &r], "constant", "0x00, not 0x01"),
        ads(&[b"QuipuV1", &transcript, &[1], &i, &r], "part-missing", "without `ad`"),
        made(
            "chain-step-one",
            "message_key",
            &case("chain-step-one").value("chain"),
            "other-value",
            "`chain`",
        ),
        made("chain-step-one", "message_key", &hmac(&chain, &[b"1"]), "constant", "digit as text"),
        made("ratchet-step-one", "root", &all[..32], "parts-swapped", "`dh_new` and `dh_other`"),
        made(
            "ratchet-step-one",
            "root",
            &step.value("next_header"),
            "other-value",
            "`next_header`",
        ),
        made(
            "export-usual",
            "okm",
            &hkdf(
                &export.input("exporter"),
                &[b"\0\x20QuipuV1\0\x01\x09app:files\0\x06room 7"],
                32,
            ),
            "hash-missing",
            "not hashed",
        ),
        made(
            "export-usual",
            "okm",
            &hkdf(
                &export.input("exporter"),
                &[b"\0\x20QuipuV1\0\x01\x05files\0\x20", &sha256(&[b"room 7"])],
                32,
            ),
            "label-other",
            "app:",
        ),
    ]
}

fn people() -> Vec<Made> {
    let it = case("card-issue-ada");
    let card = it.value("card");
    let print = case("fingerprint-ada");
    let (key, address, first) = (print.input("key"), print.input("address"), print.value("first"));
    let seal = case("file-seal-state");
    let header = seal.value("file")[..82].to_vec();
    let okm = hkdf(
        &seal.value("master"),
        &[b"\0\x4cQuipuV1\0\x01\x0bsealed file\0\x20", &sha256(&[&header])],
        76,
    );
    let seed = case("kem-generate-first").input("seed");
    let swapped: [u8; 64] = [&seed[32..], &seed[..32]].concat().try_into().expect("64 bytes");
    let hash =
        |parts: &[&[u8]], hint, says| made("card-issue-ada", "hash", &sha256(parts), hint, says);
    let digits = |id, hint, says, text: String| (id, "digits", json!(text), hint, says);
    let four = print.value("fingerprint");
    let four: String = four
        .chunks(5)
        .take(6)
        .map(|five| {
            let number = u32::from_be_bytes(five[1..].try_into().expect("4 bytes"));
            format!("{:05}", number % 100_000)
        })
        .collect();
    let twice = (0..5_200).fold(first.clone(), |hash, _| sha512(&[&hash, &key]).to_vec());
    let start = case("prepared-initiate-one-time");
    let number = case("safety-number-ada-bob");
    let digits_of = number.1.output.as_ref().expect("output")["number"].as_str().expect("text");
    let swapped_halves = format!("{}{}", &digits_of[30..], &digits_of[..30]);
    vec![
        hash(&[&card[..5], &card[6..154]], "part-missing", "without `address length`"),
        hash(&[&card[..21], &card[70..154]], "unpadded", "not padded"),
        hash(&[&sha256(&[&card[..154]])], "hash-twice", "twice"),
        made("card-issue-ada", "hash", &sha512(&[&card[..154]])[..32], "sha512", "SHA-512"),
        made(
            "fingerprint-ada",
            "first",
            &sha512(&[b"QuipuV1fingerprint\x01", &key, &address, &key]),
            "part-missing",
            "without `address length`",
        ),
        made("fingerprint-ada", "fingerprint", &twice, "iterations", "too often"),
        digits("fingerprint-ada", "digits-cut", "four of the five", four),
        ("safety-number-ada-bob", "number", json!(swapped_halves), "parts-swapped", "digits"),
        made("file-seal-state", "commitment", &okm[..32], "output-order", "byte 0, not 44"),
        made(
            "kem-generate-first",
            "ek",
            KemSecret::new(&Secret::new(swapped)).public().as_bytes(),
            "parts-swapped",
            "halves",
        ),
        made(
            "prepared-initiate-one-time",
            "ek_i",
            &start.value("ra"),
            "draw-order",
            "in the place of",
        ),
        made(
            "psk-id-usual",
            "psk_id",
            &hkdf(&case("psk-id-usual").input("psk"), &[b"\0\x10QuipuV1\0\x02\x06psk id\0\0"], 16),
            "suite-other",
            "0x0002",
        ),
        made("chain-step-one", "chain", &mac_swapped(), "key-and-data", "key and data"),
    ]
}

/// The chain key as data under the constant as key.
fn mac_swapped() -> Vec<u8> {
    let mut key = [0; 32];
    key[0] = 2;
    hmac(&key, &[&case("chain-step-one").input("chain")])
}

fn forms() -> Vec<Made> {
    let at = |id: &'static str, label, value: Value, hint, says| (id, label, value, hint, says);
    let it = case("x25519-pair-0");
    let shared = it.value("shared");
    let text = hex::encode(&shared);
    let card = "card-verify-ada";
    let output = case(card).1.output.clone().expect("output");
    let created: u64 = output["created"].as_str().expect("text").parse().expect("a number");
    let (id, label) = ("x25519-pair-0", "shared");
    vec![
        at(id, label, json!(text.to_uppercase()), "form-upper-case", "lower case"),
        at(id, label, json!(format!("0x{text}")), "form-prefix", "0x"),
        at("padding-1", "padded", json!("256"), "form-string", "JSON number"),
        at(card, "created", json!(created), "form-number", "decimal strings"),
        at(card, "created", json!((created / 1_000).to_string()), "seconds", "seconds"),
        at(card, "created", json!((created * 1_000).to_string()), "microseconds", "microseconds"),
        // Made by another program.
        at(
            "mix-empty",
            "hash",
            json!("OZYE8iqFiXOgxjfzLtKSZf5XYIoy3/jgOiU7smMsp/0="),
            "form-base64",
            "base64",
        ),
        at(id, label, json!(text[..32]), "cut", "16 bytes of 32"),
        at(id, label, json!(format!("{text}0000")), "too-long", "2 bytes behind"),
        at("padding-252", "padded", json!(256), "padding-header", "five bytes"),
        at("padding-0", "padded", json!(5), "padding-none", "not padded"),
        at("padding-1", "padded", json!(6), "padding-least", "256"),
        at("padding-258", "padded", json!(512), "padding-power", "power of two"),
        at("padding-252", "padded", json!(288), "padding-next", "next"),
        at("padding-4092", "padded", json!(4_096), "padding-before", "before"),
        at("padding-4092", "padded", json!(4_608), "padding-bits", "S ="),
    ]
}

#[test]
fn every_kind_of_mistake_is_named() {
    let all = [kdf(), keys(), handshake(), messages(), people(), forms()].concat();
    for (id, label, value, hint, says) in &all {
        let Case(file, test) = case(id);
        let said = ask(file, test, label, value.clone(), true);
        let named = said.iter().any(|it| it.id == *hint && it.text.contains(says));
        assert!(named, "{id} {label}: {hint} ({says}) is not in {said:?}");
    }
    let tested: BTreeSet<&str> = all.iter().map(|(_, _, _, hint, _)| *hint).collect();
    let guide = include_str!("../../../../../docs/reading-a-report.md");
    let table = guide.split("\n## ").find(|it| it.starts_with("Hints")).expect("a table");
    let written = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let written: BTreeSet<&str> =
        written.flat_map(|ids| ids.split(' ')).map(|it| it.trim_matches('`')).collect();
    assert_eq!(written, tested, "docs/reading-a-report.md");
    assert_eq!(known().difference(&tested).collect::<Vec<_>>(), Vec::<&&str>::new(), "untested");
}

/// Every kind of mistake that the plans of the vectors make.
fn known() -> BTreeSet<&'static str> {
    let mut all = BTreeSet::new();
    for (file, test) in successes() {
        let slow = ["file-seal", "safety-number", "fingerprint"].contains(&&*file.operation);
        if slow && !test.id.ends_with("-ada") && !test.id.ends_with("-state") {
            continue;
        }
        let single = operations::single(&file.operation, test.input.as_ref().expect("input"));
        all.extend(single.iter().map(|it| it.id));
        let Some(plan) = plan(file, test) else { continue };
        for (_, _, label, _) in labelled(test) {
            for (name, how) in plan.towards(&label) {
                all.extend(slips::of(&plan, name, how).iter().map(|it| it.id));
            }
        }
    }
    all
}

// a client that gives no intermediate values: the mistake is followed to the output
#[test]
fn a_mistake_far_before_an_output_is_named() {
    let it = case("handshake-finish-bob");
    let (ee, se) = (it.value("ee"), it.value("se"));
    let earlier = &it.1.input.as_ref().expect("input")["initiate"];
    let idk_r = earlier["input"]["card_r"].as_str().expect("a card")[212..276].to_owned();
    let private = hex::decode(earlier["random"][0].as_str().expect("a draw")).expect("hex");
    let theirs = quipu::crypto::dh::DhPublic::decode(
        hex::decode(idk_r).expect("hex").try_into().expect("32 bytes"),
    );
    let ours = quipu::crypto::dh::DhSecret::new(Secret::new(private.try_into().expect("32 bytes")));
    let es = ours.agree(&theirs.expect("canonical")).expect("not zero");
    let front: &[u8] = b"QuipuV1\0\x01\x0binteractive";
    let hs = hmac(&[0; 32], &[front, &se, es.secret().expose(), &ee]);
    // Only `hs` is wrong; what comes of it is as chapter 4.1 says.
    let label = |name: &str, length: u8, context: &[u8]| {
        let size = [0, length];
        let name_size = [u8::try_from(name.len()).expect("short")];
        let of = u16::try_from(context.len()).expect("short").to_be_bytes();
        let front: [&[u8]; 6] =
            [&size, b"QuipuV1\0\x01", &name_size, name.as_bytes(), &of, context];
        hkdf(&hs, &front, usize::from(length))
    };
    let mix = |hash: &[u8], bytes: &[u8]| {
        let size = u32::try_from(bytes.len()).expect("short").to_be_bytes();
        sha256(&[hash, &size, bytes]).to_vec()
    };
    let complete = it.value("complete");
    let (h7, ra, sig) = (it.value("h7"), it.value("ra"), it.value("sig_i2"));
    let sealed = gcm(&label("complete seal", 44, &h7), &h7, &[ra, sig].concat());
    let h8 = mix(&h7, &sealed);
    let mac = hmac(&label("complete mac", 32, &h7), &[&h8]);
    let found = [&complete[..20], &sealed, &mac].concat();
    let Case(file, test) = it;
    let said = ask(file, test, "complete", json!(hex::encode(found)), false);
    assert!(said[0].text.contains("`hs` is made with `ee` and `se` swapped"), "{said:?}");
    let sk = label("session", 32, &mix(&h8, &mac));
    let said = ask(file, test, "sk", json!(hex::encode(sk)), false);
    assert!(said[0].text.starts_with("`sk` comes out like this when `hs` is made"), "{said:?}");
}
