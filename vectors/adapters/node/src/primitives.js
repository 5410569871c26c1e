/** Chapter 2: suites, X25519, Ed25519, key derivation, AES-256-GCM, ML-KEM-768. */
import { createHash, createHmac, createPrivateKey, createPublicKey, createCipheriv, createDecipheriv, diffieHellman, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { PROTO, Refusal, refuseUnless, ascii, concat, draw, equal, isZero, lp32, u8, u16, wipe, zeros } from './notation.js';

/** ML-KEM-768 is an optional package; without it suite 0x0002 is not implemented. */
const mlkem = await import('@noble/post-quantum/ml-kem.js').then((module) => module.ml_kem768, () => null);

export const SUITE_1 = 0x0001;
export const SUITE_2 = 0x0002;
/** The suites that this build implements. */
export const SUITES = mlkem ? [SUITE_1, SUITE_2] : [SUITE_1];
export const ZERO32 = zeros(32);

export const sha256 = (...parts) => hash('sha256', parts);
export const sha512 = (...parts) => hash('sha512', parts);
function hash(name, parts) {
  const state = createHash(name);
  for (const part of parts) state.update(part);
  return state.digest();
}
/** [PRIM-10] every MAC key is exactly 32 bytes. */
export function hmac(key, ...parts) {
  if (key.length !== 32) throw new RangeError('a MAC key has 32 bytes');
  const state = createHmac('sha256', key);
  for (const part of parts) state.update(part);
  return state.digest();
}

// 2.2 X25519 -------------------------------------------------------------------------------------

/** the curves, with what stands before the 32 bytes of a private key in PKCS #8 */
const X25519 = { crv: 'X25519', pkcs8: Buffer.from('302e020100300506032b656e04220420', 'hex') };
const ED25519 = { crv: 'Ed25519', pkcs8: Buffer.from('302e020100300506032b657004220420', 'hex') };
const jwk = ({ crv }, more) => ({ key: { kty: 'OKP', crv, ...more }, format: 'jwk' });

/** Under Node 20 OpenSSL takes eight times as long for PKCS #8 as for a JWK. From 22 on it does not, and 26 refuses a JWK without the public half. */
const PKCS8_IS_SLOW = Number.parseInt(process.versions.node, 10) < 22;

function privateKey(curve, bytes) {
  if (PKCS8_IS_SLOW) return createPrivateKey(jwk(curve, { x: '', d: bytes.toString('base64url') }));
  const encoded = concat(curve.pkcs8, bytes);
  const key = createPrivateKey({ key: encoded, format: 'der', type: 'pkcs8' });
  wipe(encoded);
  return key;
}
const publicKey = (curve, bytes) => createPublicKey(jwk(curve, { x: bytes.toString('base64url') }));
const publicHalf = (curve, bytes) => Buffer.from(createPublicKey(privateKey(curve, bytes)).export({ format: 'jwk' }).x, 'base64url');

const FIELD_PRIME = (1n << 255n) - 19n;
const GROUP_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
const littleEndian = (bytes) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

/** [PRIM-01] less than 2^255 - 19 as a little-endian integer, the highest bit included. */
export const isCanonicalX25519 = (key) => littleEndian(key) < FIELD_PRIME;
export const x25519Public = (secret) => publicHalf(X25519, secret);

/** X25519 of RFC 7748; a key that is not canonical and an all-zero output are refused as `key`. */
export function x25519(secret, key) {
  refuseUnless(isCanonicalX25519(key), 'key'); // [PRIM-01]
  let shared;
  try {
    shared = diffieHellman({ privateKey: privateKey(X25519, secret), publicKey: publicKey(X25519, key) });
  } catch {
    throw new Refusal('key'); // OpenSSL refuses an all-zero output by itself
  }
  refuseUnless(!isZero(shared), 'key'); // [PRIM-02]
  return shared;
}

// 2.3 Ed25519 ------------------------------------------------------------------------------------

export const ed25519Public = (seed) => publicHalf(ED25519, seed);
/** [PRIM-09] the one form of everything that is signed. */
const signedBytes = (purpose, digest) => concat(PROTO, ascii(purpose), zeros(1), digest);

/** [PRIM-08] takes no public key: OpenSSL derives it from the seed. */
export function sign(seed, purpose, digest) {
  return nodeSign(null, signedBytes(purpose, digest), privateKey(ED25519, seed));
}

/** y of the eight points of small order, without the sign bit: orders 1, 2, 4, 8, 8. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
];

/**
 * Canonical and not of small order (PRIM-04, PRIM-05). A canonical y with x = 0 and the sign bit set is
 * not canonical either; both such points (y = 1, y = -1) are of small order.
 */
function isStrictPoint(point) {
  const y = Buffer.from(point);
  y[31] &= 0x7f;
  return littleEndian(y) < FIELD_PRIME && !SMALL_ORDER.includes(y.toString('hex'));
}

/** Strict verification; OpenSSL compares the encoding of [S]B - [k]A with R (PRIM-06). */
export function verify(key, purpose, digest, signature) {
  refuseUnless(key.length === 32 && signature.length === 64, 'signature');
  refuseUnless(littleEndian(signature.subarray(32)) < GROUP_ORDER, 'signature'); // [PRIM-03]
  refuseUnless(isStrictPoint(key), 'signature'); // [PRIM-04] [PRIM-05]
  refuseUnless(isStrictPoint(signature.subarray(0, 32)), 'signature'); // [PRIM-04] [PRIM-05]
  let valid = false;
  try {
    valid = nodeVerify(null, signedBytes(purpose, digest), publicKey(ED25519, key), signature);
  } catch { /* not a point */ }
  refuseUnless(valid, 'signature');
}

// 2.4 Key derivation -----------------------------------------------------------------------------

export const mix = (h, bytes) => sha256(h, lp32(bytes));
const labelled = (suite, label) => concat(PROTO, u16(suite), u8(label.length), label);

export function lExtract(suite, salt, label, ikm) {
  return hmac(salt, labelled(suite, ascii(label)), ikm);
}

export function lExpand(suite, prk, label, context, length) {
  const info = concat(u16(length), labelled(suite, ascii(label)), u16(context.length), context);
  const blocks = [];
  let block = Buffer.alloc(0);
  for (let i = 1; blocks.length * 32 < length; i++) {
    block = hmac(prk, block, info, u8(i));
    blocks.push(block);
  }
  return Buffer.from(concat(...blocks).subarray(0, length));
}

// 2.5 Authenticated encryption -------------------------------------------------------------------

/** AES-256-GCM under one 44-byte output (PRIM-12): ciphertext || tag. */
export function seal(keys, ad, plaintext) {
  const cipher = createCipheriv('aes-256-gcm', keys.subarray(0, 32), keys.subarray(32, 44), { authTagLength: 16 });
  cipher.setAAD(ad);
  return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** [PRIM-13] releases nothing unless the tag verifies. */
export function open(keys, ad, sealed) {
  refuseUnless(sealed.length >= 16, 'authentication');
  const decipher = createDecipheriv('aes-256-gcm', keys.subarray(0, 32), keys.subarray(32, 44), { authTagLength: 16 });
  decipher.setAAD(ad);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - 16));
  try {
    return concat(plaintext, decipher.final());
  } catch {
    wipe(plaintext);
    throw new Refusal('authentication');
  }
}

// 2.7 ML-KEM-768 ---------------------------------------------------------------------------------

export const EK_BYTES = 1184;
export const CT_BYTES = 1088;

/** [PRIM-18] FIPS 203, section 7.2: every one of the 768 coefficients of 12 bits is less than 3329. */
export function isValidEncapsulationKey(ek) {
  for (let i = 0; i < 1152; i += 3) {
    if ((ek[i] | ((ek[i + 1] & 0x0f) << 8)) >= 3329) return false;
    if (((ek[i + 1] >> 4) | (ek[i + 2] << 4)) >= 3329) return false;
  }
  return true;
}

/** @param {Buffer} seed `d || z`, 64 bytes */
export function kemPublic(seed) {
  const pair = mlkem.keygen(seed);
  wipe(pair.secretKey);
  return Buffer.from(pair.publicKey);
}

/** @param {(length: number) => Buffer} random asked for 32 bytes when the key has been found valid */
export function kemEncapsulate(ek, random) {
  refuseUnless(ek.length === EK_BYTES, 'length');
  refuseUnless(isValidEncapsulationKey(ek), 'key'); // [PRIM-18]
  const { cipherText, sharedSecret } = mlkem.encapsulate(ek, draw(random, 32));
  return { ct: Buffer.from(cipherText), secret: Buffer.from(sharedSecret) };
}

/** [PRIM-19] a wrong ciphertext of the right length gives another secret, no error. */
export function kemDecapsulate(seed, ct) {
  refuseUnless(ct.length === CT_BYTES, 'length');
  const pair = mlkem.keygen(seed);
  const secret = Buffer.from(mlkem.decapsulate(ct, pair.secretKey));
  wipe(pair.secretKey);
  return secret;
}

/** The greatest suite that both bit sets list and that is implemented (CARD-12), 0 when there is none. */
export function highestSuite(a, b) {
  let highest = 0;
  for (const suite of SUITES) if (((a & b) >>> (suite - 1)) & 1) highest = Math.max(highest, suite);
  return highest;
}

/** [HS-40] the name of a pre-shared secret (4.2). */
export function pskId(psk) {
  refuseUnless(psk.length === 32 && !isZero(psk), 'psk');
  return lExpand(SUITE_1, psk, 'psk id', Buffer.alloc(0), 16);
}

/** [PRIM-17] a fresh X25519 pair whose public half differs from the given keys. */
export function distinct(key, others) {
  refuseUnless(!others.some((other) => equal(key, other)), 'random');
  return key;
}
