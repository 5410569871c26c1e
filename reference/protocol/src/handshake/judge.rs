//! Chapter 4.4, steps 8 to 10, and chapter 5.7, steps 10 to 12: who says this, and may they?

use super::{Psk, PskId, Psks, Views};
use crate::crypto::sign::IdentityKey;
use crate::error::{BytesError, Error, PeerError};
use crate::keys::{Address, CARD_LENGTH, Card, DeviceId, Identity};
use crate::wire::Suite;

/// Our side of an incoming handshake.
#[derive(Debug, Clone, Copy)]
pub struct Local<'a> {
    /// Our identity.
    pub identity: &'a Identity,
    /// Every card that we keep; a packet is tried against each.
    pub cards: &'a [Card],
    /// The pre-shared secrets that we know.
    pub psks: &'a Psks,
}

/// Who an unverified card says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// `IK`.
    pub key: IdentityKey,
    /// Address and device, when they can be read.
    pub place: Option<(Address, DeviceId)>,
}

/// What the application and earlier handshakes say about a claimed identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// `Some(true)`: pinned or listed. `Some(false)`: a pin or manifest says otherwise.
    pub pinned: Option<bool>,
    /// The pre-shared secret that is set for this `IK`.
    pub psk: Option<PskId>,
    /// The greatest suite of earlier handshakes.
    pub least: Option<Suite>,
    /// The manifest hashes to send.
    pub views: Option<Views>,
}

/// What an opened Init or `PrekeyInit` claims.
pub(super) struct Claims<'a> {
    pub(super) suite: Suite,
    pub(super) our: &'a Card,
    pub(super) ts_i: u64,
    pub(super) card: &'a [u8; CARD_LENGTH],
    pub(super) psk_id: &'a PskId,
}

/// A claim that stands, but for the signature.
pub(super) struct Judged<'a> {
    pub(super) peer: Card,
    pub(super) pinned: bool,
    pub(super) psk: Option<&'a Psk>,
    pub(super) views: Views,
}

pub(super) fn judge<'a>(
    local: &Local<'a>,
    standing: impl Fn(&Claim) -> Standing,
    claims: &Claims<'_>,
) -> Result<Judged<'a>, Error> {
    let claim = Card::claims(claims.card);
    let (key, place) = claim;
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-11] A responder MUST refuse an Init that carries its own `IK`, or its own address and
    //# device id, as `identity`.
    let places = local.cards.iter().map(|card| (card.fields().address, card.fields().device));
    if key == local.identity.key() || places.into_iter().any(|own| Some(own) == place) {
        return Err(PeerError::Identity.into());
    }
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-12] A responder MUST refuse an Init as `identity` when its application has pinned
    //# another `IK` for that address and device id.
    let standing = standing(&Claim { key, place });
    if standing.pinned == Some(false) {
        return Err(PeerError::Identity.into());
    }
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-13] A responder MUST refuse as `authentication` a `psk_id` that it does not know, and
    //# any other than the expected one, zero included, when its application has set a pre-shared
    //# secret for the `IK` that `card_I` claims.
    let psk = match (*claims.psk_id != PskId::default()).then_some(claims.psk_id) {
        None => None,
        Some(id) => Some(local.psks.get(id).ok_or(PeerError::Authentication)?),
    };
    if standing.psk.is_some() && standing.psk != psk.map(Psk::id) {
        return Err(PeerError::Authentication.into());
    }
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-14] A responder MUST refuse an Init whose `card_I` does not verify with the error of
    //# chapter 3, and as `time` when it is not valid at `ts_I`.
    let peer = Card::verify(claims.card)?;
    peer.valid_at(claims.ts_i)?;
    //= spec/04-handshake.md#4-4-responder-receiving-init
    //# [HS-15] A responder MUST refuse an Init as `suite` unless its suite is the highest that
    //# `card_I` and its own card list.
    //= spec/03-keys.md#3-3-suites-of-a-handshake
    //# [CARD-12] The suite of a handshake MUST be the highest suite that both cards list; a
    //# responder refuses any other as `suite`.
    if claims.our.suite_with(&peer)? != claims.suite {
        return Err(BytesError::Suite.into());
    }
    if standing.least.is_some_and(|least| claims.suite < least) {
        return Err(BytesError::Suite.into());
    }
    let views = standing.views.unwrap_or([0; 64]);
    Ok(Judged { peer, pinned: standing.pinned == Some(true), psk, views })
}
