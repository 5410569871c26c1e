//! Two devices meet, talk and close: `cargo run -p quipu --example two_parties`.

use getrandom::SysRng;
use quipu::handshake::ReplayCache;
use quipu::{Address, CardFields, Content, Device, DeviceId, Error, Event, Identity, Kind};

const DAY: u64 = 86_400_000;
const NOW: u64 = 1_700_000_000_000; // the caller's clock, in milliseconds since 1970

fn device(address: &str) -> Result<Device, Error> {
    let identity = Identity::generate(&mut SysRng)?;
    let address = Address::new(address.as_bytes())?;
    let fields = CardFields::new(address, DeviceId(1), NOW, NOW + 90 * DAY);
    Device::new(identity, fields, ReplayCache::default())
}

fn show(name: &str, events: &[Event]) {
    for event in events {
        match event {
            Event::Established { peer, pinned, .. } => {
                let known = if *pinned { "pinned" } else { "first contact, unverified" };
                println!("{name}: session with {:?} ({known})", peer.fields().address);
            }
            Event::Confirmed { .. } => println!("{name}: confirmed"),
            Event::Message { plaintext, .. } => {
                let (epoch, number) = (plaintext.epoch, plaintext.number);
                match &plaintext.content {
                    Content::Data(_, bytes) => {
                        let text = String::from_utf8_lossy(bytes.expose());
                        println!("{name}: ({epoch}, {number}) {text}");
                    }
                    other => println!("{name}: ({epoch}, {number}) {other:?}"),
                }
            }
            other => println!("{name}: {other:?}"),
        }
    }
}

fn main() -> Result<(), Error> {
    let rng = &mut SysRng;
    let (mut ada, mut bob) = (device("ada@example.org")?, device("bob@example.org")?);
    let (ada_key, bob_key) = (ada.key(), bob.key());

    // Ada has Bob's card, from a contact, an invite link or a QR code.
    let card = *bob.card().expect("a device has a card");
    let init = ada.connect(&card, NOW, rng)?;

    // Three packets over any transport; the answer to the third confirms the session.
    let response = bob.receive(None, &init, NOW, rng)?.replies.remove(0);
    let accepted = ada.receive(None, &response, NOW, rng)?;
    show("ada", &accepted.events);
    let completed = bob.receive(None, &accepted.replies[0], NOW, rng)?;
    show("bob", &completed.events);
    show("ada", &ada.receive(Some(&bob_key), &completed.replies[0], NOW, rng)?.events);

    // A message, and one back. Every call that changes state is followed by storing the state.
    let hello = ada.send(&bob_key, Kind::DATA, b"hello bob", NOW, rng)?.packet;
    let stored = ada.snapshot(&bob_key);
    show("bob", &bob.receive(Some(&ada_key), &hello, NOW, rng)?.events);
    let back = bob.send(&ada_key, Kind::DATA, b"hello ada", NOW, rng)?.packet;
    show("ada", &ada.receive(Some(&bob_key), &back, NOW, rng)?.events);
    println!("ada: stored {} bytes after sending", stored.map_or(0, |it| it.expose().len()));

    // What the network changes is refused, and nothing else happens.
    let mut forged = bob.send(&ada_key, Kind::DATA, b"pay 10", NOW, rng)?.packet;
    forged[200] ^= 1;
    println!("ada: refused, {}", ada.receive(Some(&bob_key), &forged, NOW, rng).unwrap_err());

    let last = bob.close(&ada_key, NOW, rng)?.packet;
    show("ada", &ada.receive(Some(&bob_key), &last, NOW, rng)?.events);
    Ok(())
}
