/**
 * Chapters 12 and 13: translates the operations and scripts of vectors into calls of the client.
 * check.js and adapter.js share it; nothing of the protocol is in here.
 */
import { createHash } from 'node:crypto';
import { ascii, equal, INITIATOR, refuseUnless, RESPONDER, u32 } from './src/notation.js';
import * as primitives from './src/primitives.js';
import { SUITE_1, SUITE_2, SUITES } from './src/primitives.js';
import { identityOf, isValidAt, issueCard, verifyCard } from './src/keys.js';
import { complete, decodeComplete, decodeResponse, finish, initiate, isHalfOpen, respond } from './src/handshake.js';
import { decodePrekeyInit, initiatePrepared, respondPrepared } from './src/prepared.js';
import { issueRecord, Prekeys, verifyBundle, verifyRecord } from './src/prekeys.js';
import { chainStep, step } from './src/ratchet.js';
import { openMessage, paddedLength, sealMessage } from './src/message.js';
import { exportSecret, Session, sessionKeys } from './src/session.js';
import { changeManifest, followManifest, issueManifest, verifyManifest } from './src/account.js';
import { Contacts, namedSecret } from './src/contacts.js';
import { digits, fingerprint, safetyNumber, scan } from './src/safety.js';
import { restore, snapshot, VERSION_AT } from './src/snapshot.js';
import { hasArgon2, importFile, openFile, sealFile } from './src/storage.js';
import { Device } from './src/device.js';
import { conversations } from './conversations.js';
import { bytes, listedDraws, optional, time, written } from './values.js';

/** Thrown for what this client does not know (ADAPT-03). */
export class Unsupported extends Error {}

/**
 * The profiles that this build implements completely (ADAPT-06). The vectors of `prepared` issue and judge KEM
 * prekeys in suite 0x0001 too, so without ML-KEM it is not claimed.
 */
const kem = SUITES.includes(SUITE_2);
export const profiles = ['core', ...(kem ? ['prepared'] : []), 'devices', ...(kem ? ['hybrid'] : []), ...(kem && hasArgon2 ? ['storage'] : [])];

// Operations (12.3) --------------------------------------------------------------------------------

const devicesOf = (list) => list.map((d) => ({ device: d.device, ik: bytes(d.ik), added: time(d.added), revoked: time(d.revoked) }));
const identityIn = (i) => identityOf(bytes(i.ik_seed), bytes(i.idk_private));

function known(i) {
  return () => ({ floor: optional(i.floor, time), psk: optional(i.psk, bytes), least: i.least ?? SUITE_1, views: bytes(i.views) });
}

function runInitiate(i, random, trace) {
  return initiate({ identity: identityIn(i), ownCard: verifyCard(bytes(i.card_i)), peerCard: bytes(i.card_r), now: time(i.now), policy: () => false, known: known(i) }, random, trace);
}

/** What both responders are given by 12.3.1. */
function responderIn(i) {
  const contacts = new Contacts();
  for (const { address, device, ik } of i.pins) contacts.pin(bytes(address), device, bytes(ik));
  for (const psk of i.psks ?? []) contacts.addSecret(bytes(psk), null);
  return {
    identity: identityIn(i), now: time(i.now), cards: i.cards.map((card) => verifyCard(bytes(card))),
    policy: (card) => contacts.policy(card),
    secret: (id) => namedSecret(id.toString('hex'), i.expected, contacts.secrets.get(id.toString('hex'))),
    least: () => i.least ?? SUITE_1,
  };
}

function runRespond(i, random, trace) {
  return respond({ ...responderIn(i), init: bytes(i.init), cache: () => {}, bounds: () => {}, views: () => bytes(i.views) }, random, trace);
}

const pair = (i, prefix) => ({ key: bytes(i[`${prefix}_key`]), address: bytes(i[`${prefix}_address`]) });

/** operation -> (input, {suite, random, trace}) -> output */
const OPERATIONS = {
  x25519: (i) => ({ shared: primitives.x25519(bytes(i.private), bytes(i.public)) }),
  'ed25519-sign': (i) => ({ public: primitives.ed25519Public(bytes(i.seed)), signature: primitives.sign(bytes(i.seed), i.purpose, bytes(i.hash)) }),
  'ed25519-verify': (i) => { primitives.verify(bytes(i.public), i.purpose, bytes(i.hash), bytes(i.signature)); return {}; },
  mix: (i) => ({ hash: primitives.mix(bytes(i.hash), bytes(i.bytes)) }),
  extract: (i, { suite }) => ({ prk: primitives.lExtract(suite, bytes(i.salt), i.label, bytes(i.ikm)) }),
  expand: (i, { suite }) => ({ okm: primitives.lExpand(suite, bytes(i.prk), i.label, bytes(i.context), i.length) }),
  seal: (i) => ({ sealed: primitives.seal(bytes(i.keys), bytes(i.ad), bytes(i.plaintext)) }),
  open: (i) => ({ plaintext: primitives.open(bytes(i.keys), bytes(i.ad), bytes(i.sealed)) }),
  'card-issue': (i, { trace }) => ({
    card: issueCard(identityIn(i), { suites: i.suites, address: bytes(i.address), device: i.device, created: time(i.created), expires: time(i.expires) }, trace),
  }),
  'card-verify': (i) => {
    const { suites, address, device, ik, idk, created, expires } = verifyCard(bytes(i.card));
    return { suites, address, device, ik, idk, created, expires };
  },
  'card-valid': (i) => { refuseUnless(isValidAt(verifyCard(bytes(i.card)), time(i.time)), 'time'); return {}; },
  'handshake-initiate': (i, { random, trace }) => {
    const { init, handshakeId } = runInitiate(i, random, trace);
    return { init, handshake_id: handshakeId };
  },
  'handshake-respond': (i, { random, trace }) => {
    const r = runRespond(i, random, trace);
    return { response: r.response, card_i: r.cardI.bytes, ts_i: r.tsI, views_i: r.views, pinned: r.pinned };
  },
  'handshake-finish': (i, { random, trace }) => {
    const { half } = runInitiate(i.initiate.input, listedDraws(i.initiate.random));
    const response = bytes(i.response);
    const { suite, handshakeId } = decodeResponse(response);
    refuseUnless(suite === half.suite, 'suite');
    refuseUnless(equal(handshakeId, half.handshakeId) && isHalfOpen(half, time(i.now)), 'unknown_handshake');
    const r = finish(half, identityIn(i.initiate.input), response, random, trace);
    return { complete: r.complete, ts_r: r.tsR, views_r: r.views, sk: r.sk };
  },
  'handshake-complete': (i, { trace }) => {
    const { half } = runRespond(i.respond.input, listedDraws(i.respond.random));
    const packet = decodeComplete(bytes(i.complete));
    refuseUnless(packet.suite === half.suite, 'suite');
    refuseUnless(equal(packet.handshakeId, half.handshakeId) && isHalfOpen(half, time(i.now)), 'unknown_handshake');
    const { sk, ra } = complete(half, packet.complete, trace);
    return { sk, ra };
  },
  'session-keys': (i, { suite }) => {
    const k = sessionKeys({
      suite, sk: bytes(i.sk), transcript: bytes(i.transcript),
      initiator: { ik: bytes(i.ik_i), device: i.device_i }, responder: { ik: bytes(i.ik_r), device: i.device_r },
    });
    return { root: k.root, header_initiator: k.headerInitiator, header_responder: k.headerResponder, session_id: k.sessionId, exporter: k.exporter, ad_initiator: k.adInitiator, ad_responder: k.adResponder };
  },
  export: (i, { suite }) => ({ okm: exportSecret(suite, bytes(i.exporter), i.label, bytes(i.context), i.length) }),
  'ratchet-step': (i, { suite, trace }) => {
    const { root, chain, nextHeader } = step(suite, bytes(i.root), bytes(i.dh), bytes(i.dh_new), bytes(i.dh_other), trace);
    return { root, chain, next_header: nextHeader };
  },
  'chain-step': (i) => {
    const { messageKey, chain } = chainStep(bytes(i.chain));
    return { message_key: messageKey, chain };
  },
  padding: (i) => ({ padded: paddedLength(i.length) }),
  'message-seal': (i, { suite, random, trace }) => ({
    message: sealMessage({ suite, messageKey: bytes(i.message_key), headerKey: bytes(i.header_key), ad: bytes(i.ad), dh: bytes(i.dh), pn: i.pn, n: i.n, type: i.type, content: bytes(i.content) }, random, trace),
  }),
  'message-open': (i, { trace }) => openMessage({ messageKey: bytes(i.message_key), headerKey: bytes(i.header_key), ad: bytes(i.ad), packet: bytes(i.message) }, trace),
  'kem-generate': (i) => ({ ek: primitives.kemPublic(bytes(i.seed)) }),
  'kem-encapsulate': (i, { random }) => primitives.kemEncapsulate(bytes(i.ek), random),
  'kem-decapsulate': (i) => ({ secret: primitives.kemDecapsulate(bytes(i.seed), bytes(i.ct)) }),
  'psk-id': (i) => ({ psk_id: primitives.pskId(bytes(i.psk)) }),
  'prekey-issue': (i, { trace }) => ({
    record: issueRecord({ ikSeed: bytes(i.ik_seed), type: i.type, id: i.id, device: i.device, created: time(i.created), expires: time(i.expires), secret: bytes(i.private) }, trace),
  }),
  'prekey-verify': (i) => {
    const { type, id, created, expires, key } = verifyRecord(bytes(i.record), i.types, bytes(i.ik), i.device);
    return { type, id, created, expires, key };
  },
  'bundle-verify': (i) => {
    const { spk, opk, pqk } = verifyBundle(bytes(i.bundle), time(i.now));
    return { spk_id: spk.id, opk_id: opk?.id ?? 0, pqk_id: pqk?.id ?? 0 };
  },
  'prepared-initiate': (i, { random, trace }) => {
    const { handshake, sk } = initiatePrepared({ identity: identityIn(i), ownCard: verifyCard(bytes(i.card_i)), bundle: bytes(i.bundle), now: time(i.now), policy: () => false, known: known(i) }, random, trace);
    return { handshake, sk };
  },
  'prepared-respond': (i, { trace }) => {
    const { suite, handshake } = decodePrekeyInit(bytes(i.handshake), true);
    const prekeys = new Prekeys();
    for (const { record, private: secret } of i.prekeys) {
      const entry = Prekeys.entry(bytes(record), bytes(record)[1], bytes(secret));
      prekeys.byId.set(entry.id, entry);
    }
    const base = responderIn(i);
    const r = respondPrepared({ ...base, suite, handshake, prekey: (id, types) => prekeys.get(id, types, base.now), replay: () => {}, bounds: () => {} }, trace);
    return { sk: r.sk, card_i: r.cardI.bytes, ts_i: r.tsI, views_i: r.views, pinned: r.pinned, psk_id: r.pskId, ra: r.ra, reduced: r.reduced };
  },
  'manifest-issue': (i, { trace }) => ({
    manifest: issueManifest({ akSeed: bytes(i.ak_seed), address: bytes(i.address), number: time(i.number), previous: bytes(i.previous), devices: devicesOf(i.devices) }, trace),
  }),
  'manifest-change': (i) => ({
    manifest: changeManifest({
      akSeed: bytes(i.ak_seed), address: bytes(i.address), kept: optional(i.kept, (m) => verifyManifest(bytes(m))), now: time(i.now),
      changes: i.changes.map((c) => ({ ...c, ...(c.ik && { ik: bytes(c.ik) }) })),
    }),
  }),
  'manifest-verify': (i) => {
    const { address, ak, number, previous, devices, hash } = verifyManifest(bytes(i.manifest));
    return { address, ak, number, previous, devices, hash };
  },
  'manifest-follow': (i) => {
    const kept = verifyManifest(bytes(i.kept));
    return { changed: followManifest(kept, verifyManifest(bytes(i.next))) };
  },
  fingerprint: (i, { trace }) => {
    const print = fingerprint(bytes(i.key), bytes(i.address), trace);
    return { fingerprint: print, digits: digits(print) };
  },
  'safety-number': (i) => safetyNumber(pair(i, 'own'), pair(i, 'peer')),
  scan: (i) => { scan(pair(i, 'own'), pair(i, 'peer'), bytes(i.code)); return {}; },
  'file-seal': (i, { random, trace }) => ({
    file: sealFile({ passphrase: bytes(i.passphrase), memory: i.memory, passes: i.passes, lanes: i.lanes, kind: i.kind, created: time(i.created), plaintext: bytes(i.plaintext) }, random, trace),
  }),
  'file-open': (i) => openFile({ passphrase: bytes(i.passphrase), kind: i.kind, file: bytes(i.file) }),
  import: (i) => {
    const r = importFile({ passphrase: bytes(i.passphrase), kind: i.kind, file: bytes(i.file), now: time(i.now) });
    return {
      ik: r.identity.ik, idk: r.identity.idk, ak: r.ak ?? undefined, cards: r.cards.length, pins: r.pins.length, suites: r.suites.length,
      psks: r.psks.length, manifests: r.manifests.length, ended: r.ended.length, prekeys: r.prekeys.length,
    };
  },
  conversations: (i, { suite, trace }) => ({ after: conversations({ suite, seed: bytes(i.seed), first: i.first, count: i.count, before: bytes(i.before) }, trace) }),
};

const needs = (operation) => (/^kem-/.test(operation) ? 'hybrid' : /^(file-|import)/.test(operation) ? 'storage' : null);

/** @returns {{output: object, intermediate: [string, string][]}} */
export function runOperation(operation, suite, input, random) {
  const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : null;
  if (!run || !SUITES.includes(suite) || (needs(operation) && !profiles.includes(needs(operation)))) throw new Unsupported(operation);
  const intermediate = [];
  const trace = (label, value) => intermediate.push([label, value.toString('hex')]);
  return { output: written(run(input, { suite, random, trace })), intermediate };
}

// Scripts ------------------------------------------------------------------------------------------

/** 12.4: two sides of one session. */
export class SessionScript {
  constructor(suite, s) {
    if (!SUITES.includes(suite)) throw new Unsupported(`suite ${suite}`);
    const i = { ik: bytes(s.ik_i), device: s.device_i };
    const r = { ik: bytes(s.ik_r), device: s.device_r };
    const ra = bytes(s.ra_private);
    const rb = bytes(s.rb_private);
    const [raPublic, rbPublic] = [primitives.x25519Public(ra), primitives.x25519Public(rb)];
    const common = { suite, tsI: 0n, transcript: bytes(s.transcript) };
    this.sides = {
      initiator: Session.create({ ...common, sk: bytes(s.sk), role: INITIATOR, own: i, peer: r, ownPrivate: ra, ownPublic: raPublic, peerPublic: rbPublic }),
      responder: Session.create({ ...common, sk: bytes(s.sk), role: RESPONDER, own: r, peer: i, ownPrivate: rb, ownPublic: rbPublic, peerPublic: raPublic }),
    };
  }

  step(step, random) {
    const side = this.sides[step.as];
    switch (step.do) {
      case 'send': return { message: written(side.send(step.type, bytes(step.content), random)) };
      case 'send-many': {
        const messages = Array.from({ length: step.count }, (_, n) => side.send(0x01, u32(n), random));
        const hash = createHash('sha256');
        for (const message of messages) hash.update(message);
        return { digest: hash.digest('hex'), messages: written(messages) };
      }
      case 'receive': return written(side.receive(bytes(step.message)));
      case 'receipt': {
        const message = side.receipt(random);
        return message ? { message: written(message) } : {};
      }
      case 'close': return { message: written(side.close(random)) };
      case 'export': return { okm: written(side.export(step.label, bytes(step.context), step.length)) };
      case 'restore':
        this.sides[step.as] = restore('QuipuSES', snapshot('QuipuSES', side.generation, side.toValue()), side.generation, Session.fromValue, (s) => s.toValue());
        return {};
      default: throw new Unsupported(step.do);
    }
  }

  digest(as) {
    const side = this.sides[as];
    return createHash('sha256').update(snapshot('QuipuSES', side.generation, side.toValue())).digest('hex');
  }
}

/** What happens to a copy of a snapshot before it is restored (12.5). */
const DAMAGE = {
  version: (copy) => { copy[VERSION_AT] = 0xff; return copy; },
  cut: (copy) => copy.subarray(0, -1),
  flip: (copy) => { copy[copy.length >> 1] ^= 0x01; return copy; },
};

/** 12.5: whole devices with a clock. */
export class DeviceScript {
  constructor(suite, setup) {
    if (!SUITES.includes(suite)) throw new Unsupported(`suite ${suite}`);
    this.devices = new Map();
    this.iks = new Map();
    /** name of a device -> its slots @type {Map<string, Map<string, object>>} */
    this.slots = new Map();
    /** how many entries `filled` has made */
    this.filled = 0;
    for (const d of setup.devices) {
      const identity = identityIn(d);
      this.devices.set(d.name, new Device(identity, [bytes(d.card)]));
      this.slots.set(d.name, new Map());
      this.iks.set(d.name, identity.ik);
    }
    for (const { name, ik } of setup.peers ?? []) this.iks.set(name, bytes(ik));
  }

  #ik(name) {
    const ik = this.iks.get(name);
    if (!ik) throw new TypeError(`no device ${name}`);
    return ik;
  }

  #name(ik) {
    for (const [name, key] of this.iks) if (equal(key, ik)) return name;
    return ik.toString('hex');
  }

  step(step, random) {
    const device = this.devices.get(step.as);
    const now = time(step.now);
    switch (step.do) {
      case 'pin': device.contacts.pin(bytes(step.address), step.device, bytes(step.ik)); return {};
      case 'card': device.addCard(bytes(step.card), now); return {};
      case 'initiate': return { packet: written(device.initiate(bytes(step.card), now, random)) };
      case 'receive': return written(device.receive(bytes(step.packet), { from: step.from === undefined ? null : this.#ik(step.from), now, random }));
      case 'send': return written(device.send(this.#ik(step.to), step.type, bytes(step.content), now, random));
      case 'receipt': return written(device.receipt(this.#ik(step.to), bytes(step.session), now, random));
      case 'close': return written(device.close(this.#ik(step.to), now, random));
      case 'psk': device.contacts.addSecret(bytes(step.psk), optional(step.peer, bytes)); return {};
      case 'least': device.contacts.setLeast(bytes(step.peer), step.suite); return {};
      case 'prekeys': return { records: written(device.refillPrekeys(step.one_time, now, random)) };
      case 'prepare': return { events: written(device.prepare(bytes(step.bundle), now, random)) };
      case 'manifest': return { events: written(device.takeManifests(step.manifests.map(bytes), { sender: null, replace: step.replace ?? false, now })) };
      case 'send-all':
        return { packets: device.sendAll(bytes(step.address), step.type, bytes(step.content), now, random).map(({ ik, packet, error }) => [this.#name(ik), error ? { error } : written(packet)]) };
      case 'due': {
        const { events, packets } = device.due(now);
        return { events: written(events), packets: packets.map(({ ik, packet }) => [this.#name(ik), written(packet)]) };
      }
      case 'restart': {
        device.restart(step.cache, now);
        for (const filled of step.filled ?? []) this.#fill(device, filled, now);
        return {};
      }
      case 'store': this.#store(device, step); return {};
      case 'restore': this.#restore(device, step); return {};
      default: throw new Unsupported(step.do);
    }
  }

  /** Entries of a replay set or of the replay cache, as if so many handshakes had been accepted. */
  #fill(device, { count, pinned, ik, spk_id: spkId }, now) {
    const { replay } = (spkId === undefined ? null : device.prekeys.byId.get(spkId)) ?? {};
    if (spkId !== undefined && !replay) throw new TypeError(`no signed prekey ${spkId}`);
    for (let i = 0; i < count; i++) {
      const hash = primitives.sha256(ascii('filled'), u32(this.filled++));
      const entry = { ik: optional(ik, bytes) ?? hash, pinned };
      if (replay) replay.set(written(hash), entry);
      else device.cache.set(written(hash), { ...entry, tsI: now });
    }
    if (replay) device.prekeys.generation += count;
  }

  /** The caller of 8.6 and 5.8. */
  #store(device, { as, of, slot }) {
    if (of === undefined) {
      this.slots.get(as).set(slot, { prekeys: device.prekeys.snapshot() });
      return;
    }
    const ik = this.#ik(of);
    const sessions = device.sessionSnapshots(ik);
    if (!sessions.length) throw new TypeError(`no session with ${of}`);
    this.slots.get(as).set(slot, { ik, sessions });
  }

  #restore(device, { as, slot, damage, counter }) {
    const stored = this.slots.get(as).get(slot);
    if (!stored) throw new TypeError(`nothing was stored as ${slot}`);
    const given = (snapshot) => (damage ? DAMAGE[damage](Buffer.from(snapshot)) : snapshot);
    if (stored.prekeys) {
      device.restorePrekeys(given(stored.prekeys), counter ? device.prekeys.generation : 0);
      return;
    }
    const present = counter ? device.sessionSnapshots(stored.ik) : [];
    const least = (id) => present.find((session) => equal(session.id, id))?.generation ?? 0;
    device.restoreSessions(stored.ik, stored.sessions.map(({ id, bytes: snapshot }) => ({ bytes: given(snapshot), least: least(id) })));
  }

  digest(as, now) { return this.devices.get(as).digest(time(now)).toString('hex'); }
}

