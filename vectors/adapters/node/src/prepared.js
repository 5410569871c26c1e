/** Chapter 5.4 to 5.7: the prepared handshake as functions of their inputs. */
import { PROTO, Refusal, TYPE, ascii, concat, decodeStart, draw, equal, refuseUnless, trailingMessage, u8, u16, u32, u64, wipe, zeros } from './notation.js';
import { CT_BYTES, distinct, isCanonicalX25519, kemDecapsulate, kemEncapsulate, lExpand, lExtract, mix, open, pskId, seal, sha256, sign, SUITE_2, SUITES, verify, x25519, x25519Public, ZERO32 } from './primitives.js';
import { CARD_BYTES, cardFields, isValidAt } from './keys.js';
import { checkClaimedCard, chooseSuite, chooseTsI, claimedIdentity, tryOpen } from './handshake.js';
import { LAST_RESORT_KEM, ONE_TIME, ONE_TIME_KEM, SIGNED, verifyBundle } from './prekeys.js';
import { DAY } from './limits.js';

const NO_TRACE = () => {};
const clearLength = (suite) => 44 + (suite === SUITE_2 ? 4 + CT_BYTES : 0);
export const prekeyInitLength = (suite) => clearLength(suite) + 434;

/** t1: card, SPK record, then the OPK and PQK records that are used. */
function transcript1(card, records, trace) {
  let t = mix(sha256(PROTO, ascii('prepared')), card);
  trace('t0', t);
  for (const record of records) if (record) t = mix(t, record);
  trace('t1', t);
  return t;
}

/**
 * Makes the handshake bytes of a PrekeyInit (5.6). The parameters are those of `initiate` in handshake.js,
 * with `bundle` in place of `peerCard`.
 */
export function initiatePrepared(p, random, trace = NO_TRACE) {
  const { identity, ownCard, now } = p;
  const { card, spk, opk, pqk } = verifyBundle(p.bundle, now); // [PREP-15]
  p.policy(card); // [HS-39]
  refuseUnless(!equal(card.ik, identity.ik), 'identity'); // [HS-03]
  const { floor, psk, least, views } = p.known(card);
  const suite = chooseSuite(ownCard, card, least);
  refuseUnless(suite !== SUITE_2 || pqk, 'suite'); // [PREP-09]
  const tsI = chooseTsI(now, floor, DAY); // [PREP-16]
  refuseUnless(isValidAt(ownCard, tsI), 'time');
  const psk_id = psk ? pskId(psk) : zeros(16);
  const usedPqk = suite === SUITE_2 ? pqk : null;

  const ekPrivate = draw(random, 32); // [PREP-17]
  const ekI = x25519Public(ekPrivate);
  const kemRandom = usedPqk ? draw(random, 32) : null;
  const raPrivate = draw(random, 32);
  const ra = distinct(x25519Public(raPrivate), [ekI, spk.key, ...(opk ? [opk.key] : [])]);
  trace('ek_i', ekI);
  const kem = usedPqk ? kemEncapsulate(usedPqk.key, () => kemRandom) : null;
  const ss = kem ? kem.secret : zeros(0);
  if (kem) trace('ss', ss);
  const es = x25519(ekPrivate, card.idk);
  trace('es', es);
  const ee = x25519(ekPrivate, spk.key);
  trace('ee', ee);
  const eo = opk ? x25519(ekPrivate, opk.key) : zeros(0);
  if (opk) trace('eo', eo);
  const se = x25519(identity.idkPrivate, spk.key);
  trace('se', se);
  wipe(x25519(raPrivate, spk.key)); // the first ratchet step, before anything is made
  const kid = lExtract(suite, ZERO32, 'prepared identity', concat(ss, ee, es, eo));
  trace('k_id', kid);
  const hs = lExtract(suite, psk ?? ZERO32, 'prepared', concat(ss, ee, es, se, eo));
  trace('hs', hs);
  const clear = concat(u8(1), u8(TYPE.PREKEY_INIT), u16(suite), ekI, u32(spk.id), u32(opk ? opk.id : 0), ...(kem ? [u32(usedPqk.id), kem.ct] : []));
  const t2 = mix(transcript1(card.bytes, [spk.bytes, opk?.bytes, usedPqk?.bytes], trace), clear);
  trace('t2', t2);
  trace('ra', ra);
  const inner = concat(u64(tsI), ownCard.bytes, psk_id, views, ra);
  const t3 = mix(t2, inner);
  trace('t3', t3);
  const identityKeys = lExpand(suite, kid, 'identity seal', t2, 44);
  trace('identity_seal', identityKeys);
  const sealedIdentity = seal(identityKeys, t2, inner);
  const t4 = mix(t3, sealedIdentity);
  trace('t4', t4);
  const signature = sign(identity.ikSeed, 'prepared', t4);
  trace('sig_i', signature);
  const signatureKeys = lExpand(suite, hs, 'signature seal', t4, 44);
  trace('signature_seal', signatureKeys);
  const sealedSignature = seal(signatureKeys, t4, signature);
  const t5 = mix(t4, sealedSignature);
  trace('t5', t5);
  const sk = lExpand(suite, hs, 'session', t5, 32);
  wipe(ekPrivate, kemRandom, ss, es, ee, eo, se, kid, hs, identityKeys, signatureKeys);
  return {
    handshake: concat(clear, sealedIdentity, sealedSignature),
    suite, sk, transcript: t5, tsI, pskId: psk_id, peerCard: card, ownCard, raPrivate, ra, spk: spk.key,
    reduced: isReduced(opk, usedPqk), // [PREP-33]
  };
}

const isReduced = (opk, pqk) => !opk || (pqk !== null && pqk.type === LAST_RESORT_KEM);

/** ENC-01 to ENC-05 of the handshake bytes. @param {boolean} alone without LP32(message) */
export function decodePrekeyInit(packet, alone = false) {
  const { suite } = decodeStart(packet, [TYPE.PREKEY_INIT], SUITES, (_, s, length) => (alone ? length === prekeyInitLength(s) : length > prekeyInitLength(s) + 4));
  const length = prekeyInitLength(suite);
  return { suite, handshake: packet.subarray(0, length), message: alone ? zeros(0) : trailingMessage(packet, length) };
}

/**
 * Steps 3 to 17 of 5.7 on the handshake bytes. It draws nothing and changes nothing.
 * @param {object} p the parameters of `respond` in handshake.js and
 * @param {(id: number, types: number[]) => import('./prekeys.js').Prekey|null} p.prekey
 * @param {(spk: import('./prekeys.js').Prekey, hash: Buffer) => void} p.replay steps 4 and 5
 * @param {(spk: import('./prekeys.js').Prekey, ik: Buffer, pinned: boolean) => void} p.bounds step 17
 */
export function respondPrepared(p, trace = NO_TRACE) {
  const { handshake, suite, now, identity } = p;
  const ekI = handshake.subarray(4, 36);
  const spkId = handshake.readUInt32BE(36);
  const opkId = handshake.readUInt32BE(40);
  const spk = p.prekey(spkId, [SIGNED]);
  refuseUnless(spk, 'unknown_prekey'); // 3 [PREP-21]
  const hash = sha256(handshake);
  p.replay(spk, hash); // 4, 5
  const opk = opkId !== 0 ? p.prekey(opkId, [ONE_TIME]) : null;
  refuseUnless(opkId === 0 || opk, 'unknown_prekey'); // 6
  const pqkId = suite === SUITE_2 ? handshake.readUInt32BE(44) : 0;
  const pqk = suite === SUITE_2 ? p.prekey(pqkId, [ONE_TIME_KEM, LAST_RESORT_KEM]) : null;
  refuseUnless(suite !== SUITE_2 || pqk, 'unknown_prekey'); // 6
  const es = x25519(identity.idkPrivate, ekI); // 7
  const ee = x25519(spk.secret, ekI);
  const eo = opk ? x25519(opk.secret, ekI) : zeros(0);
  const ss = pqk ? kemDecapsulate(pqk.secret, handshake.subarray(48, 48 + CT_BYTES)) : zeros(0);
  const kid = lExtract(suite, ZERO32, 'prepared identity', concat(ss, ee, es, eo));
  const clear = handshake.subarray(0, clearLength(suite));
  const sealedIdentity = handshake.subarray(clear.length, -80);
  const sealedSignature = handshake.subarray(-80);
  const opened = openIdentity(p.cards, [spk.record, opk?.record, pqk?.record], suite, kid, clear, sealedIdentity); // 8
  const { card: ownCard, t2, keys: identityKeys, plaintext } = opened;
  const tsI = plaintext.readBigUInt64BE(0);
  refuseUnless(spk.created <= tsI + DAY && tsI <= now + DAY, 'time'); // 9 [PREP-22]
  const cardI = cardFields(plaintext.subarray(8, 8 + CARD_BYTES));
  const pinned = claimedIdentity(identity, ownCard, cardI, p.policy); // 10
  const psk_id = plaintext.subarray(226, 242);
  const psk = p.secret(psk_id, cardI.ik); // 11
  checkClaimedCard(cardI, tsI, suite, ownCard, p.least); // 12
  const se = x25519(spk.secret, cardI.idk); // 13
  const hs = lExtract(suite, psk ?? ZERO32, 'prepared', concat(ss, ee, es, se, eo));
  const t3 = mix(t2, plaintext);
  const t4 = mix(t3, sealedIdentity);
  const signatureKeys = lExpand(suite, hs, 'signature seal', t4, 44);
  const signature = open(signatureKeys, t4, sealedSignature); // 14 [PREP-23]
  verify(cardI.ik, 'prepared', t4, signature); // 15 [PREP-24]
  const ra = Buffer.from(plaintext.subarray(306, 338));
  refuseUnless(isCanonicalX25519(ra), 'key'); // 16 [PREP-25]
  const spkPublic = x25519Public(spk.secret);
  const opkPublic = opk ? x25519Public(opk.secret) : ekI;
  refuseUnless(![ekI, spkPublic, opkPublic].some((key) => equal(ra, key)), 'protocol'); // 16
  wipe(x25519(spk.secret, ra)); // 16
  p.bounds(spk, cardI.ik, pinned); // 17 [PREP-27]

  const t5 = mix(t4, sealedSignature);
  const sk = lExpand(suite, hs, 'session', t5, 32);
  if (pqk) trace('ss', ss);
  trace('es', es); trace('ee', ee);
  if (opk) trace('eo', eo);
  trace('k_id', kid); trace('t0', opened.t0); trace('t1', opened.t1); trace('t2', t2); trace('identity_seal', identityKeys); trace('t3', t3); trace('t4', t4);
  trace('se', se); trace('hs', hs); trace('signature_seal', signatureKeys); trace('t5', t5);
  wipe(ss, es, ee, eo, se, kid, hs, identityKeys, signatureKeys);
  return {
    sk, transcript: t5, cardI, ownCard, tsI, views: Buffer.from(plaintext.subarray(242, 306)), pinned, pskId: Buffer.from(psk_id), ra,
    spkPrivate: spk.secret, spkPublic, reduced: isReduced(opk, pqk), hash, spkId, opkId, pqkId,
  };
}

function openIdentity(cards, records, suite, kid, clear, sealed) {
  for (const card of cards) {
    const seen = {};
    const t2 = mix(transcript1(card.bytes, records, (label, value) => { seen[label] = value; }), clear);
    const keys = lExpand(suite, kid, 'identity seal', t2, 44);
    const plaintext = tryOpen(keys, t2, sealed);
    if (plaintext) return { card, t0: seen.t0, t1: seen.t1, t2, keys, plaintext };
  }
  throw new Refusal('authentication'); // [PREP-23]
}
