/** Chapter 4: the interactive handshake as functions of their inputs. Tables and caches are in device.js. */
import { Refusal, TYPE, ascii, concat, decodeStart, draw, equal, equalSecret, passed, PROTO, refuseUnless, trailingMessage, u8, u16, u64, U64_MAX, wipe, zeros } from './notation.js';
import { CT_BYTES, distinct, EK_BYTES, highestSuite, hmac, isCanonicalX25519, isValidEncapsulationKey, kemDecapsulate, kemEncapsulate, kemPublic, lExpand, lExtract, mix, open, pskId, seal, sha256, sign, SUITE_2, SUITES, verify, x25519, x25519Public, ZERO32 } from './primitives.js';
import { CARD_BYTES, cardFields, isValidAt, verifyCard } from './keys.js';
import { HALF_OPEN_LIFETIME, INIT_WINDOW } from './limits.js';

export const COMPLETE_BYTES = 164;
const NO_TRACE = () => {};
const initClear = (suite) => 36 + (suite === SUITE_2 ? EK_BYTES : 0);
const responseClear = (suite) => 52 + (suite === SUITE_2 ? CT_BYTES : 0);
export const initLength = (suite) => initClear(suite) + 386;
export const responseLength = (suite) => responseClear(suite) + 216;
const start = (type, suite) => concat(u8(1), u8(type), u16(suite));

/** `ts_I` of a new session (HS-05, PREP-16). `floor` is the `ts_I` of the greatest confirmed session, or null. */
export function chooseTsI(now, floor, window) {
  const tsI = floor !== null && floor >= now ? floor + 1n : now;
  refuseUnless(tsI <= now + window && tsI <= U64_MAX, 'window'); // [HS-05] [PREP-16]
  return tsI;
}

/** [CARD-12] [CARD-16] the suite of a handshake that we start. */
export function chooseSuite(ownCard, peerCard, least) {
  const suite = highestSuite(ownCard.suites, peerCard.suites);
  refuseUnless(suite >= 1, 'suite');
  refuseUnless(suite >= least, 'suite');
  return suite;
}

/**
 * Makes an Init (4.3).
 * @param {object} p
 * @param {import('./keys.js').Identity} p.identity
 * @param {import('./keys.js').Card} p.ownCard the newest
 * @param {Buffer} p.peerCard as received
 * @param {bigint} p.now
 * @param {(card: import('./keys.js').Card) => void} p.policy HS-39, DEV-10
 * @param {(card: import('./keys.js').Card) => {floor: bigint|null, psk: Buffer|null, least: number, views: Buffer}} p.known what we know of that device
 */
export function initiate(p, random, trace = NO_TRACE) {
  const { identity, ownCard, now } = p;
  const peerCard = verifyCard(p.peerCard); // [HS-01]
  refuseUnless(isValidAt(peerCard, now), 'time'); // [HS-02]
  p.policy(peerCard); // [HS-39]
  refuseUnless(!equal(peerCard.ik, identity.ik), 'identity'); // [HS-03]
  const { floor, psk, least, views } = p.known(peerCard);
  const suite = chooseSuite(ownCard, peerCard, least);
  const tsI = chooseTsI(now, floor, INIT_WINDOW); // [HS-05]
  refuseUnless(isValidAt(ownCard, tsI), 'time'); // [HS-02]
  const psk_id = psk ? pskId(psk) : zeros(16);

  const ekPrivate = draw(random, 32); // [HS-04]
  const kemSeed = suite === SUITE_2 ? draw(random, 64) : null;
  const ekI = x25519Public(ekPrivate);
  trace('ek_i', ekI);
  const ek = kemSeed ? kemPublic(kemSeed) : zeros(0);
  if (kemSeed) trace('ek', ek);
  const es = x25519(ekPrivate, peerCard.idk);
  trace('es', es);
  const kes = lExtract(suite, ZERO32, 'init', es);
  trace('k_es', kes);
  const clear = concat(start(TYPE.INIT, suite), ekI, ek);
  const h0 = mix(sha256(PROTO, ascii('interactive')), peerCard.bytes);
  trace('h0', h0);
  const h1 = mix(h0, clear);
  trace('h1', h1);
  const inner = concat(u64(tsI), ownCard.bytes, psk_id, views);
  const h2 = mix(h1, inner);
  trace('h2', h2);
  const signature = sign(identity.ikSeed, 'init', h2);
  trace('sig_i1', signature);
  const keys = lExpand(suite, kes, 'init seal', h1, 44);
  trace('init_seal', keys);
  const sealed = seal(keys, h1, concat(inner, signature));
  const h3 = mix(h2, sealed);
  trace('h3', h3);
  const handshakeId = lExpand(suite, kes, 'handshake id', h3, 16);
  wipe(kes, keys);
  return {
    init: concat(clear, sealed),
    handshakeId,
    /** what the initiator keeps until the Response */
    half: { handshakeId, suite, created: now, tsI, ekPrivate, ekI, kemSeed, es, h3, psk: psk ? Buffer.from(psk) : null, pskId: psk_id, ownCard, peerCard },
  };
}

/**
 * Accepts an Init and makes the Response (4.4), in the order of the table.
 * @param {object} p
 * @param {Buffer} p.init @param {bigint} p.now
 * @param {import('./keys.js').Identity} p.identity
 * @param {import('./keys.js').Card[]} p.cards the kept ones
 * @param {(hash: Buffer) => void} p.cache steps 3 and 4
 * @param {(claimed: import('./keys.js').Card) => boolean} p.policy HS-12, DEV-10; returns whether pinned
 * @param {(id: Buffer, ik: Buffer) => Buffer|null} p.secret HS-13
 * @param {(ik: Buffer) => number} p.least CARD-16
 * @param {(ik: Buffer, pinned: boolean) => void} p.bounds step 12
 * @param {(card: import('./keys.js').Card) => Buffer} p.views
 */
export function respond(p, random, trace = NO_TRACE) {
  const { init, now, identity } = p;
  const { suite } = decodeStart(init, [TYPE.INIT], SUITES, (_, s, length) => length === initLength(s)); // 1
  const ekI = init.subarray(4, 36);
  refuseUnless(isCanonicalX25519(ekI), 'key'); // 2
  const hash = sha256(init);
  p.cache(hash); // 3, 4 [HS-07] [HS-08]
  const es = x25519(identity.idkPrivate, ekI); // 5
  const clear = init.subarray(0, initClear(suite));
  const ek = clear.subarray(36);
  if (suite === SUITE_2) refuseUnless(isValidEncapsulationKey(ek), 'key'); // [PRIM-18]
  const kes = lExtract(suite, ZERO32, 'init', es);
  const opened = openWithCards(p.cards, suite, kes, clear, init.subarray(clear.length)); // 6 [HS-09]
  const { card: ownCard, h0, h1, keys, plaintext } = opened;

  const inner = plaintext.subarray(0, 306);
  const tsI = plaintext.readBigUInt64BE(0);
  refuseUnless(tsI <= now + INIT_WINDOW && now <= tsI + INIT_WINDOW, 'time'); // 7 [HS-10]
  const cardI = cardFields(plaintext.subarray(8, 8 + CARD_BYTES));
  const pinned = claimedIdentity(identity, ownCard, cardI, p.policy); // 8
  const psk_id = plaintext.subarray(226, 242);
  const psk = p.secret(psk_id, cardI.ik); // 9 [HS-13]
  checkClaimedCard(cardI, tsI, suite, ownCard, p.least); // 10
  const h2 = mix(h1, inner);
  verify(cardI.ik, 'init', h2, plaintext.subarray(306, 370)); // 11 [HS-16]
  p.bounds(cardI.ik, pinned); // 12

  const ekPrivate = draw(random, 32); // [HS-21]
  const ekR = distinct(x25519Public(ekPrivate), [ekI]); // [PRIM-17]
  const rbPrivate = draw(random, 32);
  const rb = distinct(x25519Public(rbPrivate), [ekI, ekR]);
  const encapsulation = suite === SUITE_2 ? kemEncapsulate(ek, random) : null;
  const ss = encapsulation ? encapsulation.secret : zeros(0);
  const ee = x25519(ekPrivate, ekI); // 13
  const se = x25519(ekPrivate, cardI.idk); // 13
  trace('es', es); trace('k_es', kes); trace('h0', h0); trace('h1', h1); trace('init_seal', keys); trace('h2', h2);
  const h3 = mix(h2, init.subarray(clear.length));
  trace('h3', h3); trace('ek_r', ekR); trace('rb', rb);
  if (encapsulation) trace('ss', ss);
  trace('ee', ee); trace('se', se);
  const hs = lExtract(suite, psk ?? ZERO32, 'interactive', concat(ss, ee, es, se));
  trace('hs', hs);
  const handshakeId = lExpand(suite, kes, 'handshake id', h3, 16);
  const responseStart = concat(start(TYPE.RESPONSE, suite), handshakeId, ekR, encapsulation ? encapsulation.ct : zeros(0));
  const h4 = mix(h3, responseStart);
  trace('h4', h4);
  const body = concat(u64(now), rb, p.views(cardI));
  const signature = sign(identity.ikSeed, 'response', mix(h4, body));
  trace('sig_r', signature);
  const sealKeys = lExpand(suite, hs, 'response seal', h4, 44);
  trace('response_seal', sealKeys);
  const sealed = seal(sealKeys, h4, concat(body, signature));
  const h5 = mix(h4, sealed);
  trace('h5', h5);
  const macKey = lExpand(suite, hs, 'response mac', h4, 32);
  trace('response_mac', macKey);
  const mac = hmac(macKey, h5);
  trace('mac_r', mac);
  const h6 = mix(h5, mac);
  trace('h6', h6);
  wipe(es, ee, se, ss, kes, sealKeys, macKey, ekPrivate);
  const views = Buffer.from(plaintext.subarray(242, 306));
  return {
    response: concat(responseStart, sealed, mac),
    hash, cardI, tsI, views, pinned,
    /** what the responder keeps until Complete */
    half: { handshakeId, suite, created: now, tsI, hs, h6, ekI: Buffer.from(ekI), ekR, rbPrivate, rb, pskId: Buffer.from(psk_id), ownCard, peerCard: cardI, pinned },
  };
}

function openWithCards(cards, suite, kes, clear, sealed) {
  for (const card of cards) {
    const h0 = mix(sha256(PROTO, ascii('interactive')), card.bytes);
    const h1 = mix(h0, clear);
    const keys = lExpand(suite, kes, 'init seal', h1, 44);
    const plaintext = tryOpen(keys, h1, sealed);
    if (plaintext) return { card, h0, h1, keys, plaintext };
  }
  throw new Refusal('authentication'); // [HS-09]
}

/** @returns {Buffer|null} */
export function tryOpen(keys, ad, sealed) {
  try {
    return open(keys, ad, sealed);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** Identity policy of Init and PrekeyInit. The claimed card is not verified yet: its address is compared as 65 raw bytes. */
export function claimedIdentity(identity, ownCard, claimed, policy) {
  refuseUnless(!equal(claimed.ik, identity.ik), 'identity'); // [HS-11]
  refuseUnless(!(equal(claimed.place, ownCard.place) && claimed.device === ownCard.device), 'identity'); // [HS-11]
  return policy(claimed); // [HS-12] [DEV-10]
}

/** HS-14, HS-15 and CARD-16 on the card in an Init or PrekeyInit. */
export function checkClaimedCard(cardI, tsI, suite, ownCard, least) {
  verifyCard(cardI.bytes); // [HS-14]
  refuseUnless(isValidAt(cardI, tsI), 'time'); // [HS-14]
  refuseUnless(suite === highestSuite(cardI.suites, ownCard.suites), 'suite'); // [HS-15]
  refuseUnless(suite >= least(cardI.ik), 'suite'); // [CARD-16]
}

/** ENC-01 to ENC-05 of a Response. @returns {{suite: number, handshakeId: Buffer}} */
export function decodeResponse(response) {
  const { suite } = decodeStart(response, [TYPE.RESPONSE], SUITES, (_, s, length) => length === responseLength(s));
  return { suite, handshakeId: response.subarray(4, 20) };
}

/** [HS-27] a half-open handshake lives 60 s on both sides. */
export const isHalfOpen = (half, now) => passed(half.created, now) < HALF_OPEN_LIFETIME;

/** Accepts a Response to the handshake `half` and makes Complete (4.5). */
export function finish(half, identity, response, random, trace = NO_TRACE) {
  const { suite, h3, es, ekI, ekPrivate } = half;
  const clear = response.subarray(0, responseClear(suite));
  const sealed = response.subarray(clear.length, response.length - 32);
  const macR = response.subarray(response.length - 32);
  const ekR = clear.subarray(20, 52);
  const ee = x25519(ekPrivate, ekR); // 3
  const se = x25519(identity.idkPrivate, ekR); // 3
  const ss = half.kemSeed ? kemDecapsulate(half.kemSeed, clear.subarray(52)) : zeros(0);
  if (half.kemSeed) trace('ss', ss);
  trace('ee', ee); trace('se', se);
  const hs = lExtract(suite, half.psk ?? ZERO32, 'interactive', concat(ss, ee, es, se));
  trace('hs', hs);
  const h4 = mix(h3, clear);
  trace('h4', h4);
  const h5 = mix(h4, sealed);
  trace('h5', h5);
  const macKey = lExpand(suite, hs, 'response mac', h4, 32);
  trace('response_mac', macKey);
  refuseUnless(equalSecret(hmac(macKey, h5), macR), 'authentication'); // 4 [HS-23]
  const h6 = mix(h5, macR);
  trace('h6', h6);
  const sealKeys = lExpand(suite, hs, 'response seal', h4, 44);
  trace('response_seal', sealKeys);
  const plaintext = open(sealKeys, h4, sealed); // 5 [HS-23]
  const rb = Buffer.from(plaintext.subarray(8, 40));
  verify(half.peerCard.ik, 'response', mix(h4, plaintext.subarray(0, 104)), plaintext.subarray(104)); // 6 [HS-24]
  refuseUnless(isCanonicalX25519(rb), 'key'); // 7 [HS-25]
  refuseUnless(!equal(rb, ekR) && !equal(rb, ekI) && !equal(ekR, ekI), 'protocol'); // 7 [HS-25]

  const raPrivate = draw(random, 32);
  const ra = distinct(x25519Public(raPrivate), [rb, ekI, ekR]); // [PRIM-17]
  const ratchetShared = x25519(raPrivate, rb); // [PRIM-02]
  trace('ra', ra);
  const completeStart = concat(start(TYPE.COMPLETE, suite), half.handshakeId);
  const h7 = mix(h6, completeStart);
  trace('h7', h7);
  const signature = sign(identity.ikSeed, 'complete', mix(h7, ra));
  trace('sig_i2', signature);
  const keys = lExpand(suite, hs, 'complete seal', h7, 44);
  trace('complete_seal', keys);
  const completeSealed = seal(keys, h7, concat(ra, signature));
  const h8 = mix(h7, completeSealed);
  trace('h8', h8);
  const completeMac = lExpand(suite, hs, 'complete mac', h7, 32);
  trace('complete_mac', completeMac);
  const macI = hmac(completeMac, h8);
  trace('mac_i', macI);
  const h9 = mix(h8, macI);
  trace('h9', h9);
  const sk = lExpand(suite, hs, 'session', h9, 32);
  wipe(ee, se, ss, hs, macKey, sealKeys, keys, completeMac, ratchetShared);
  return {
    complete: concat(completeStart, completeSealed, macI),
    tsR: plaintext.readBigUInt64BE(0),
    views: Buffer.from(plaintext.subarray(40, 104)),
    sk, transcript: h9, raPrivate, ra, rb,
  };
}

/** Erases the secrets of a half-open handshake of either side: it was accepted (HS-26) or its time is over (HS-27). */
export const forget = (half) => wipe(half.ekPrivate, half.kemSeed, half.es, half.psk, half.hs, half.rbPrivate);

/** ENC-01 to ENC-05 of a Complete packet. */
export function decodeComplete(packet) {
  const { suite } = decodeStart(packet, [TYPE.COMPLETE], SUITES, (_, __, length) => length >= COMPLETE_BYTES + 4);
  const message = trailingMessage(packet, COMPLETE_BYTES);
  return { suite, handshakeId: packet.subarray(4, 20), complete: packet.subarray(0, COMPLETE_BYTES), message };
}

/** Accepts the 164 bytes of a Complete for the handshake `half` (4.6, steps 3 to 6). */
export function complete(half, bytes, trace = NO_TRACE) {
  const { suite, hs, h6 } = half;
  const clear = bytes.subarray(0, 20);
  const sealed = bytes.subarray(20, 132);
  const macI = bytes.subarray(132, 164);
  const h7 = mix(h6, clear);
  trace('h7', h7);
  const h8 = mix(h7, sealed);
  trace('h8', h8);
  const macKey = lExpand(suite, hs, 'complete mac', h7, 32);
  trace('complete_mac', macKey);
  refuseUnless(equalSecret(hmac(macKey, h8), macI), 'authentication'); // 3 [HS-28]
  const keys = lExpand(suite, hs, 'complete seal', h7, 44);
  trace('complete_seal', keys);
  const plaintext = open(keys, h7, sealed); // 4 [HS-28]
  const ra = Buffer.from(plaintext.subarray(0, 32));
  verify(half.peerCard.ik, 'complete', mix(h7, ra), plaintext.subarray(32)); // 5 [HS-29]
  refuseUnless(isCanonicalX25519(ra), 'key'); // 6 [HS-30]
  refuseUnless(![half.rb, half.ekR, half.ekI].some((key) => equal(ra, key)), 'protocol'); // 6 [HS-30]
  wipe(x25519(half.rbPrivate, ra)); // 6
  const h9 = mix(h8, macI);
  trace('h9', h9);
  const sk = lExpand(suite, hs, 'session', h9, 32);
  wipe(macKey, keys);
  return { sk, transcript: h9, ra };
}

