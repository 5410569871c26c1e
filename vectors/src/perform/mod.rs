//! Chapter 12.3: the stateless operations, done by the reference.

mod account;
mod conversations;
mod handshake;
mod prepared;
mod storage;

use crate::draws::Draws;
use crate::file::{Object, Test};
use crate::script;
use crate::trace::{self, SUITE, Trace};
use quipu::crypto::dh::{DhPublic, DhSecret};
use quipu::crypto::kdf::{expand, extract, mix};
use quipu::crypto::labels::{Expand, Extract, Purpose};
use quipu::crypto::sign::IdentityKey;
use quipu::crypto::{aead, mac};
use quipu::handshake::RatchetStart;
use quipu::keys::{Card, CardFields, Party};
use quipu::message::{Content, Envelope};
use quipu::ratchet::{ChainKey, Header, HeaderKeys, MessageKey, step};
use quipu::secret::{Secret, SecretBytes};
use quipu::session::{Confirmation, Heard, Session};
use quipu::wire::Suite;
use quipu::{Address, CallerError, DeviceId, Error, Identity};
use serde_json::{Value, json};

/// What an operation that succeeded gave.
#[derive(Debug, Default)]
pub struct Done {
    /// The outputs.
    pub output: Object,
    /// Labels and values.
    pub intermediate: Vec<(String, String)>,
}

/// Why an operation did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A refusal, by its name in the registry.
    Refused(&'static str),
    /// Anything else: the test is malformed or the reference contradicts itself.
    Broken(String),
    /// A step that no version has.
    Unknown(String),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(error.into().name())
    }
}

/// A malformed test.
pub fn broken(text: impl Into<String>) -> Stop {
    Stop::Broken(text.into())
}

//= spec/12-vectors.md#12-2-a-test
//# [VEC-01] A reader MUST fail a test whose result, error name, any output or any intermediate
//# value differs.
/// Runs one test against the reference.
///
/// # Errors
/// What differs, as a sentence.
pub fn check(operation: &str, suite: u16, test: &Test) -> Result<(), String> {
    if test.steps.is_some() {
        return script::check(operation, test);
    }
    let input = test.input.as_ref().ok_or("input is missing")?;
    let known = arguments(operation);
    if let Some(unknown) = input.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("{unknown} is not an argument of {operation}"));
    }
    let listed = unhex_list(test.random.as_deref().unwrap_or_default())?;
    let mut draws = Draws::listed(listed);
    let suite = Suite::from_number(suite).map_err(|error| error.to_string())?;
    let outcome = perform(operation, suite, input, &mut draws);
    draws.finish(outcome.is_err())?;
    match (outcome, &test.error) {
        (Err(Stop::Broken(text)), _) => Err(text),
        (Err(Stop::Unknown(text)), _) => Err(format!("unknown: {text}")),
        (Err(Stop::Refused(found)), Some(expected)) if found == expected => Ok(()),
        (Err(Stop::Refused(found)), Some(expected)) => {
            Err(format!("refused as {found}, expected {expected}"))
        }
        (Err(Stop::Refused(found)), None) => Err(format!("refused as {found}, expected success")),
        (Ok(_), Some(expected)) => Err(format!("ACCEPTED, expected refusal as {expected}")),
        (Ok(done), None) => compare(test, &done),
    }
}

/// The arguments of an operation, as chapter 12.3 lists them; none for one that is not known.
pub fn arguments(operation: &str) -> &'static [&'static str] {
    match operation {
        "x25519" => &["private", "public"],
        "ed25519-sign" => &["seed", "purpose", "hash"],
        "ed25519-verify" => &["public", "purpose", "hash", "signature"],
        "mix" => &["hash", "bytes"],
        "extract" => &["salt", "label", "ikm"],
        "expand" => &["prk", "label", "context", "length"],
        "seal" => &["keys", "ad", "plaintext"],
        "open" => &["keys", "ad", "sealed"],
        "card-issue" => {
            &["ik_seed", "idk_private", "suites", "address", "device", "created", "expires"]
        }
        "card-verify" => &["card"],
        "card-valid" => &["card", "time"],
        "handshake-initiate" => {
            &["ik_seed", "idk_private", "card_i", "card_r", "now", "floor", "views", "psk", "least"]
        }
        "handshake-respond" => &[
            "ik_seed",
            "idk_private",
            "cards",
            "pins",
            "now",
            "views",
            "init",
            "psks",
            "expected",
            "least",
        ],
        "handshake-finish" => &["initiate", "now", "response"],
        "handshake-complete" => &["respond", "now", "complete"],
        "kem-generate" => &["seed"],
        "kem-encapsulate" => &["ek"],
        "kem-decapsulate" => &["seed", "ct"],
        "psk-id" => &["psk"],
        "prekey-issue" => &["ik_seed", "type", "id", "device", "created", "expires", "private"],
        "prekey-verify" => &["record", "types", "ik", "device"],
        "bundle-verify" => &["bundle", "now"],
        "prepared-initiate" => {
            &["ik_seed", "idk_private", "card_i", "bundle", "now", "floor", "views", "psk", "least"]
        }
        "prepared-respond" => &[
            "ik_seed",
            "idk_private",
            "cards",
            "pins",
            "psks",
            "expected",
            "least",
            "prekeys",
            "now",
            "handshake",
        ],
        "manifest-issue" => &["ak_seed", "address", "number", "previous", "devices"],
        "manifest-change" => &["ak_seed", "address", "kept", "changes", "now"],
        "manifest-verify" => &["manifest"],
        "manifest-follow" => &["kept", "next"],
        "fingerprint" => &["key", "address"],
        "safety-number" => &["own_key", "own_address", "peer_key", "peer_address"],
        "scan" => &["own_key", "own_address", "peer_key", "peer_address", "code"],
        "file-seal" => &["passphrase", "memory", "passes", "lanes", "kind", "created", "plaintext"],
        "file-open" => &["passphrase", "kind", "file"],
        "import" => &["passphrase", "kind", "file", "now"],
        "session-keys" => &["sk", "transcript", "ik_i", "device_i", "ik_r", "device_r"],
        "export" => &["exporter", "label", "context", "length"],
        "ratchet-step" => &["root", "dh", "dh_new", "dh_other"],
        "chain-step" => &["chain"],
        "padding" => &["length"],
        "message-seal" => &["message_key", "header_key", "ad", "dh", "pn", "n", "type", "content"],
        "message-open" => &["message_key", "header_key", "ad", "message"],
        "conversations" => &["seed", "first", "count", "before"],
        _ => &[],
    }
}

fn compare(test: &Test, done: &Done) -> Result<(), String> {
    if done.intermediate.len() != test.intermediate.len() {
        let (found, expected) = (done.intermediate.len(), test.intermediate.len());
        return Err(format!("{found} intermediate values, {expected} expected"));
    }
    for (found, expected) in done.intermediate.iter().zip(&test.intermediate) {
        if found != expected {
            return Err(format!(
                "first difference at {}: {}, expected {}",
                expected.0, found.1, expected.1
            ));
        }
    }
    let expected = test.output.as_ref().ok_or("output is missing")?;
    if done.output == *expected {
        Ok(())
    } else {
        let found = Value::Object(done.output.clone());
        Err(format!("output {found}, expected {}", Value::Object(expected.clone())))
    }
}

/// Performs a stateless operation.
///
/// # Errors
/// A refusal, or a malformed input.
pub fn perform(
    operation: &str,
    suite: Suite,
    input: &Object,
    draws: &mut Draws,
) -> Result<Done, Stop> {
    let get = Fields(input);
    match operation {
        "x25519" => {
            let public = DhPublic::decode(get.array("public")?)?;
            let shared = DhSecret::new(get.secret("private")?).agree(&public)?;
            done(json!({ "shared": hex::encode(shared.secret().expose()) }))
        }
        "ed25519-sign" => {
            let key = trace::signer(&get.array("seed")?);
            let signature = key.sign(purpose(get.text("purpose")?)?, &get.array("hash")?);
            done(json!({
                "public": hex::encode(key.public().as_bytes()),
                "signature": hex::encode(signature),
            }))
        }
        "ed25519-verify" => {
            let key = IdentityKey::new(get.array("public")?);
            let purpose = purpose(get.text("purpose")?)?;
            key.verify(purpose, &get.array("hash")?, &get.array("signature")?)?;
            done(json!({}))
        }
        "mix" => {
            let hash = mix(&get.array("hash")?, &[&get.bytes("bytes")?]);
            done(json!({ "hash": hex::encode(hash) }))
        }
        "extract" => {
            let label = find(Extract::ALL, get.text("label")?, |it| it.label())?;
            let prk = extract(SUITE, &get.secret("salt")?, label, &[&get.bytes("ikm")?]);
            done(json!({ "prk": hex::encode(prk.expose()) }))
        }
        "expand" => expand_operation(&get),
        "seal" => {
            let sealed =
                trace::seal(&get.secret("keys")?, &get.bytes("ad")?, &get.bytes("plaintext")?);
            done(json!({ "sealed": hex::encode(sealed) }))
        }
        "open" => {
            let plain = aead::open(&get.secret("keys")?, &get.bytes("ad")?, &get.bytes("sealed")?)?;
            done(json!({ "plaintext": hex::encode(&*plain) }))
        }
        "card-issue" => card_issue(&get),
        "card-verify" => card_verify(&get),
        "card-valid" => {
            Card::verify(&get.bytes("card")?)?.valid_at(get.u64("time")?)?;
            done(json!({}))
        }
        "handshake-initiate" => handshake::initiate(suite, &get, draws).map(|it| it.done),
        "handshake-respond" => handshake::respond(suite, &get, draws).map(|it| it.done),
        "handshake-finish" => handshake::finish(suite, &get, draws),
        "handshake-complete" => handshake::complete(suite, &get),
        "kem-generate" | "kem-encapsulate" | "kem-decapsulate" | "psk-id" => {
            prepared::primitive(operation, &get, draws)
        }
        "prekey-issue" => prepared::issue(&get),
        "prekey-verify" => prepared::verify(&get),
        "bundle-verify" => prepared::bundle(&get),
        "prepared-initiate" => prepared::initiate(suite, &get, draws),
        "prepared-respond" => prepared::respond(suite, &get),
        "manifest-issue" | "manifest-change" | "manifest-verify" | "manifest-follow"
        | "fingerprint" | "safety-number" | "scan" => account::perform(operation, &get),
        "file-seal" | "file-open" | "import" => storage::perform(operation, &get, draws),
        "session-keys" => session_keys(&get),
        "export" => export(&get),
        "ratchet-step" => ratchet_step(&get),
        "chain-step" => {
            let (key, chain) = ChainKey::new(get.secret("chain")?).advance();
            done(json!({
                "message_key": hex::encode(key.secret().expose()),
                "chain": hex::encode(chain.secret().expose()),
            }))
        }
        "padding" => {
            let length = get.usize("length")?;
            if length > quipu::message::CONTENT_MAX {
                return Err(CallerError::TooLong.into());
            }
            done(json!({ "padded": quipu::message::padded_length(5 + length) }))
        }
        "message-seal" => message_seal(&get, draws),
        "message-open" => message_open(&get),
        "conversations" => conversations::perform(suite, &get),
        _ => Err(broken(format!("unknown operation {operation}"))),
    }
}

fn expand_operation(get: &Fields<'_>) -> Result<Done, Stop> {
    let label = find(Expand::ALL, get.text("label")?, |it| it.label())?;
    let (prk, context) = (get.secret("prk")?, get.bytes("context")?);
    let okm = match get.usize("length")? {
        16 => hex::encode(expand::<16>(SUITE, &prk, label, &context).expose()),
        32 => hex::encode(expand::<32>(SUITE, &prk, label, &context).expose()),
        44 => hex::encode(expand::<44>(SUITE, &prk, label, &context).expose()),
        76 => hex::encode(expand::<76>(SUITE, &prk, label, &context).expose()),
        96 => hex::encode(expand::<96>(SUITE, &prk, label, &context).expose()),
        other => return Err(broken(format!("no label of the registry has length {other}"))),
    };
    done(json!({ "okm": okm }))
}

fn card_issue(get: &Fields<'_>) -> Result<Done, Stop> {
    let identity = get.identity()?;
    let address = Address::new(&get.bytes("address")?)?;
    let device = DeviceId(get.u32("device")?);
    let (created, expires) = (get.u64("created")?, get.u64("expires")?);
    let suites = get.u32("suites")?;
    let card = Card::issue(&identity, CardFields { suites, address, device, created, expires })?;
    let mut trace = Trace::default();
    trace.note("ik", identity.key().as_bytes());
    trace.note("idk", identity.agreement_key().as_bytes());
    trace.note("hash", &quipu::crypto::kdf::sha256(&[&card.as_bytes()[..154]]));
    let output = json!({ "card": hex::encode(card.as_bytes()) });
    Ok(Done { output: object(output), intermediate: trace.0 })
}

fn card_verify(get: &Fields<'_>) -> Result<Done, Stop> {
    let card = Card::verify(&get.bytes("card")?)?;
    let fields = card.fields();
    done(json!({
        "suites": fields.suites,
        "address": hex::encode(fields.address.as_bytes()),
        "device": fields.device.0,
        "ik": hex::encode(card.key().as_bytes()),
        "idk": hex::encode(card.agreement_key().as_bytes()),
        "created": fields.created.to_string(),
        "expires": fields.expires.to_string(),
    }))
}

fn session_keys(get: &Fields<'_>) -> Result<Done, Stop> {
    let sk: Secret<32> = get.secret("sk")?;
    let transcript: [u8; 32] = get.array("transcript")?;
    let side = |key: &str, device: &str| {
        Ok::<_, Stop>([get.array::<32>(key)?.as_slice(), &get.u32(device)?.to_be_bytes()].concat())
    };
    let (i, r) = (side("ik_i", "device_i")?, side("ik_r", "device_r")?);
    let ad = |role: u8, from: &[u8], to: &[u8]| {
        let parts: [&[u8]; 5] = [b"QuipuV1ad", &transcript, &[role], from, to];
        hex::encode(quipu::crypto::kdf::sha256(&parts))
    };
    let out = |label| hex::encode(expand::<32>(SUITE, &sk, label, &[]).expose());
    let id = hex::encode(expand::<16>(SUITE, &sk, Expand::SESSION_ID, &[]).expose());
    let session = script::session_of(get.0, true)?;
    if hex::encode(session.key().id) != id {
        return Err(broken("the session id of the reference differs from the trace"));
    }
    done(json!({
        "root": out(Expand::ROOT),
        "header_initiator": out(Expand::HEADER_INITIATOR),
        "header_responder": out(Expand::HEADER_RESPONDER),
        "session_id": id,
        "exporter": out(Expand::EXPORTER),
        "ad_initiator": ad(1, &i, &r),
        "ad_responder": ad(2, &r, &i),
    }))
}

fn export(get: &Fields<'_>) -> Result<Done, Stop> {
    let (label, context) = (get.text("label")?, get.bytes("context")?);
    let exporter: Secret<32> = get.secret("exporter")?;
    let okm =
        quipu::session::export(SUITE, &exporter, label.as_bytes(), &context, get.usize("length")?)?;
    done(json!({ "okm": hex::encode(okm.expose()) }))
}

fn ratchet_step(get: &Fields<'_>) -> Result<Done, Stop> {
    let (root, dh): (Secret<32>, [u8; 32]) = (get.secret("root")?, get.array("dh")?);
    let (new, other) =
        (DhPublic::decode(get.array("dh_new")?)?, DhPublic::decode(get.array("dh_other")?)?);
    let prk = extract(SUITE, &root, Extract::RATCHET, &[&dh]);
    let shared = quipu::crypto::dh::Shared::new(Secret::new(dh));
    let made = step(SUITE, &root, &shared, &new, &other);
    let output = json!({
        "root": hex::encode(made.root.expose()),
        "chain": hex::encode(made.chain.secret().expose()),
        "next_header": hex::encode(made.next_header.expose()),
    });
    let intermediate = vec![("prk".to_owned(), hex::encode(prk.expose()))];
    Ok(Done { output: object(output), intermediate })
}

fn message_seal(get: &Fields<'_>, draws: &mut Draws) -> Result<Done, Stop> {
    let (mk, hk): (Secret<32>, Secret<32>) =
        (get.secret("message_key")?, get.secret("header_key")?);
    let ad: [u8; 32] = get.array("ad")?;
    let header = Header { dh: get.array("dh")?, previous: get.u32("pn")?, number: get.u32("n")? };
    let (kind, content) = (get.byte("type")?, get.bytes("content")?);
    if content.len() > quipu::message::CONTENT_MAX {
        return Err(CallerError::TooLong.into());
    }
    let draw: Secret<16> = Secret::new(draws.take());
    let body = trace::body(kind, &content);
    let plain = trace::MessagePlain::new(header.dh, header.previous, header.number, &body);
    let (traced, trace) = trace::message(&mk, &hk, &ad, draw.expose(), &plain);
    let keys = HeaderKeys::new(SUITE, hk);
    let message = quipu::message::seal(
        SUITE,
        MessageKey::new(mk),
        &keys,
        &ad,
        &header,
        &draw,
        kind,
        &content,
    );
    agrees("message", &traced, &message)?;
    Ok(Done { output: object(json!({ "message": hex::encode(message) })), intermediate: trace.0 })
}

fn message_open(get: &Fields<'_>) -> Result<Done, Stop> {
    let keys = HeaderKeys::new(SUITE, get.secret("header_key")?);
    let (mk, ad) = (MessageKey::new(get.secret("message_key")?), get.array("ad")?);
    let message = get.bytes("message")?;
    let envelope = Envelope::decode(&message)?;
    if !bool::from(envelope.verifies(&keys, &ad)) {
        return Err(quipu::PeerError::Authentication.into());
    }
    let header = envelope.open_header(&keys, &ad)?;
    let content = envelope.open_body(&mk, &ad, SecretBytes::default())?;
    let (kind, bytes) = script::content(&content);
    let mut trace = Trace::default();
    let mak = expand(SUITE, keys.header(), Expand::MAC, &[]);
    trace.note("mak", mak.expose());
    let (before, tag) = message.split_at(message.len() - 32);
    let hash = quipu::crypto::kdf::sha256(&[before]);
    trace.note("hash", &hash);
    agrees("mac", &mac::hmac(&mak, &[&ad, &hash]), tag)?;
    let output = json!({
        "dh": hex::encode(header.dh),
        "pn": header.previous,
        "n": header.number,
        "type": kind,
        "content": hex::encode(bytes),
    });
    Ok(Done { output: object(output), intermediate: trace.0 })
}

fn agrees(what: &str, trace: &[u8], found: &[u8]) -> Result<(), Stop> {
    if trace == found {
        Ok(())
    } else {
        Err(broken(format!(
            "{what}: the reference gives {}, the trace {}",
            hex::encode(found),
            hex::encode(trace)
        )))
    }
}

fn draw_pair(draws: &mut Draws) -> Result<DhSecret, Stop> {
    Ok(DhSecret::new(Secret::new(draws.take())))
}

fn done(output: Value) -> Result<Done, Stop> {
    Ok(Done { output: object(output), intermediate: Vec::new() })
}

/// The object in a value made by `json!({ .. })`.
pub fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

fn find<T: Copy>(all: &[T], name: &str, label: impl Fn(T) -> &'static [u8]) -> Result<T, Stop> {
    all.iter()
        .copied()
        .find(|it| label(*it) == name.as_bytes())
        .ok_or_else(|| broken(format!("label {name:?} is not in the registry")))
}

fn purpose(name: &str) -> Result<Purpose, Stop> {
    find(Purpose::ALL, name, Purpose::label)
}

/// Bytes of lower-case hex.
///
/// # Errors
/// Anything else.
pub fn unhex(text: &str) -> Result<Vec<u8>, Stop> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(broken(format!("upper-case hex {text:?}")));
    }
    hex::decode(text).map_err(|error| broken(format!("hex {text:?}: {error}")))
}

fn unhex_list(list: &[String]) -> Result<Vec<Vec<u8>>, String> {
    list.iter().map(|text| unhex(text).map_err(|stop| format!("{stop:?}"))).collect()
}

/// Typed access to the fields of an input.
#[derive(Debug)]
pub struct Fields<'a>(pub &'a Object);

impl Fields<'_> {
    /// Whether the field is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn field(&self, name: &str) -> Result<&Value, Stop> {
        self.0.get(name).ok_or_else(|| broken(format!("field {name} is missing")))
    }

    /// A string.
    ///
    /// # Errors
    /// Missing or of another type; likewise below.
    pub fn text(&self, name: &str) -> Result<&str, Stop> {
        self.field(name)?.as_str().ok_or_else(|| broken(format!("field {name} is not a string")))
    }

    /// Hex bytes.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Stop> {
        unhex(self.text(name)?)
    }

    /// Hex bytes of a fixed length.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn array<const N: usize>(&self, name: &str) -> Result<[u8; N], Stop> {
        self.bytes(name)?
            .try_into()
            .map_err(|_| broken(format!("field {name} does not have {N} bytes")))
    }

    /// Secret hex bytes of a fixed length.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn secret<const N: usize>(&self, name: &str) -> Result<Secret<N>, Stop> {
        self.array(name).map(Secret::new)
    }

    /// A decimal string.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn u64(&self, name: &str) -> Result<u64, Stop> {
        self.text(name)?
            .parse()
            .map_err(|_| broken(format!("field {name} is not a decimal string")))
    }

    /// A JSON number.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn u32(&self, name: &str) -> Result<u32, Stop> {
        self.field(name)?
            .as_u64()
            .and_then(|number| number.try_into().ok())
            .ok_or_else(|| broken(format!("field {name} is not a 32-bit number")))
    }

    /// Hex bytes of a fixed length, all zero when the field is not there.
    ///
    /// # Errors
    /// Malformed.
    pub fn array_or_zero<const N: usize>(&self, name: &str) -> Result<[u8; N], Stop> {
        if self.has(name) { self.array(name) } else { Ok([0; N]) }
    }

    /// A suite number, if the field is there.
    ///
    /// # Errors
    /// Malformed.
    pub fn suite(&self, name: &str) -> Result<Option<Suite>, Stop> {
        if !self.has(name) {
            return Ok(None);
        }
        let number = u16::try_from(self.u32(name)?).map_err(|_| broken("a suite number"))?;
        Suite::from_number(number).map(Some).map_err(Stop::from)
    }

    /// A JSON number below 256.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn byte(&self, name: &str) -> Result<u8, Stop> {
        u8::try_from(self.u32(name)?).map_err(|_| broken(format!("field {name} is not a byte")))
    }

    /// A JSON number as a length.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn usize(&self, name: &str) -> Result<usize, Stop> {
        usize::try_from(self.u32(name)?).map_err(|_| broken(format!("field {name} is too great")))
    }

    /// A list.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn list(&self, name: &str) -> Result<&Vec<Value>, Stop> {
        self.field(name)?.as_array().ok_or_else(|| broken(format!("field {name} is not a list")))
    }

    /// The identity of `ik_seed` and `idk_private`.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn identity(&self) -> Result<Identity, Stop> {
        Ok(Identity::new(&self.secret("ik_seed")?, self.secret("idk_private")?))
    }

    /// Key and device of one side of a session.
    ///
    /// # Errors
    /// Missing or malformed.
    pub fn party(&self, key: &str, device: &str) -> Result<Party, Stop> {
        Ok(Party { key: IdentityKey::new(self.array(key)?), device: DeviceId(self.u32(device)?) })
    }

    fn earlier(&self, name: &str) -> Result<(Object, Draws), Stop> {
        let value =
            self.field(name)?.as_object().ok_or_else(|| broken(format!("{name} is no object")))?;
        let inner = Fields(value);
        let input = inner.field("input")?.as_object().cloned().unwrap_or_default();
        let draws = inner
            .list("random")?
            .iter()
            .map(|text| unhex(text.as_str().unwrap_or_default()))
            .collect::<Result<_, _>>()?;
        Ok((input, Draws::listed(draws)))
    }
}

/// One side of the session of a setup.
///
/// # Errors
/// A malformed setup.
pub fn start_session(
    get: &Fields<'_>,
    initiator: bool,
    ratchet: RatchetStart,
) -> Result<Session, Stop> {
    let (i, r) = (get.party("ik_i", "device_i")?, get.party("ik_r", "device_r")?);
    let (our, their) = if initiator { (i, r) } else { (r, i) };
    let agreement = quipu::handshake::Agreement {
        suite: SUITE,
        secret: get.secret("sk")?,
        transcript: get.array("transcript")?,
        ts_i: 0,
        our,
        their,
        ratchet,
        reduced: false,
    };
    let confirmation = if initiator {
        Confirmation::Confirmed
    } else {
        Confirmation::Responder(Heard::Complete([0; 16], [0; 32]))
    };
    Ok(Session::new(agreement, confirmation, 0))
}

/// Type byte and bytes of an accepted content.
pub fn plain_content(content: &Content) -> (u8, Vec<u8>) {
    match content {
        Content::Data(kind, bytes) => (kind.byte(), bytes.expose().to_vec()),
        Content::Receipt(receipt) => (quipu::message::Receipt::KIND, receipt.encode().to_vec()),
        Content::Close(close) => (quipu::message::Close::KIND, close.encode().to_vec()),
        Content::Announcement(manifests) => {
            (0x04, quipu::message::announce(manifests.iter().map(Vec::as_slice)))
        }
    }
}
