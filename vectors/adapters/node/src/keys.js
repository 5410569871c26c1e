/** Chapter 3: device identity and cards. */
import { refuseUnless, concat, draw, isZero, u8, u32, u64, zeros } from './notation.js';
import { ed25519Public, isCanonicalX25519, sha256, sign, verify, x25519Public } from './primitives.js';
import { DAY } from './limits.js';

export const CARD_BYTES = 218;

/**
 * A device's long-term keys; drawn apart, never converted (KEY-01, KEY-02).
 * @typedef {{ikSeed: Buffer, idkPrivate: Buffer, ik: Buffer, idk: Buffer}} Identity
 * @param {Buffer} ikSeed @param {Buffer} idkPrivate @returns {Identity}
 */
export function identityOf(ikSeed, idkPrivate) {
  return { ikSeed, idkPrivate, ik: ed25519Public(ikSeed), idk: x25519Public(idkPrivate) };
}

/** A new identity: `IK` seed, then `IDK` private (8.7). */
export function newIdentity(random) {
  const ikSeed = draw(random, 32);
  return identityOf(ikSeed, draw(random, 32));
}

/** `length u8 || address, zero to 64 bytes`: the 65 bytes that name a user in cards and manifests. */
export function addressField(address) {
  return concat(u8(address.length), address, zeros(64 - address.length));
}

/** The address rules of CARD-04, CARD-05 and DEV-02 on such a field. */
export function isAddressField(field) {
  return field[0] >= 1 && field[0] <= 64 && isZero(field.subarray(1 + field[0]));
}

/**
 * The fields of a card at their offsets, nothing checked.
 * @typedef {{bytes: Buffer, suites: number, place: Buffer, address: Buffer, device: number, ik: Buffer, idk: Buffer, created: bigint, expires: bigint}} Card
 * @param {Buffer} bytes 218 bytes @returns {Card}
 */
export function cardFields(bytes) {
  const place = bytes.subarray(5, 70);
  return {
    bytes,
    suites: bytes.readUInt32BE(1),
    place,
    address: place.subarray(1, 1 + Math.min(place[0], 64)),
    device: bytes.readUInt32BE(70),
    ik: bytes.subarray(74, 106),
    idk: bytes.subarray(106, 138),
    created: bytes.readBigUInt64BE(138),
    expires: bytes.readBigUInt64BE(146),
  };
}

/** The duties of a verifier, in their order. @returns {Card} */
export function verifyCard(bytes) {
  refuseUnless(bytes.length === CARD_BYTES, 'length'); // [CARD-01]
  refuseUnless(bytes[0] === 0x01, 'version'); // [CARD-02]
  const card = cardFields(Buffer.from(bytes));
  checkFields(card);
  refuseUnless(isCanonicalX25519(card.idk), 'key'); // [CARD-07]
  verify(card.ik, 'card', sha256(bytes.subarray(0, 154)), bytes.subarray(154)); // [CARD-08]
  return card; // [CARD-09] unknown suite bits stay as they are
}

function checkFields(card) {
  refuseUnless(card.suites & 1, 'encoding'); // [CARD-03]
  refuseUnless(isAddressField(card.place), 'encoding'); // [CARD-04] [CARD-05]
  refuseUnless(card.expires > card.created, 'encoding'); // [CARD-06]
}

/** `created <= t + DAY and t < expires`, for cards and prekey records. */
export const isValidAt = (dated, time) => dated.created <= time + DAY && time < dated.expires;

/** [CARD-15] a card with fields outside the rules is not issued. */
export function issueCard(identity, { suites, address, device, created, expires }, trace = () => {}) {
  refuseUnless(address.length >= 1 && address.length <= 64, 'encoding');
  const unsigned = concat(u8(1), u32(suites), addressField(address), u32(device), identity.ik, identity.idk, u64(created), u64(expires));
  checkFields(cardFields(unsigned));
  const digest = sha256(unsigned);
  trace('ik', identity.ik);
  trace('idk', identity.idk);
  trace('hash', digest);
  return concat(unsigned, sign(identity.ikSeed, 'card', digest));
}
