/** Chapter 5.1 to 5.3: prekey records, bundles, and a device's own prekeys with their replay sets. */
import { concat, draw, refuseUnless, u8, u32, u64, wipe, passed } from './notation.js';
import { EK_BYTES, isCanonicalX25519, isValidEncapsulationKey, kemPublic, sha256, sign, SUITE_2, SUITES, verify, x25519Public } from './primitives.js';
import { CARD_BYTES, isValidAt, verifyCard } from './keys.js';
import { restore, snapshot } from './snapshot.js';
import { ONE_TIME_PREKEYS, PREKEY_LIFETIME, PREKEY_RETENTION, PREKEY_ROTATION } from './limits.js';

export const SIGNED = 0x01;
export const ONE_TIME = 0x02;
export const ONE_TIME_KEM = 0x03;
export const LAST_RESORT_KEM = 0x04;
const isKem = (type) => type === ONE_TIME_KEM || type === LAST_RESORT_KEM;
const keyLength = (type) => (isKem(type) ? EK_BYTES : 32);
export const recordLength = (type) => 90 + keyLength(type);

/**
 * @typedef {{bytes: Buffer, type: number, id: number, device: number, created: bigint, expires: bigint, key: Buffer}} PrekeyRecord
 * @param {Buffer} bytes @param {number[]} types the expected ones @param {Buffer} ik of the card @param {number} device of the card
 * @returns {PrekeyRecord}
 */
export function verifyRecord(bytes, types, ik, device) {
  refuseUnless(bytes.length >= 2, 'length'); // [PREP-01]
  refuseUnless(bytes[0] === 0x01, 'version');
  const type = bytes[1];
  refuseUnless(types.includes(type), 'type');
  refuseUnless(bytes.length === recordLength(type), 'length');
  const copy = Buffer.from(bytes);
  const record = { bytes: copy, type, id: copy.readUInt32BE(2), device: copy.readUInt32BE(6), created: copy.readBigUInt64BE(10), expires: copy.readBigUInt64BE(18), key: copy.subarray(26, -64) };
  refuseUnless(record.id !== 0 && record.expires > record.created, 'encoding'); // [PREP-02]
  if (!isKem(type)) refuseUnless(isCanonicalX25519(record.key), 'key'); // [PREP-03]
  else if (SUITES.includes(SUITE_2)) refuseUnless(isValidEncapsulationKey(record.key), 'key'); // 5.2: not judged without suite 2
  verify(ik, 'prekey', sha256(copy.subarray(0, -64)), copy.subarray(-64)); // [PREP-04]
  refuseUnless(record.device === device, 'identity'); // [PREP-05]
  return record;
}

/** @returns {Buffer} the record of a prekey with the given private half */
export function issueRecord({ ikSeed, type, id, device, created, expires, secret }, trace = () => {}) {
  refuseUnless(id !== 0 && expires > created, 'encoding'); // [PREP-02]
  const key = isKem(type) ? kemPublic(secret) : x25519Public(secret);
  trace('key', key);
  const unsigned = concat(u8(1), u8(type), u32(id), u32(device), u64(created), u64(expires), key);
  const hash = sha256(unsigned);
  trace('hash', hash);
  return concat(unsigned, sign(ikSeed, 'prekey', hash));
}

/**
 * @typedef {{card: import('./keys.js').Card, spk: PrekeyRecord, opk: PrekeyRecord|null, pqk: PrekeyRecord|null}} Bundle
 * @param {Buffer} bytes @param {bigint} now @returns {Bundle}
 */
export function verifyBundle(bytes, now) {
  refuseUnless(bytes.length >= 2, 'length'); // [PREP-06]
  refuseUnless(bytes[0] === 0x01, 'version');
  const parts = bytes[1];
  refuseUnless(parts <= 3, 'encoding');
  const lengths = [CARD_BYTES, recordLength(SIGNED), parts & 1 ? recordLength(ONE_TIME) : 0, parts & 2 ? recordLength(ONE_TIME_KEM) : 0];
  refuseUnless(bytes.length === 2 + lengths.reduce((a, b) => a + b), 'length');
  let at = 2;
  const [cardBytes, spkBytes, opkBytes, pqkBytes] = lengths.map((length) => bytes.subarray(at, (at += length)));
  const card = verifyCard(cardBytes); // [PREP-07]
  const record = (part, types) => (part.length ? verifyRecord(part, types, card.ik, card.device) : null);
  const spk = record(spkBytes, [SIGNED]);
  const opk = record(opkBytes, [ONE_TIME]);
  const pqk = record(pqkBytes, [ONE_TIME_KEM, LAST_RESORT_KEM]);
  for (const dated of [card, spk, opk, pqk]) refuseUnless(!dated || isValidAt(dated, now), 'time'); // [PREP-08]
  return { card, spk, opk, pqk };
}

/**
 * A device's prekeys. The replay sets live and die with the private half of their signed prekey (PREP-29).
 * @typedef {{record: Buffer, type: number, id: number, created: bigint, expires: bigint, secret: Buffer, replay: Map<string, {ik: Buffer, pinned: boolean}>|null}} Prekey
 */
export class Prekeys {
  constructor() {
    /** @type {Map<number, Prekey>} by id: an id stands once, whatever the type (PREP-13) */
    this.byId = new Map();
    this.generation = 0;
  }

  static entry(record, type, secret) {
    return { record, type, id: record.readUInt32BE(2), created: record.readBigUInt64BE(10), expires: record.readBigUInt64BE(18), secret, replay: type === SIGNED ? new Map() : null };
  }

  /** A prekey whose private half is here at this time (PREP-11), or null. */
  get(id, types, now) {
    const prekey = this.byId.get(id);
    return prekey && types.includes(prekey.type) && held(prekey, now) ? prekey : null;
  }

  /** @returns {Prekey[]} */
  live(now) { return [...this.byId.values()].filter((prekey) => held(prekey, now)); }

  signed(now) { return this.live(now).filter(({ type }) => type === SIGNED); }

  /**
   * What PREP-10 demands at `now`, then `oneTime` one-time prekeys of each kind.
   * @param {{identity: import('./keys.js').Identity, device: number, suites: number}} of
   * @returns {Buffer[]} the new records
   */
  refill({ identity, device, suites }, oneTime, now, random) {
    const live = this.live(now);
    const kem = SUITES.includes(SUITE_2) && (suites >>> (SUITE_2 - 1)) & 1;
    const count = (type) => live.filter((prekey) => prekey.type === type).length;
    for (const type of kem ? [ONE_TIME, ONE_TIME_KEM] : [ONE_TIME]) {
      refuseUnless(oneTime === 0 || count(type) + oneTime <= ONE_TIME_PREKEYS, 'prekeys'); // [PREP-14]
    }
    const used = new Set(live.map(({ id }) => id));
    const made = [];
    const make = (type) => {
      let id = draw(random, 4).readUInt32BE(0);
      while (id === 0 || used.has(id)) id = (id + 1) % 2 ** 32; // [PREP-13]
      used.add(id);
      const secret = draw(random, isKem(type) ? 64 : 32); // [PREP-12]
      const record = issueRecord({ ikSeed: identity.ikSeed, type, id, device, created: now, expires: now + PREKEY_LIFETIME, secret });
      made.push(Prekeys.entry(record, type, secret));
    };
    const fresh = (type) => live.some((p) => p.type === type && p.created <= now && now < p.expires && now - p.created < PREKEY_ROTATION);
    if (!fresh(SIGNED)) make(SIGNED); // [PREP-10]
    if (kem && !fresh(LAST_RESORT_KEM)) make(LAST_RESORT_KEM);
    for (let i = 0; i < oneTime; i++) make(ONE_TIME);
    if (kem) for (let i = 0; i < oneTime; i++) make(ONE_TIME_KEM);
    this.#eraseExpired(now);
    for (const prekey of made) this.byId.set(prekey.id, prekey);
    if (made.length) this.generation += 1;
    return made.map(({ record }) => record);
  }

  /** [PREP-11] */
  #eraseExpired(now) {
    for (const [id, prekey] of this.byId) {
      if (!held(prekey, now)) { wipe(prekey.secret); this.byId.delete(id); }
    }
  }

  /** [PREP-26] [PREP-34] an accepted PrekeyInit: its hash enters the set, its one-time prekeys are erased; once, however often it is told. */
  consume({ spkId, opkId, pqkId, hash, ik, pinned }) {
    const { replay } = this.byId.get(spkId) ?? {};
    const name = hash.toString('hex');
    const isNews = replay && !replay.has(name);
    if (isNews) replay.set(name, { ik, pinned });
    const used = [[opkId, ONE_TIME], [pqkId, ONE_TIME_KEM]].filter(([id, type]) => this.byId.get(id)?.type === type);
    for (const [id] of used) { wipe(this.byId.get(id).secret); this.byId.delete(id); }
    if (isNews || used.length) this.generation += 1;
  }

  toValue(now = null) {
    const hex = (bytes) => bytes.toString('hex');
    const list = now === null ? [...this.byId.values()] : this.live(now);
    return list.sort((a, b) => a.id - b.id).map((p) => ({
      record: hex(p.record), secret: hex(p.secret),
      replay: p.replay && [...p.replay].map(([hash, { ik, pinned }]) => [hash, hex(ik), pinned]).sort(([a], [b]) => (a < b ? -1 : 1)),
    }));
  }

  static fromValue(value, generation) {
    const prekeys = new Prekeys();
    prekeys.generation = generation;
    for (const { record, secret, replay } of value) {
      const bytes = Buffer.from(record, 'hex');
      const prekey = Prekeys.entry(bytes, bytes[1], Buffer.from(secret, 'hex'));
      replay?.forEach(([hash, ik, pinned]) => prekey.replay.set(hash, { ik: Buffer.from(ik, 'hex'), pinned }));
      prekeys.byId.set(prekey.id, prekey);
    }
    return prekeys;
  }

  /** 5.8: one value with its generation. */
  snapshot() { return snapshot('QuipuPRE', this.generation, this.toValue()); }

  /** @param {Buffer} bytes @param {number} least the least generation that the caller accepts */
  static restore(bytes, least) { return restore('QuipuPRE', bytes, least, Prekeys.fromValue, (prekeys) => prekeys.toValue()); } // [PREP-31]
}

/** [PREP-11] the private half stays until PREKEY_RETENTION after the record has expired. */
const held = (prekey, now) => passed(prekey.expires, now) < PREKEY_RETENTION;
