/** Chapters 4 and 9: what a device knows of others: pins, suites, pre-shared secrets, manifests. */
import { concat, equal, Refusal, refuseUnless, u32, zeros } from './notation.js';
import { pskId, SUITE_1 } from './primitives.js';
import { addressField } from './keys.js';
import { followManifest, listedDevice, verifyManifest } from './account.js';

const placeKey = (place, device) => concat(place, u32(device)).toString('hex');

export class Contacts {
  constructor() {
    /** address and device id -> IK @type {Map<string, Buffer>} */
    this.pins = new Map();
    /** IK -> the greatest suite of a handshake, if it is more than 1 (CARD-16) @type {Map<string, number>} */
    this.suites = new Map();
    /** name -> secret @type {Map<string, Buffer>} */
    this.secrets = new Map();
    /** IK -> name of the secret that is set for it @type {Map<string, string>} */
    this.secretOf = new Map();
    /** address -> the newest verified manifest @type {Map<string, import('./account.js').Manifest>} */
    this.manifests = new Map();
    /** IKs of devices with which DEV-11 has ended a session or a handshake under way (DEV-24) @type {Set<string>} */
    this.ended = new Set();
  }

  pin(address, device, ik) {
    refuseUnless(address.length >= 1 && address.length <= 64, 'encoding');
    this.pins.set(placeKey(addressField(address), device), Buffer.from(ik));
  }

  /**
   * The identity policy: HS-12, HS-39, DEV-10 and DEV-24.
   * @param {import('./keys.js').Card} card perhaps not verified yet @returns {boolean} whether pinned (CARD-11, DEV-13)
   */
  policy(card) {
    const manifest = this.manifest(card.place);
    if (manifest) { // the manifest decides in place of pins
      refuseUnless(listedDevice(manifest, card.device, card.ik), 'identity'); // [DEV-10]
      return true; // [DEV-13]
    }
    refuseUnless(!this.ended.has(card.ik.toString('hex')), 'identity'); // [DEV-24]
    const pinned = this.pins.get(placeKey(card.place, card.device));
    refuseUnless(!pinned || equal(pinned, card.ik), 'identity'); // [HS-12] [HS-39]
    return pinned !== undefined;
  }

  isPinned(card) {
    try {
      return this.policy(card);
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  // Suites [CARD-16]

  least(ik) { return this.suites.get(ik.toString('hex')) ?? SUITE_1; }

  remember(ik, suite) { if (suite > this.least(ik)) this.suites.set(ik.toString('hex'), suite); }

  /** The user's decision. */
  setLeast(ik, suite) {
    if (suite === SUITE_1) this.suites.delete(ik.toString('hex'));
    else this.suites.set(ik.toString('hex'), suite);
  }

  // Pre-shared secrets

  /** @param {Buffer} psk @param {Buffer|null} peer the IK for which it is set */
  addSecret(psk, peer) {
    const name = pskId(psk).toString('hex'); // [HS-40]
    this.secrets.set(name, Buffer.from(psk));
    if (peer) this.secretOf.set(peer.toString('hex'), name);
  }

  /** [HS-41] */
  secretFor(ik) { return this.secrets.get(this.secretOf.get(ik.toString('hex')) ?? '') ?? null; }

  /** [HS-13] the secret that a peer names. */
  secretNamed(id, ik) {
    const name = id.toString('hex');
    const expected = this.secretOf.get(ik.toString('hex'));
    return namedSecret(name, expected, this.secrets.get(name));
  }

  // Manifests

  manifest(place) { return this.manifests.get(place.toString('hex')) ?? null; }

  /** The hash of a user's newest manifest, zero without one (DEV-15). */
  view(place) { return this.manifest(place)?.hash ?? zeros(32); }

  views(ownPlace, peerPlace) { return concat(this.view(ownPlace), this.view(peerPlace)); }

  /**
   * Judges one manifest and keeps it when it is accepted and new.
   * @param {Buffer} bytes
   * @param {{own: import('./keys.js').Card, sender: import('./keys.js').Card|null, replace: boolean}} by
   *   `sender`: the card of the announcing device; null: the application
   * @returns {import('./account.js').Manifest|null} null when it is the kept one again
   */
  take(bytes, { own, sender, replace }) {
    const next = verifyManifest(bytes);
    if (sender) refuseUnless(equal(next.place, sender.place), 'identity'); // [DEV-18]
    const kept = this.manifest(next.place);
    if (kept && equal(kept.hash, next.hash) && equal(kept.ak, next.ak)) return null; // [DEV-09]
    if (equal(next.place, own.place) && (!kept || replace)) refuseUnless(!sender && listedDevice(next, own.device, own.ik), 'identity'); // [DEV-22] [DEV-23]
    else if (!kept && !replace) this.#checkFirst(next, sender); // [DEV-22]
    if (kept && !replace) followManifest(kept, next);
    this.manifests.set(next.place.toString('hex'), next);
    return next;
  }

  /**
   * [DEV-22] without a decision of the user somebody has to have said that the first manifest of an address is genuine:
   * the application, or the only device that is pinned for the address. It lists every device that is pinned there.
   */
  #checkFirst(next, sender) {
    const pinned = [...this.pins].map(([key, ik]) => ({ place: Buffer.from(key, 'hex'), ik })).filter(({ place }) => equal(place.subarray(0, 65), next.place));
    if (sender) refuseUnless(pinned.length === 1 && this.isPinned(sender), 'identity');
    for (const { place, ik } of pinned) refuseUnless(listedDevice(next, place.readUInt32BE(65), ik), 'identity');
  }

  /** Whether DEV-11 and DEV-24 forbid sessions with the device of this card. */
  isExpelled(card) {
    const manifest = this.manifest(card.place);
    return manifest ? !listedDevice(manifest, card.device, card.ik) : this.ended.has(card.ik.toString('hex'));
  }

  toValue() {
    const plain = (map, f = (x) => x) => [...map].map(([key, value]) => [key, f(value)]).sort(([a], [b]) => (a < b ? -1 : 1));
    const hex = (bytes) => bytes.toString('hex');
    return { pins: plain(this.pins, hex), suites: plain(this.suites), secrets: plain(this.secrets, hex), secretOf: plain(this.secretOf), manifests: plain(this.manifests, (m) => hex(m.bytes)), ended: [...this.ended].sort() };
  }

  static fromValue(v) {
    const contacts = new Contacts();
    const bytes = (hex) => Buffer.from(hex, 'hex');
    for (const [key, value] of v.pins) contacts.pins.set(key, bytes(value));
    for (const [key, value] of v.suites) contacts.suites.set(key, value);
    for (const [key, value] of v.secrets) contacts.secrets.set(key, bytes(value));
    for (const [key, value] of v.secretOf) contacts.secretOf.set(key, value);
    for (const [key, value] of v.manifests) contacts.manifests.set(key, verifyManifest(bytes(value)));
    contacts.ended = new Set(v.ended);
    return contacts;
  }
}

/** [HS-13] as a function: names in hex, `expected` and `secret` undefined when there is none. */
export function namedSecret(name, expected, secret) {
  if (expected !== undefined) refuseUnless(name === expected, 'authentication');
  if (/^0*$/.test(name)) return null;
  refuseUnless(secret, 'authentication');
  return secret;
}
