//! Chapter 8.2 Several sessions with one device.
//!
//! This module knows nothing about handshakes under way or about other devices.

use crate::crypto::kdf::sha256;
use crate::error::{BytesError, CallerError, Error, PeerError, StorageError};
use crate::handshake::CompletePacket;
use crate::keys::{Address, Party};
use crate::limits::{HANDSHAKE_INTERVAL, SESSIONS_CONFIRMED, SESSIONS_GIVEN_UP};
use crate::message::{Envelope, Kind, announce};
use crate::secret::SecretBytes;
use crate::session::{Advance, Plaintext, Session, SessionId, SessionKey, Status};
use crate::wire::{Reader, length32};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use rand_core::TryCryptoRng;

/// Last handshake; of each session the address and the snapshot.
type Pieces<'a> = (Option<u64>, Vec<(Option<Address>, &'a [u8])>);

const SNAPSHOT_VERSION: u8 = 3;

/// All sessions with one peer device, the greatest first.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "a list that moves its elements leaves secrets behind")]
pub struct Sessions {
    list: Vec<Box<Session>>,
    answered: Option<u64>,
    addresses: BTreeMap<SessionId, Address>,
}

/// What time or a new session did to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// An unconfirmed session reached a limit; this many messages were never confirmed.
    GivenUp(SessionId, u32),
    /// A session left.
    Dropped(SessionId),
}

impl Sessions {
    /// The sessions, the greatest first.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.list.iter().map(AsRef::as_ref)
    }

    /// The session with this id.
    pub fn get(&self, id: &SessionId) -> Option<&Session> {
        self.iter().find(|session| session.key().id == *id)
    }

    pub(crate) fn get_mut(&mut self, id: &SessionId) -> Option<&mut Session> {
        self.list.iter_mut().find(|session| session.key().id == *id).map(AsMut::as_mut)
    }

    /// `ts_I` of the greatest confirmed session: what a new handshake must exceed.
    pub fn floor(&self, now: u64) -> Option<u64> {
        let mut living = self.list.iter().filter(|session| !session.outlived(now));
        living.find(|it| it.status() == Status::Confirmed).map(|it| it.key().ts_i)
    }

    /// Whether a session with this key would stand below a confirmed one.
    pub(crate) fn lesser(&self, key: &SessionKey, now: u64) -> bool {
        self.list
            .iter()
            .any(|it| it.key() > *key && it.status() == Status::Confirmed && !it.outlived(now))
    }

    /// Takes in a new session at time `now`.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-07] A device that has a new unconfirmed session MUST give up the unconfirmed one
    //# before it.
    pub fn insert(&mut self, session: Session, now: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        if session.status() == Status::Unconfirmed {
            self.list.iter_mut().for_each(|it| give_up(it, &mut changes));
        }
        let place = self.list.partition_point(|it| it.key() > session.key());
        self.list.insert(place, Box::new(session));
        changes.extend(self.settle(now));
        changes
    }

    /// Does what time demands: gives up and drops.
    pub fn settle(&mut self, now: u64) -> Vec<Change> {
        let mut changes = Vec::new();
        for session in self.list.iter_mut().filter(|it| it.at_limit(now)) {
            give_up(session, &mut changes);
        }
        let mut greater_settled = false;
        for session in &mut self.list {
            if greater_settled {
                session.supersede(now);
            }
            greater_settled |= session.settled();
        }
        //= spec/08-sessions.md#8-2-several-sessions-with-one-device
        //# [SESSION-09] A device MUST keep the four greatest confirmed sessions, one unconfirmed
        //# session and the two greatest given-up sessions with a peer device, and drop the others.
        let (mut confirmed, mut given_up) = (0, 0);
        self.list.retain(|session| {
            let (count, most) = match session.status() {
                Status::Confirmed => (&mut confirmed, SESSIONS_CONFIRMED),
                Status::GivenUp => (&mut given_up, SESSIONS_GIVEN_UP),
                Status::Unconfirmed => return true,
            };
            let outlived = session.outlived(now);
            *count += usize::from(!outlived);
            let keep = *count <= most && !outlived;
            if !keep {
                changes.push(Change::Dropped(session.key().id));
            }
            keep
        });
        self.forget_addresses();
        changes
    }

    fn forget_addresses(&mut self) {
        let Self { list, addresses, .. } = self;
        addresses.retain(|id, _| list.iter().any(|session| session.key().id == *id));
    }

    /// The session on which a message goes out now.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-03] A device MUST send on the greatest of its sessions with the peer device that is
    //# not given up, and refuse as `no_session` when there is none.
    pub fn sending(&self, now: u64) -> Option<&Session> {
        self.iter().find(|session| session.may_send(now))
    }

    fn sending_mut(&mut self, now: u64) -> Result<&mut Session, CallerError> {
        let found = self.list.iter_mut().find(|session| session.may_send(now));
        found.map(AsMut::as_mut).ok_or(CallerError::NoSession)
    }

    /// Seals application content on the sending session and makes the packet.
    ///
    /// # Errors
    /// `no_session`, and as [`Session::send`].
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-04] On every other session a device MUST NOT send anything but receipts for that
    //# session and a close of it.
    pub fn send(
        &mut self,
        kind: Kind,
        content: &[u8],
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let session = self.sending_mut(now)?;
        let message = session.send(kind, content, rng)?;
        Ok(session.packet(message))
    }

    /// Announces manifests of our account on the sending session.
    ///
    /// # Errors
    /// As [`Sessions::send`].
    pub fn announce<'a>(
        &mut self,
        manifests: impl IntoIterator<Item = &'a [u8]>,
        now: u64,
        rng: &mut impl TryCryptoRng,
    ) -> Result<Vec<u8>, Error> {
        self.send(Kind::ANNOUNCEMENT, &announce(manifests), now, rng)
    }

    /// Closes our direction of the sending session and makes the packet.
    ///
    /// # Errors
    /// `no_session`, and as [`Session::close`].
    pub fn close(&mut self, now: u64, rng: &mut impl TryCryptoRng) -> Result<Vec<u8>, Error> {
        let session = self.sending_mut(now)?;
        let message = session.close(rng)?;
        Ok(session.packet(message))
    }

    /// Finds the session that a message is for and opens it. Changes nothing.
    /// The message is hashed once; every MAC of every session is computed.
    ///
    /// # Errors
    /// As the table of chapter 7.4, with `unknown_session` where no session's MAC verifies.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-08] A device MUST keep receiving on every session that it keeps, given-up and
    //# superseded ones included.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-11] A receiver MUST try a message on the sessions of its suite with the device that
    //# the transport names, and on no other session.
    //= spec/08-sessions.md#8-2-several-sessions-with-one-device
    //# [SESSION-12] A device MUST refuse a message whose MAC verifies in no session with that
    //# device as `unknown_session`; an implementation that answers with a new handshake does so at
    //# most once in 10 minutes for a peer device.
    pub fn open(&self, message: &[u8], now: u64) -> Result<(SessionId, Advance, Plaintext), Error> {
        let envelope = Envelope::decode(message)?;
        let living = self.list.iter().filter(|session| !session.outlived(now));
        let candidates = living.map(|session| Some((session, session.candidate(&envelope)?)));
        let (session, place) = candidates
            .fold(None, |found: Option<_>, candidate| found.or(candidate))
            .ok_or(PeerError::UnknownSession)?;
        let (advance, plaintext) = session.open_at(&envelope, place, SecretBytes::default())?;
        Ok((session.key().id, advance, plaintext))
    }

    /// Applies what [`Sessions::open`] decided. Returns whether it confirmed the session.
    pub fn commit(&mut self, id: &SessionId, advance: Advance, now: u64) -> bool {
        self.get_mut(id).is_some_and(|session| session.commit(advance, now))
    }

    /// The session that began with this Complete: `Err` when another one has its handshake id.
    ///
    /// # Errors
    /// `unknown_handshake`.
    pub fn repeated(
        &self,
        packet: &CompletePacket<'_>,
        now: u64,
    ) -> Result<Option<SessionId>, PeerError> {
        for session in self.list.iter().filter(|session| !session.outlived(now)) {
            match session.knows_complete(packet) {
                Some(true) => return Ok(Some(session.key().id)),
                Some(false) => return Err(PeerError::UnknownHandshake),
                None => {}
            }
        }
        Ok(None)
    }

    /// The session that began with handshake bytes of this hash.
    pub(crate) fn prepared(&self, hash: &[u8; 32], now: u64) -> Option<SessionId> {
        let mut living = self.list.iter().filter(|session| !session.outlived(now));
        living.find(|session| session.knows_prepared(hash)).map(|session| session.key().id)
    }

    /// The address on the card with which the device began or answered a session.
    pub fn address(&self, id: &SessionId) -> Option<&Address> {
        self.addresses.get(id)
    }

    /// Notes the address on the card of a new session.
    pub(crate) fn note(&mut self, id: SessionId, address: Address) {
        self.addresses.insert(id, address);
    }

    /// Whether a session is such, by address and party.
    pub(crate) fn any(&self, such: impl Fn(Option<&Address>, &Party) -> bool) -> bool {
        self.list.iter().any(|session| such(self.address(&session.key().id), &session.peer()))
    }

    /// Drops the sessions that are not to be kept, by address and party.
    pub(crate) fn keep(&mut self, keep: impl Fn(Option<&Address>, &Party) -> bool) -> Vec<Change> {
        let mut left = Vec::new();
        let addresses = &self.addresses;
        self.list.retain(|session| {
            let keep = keep(addresses.get(&session.key().id), &session.peer());
            left.extend((!keep).then_some(Change::Dropped(session.key().id)));
            keep
        });
        self.forget_addresses();
        left
    }

    /// Completes that are due again.
    pub(crate) fn repeats(&mut self, now: u64) -> Vec<Vec<u8>> {
        self.list.iter_mut().filter_map(|session| session.repeat(now)).collect()
    }

    /// Whether `unknown_session` or a lesser session may be answered with a handshake now.
    pub(crate) fn may_reconnect(&self, now: u64) -> bool {
        self.answered.is_none_or(|at| now.saturating_sub(at) >= HANDSHAKE_INTERVAL)
    }

    /// Notes that `unknown_session` or a lesser session was answered with a handshake.
    pub(crate) const fn reconnected(&mut self, now: u64) {
        self.answered = Some(now);
    }

    /// The sessions in one piece: version, last handshake, of each session the address and the
    /// snapshot with its length, SHA-256.
    pub fn snapshot(&self) -> SecretBytes {
        let mut out = SecretBytes::default();
        out.push(SNAPSHOT_VERSION);
        out.push(self.answered.is_some().into());
        out.extend_from_slice(&self.answered.unwrap_or(0).to_be_bytes());
        for session in &self.list {
            let address = self.address(&session.key().id).map_or(&[][..], Address::as_bytes);
            out.push(u8::try_from(address.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(address);
            let snapshot = session.snapshot();
            out.extend_from_slice(&length32(snapshot.expose().len()));
            out.extend_from_slice(snapshot.expose());
        }
        let digest = sha256(&[out.expose()]);
        out.extend_from_slice(&digest);
        out
    }

    /// Restores a snapshot; `least` gives the least generation that is acceptable for a session.
    ///
    /// # Errors
    /// As [`Session::restore`].
    pub fn restore(bytes: &[u8], least: impl Fn(&SessionKey) -> u64) -> Result<Self, StorageError> {
        if bytes.first().is_some_and(|version| *version != SNAPSHOT_VERSION) {
            return Err(StorageError::SnapshotVersion);
        }
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(StorageError::Snapshot)?;
        let (_, rest) = body.split_first().ok_or(StorageError::Snapshot)?;
        if sha256(&[body]) != *digest {
            return Err(StorageError::Snapshot);
        }
        let (answered, pieces) = Self::decode(rest).map_err(|_| StorageError::Snapshot)?;
        let (mut list, mut addresses) = (Vec::<Box<Session>>::new(), BTreeMap::new());
        for (address, piece) in pieces {
            let session = Session::restore(piece, 0)?;
            if list.iter().any(|it| it.key() <= session.key() || it.key().id == session.key().id) {
                return Err(StorageError::Snapshot);
            }
            if session.generation() < least(&session.key()) {
                return Err(StorageError::Rollback);
            }
            addresses.extend(address.map(|address| (session.key().id, address)));
            list.push(Box::new(session));
        }
        Ok(Self { list, answered, addresses })
    }

    fn decode(rest: &[u8]) -> Result<Pieces<'_>, BytesError> {
        let mut reader = Reader::new(rest);
        let answered = match (reader.u8()?, reader.u64()?) {
            (0, 0) => None,
            (1, at) => Some(at),
            _ => return Err(BytesError::Encoding),
        };
        let mut pieces = Vec::new();
        while !reader.is_empty() {
            let length = usize::from(reader.u8()?);
            let address = reader.slice(length)?;
            let address = (length > 0).then(|| Address::new(address)).transpose()?;
            pieces.push((address, reader.lp32()?));
        }
        Ok((answered, pieces))
    }
}

fn give_up(session: &mut Session, changes: &mut Vec<Change>) {
    if let Some(sent) = session.give_up() {
        changes.push(Change::GivenUp(session.key().id, sent));
    }
}
