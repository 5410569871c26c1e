/** Chapters 12 and 13: values and draws as vectors write them. */
import { concat, u32 } from './src/notation.js';
import { sha256 } from './src/primitives.js';

// Values -------------------------------------------------------------------------------------------

export const bytes = (hex) => {
  if (typeof hex !== 'string' || !/^([0-9a-f]{2})*$/.test(hex)) throw new TypeError('not lower-case hex');
  return Buffer.from(hex, 'hex');
};
export const time = (text) => {
  if (typeof text !== 'string' || !/^[0-9]+$/.test(text)) throw new TypeError('not a decimal string');
  return BigInt(text);
};
export const optional = (value, f) => (value === undefined ? null : f(value));

/** Client values as vectors write them: bytes in hex, times as decimal strings. */
export function written(value) {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(written);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, written(v)]));
  return value;
}

// Random sources -----------------------------------------------------------------------------------

/** The given draws in their order; `broken` when the client asked for more or for another length (ADAPT-07). */
export function listedDraws(list) {
  const draws = list.map(bytes);
  const source = (length) => {
    const next = draws[source.drew.length];
    if (!next || next.length !== length) {
      source.broken = `draw ${source.drew.length} of ${length} bytes, ${next ? `${next.length} bytes listed` : 'none listed'}`;
      throw new Error(source.broken);
    }
    source.drew.push(length);
    return Buffer.from(next);
  };
  return Object.assign(source, { drew: [], broken: null, left: () => draws.length - source.drew.length });
}

/** The draws of `send-many` (12.4), of a step with `seed` (13.2) and of a conversation (12.3.3). */
export function seededDraws(seed) {
  const source = (length) => {
    const block = sha256(seed, u32(source.drew.length));
    source.drew.push(length);
    return length <= 32 ? block.subarray(0, length) : concat(block, sha256(block));
  };
  return Object.assign(source, { drew: [], broken: null, left: () => 0 });
}

/** @param {object} step its draws, as listed or by seed */
export const drawsOf = (step) => (step.seed !== undefined ? seededDraws(bytes(step.seed)) : listedDraws(step.random ?? []));
