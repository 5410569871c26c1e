/** Chapter 10: files under a passphrase: backup, move, state. */
import { Refusal, ascii, concat, draw, equal, equalSecret, isZero, lp32, refuseUnless, u8, u16, u32, u64, wipe } from './notation.js';
import { ed25519Public, kemPublic, lExpand, open, pskId, seal, sha256, SUITE_1, SUITES, x25519Public } from './primitives.js';
import { CARD_BYTES, identityOf, verifyCard } from './keys.js';
import { LAST_RESORT_KEM, ONE_TIME, ONE_TIME_KEM, Prekeys, recordLength, SIGNED, verifyRecord } from './prekeys.js';
import { verifyManifest } from './account.js';
import { ARGON2_LANES, ARGON2_MEMORY, ARGON2_PASSES, CARDS_KEPT, DAY, ONE_TIME_PREKEYS, PREPARED_TOTAL } from './limits.js';
import { Device } from './device.js';

/** Argon2id is an optional package; without it there is no profile `storage`. */
const argon2id = await import('@noble/hashes/argon2.js').then((module) => module.argon2id, () => null);
export const hasArgon2 = argon2id !== null;

const MAGIC = ascii('QuipuSF1');
const HEADER = 82;
export const KIND = Object.freeze({ BACKUP: 0x01, MOVE: 0x02, STATE: 0x03 });
const within = (value, [least, most]) => value >= least && value <= most;

function checkParameters(memory, passes, lanes) {
  refuseUnless(within(memory, ARGON2_MEMORY) && within(passes, ARGON2_PASSES) && within(lanes, ARGON2_LANES), 'file_parameters'); // [STORE-05] [STORE-08]
}

function masterKey(passphrase, salt, memory, passes, lanes) {
  try {
    return Buffer.from(argon2id(passphrase, salt, { t: passes, m: memory, p: lanes, dkLen: 32, version: 0x13 }));
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal('file_parameters'); // the memory is not to be had
    throw error;
  }
}

/** The sealing keys, and the commitment that ties the file to one passphrase. */
function fileKeys(master, header) {
  const okm = lExpand(SUITE_1, master, 'sealed file', sha256(header), 76);
  return { keys: okm.subarray(0, 44), commitment: okm.subarray(44) };
}
const OVERHEAD = HEADER + 32 + 16 + 32;

/** [STORE-08] */
export function sealFile({ passphrase, memory, passes, lanes, kind, created, plaintext }, random, trace = () => {}) {
  refuseUnless(passphrase.length >= 1, 'passphrase');
  checkParameters(memory, passes, lanes);
  const salt = draw(random, 16);
  const header = concat(MAGIC, u8(1), u8(kind), u32(memory), u32(passes), u32(lanes), salt, draw(random, 32), u64(created), u32(plaintext.length));
  const master = masterKey(passphrase, salt, memory, passes, lanes);
  trace('master', master);
  const { keys, commitment } = fileKeys(master, header);
  trace('file_seal', keys);
  trace('commitment', commitment);
  const unchecked = concat(header, commitment, seal(keys, header, plaintext));
  wipe(master, keys);
  return concat(unchecked, sha256(unchecked));
}

/** The duties of a reader, in order. @param {number} kind the expected one */
export function openFile({ passphrase, kind, file }) {
  refuseUnless(file.length >= 8 && equal(file.subarray(0, 8), MAGIC), 'file_kind'); // [STORE-01]
  refuseUnless(file.length >= 9, 'file_truncated');
  refuseUnless(file[8] === 0x01, 'file_version'); // [STORE-02]
  refuseUnless(file.length >= HEADER, 'file_truncated'); // [STORE-03]
  const length = file.readUInt32BE(78);
  refuseUnless(file.length >= OVERHEAD + length, 'file_truncated');
  refuseUnless(file.length === OVERHEAD + length, 'file_damaged');
  refuseUnless(equal(sha256(file.subarray(0, -32)), file.subarray(-32)), 'file_damaged');
  refuseUnless(file[9] === kind, 'file_kind'); // [STORE-04]
  const [memory, passes, lanes] = [10, 14, 18].map((at) => file.readUInt32BE(at));
  checkParameters(memory, passes, lanes);
  refuseUnless(passphrase.length >= 1, 'passphrase');
  const header = file.subarray(0, HEADER);
  const master = masterKey(passphrase, file.subarray(22, 38), memory, passes, lanes);
  const { keys, commitment } = fileKeys(master, header);
  try {
    refuseUnless(equalSecret(commitment, file.subarray(HEADER, HEADER + 32)), 'passphrase'); // [STORE-06]
    return { created: file.readBigUInt64BE(70), plaintext: open(keys, header, file.subarray(HEADER + 32, -32)) };
  } catch (error) {
    throw error instanceof Refusal ? new Refusal('passphrase') : error; // [STORE-06]
  } finally {
    wipe(master, keys);
  }
}

// Backup and move (10.3) ---------------------------------------------------------------------------

const damagedUnless = (condition) => refuseUnless(condition, 'file_damaged');

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }

  get done() { return this.at === this.bytes.length; }

  take(length) {
    damagedUnless(this.bytes.length - this.at >= length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8() { return this.take(1)[0]; }

  u16() { return this.take(2).readUInt16BE(0); }

  u32() { return this.take(4).readUInt32BE(0); }

  lp32() { return this.take(this.u32()); }

  /** Entries to the end, ascending by their bytes, each once. */
  ascending(readEntry) {
    const list = [];
    let last = null;
    while (!this.done) {
      const from = this.at;
      list.push(readEntry(this));
      const entry = this.bytes.subarray(from, this.at);
      damagedUnless(last === null || Buffer.compare(last, entry) < 0);
      last = entry;
    }
    return list;
  }

  end() { damagedUnless(this.done); }
}

const readPin = (r) => {
  const length = r.u8();
  damagedUnless(length >= 1 && length <= 64);
  return { address: r.take(length), device: r.u32(), ik: r.take(32) };
};

const readSuite = (r) => {
  const entry = { ik: r.take(32), suite: r.u16() };
  damagedUnless(entry.suite > SUITE_1 && SUITES.includes(entry.suite));
  return entry;
};

const readSecret = (r) => {
  const psk = r.take(32);
  const flag = r.u8();
  const ik = r.take(32);
  damagedUnless(!isZero(psk) && flag <= 1 && (flag === 1 || isZero(ik)));
  return { psk, ik: flag ? ik : null };
};

function readManifests(r) {
  const list = [];
  while (!r.done) {
    const manifest = verifyManifest(r.lp32());
    const last = list.at(-1);
    damagedUnless(!last || Buffer.compare(last.place.subarray(0, 1 + last.place[0]), manifest.place.subarray(0, 1 + manifest.place[0])) < 0);
    list.push(manifest);
  }
  return list;
}

function readPrekeys(r, identity, device) {
  const ids = new Set();
  const read = (type, count) => {
    const list = [];
    for (let i = 0; i < count; i++) {
      const bytes = r.take(recordLength(type));
      const record = verifyRecord(bytes, [type], identity.ik, device);
      const kem = type === LAST_RESORT_KEM || type === ONE_TIME_KEM;
      const secret = Buffer.from(r.take(kem ? 64 : 32));
      damagedUnless(equal(kem ? kemPublic(secret) : x25519Public(secret), record.key));
      const last = list.at(-1);
      damagedUnless(!last || last.created < record.created || (last.created === record.created && last.id < record.id));
      damagedUnless(!ids.has(record.id));
      ids.add(record.id);
      const entry = Prekeys.entry(record.bytes, type, secret);
      if (type === SIGNED) readReplaySet(r, entry.replay);
      list.push(entry);
    }
    return list;
  };
  const signed = read(SIGNED, r.u16());
  const lastResort = read(LAST_RESORT_KEM, r.u16());
  const counts = () => { const count = r.u16(); damagedUnless(count <= ONE_TIME_PREKEYS); return count; };
  const oneTime = read(ONE_TIME, counts());
  const oneTimeKem = read(ONE_TIME_KEM, counts());
  return [...signed, ...lastResort, ...oneTime, ...oneTimeKem];
}

function readReplaySet(r, replay) {
  const count = r.u32();
  damagedUnless(count <= PREPARED_TOTAL);
  const entries = new Reader(r.take(count * 65)).ascending((e) => ({ hash: e.take(32), ik: e.take(32), pinned: e.u8() }));
  for (const { hash, ik, pinned } of entries) {
    damagedUnless(pinned <= 1 && !replay.has(hash.toString('hex')));
    replay.set(hash.toString('hex'), { ik: Buffer.from(ik), pinned: pinned === 1 });
  }
}

/**
 * Reads a backup or move file. Nothing is built of what is not as written (STORE-07, STORE-10).
 * @param {{passphrase: Buffer, kind: number, file: Buffer, now: bigint}} p
 */
export function importFile({ passphrase, kind, file, now }) {
  const { created, plaintext } = openFile({ passphrase, kind, file });
  let parts;
  try {
    parts = readParts(plaintext, kind);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal('file_damaged') : error;
  }
  const current = created + DAY >= now && created <= now + DAY;
  return current ? parts : { ...parts, prekeys: [] }; // [STORE-12]
}

function readParts(plaintext, kind) {
  const file = new Reader(plaintext);
  const [own, account, cardBytes, pinBytes, suiteBytes, secretBytes, manifestBytes, endedBytes, prekeyBytes] = Array.from({ length: 9 }, () => file.lp32());
  file.end();
  damagedUnless(own.length === 64);
  const identity = identityOf(Buffer.from(own.subarray(0, 32)), Buffer.from(own.subarray(32)));
  damagedUnless(account.length === 0 || account.length === 32);
  const akSeed = account.length ? Buffer.from(account) : null;
  const ak = akSeed && ed25519Public(akSeed);

  damagedUnless(cardBytes.length > 0 && cardBytes.length % CARD_BYTES === 0 && cardBytes.length <= CARDS_KEPT * CARD_BYTES);
  const cards = [];
  for (let at = 0; at < cardBytes.length; at += CARD_BYTES) cards.push(verifyCard(cardBytes.subarray(at, at + CARD_BYTES)));
  damagedUnless(cards.every((card) => equal(card.ik, identity.ik) && equal(card.idk, identity.idk)));

  const pins = new Reader(pinBytes).ascending(readPin);
  pins.forEach((pin, i) => damagedUnless(i === 0 || pin.device !== pins[i - 1].device || !equal(pin.address, pins[i - 1].address)));
  const suites = new Reader(suiteBytes).ascending(readSuite);
  const psks = new Reader(secretBytes).ascending(readSecret);
  const manifests = readManifests(new Reader(manifestBytes));
  const ended = new Reader(endedBytes).ascending((r) => r.take(32));
  const ownManifest = manifests.find((m) => equal(m.place, cards.at(-1).place));
  damagedUnless(!ak || !ownManifest || equal(ak, ownManifest.ak));

  const reader = new Reader(prekeyBytes);
  const prekeys = kind === KIND.MOVE ? readPrekeys(reader, identity, cards.at(-1).device) : [];
  reader.end();
  return { identity, akSeed, ak, cards, pins, suites, psks, manifests, ended, prekeys };
}

/** A device made of an import: it has no session (STORE-09), and draws new prekeys when it has none (STORE-13). */
export function importDevice(parts) {
  const device = new Device(parts.identity, parts.cards.map(({ bytes }) => bytes));
  for (const { address, device: id, ik } of parts.pins) device.contacts.pin(address, id, ik);
  for (const { ik, suite } of parts.suites) device.contacts.setLeast(ik, suite);
  for (const { psk, ik } of parts.psks) device.contacts.addSecret(psk, ik);
  for (const manifest of parts.manifests) device.contacts.manifests.set(manifest.place.toString('hex'), manifest);
  for (const ik of parts.ended) device.contacts.ended.add(ik.toString('hex'));
  for (const prekey of parts.prekeys) device.prekeys.byId.set(prekey.id, prekey);
  return device;
}

/**
 * The contents of a backup or move file. After a move the device must stop (STORE-11).
 * @param {Device} device @param {Buffer|null} akSeed @param {number} kind @param {bigint} now
 */
export function exportContents(device, akSeed, kind, now) {
  const { contacts, identity } = device;
  const bytes = (hex) => Buffer.from(hex, 'hex');
  const joined = (list) => concat(...list.sort(Buffer.compare));
  const pins = [...contacts.pins].map(([key, ik]) => {
    const place = bytes(key);
    return concat(place.subarray(0, 1 + place[0]), place.subarray(65), ik);
  });
  const suites = [...contacts.suites].map(([ik, suite]) => concat(bytes(ik), u16(suite)));
  const set = [...contacts.secretOf].map(([ik, name]) => concat(contacts.secrets.get(name), u8(1), bytes(ik)));
  const names = new Set(contacts.secretOf.values());
  const spare = [...contacts.secrets.values()].filter((psk) => !names.has(pskId(psk).toString('hex'))).map((psk) => concat(psk, u8(0), Buffer.alloc(32)));
  const manifests = [...contacts.manifests.values()].sort((a, b) => Buffer.compare(a.place, b.place)).map((m) => lp32(m.bytes));
  const cards = device.keptCards(now);
  return concat(...[
    concat(identity.ikSeed, identity.idkPrivate), akSeed ?? Buffer.alloc(0), concat(...cards.map((card) => card.bytes)),
    joined(pins), joined(suites), joined([...set, ...spare]), concat(...manifests), joined([...contacts.ended].map(bytes)), kind === KIND.MOVE ? prekeyLists(device.prekeys.live(now)) : Buffer.alloc(0),
  ].map(lp32));
}

function prekeyLists(live) {
  const of = (type) => live.filter((p) => p.type === type).sort((a, b) => (a.created === b.created ? a.id - b.id : a.created < b.created ? -1 : 1));
  const replay = (p) => {
    const entries = [...p.replay].map(([hash, { ik, pinned }]) => concat(Buffer.from(hash, 'hex'), ik, u8(pinned ? 1 : 0))).sort(Buffer.compare);
    return concat(u32(entries.length), ...entries);
  };
  const plain = (list) => list.map((p) => concat(p.record, p.secret));
  const [signed, lastResort, oneTime, oneTimeKem] = [SIGNED, LAST_RESORT_KEM, ONE_TIME, ONE_TIME_KEM].map(of);
  return concat(
    u16(signed.length), ...signed.map((p) => concat(p.record, p.secret, replay(p))), u16(lastResort.length), ...plain(lastResort),
    u16(oneTime.length), ...plain(oneTime), u16(oneTimeKem.length), ...plain(oneTimeKem),
  );
}
