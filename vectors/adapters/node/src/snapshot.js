/**
 * Chapter 8.6: snapshots. The bytes are local to this client: a magic, a version, the generation, one canonical
 * JSON value, SHA-256 of all of it. The caller seals them at rest (SEC-04).
 */
import { ascii, concat, equal, Refusal, refuseUnless, u64, u8 } from './notation.js';
import { sha256 } from './primitives.js';

const VERSION = 1;
/** where the version stands */
export const VERSION_AT = 8;

/** JSON with sorted keys and without spaces. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value && typeof value === 'object') {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** @param {string} kind 8 letters, one for each kind of value */
export function snapshot(kind, generation, value) {
  const bytes = concat(ascii(kind), u8(VERSION), u64(BigInt(generation)), ascii(canonical(value)));
  return concat(bytes, sha256(bytes));
}

/**
 * @template T
 * @param {Buffer} bytes @param {number} least the least generation that the caller accepts
 * @param {(value: any, generation: number) => T} fromValue @param {(object: T) => any} toValue
 */
export function restore(kind, bytes, least, fromValue, toValue) {
  refuseUnless(bytes.length >= 9 && equal(bytes.subarray(0, 8), ascii(kind)), 'snapshot'); // [SESSION-25] [PREP-31]
  refuseUnless(bytes[VERSION_AT] === VERSION, 'snapshot_version');
  refuseUnless(bytes.length >= 49, 'snapshot');
  const body = bytes.subarray(0, -32);
  refuseUnless(equal(sha256(body), bytes.subarray(-32)), 'snapshot');
  const generation = Number(body.readBigUInt64BE(9));
  refuseUnless(generation >= least, 'rollback'); // [SESSION-24]
  let object;
  let again;
  try {
    object = fromValue(JSON.parse(body.subarray(17).toString('utf8')), generation);
    again = snapshot(kind, generation, toValue(object));
  } catch {
    throw new Refusal('snapshot');
  }
  refuseUnless(equal(again, bytes), 'snapshot'); // [SESSION-26]
  return object;
}
