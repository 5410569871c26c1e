//! Chapter 12.3: sealed files.

use super::{Done, Fields, Stop, agrees, broken, done, object};
use crate::draws::Draws;
use crate::trace::{SUITE, Trace};
use quipu::crypto::aead;
use quipu::crypto::kdf::{expand, sha256};
use quipu::crypto::labels::Expand;
use quipu::crypto::passphrase::argon2id;
use quipu::secret::Secret;
use quipu::storage::{Kind, Parameters, Vault, import, open};
use serde_json::json;

pub(super) fn perform(operation: &str, get: &Fields<'_>, draws: &mut Draws) -> Result<Done, Stop> {
    let kind = match get.byte("kind")? {
        1 => Kind::Backup,
        2 => Kind::Move,
        3 => Kind::State,
        other => return Err(broken(format!("kind {other}"))),
    };
    let passphrase = get.bytes("passphrase")?;
    if operation == "file-seal" {
        return seal(kind, &passphrase, get, draws);
    }
    let opened = open(&passphrase, kind, &get.bytes("file")?)?;
    if operation == "file-open" {
        return done(json!({
            "created": opened.created.to_string(),
            "plaintext": hex::encode(opened.plaintext.expose()),
        }));
    }
    let import = import(kind, &opened, get.u64("now")?)?;
    let counts = import.contacts().counts();
    let mut output = object(json!({
        "ik": hex::encode(import.identity().key().as_bytes()),
        "idk": hex::encode(import.identity().agreement_key().as_bytes()),
        "cards": import.cards().len(),
        "pins": counts[0],
        "suites": counts[1],
        "psks": counts[2],
        "manifests": counts[3],
        "ended": counts[4],
        "prekeys": import.prekeys().records().len(),
    }));
    if let Some(seed) = import.account() {
        let key = crate::trace::signer(seed.expose()).public();
        output.insert("ak".to_owned(), hex::encode(key.as_bytes()).into());
    }
    Ok(Done { output, intermediate: Vec::new() })
}

fn seal(kind: Kind, passphrase: &[u8], get: &Fields<'_>, draws: &mut Draws) -> Result<Done, Stop> {
    let (memory, passes, lanes) = (get.u32("memory")?, get.u32("passes")?, get.u32("lanes")?);
    let parameters = Parameters { memory, passes, lanes };
    let (created, plaintext) = (get.u64("created")?, get.bytes("plaintext")?);
    let vault = Vault::create(passphrase, parameters, draws)?;
    let file = vault.seal(kind, created, &plaintext, draws)?;

    let mut trace = Trace::default();
    let salt = file[22..38].try_into().map_err(|_| broken("a short file"))?;
    let master = argon2id(passphrase, &salt, memory, passes, lanes)?;
    trace.note("master", master.expose());
    let all: Secret<76> = expand(SUITE, &master, Expand::SEALED_FILE, &sha256(&[&file[..82]]));
    let (keys, commitment) = all.expose().split_at(44);
    trace.note("file_seal", keys);
    trace.note("commitment", commitment);
    agrees("commitment", commitment, &file[82..114])?;
    let keys = Secret::new(keys.try_into().map_err(|_| broken("44 bytes"))?);
    let sealed = &file[114..file.len() - 32];
    agrees("plaintext", &plaintext, &aead::open(&keys, &file[..82], sealed)?)?;
    agrees("checksum", &sha256(&[&file[..file.len() - 32]]), &file[file.len() - 32..])?;
    let output = json!({ "file": hex::encode(&file) });
    Ok(Done { output: object(output), intermediate: trace.0 })
}
