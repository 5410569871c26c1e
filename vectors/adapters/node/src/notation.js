/**
 * Chapter 1: notation, the first four bytes, refusals.
 * Byte strings are Buffers, times and manifest numbers are BigInts, every other integer is a number.
 */
import { timingSafeEqual } from 'node:crypto';

/** A refusal: one error of the registry, nothing else has happened (ENC-08, ENC-09). */
export class Refusal extends Error {
  /** @param {string} name a name of registry/errors.json */
  constructor(name) {
    super(`refused: ${name}`);
    this.name = name;
  }
}

/** @param {unknown} condition @param {string} name @returns {asserts condition} */
export function refuseUnless(condition, name) {
  if (!condition) throw new Refusal(name);
}

export const PROTO = Buffer.from('QuipuV1', 'ascii');
export const U64_MAX = (1n << 64n) - 1n;

export const TYPE = Object.freeze({ INIT: 0x01, RESPONSE: 0x02, COMPLETE: 0x03, PREKEY_INIT: 0x04, MESSAGE: 0x10 });
export const INITIATOR = 0x01;
export const RESPONDER = 0x02;

export const concat = (...parts) => Buffer.concat(parts);
export const zeros = (length) => Buffer.alloc(length);
export const ascii = (text) => Buffer.from(text, 'utf8');
export const u8 = (value) => Buffer.from([value]);
export function u16(value) { const out = Buffer.alloc(2); out.writeUInt16BE(value); return out; }
export function u32(value) { const out = Buffer.alloc(4); out.writeUInt32BE(value); return out; }
export function u64(value) { const out = Buffer.alloc(8); out.writeBigUInt64BE(value); return out; }
export const lp32 = (bytes) => concat(u32(bytes.length), bytes);

/** Comparison of secrets and MACs in constant time (PRIM-14); lengths are public. */
export const equalSecret = (a, b) => a.length === b.length && timingSafeEqual(a, b);
/** Comparison of public bytes. */
export const equal = (a, b) => Buffer.compare(a, b) === 0;
export const isZero = (bytes) => bytes.every((byte) => byte === 0);
/** Erases secrets (PRIM-15), as far as a garbage-collected language can. */
export function wipe(...secrets) { for (const secret of secrets) if (secret) secret.fill(0); }

/** Time that has passed since a moment: zero when the clock went back behind it (1.1). */
export const passed = (since, now) => (now > since ? now - since : 0n);

/**
 * The checks ENC-01 to ENC-05 on the four bytes that every packet begins with.
 * @param {Buffer} packet
 * @param {number[]} types the types that are expected here
 * @param {number[]} suites the suites that are implemented
 * @param {(type: number, suite: number, length: number) => boolean} fits ENC-05 for this layout
 * @returns {{type: number, suite: number}}
 */
export function decodeStart(packet, types, suites, fits) {
  refuseUnless(packet.length >= 4, 'length'); // [ENC-01]
  refuseUnless(packet[0] === 0x01, 'version'); // [ENC-02]
  const type = packet[1];
  refuseUnless(types.includes(type), 'type'); // [ENC-03]
  const suite = packet.readUInt16BE(2);
  refuseUnless(suites.includes(suite), 'suite'); // [ENC-04]
  refuseUnless(fits(type, suite, packet.length), 'length'); // [ENC-05]
  return { type, suite };
}

/** The message behind a Complete or PrekeyInit: `LP32(message)` that ends the packet. */
export function trailingMessage(packet, offset) {
  refuseUnless(packet.length >= offset + 4, 'length');
  const length = packet.readUInt32BE(offset);
  refuseUnless(packet.length === offset + 4 + length, 'length');
  return packet.subarray(offset + 4);
}

/** The source of randomness: draws are refused as `random` when the source fails (PRIM-16). */
export function draw(random, length) {
  let bytes;
  try {
    bytes = random(length);
  } catch {
    throw new Refusal('random');
  }
  refuseUnless(bytes && bytes.length === length, 'random');
  return Buffer.from(bytes);
}
