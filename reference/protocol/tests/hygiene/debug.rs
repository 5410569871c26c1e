//! Debug output of the types that hold secrets, and errors.

use crate::scenario::{Learned, Stage, play};
use crate::support::Seeded;
use crate::support::devices::{card, fields, identity};
use crate::support::pair::{NOW, dh, pair};
use crate::support::prepared::{device_in, publish};
use quipu::account::Account;
use quipu::crypto::kdf::Prk;
use quipu::crypto::kem::KemSecret;
use quipu::crypto::mac::MacKey;
use quipu::crypto::sign::SigningSecret;
use quipu::handshake::{AwaitingResponse, Psk, Start};
use quipu::ratchet::{ChainKey, HeaderKeys, MessageKey, step};
use quipu::secret::{Secret, SecretBytes};
use quipu::storage::{self, Kind, Opened, Parameters, Vault, import};
use quipu::wire::Suite;
use quipu::{Address, BytesError, CallerError, Content, Error, PeerError, StorageError};
use std::fmt::Debug;

/// Bytes that lie nowhere by chance: every secret of this file is a run of them.
fn run<const N: usize>() -> [u8; N] {
    core::array::from_fn(|at| 0xa5 ^ (at as u8).wrapping_mul(0x3b))
}

/// All ways in which six bytes of a secret in a row could stand in a text.
fn shown(text: &str, secret: &[u8]) -> bool {
    let bare = |text: &str| text.replace([' ', '\n', '[', ']', '"'], "").replace(",)", ")");
    let text = bare(text);
    secret.windows(6).any(|run| {
        let forms = [format!("{run:?}"), format!("{run:02x?}"), hex::encode(run)];
        let ascii = run.escape_ascii().to_string();
        forms.iter().map(|it| bare(it)).chain([bare(&ascii)]).any(|it| text.contains(&it))
    })
}

fn hidden(name: &str, value: &impl Debug, secrets: &[&[u8]]) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        for secret in secrets {
            assert!(!shown(&text, secret), "{name}: {text}");
        }
    }
}

// PRIM-15: the search finds what is shown
#[test]
fn search_finds_what_is_shown() {
    let secret = run::<32>();
    for text in [format!("{secret:?}"), format!("{secret:#?}"), hex::encode(secret)] {
        assert!(shown(&text, &secret));
    }
    assert!(shown("Text(\"attack at dawn\")", b"attack at dawn"));
    assert!(!shown("Secret(..)", &secret));
}

// PRIM-15
#[test]
fn debug_of_every_type_with_a_secret_shows_none() {
    let secret = run::<32>();
    let key = || Secret::new(secret);
    let private = dh(secret);
    let shared = private.agree(&dh([9; 32]).public()).expect("random keys agree");
    let agreed = *shared.secret().expose();
    hidden("Secret", &key(), &[&secret]);
    hidden("SecretBytes", &SecretBytes::new(secret.to_vec()), &[&secret]);
    hidden("DhSecret", &private, &[&secret]);
    hidden("Shared", &shared, &[&agreed]);
    hidden("SigningSecret", &SigningSecret::new(&key()), &[&secret]);
    for text in [format!("{:?}", MacKey::new(&key())), format!("{:?}", Prk::new(&key()))] {
        assert_eq!(text, "..", "they hold what stands for the key");
    }
    hidden("KemSecret", &KemSecret::new(&Secret::new(run())), &[&run::<64>()]);
    let chain = ChainKey::new(key());
    let (message, next) = chain.advance();
    hidden("ChainKey", &(&chain, &next), &[&secret, next.secret().expose()]);
    hidden("MessageKey", &message, &[message.secret().expose()]);
    hidden("MessageKey", &MessageKey::new(key()), &[&secret]);
    let header = HeaderKeys::new(Suite::X25519, key());
    hidden("HeaderKeys", &header, &[&secret]);
    let made = step(Suite::X25519, &key(), &shared, &private.public(), &dh([9; 32]).public());
    let parts = [made.root.expose(), made.next_header.expose(), made.chain.secret().expose()];
    hidden("Step", &made, &parts.map(|it| it.as_slice()));
    let psk = Psk::new(key()).expect("not zero");
    hidden("Psk", &psk, &[&secret]);
    let account = Account::new(&key(), fields("ada").address, None).expect("no manifest");
    hidden("Account", &account, &[&secret]);
}

// PRIM-15
#[test]
fn debug_of_what_a_device_keeps_shows_no_secret() {
    let ada = identity("ada");
    let (seed, idk) = ada.secrets();
    let secrets = [seed.expose().as_slice(), idk.expose()];
    let start = Start { now: NOW, floor: None, views: [0; 64], least: None, psk: None };
    let rng = &mut Seeded::new(3);
    let (awaiting, _) =
        AwaitingResponse::start(&ada, &card("ada"), &card("bob"), &start, rng).expect("may start");
    let drawn: [u8; 32] = Seeded::new(3).array();
    hidden("AwaitingResponse", &awaiting, &[&drawn, secrets[0], secrets[1]]);

    let mut device = device_in("ada", Suite::Hybrid);
    publish(&mut device, 1, NOW, 4);
    let mut draws = Seeded::new(4);
    let (_, half): ([u8; 4], [u8; 32]) = (draws.array(), draws.array());
    let prekeys = device.prekeys().snapshot();
    assert!(prekeys.expose().windows(32).any(|it| it == half), "the first private half");
    hidden("Prekeys", device.prekeys(), &[&half]);
    hidden("Device", &device, &secrets);
    let vault = Vault::create(b"attack at dawn", LEAST, &mut Seeded::new(5)).expect("a vault");
    hidden("Vault", &vault, &[b"attack at dawn"]);
    let plaintext = storage::backup(&device, None);
    let opened = Opened { created: NOW, plaintext };
    hidden("Opened", &opened, &secrets);
    let imported = import(Kind::Backup, &opened, NOW).expect("a backup");
    hidden("Import", &imported, &secrets);
}

const LEAST: Parameters = Parameters { memory: 19_456, passes: 2, lanes: 1 };

// PRIM-15: a whole scenario: nothing that it learned is shown by what lives at its end
#[test]
fn debug_of_a_whole_scenario_shows_nothing_that_was_secret() {
    let mut learned = Learned::default();
    let kept = play(Stage::Alive, Some(&mut learned));
    let texts = [format!("{kept:?}"), format!("{kept:#?}")];
    assert!(texts[0].len() > 1_000, "there is something to read");
    assert!(texts[0].contains("Digest(0, 0, ..)"), "a message is named without its MAC");
    // Of the others, halves are in what is public.
    let whole = ["draw", "identity", "plaintext", "agreement"];
    for (what, secret) in learned.secrets.iter().filter(|it| whole.contains(&it.0)) {
        let middle = &secret[8..16];
        assert!(texts.iter().all(|text| !shown(text, middle)), "{what}");
    }
}

#[test]
fn public_keys_show_how_they_begin() {
    let key = dh([7; 32]).public();
    let begin = |bytes: &[u8; 32]| format!("({:02x?})", &bytes[..4]);
    assert_eq!(format!("{key:?}"), format!("DhPublic{}", begin(key.as_bytes())));
    let (key, card) = (identity("ada").key(), card("ada"));
    assert_eq!(format!("{key:?}"), format!("IdentityKey{}", begin(key.as_bytes())));
    assert_eq!(format!("{:?}", card.verifier()), format!("Verifier{}", begin(key.as_bytes())));
    let address = Address::new(b"ada\n\xff").expect("5 bytes");
    assert_eq!(format!("{address:?}"), r"Address(ada\n\xff)");
}

// PRIM-15, MSG-12: every error is its name, which holds nothing
#[test]
fn errors_are_names() {
    let all = [
        BytesError::ALL.iter().map(|it| Error::from(*it)).collect::<Vec<_>>(),
        PeerError::ALL.iter().map(|it| Error::from(*it)).collect(),
        CallerError::ALL.iter().map(|it| Error::from(*it)).collect(),
        StorageError::ALL.iter().map(|it| Error::from(*it)).collect(),
    ]
    .concat();
    for error in all {
        let text = format!("{error}");
        assert!(text.chars().all(|it| it.is_ascii_lowercase() || it == '_'), "{text}");
        assert_eq!(size_of_val(&error), 2, "a blame and a name");
    }
    let (mut ada, bob) = pair(1);
    let text = b"attack at dawn";
    let packet = ada.send(quipu::Kind::DATA, text, &mut Seeded::new(2)).expect("sent");
    let (_, plaintext) = bob.open(&packet).expect("genuine");
    let Content::Data(_, bytes) = &plaintext.content else { panic!("{plaintext:?}") };
    assert_eq!(bytes.expose(), text);
    hidden("Plaintext", &plaintext, &[text]);
}
