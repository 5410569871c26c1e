//! Chapter 10.3 Kinds: what a backup and a move file hold.

use super::{Kind, Opened};
use crate::account::{Account, Manifest};
use crate::contacts::Contacts;
use crate::crypto::sign::{IdentityKey, SigningSecret};
use crate::device::Device;
use crate::error::{BytesError, Error, StorageError};
use crate::handshake::{Psk, ReplayCache};
use crate::keys::{Address, CARD_LENGTH, Card, DeviceId, Identity};
use crate::limits::{CARDS_KEPT, DAY};
use crate::prekeys::Prekeys;
use crate::secret::{Secret, SecretBytes};
use crate::wire::{Reader, Suite, length32, push_lp32};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// What a file said about a device, all of it verified. It has no sessions.
#[derive(Debug)]
pub struct Import {
    identity: Identity,
    account: Option<Secret<32>>,
    cards: Vec<Card>,
    contacts: Contacts,
    prekeys: Prekeys,
}

/// The contents of a backup of a device, to be sealed as [`Kind::Backup`].
//= spec/10-storage.md#10-3-kinds
//# [STORE-09] A backup or move file MUST NOT contain session state, half-open handshakes or message
//# keys; an import starts with no session.
pub fn backup(device: &Device, account: Option<&Account>) -> SecretBytes {
    let (identity, cards, contacts, _) = device.parts();
    encode(identity, account.map(Account::seed).as_ref(), cards, contacts, None)
}

/// The contents of a move file, to be sealed as [`Kind::Move`]. The device ends here.
//= spec/10-storage.md#10-3-kinds
//# [STORE-11] A device that has exported a move file MUST stop: it sends and receives nothing more;
//# and so must one whose backup has been imported elsewhere.
#[allow(clippy::needless_pass_by_value, reason = "the device must not be used afterwards")]
pub fn depart(device: Device, account: Option<&Account>) -> SecretBytes {
    let (identity, cards, contacts, prekeys) = device.parts();
    encode(identity, account.map(Account::seed).as_ref(), cards, contacts, Some(prekeys))
}

/// Reads the contents of an opened backup or move file.
///
/// # Errors
/// `file_damaged`; `file_kind` for other kinds.
//= spec/10-storage.md#10-3-kinds
//# [STORE-10] An import MUST verify every card, record and manifest, that cards and records belong
//# to the identity and records to the device id of the newest card, that private halves belong to
//# their records, that `AK` is that of the manifest of the own address where both are there, and
//# that order and counts are as written, and refuse as `file_damaged` otherwise.
//= spec/10-storage.md#10-1-the-file
//# [STORE-07] A reader MUST refuse a file whose plaintext is not as 10.3 says as `file_damaged`,
//# and build nothing of it.
pub fn import(kind: Kind, opened: &Opened, now: u64) -> Result<Import, StorageError> {
    if kind == Kind::State {
        return Err(StorageError::FileKind);
    }
    let bytes = opened.plaintext.expose();
    let (mut import, moved) = decode(bytes, kind).map_err(|_| StorageError::FileDamaged)?;
    let Import { identity, account, cards, contacts, prekeys } = &import;
    let prekeys = moved.then_some(prekeys);
    if encode(identity, account.as_ref(), cards, contacts, prekeys).expose() != bytes {
        return Err(StorageError::FileDamaged);
    }
    //= spec/10-storage.md#10-3-kinds
    //# [STORE-12] An import MUST leave out the prekeys of a move file whose `created` is more than
    //# `DAY` before the present time, or after it by more than `DAY`.
    let young = opened.created.saturating_add(DAY) >= now;
    if !young || opened.created > now.saturating_add(DAY) {
        import.prekeys = Prekeys::default();
    }
    Ok(import)
}

impl Import {
    /// The seed of the account key.
    pub const fn account(&self) -> Option<&Secret<32>> {
        self.account.as_ref()
    }

    /// The identity.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The cards, the newest last.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// The contacts.
    pub const fn contacts(&self) -> &Contacts {
        &self.contacts
    }

    /// The prekeys; none from a backup or an old move file.
    pub const fn prekeys(&self) -> &Prekeys {
        &self.prekeys
    }

    /// The device, without sessions. Its first [`Device::publish`] draws what is missing.
    //= spec/10-storage.md#10-3-kinds
    //# [STORE-13] A device that was imported without prekeys MUST draw new ones and publish them in
    //# place of all that were published before.
    pub fn into_device(self) -> Device {
        let device = Device::with_cards(self.identity, self.cards, ReplayCache::default());
        device.with(self.contacts, self.prekeys)
    }
}

fn encode(
    identity: &Identity,
    account: Option<&Secret<32>>,
    cards: &[Card],
    contacts: &Contacts,
    prekeys: Option<&Prekeys>,
) -> SecretBytes {
    let mut out = SecretBytes::default();
    let mut push = |part: &[u8]| {
        out.extend_from_slice(&length32(part.len()));
        out.extend_from_slice(part);
    };
    let (seed, private) = identity.secrets();
    push(&Zeroizing::new([*seed.expose(), *private.expose()].concat()));
    push(account.map_or(&[], |seed| seed.expose().as_slice()));
    push(&cards.iter().flat_map(|card| *card.as_bytes()).collect::<Vec<_>>());
    push(&pins(contacts));
    push(&suites(contacts));
    push(secrets(contacts).expose());
    push(&manifests(contacts));
    push(&contacts.ended.iter().flat_map(|key| *key.as_bytes()).collect::<Vec<_>>());
    let mut lists = SecretBytes::default();
    if let Some(prekeys) = prekeys {
        prekeys.encode(&mut lists);
    }
    push(lists.expose());
    out
}

fn named(address: &Address) -> Vec<u8> {
    let length = u8::try_from(address.as_bytes().len()).unwrap_or(u8::MAX);
    [[length].as_slice(), address.as_bytes()].concat()
}

fn ascending(mut entries: Vec<Vec<u8>>) -> Vec<u8> {
    entries.sort_unstable();
    entries.concat()
}

fn pins(contacts: &Contacts) -> Vec<u8> {
    let entry = |((address, device), key): (&(Address, DeviceId), &IdentityKey)| {
        [named(address).as_slice(), &device.0.to_be_bytes(), key.as_bytes()].concat()
    };
    ascending(contacts.pins.iter().map(entry).collect())
}

fn suites(contacts: &Contacts) -> Vec<u8> {
    let entry = |(key, suite): (&IdentityKey, &Suite)| {
        [key.as_bytes().as_slice(), &suite.number().to_be_bytes()].concat()
    };
    ascending(contacts.suites.iter().map(entry).collect())
}

fn secrets(contacts: &Contacts) -> SecretBytes {
    let mut entries: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for psk in contacts.psks.iter() {
        let of = contacts.expected.iter().filter(|(_, id)| **id == psk.id());
        let keys: Vec<&IdentityKey> = of.map(|(key, _)| key).collect();
        let mut entry = |set: u8, key: &[u8; 32]| {
            let bytes = [psk.secret().expose().as_slice(), &[set], key].concat();
            entries.push(Zeroizing::new(bytes));
        };
        if keys.is_empty() {
            entry(0, &[0; 32]);
        }
        keys.into_iter().for_each(|key| entry(1, key.as_bytes()));
    }
    entries.sort_unstable_by(|one, next| one.as_slice().cmp(next.as_slice()));
    let mut out = SecretBytes::default();
    entries.iter().for_each(|entry| out.extend_from_slice(entry));
    out
}

fn manifests(contacts: &Contacts) -> Vec<u8> {
    let mut all: Vec<(Vec<u8>, &Manifest)> =
        contacts.manifests.values().map(|it| (named(&it.address()), it)).collect();
    all.sort_unstable_by(|one, next| one.0.cmp(&next.0));
    let mut out = Vec::new();
    all.iter().for_each(|(_, manifest)| push_lp32(&mut out, manifest.as_bytes()));
    out
}

fn decode(bytes: &[u8], kind: Kind) -> Result<(Import, bool), Error> {
    let mut reader = Reader::new(bytes);
    let mut keys = Reader::new(reader.lp32()?);
    let (seed, private) = (Secret::new(keys.array()?), Secret::new(keys.array()?));
    keys.finish()?;
    let identity = Identity::new(&seed, private);
    let account = match reader.lp32()? {
        [] => None,
        seed => Some(Secret::new(seed.try_into().map_err(|_| BytesError::Length)?)),
    };
    let cards = own_cards(reader.lp32()?, &identity)?;
    let newest = cards.last().ok_or(BytesError::Length)?;
    let mut contacts = Contacts::default();
    read_pins(Reader::new(reader.lp32()?), &mut contacts)?;
    read_suites(Reader::new(reader.lp32()?), &mut contacts)?;
    read_secrets(Reader::new(reader.lp32()?), &mut contacts)?;
    let mut list = Reader::new(reader.lp32()?);
    while !list.is_empty() {
        let manifest = Manifest::verify(list.lp32()?)?;
        contacts.manifests.insert(manifest.address(), manifest);
    }
    let mut list = Reader::new(reader.lp32()?);
    while !list.is_empty() {
        contacts.ended.insert(IdentityKey::new(list.array()?));
    }
    let own = contacts.manifest(&newest.fields().address).map(Manifest::key);
    let key = account.as_ref().map(|seed| SigningSecret::new(seed).public());
    if own.zip(key).is_some_and(|(own, key)| own != key) {
        return Err(BytesError::Key.into());
    }
    let mut list = Reader::new(reader.lp32()?);
    reader.finish()?;
    let moved = kind == Kind::Move;
    let prekeys = match moved {
        true => Prekeys::decode(&mut list, &newest.party())?,
        false => Prekeys::default(),
    };
    list.finish()?;
    Ok((Import { identity, account, cards, contacts, prekeys }, moved))
}

fn own_cards(bytes: &[u8], identity: &Identity) -> Result<Vec<Card>, Error> {
    let mut cards = Vec::new();
    for bytes in bytes.chunks(CARD_LENGTH) {
        let card = Card::verify(bytes)?;
        if (card.key(), card.agreement_key()) != (identity.key(), identity.agreement_key()) {
            return Err(BytesError::Key.into());
        }
        cards.push(card);
    }
    if cards.len() > CARDS_KEPT { Err(BytesError::Length.into()) } else { Ok(cards) }
}

fn read_pins(mut reader: Reader<'_>, contacts: &mut Contacts) -> Result<(), BytesError> {
    while !reader.is_empty() {
        let length = usize::from(reader.u8()?);
        let address = Address::new(reader.slice(length)?)?;
        let (device, key) = (DeviceId(reader.u32()?), IdentityKey::new(reader.array()?));
        contacts.pin(address, device, key);
    }
    Ok(())
}

fn read_suites(mut reader: Reader<'_>, contacts: &mut Contacts) -> Result<(), BytesError> {
    while !reader.is_empty() {
        let (key, suite) = (IdentityKey::new(reader.array()?), Suite::from_number(reader.u16()?)?);
        contacts.set_least(key, suite);
    }
    Ok(())
}

fn read_secrets(mut reader: Reader<'_>, contacts: &mut Contacts) -> Result<(), Error> {
    while !reader.is_empty() {
        let id = contacts.add_psk(Psk::new(Secret::new(reader.array()?))?);
        let (set, key) = (reader.u8()?, reader.array()?);
        if set != 0 {
            contacts.expect_psk(IdentityKey::new(key), Some(id))?;
        }
    }
    Ok(())
}
