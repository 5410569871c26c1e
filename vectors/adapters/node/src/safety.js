/** Chapter 9.5: fingerprints, safety numbers, scannable codes. */
import { PROTO, ascii, concat, equalSecret, refuseUnless, u8 } from './notation.js';
import { sha512 } from './primitives.js';
import { FINGERPRINT_ITERATIONS } from './limits.js';

/** @param {Buffer} key AK, or IK of a device without a manifest */
export function fingerprint(key, address, trace = () => {}) {
  let h = sha512(PROTO, ascii('fingerprint'), u8(1), key, u8(address.length), address, key);
  trace('first', h);
  for (let i = 1; i < FINGERPRINT_ITERATIONS; i++) h = sha512(h, key);
  return h;
}

export function digits(print) {
  let text = '';
  for (let i = 0; i < 30; i += 5) text += String(print.readUIntBE(i, 5) % 100_000).padStart(5, '0');
  return text;
}

/** [DEV-20] @param {{key: Buffer, address: Buffer}} own @param {{key: Buffer, address: Buffer}} peer */
export function safetyNumber(own, peer) {
  const ownPrint = fingerprint(own.key, own.address);
  const peerPrint = fingerprint(peer.key, peer.address);
  return {
    number: [digits(ownPrint), digits(peerPrint)].sort().join(''),
    scannable: concat(u8(1), ownPrint.subarray(0, 32), peerPrint.subarray(0, 32)),
  };
}

/** [DEV-21] accepts the code that the peer shows, with the roles swapped. */
export function scan(own, peer, code) {
  refuseUnless(code.length === 65, 'length');
  refuseUnless(code[0] === 0x01, 'version');
  const first = equalSecret(code.subarray(1, 33), fingerprint(peer.key, peer.address).subarray(0, 32));
  const second = equalSecret(code.subarray(33), fingerprint(own.key, own.address).subarray(0, 32));
  refuseUnless(first && second, 'identity');
}
