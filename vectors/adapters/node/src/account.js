/** Chapter 9.1 to 9.3: manifests, the signed lists of a user's devices. */
import { concat, equal, isZero, lp32, Refusal, refuseUnless, u8, u32, u64, zeros } from './notation.js';
import { ed25519Public, sha256, sign, verify } from './primitives.js';
import { addressField, isAddressField } from './keys.js';
import { MANIFEST_DEVICES } from './limits.js';

const HEAD = 139;
const ENTRY = 52;

/**
 * @typedef {{device: number, ik: Buffer, added: bigint, revoked: bigint}} Listed
 * @typedef {{bytes: Buffer, place: Buffer, address: Buffer, ak: Buffer, number: bigint, previous: Buffer, devices: Listed[], hash: Buffer}} Manifest
 */

/** DEV-01 and DEV-02: the layout, without the signature. @returns {Manifest} */
export function decodeManifest(bytes) {
  refuseUnless(bytes.length >= HEAD, 'length'); // [DEV-01]
  refuseUnless(bytes[0] === 0x01, 'version');
  const count = bytes[138];
  refuseUnless(count >= 1 && count <= MANIFEST_DEVICES, 'encoding');
  refuseUnless(bytes.length === HEAD + ENTRY * count + 64, 'length');
  const devices = [];
  for (let at = HEAD; at < bytes.length - 64; at += ENTRY) {
    devices.push({ device: bytes.readUInt32BE(at), ik: bytes.subarray(at + 4, at + 36), added: bytes.readBigUInt64BE(at + 36), revoked: bytes.readBigUInt64BE(at + 44) });
  }
  const place = bytes.subarray(1, 66);
  const manifest = {
    bytes, place, address: place.subarray(1, 1 + Math.min(place[0], 64)), ak: bytes.subarray(66, 98), number: bytes.readBigUInt64BE(98),
    previous: bytes.subarray(106, 138), devices, hash: sha256(bytes.subarray(0, -64)),
  };
  checkRules(manifest);
  return manifest;
}

/** [DEV-02] */
function checkRules({ place, ak, number, previous, devices }) {
  refuseUnless(isAddressField(place), 'encoding');
  refuseUnless(number >= 1n, 'encoding');
  refuseUnless((number === 1n) === isZero(previous), 'encoding');
  const seen = new Set([ak.toString('hex')]);
  devices.forEach(({ device, ik, added, revoked }, i) => {
    refuseUnless(i === 0 || device > devices[i - 1].device, 'encoding');
    refuseUnless(!seen.has(ik.toString('hex')), 'encoding');
    seen.add(ik.toString('hex'));
    // revoked 0 means "not revoked", so a device that was added at 0 can only be revoked later
    refuseUnless(revoked === 0n || revoked >= added, 'encoding');
  });
}

/** @returns {Manifest} */
export function verifyManifest(bytes) {
  const manifest = decodeManifest(Buffer.from(bytes));
  verify(manifest.ak, 'manifest', manifest.hash, manifest.bytes.subarray(-64)); // [DEV-03]
  return manifest;
}

export function issueManifest({ akSeed, address, number, previous, devices }, trace = () => {}) {
  refuseUnless(devices.length >= 1 && devices.length <= MANIFEST_DEVICES, 'encoding');
  refuseUnless(address.length >= 1 && address.length <= 64, 'encoding');
  const ak = ed25519Public(akSeed);
  const place = addressField(address);
  checkRules({ place, ak, number, previous, devices });
  const entries = devices.map((d) => concat(u32(d.device), d.ik, u64(d.added), u64(d.revoked)));
  const unsigned = concat(u8(1), place, ak, u64(number), previous, u8(devices.length), ...entries);
  const hash = sha256(unsigned);
  trace('hash', hash);
  return concat(unsigned, sign(akSeed, 'manifest', hash));
}

/**
 * The next manifest of an account (DEV-14).
 * @param {{akSeed: Buffer, address: Buffer, kept: Manifest|null, changes: ({do: 'add', device: number, ik: Buffer}|{do: 'revoke', device: number})[], now: bigint}} p
 */
export function changeManifest({ akSeed, address, kept, changes, now }) {
  const devices = kept ? kept.devices.map((d) => ({ ...d })) : [];
  for (const change of changes) {
    const listed = devices.find((d) => d.device === change.device);
    if (change.do === 'add') {
      refuseUnless(!listed && !devices.some((d) => equal(d.ik, change.ik)), 'devices'); // [DEV-14]
      devices.push({ device: change.device, ik: change.ik, added: now > 1n ? now : 1n, revoked: 0n });
    } else {
      refuseUnless(listed && listed.revoked === 0n, 'devices');
      listed.revoked = now > listed.added ? now : listed.added;
    }
  }
  refuseUnless(devices.length >= 1 && devices.length <= MANIFEST_DEVICES, 'devices');
  devices.sort((a, b) => a.device - b.device);
  return issueManifest({ akSeed, address, number: kept ? kept.number + 1n : 1n, previous: kept ? kept.hash : zeros(32), devices });
}

/**
 * Judges a verified manifest against the kept one (9.2).
 * @param {Manifest} kept @param {Manifest} next @returns {boolean} false when it is the kept one again (DEV-09)
 */
export function followManifest(kept, next) {
  refuseUnless(equal(next.ak, kept.ak) && equal(next.place, kept.place), 'identity'); // [DEV-04]
  refuseUnless(next.number >= kept.number, 'manifest_old'); // [DEV-05]
  if (next.number === kept.number) {
    refuseUnless(equal(next.hash, kept.hash), 'manifest_fork'); // [DEV-06]
    return false;
  }
  if (next.number === kept.number + 1n) refuseUnless(equal(next.previous, kept.hash), 'manifest_fork'); // [DEV-06]
  refuseUnless(next.number === kept.number + 1n, 'manifest_gap'); // [DEV-07]
  for (const old of kept.devices) { // [DEV-08]
    const now = next.devices.find((d) => d.device === old.device);
    refuseUnless(now && equal(now.ik, old.ik) && now.added === old.added, 'protocol');
    refuseUnless(old.revoked === 0n || now.revoked === old.revoked, 'protocol');
  }
  return true;
}

/** The entry of a device that a manifest lists and has not revoked. */
export function listedDevice(manifest, device, ik) {
  return manifest.devices.find((d) => d.device === device && equal(d.ik, ik) && d.revoked === 0n) ?? null;
}

/** The manifests of an announcement, each `LP32(manifest)`; null when it is not one. */
export function announcedManifests(content) {
  const list = [];
  for (let at = 0; at < content.length;) {
    if (content.length - at < 4) return null;
    const length = content.readUInt32BE(at);
    if (content.length - at - 4 < length) return null;
    list.push(content.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return list.length ? list : null;
}

/** [DEV-17] one or more manifests, each of the layout of DEV-01 and DEV-02. */
export function isAnnouncement(content) {
  try {
    const list = announcedManifests(content);
    list?.forEach(decodeManifest);
    return list !== null;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

export const announcement = (manifests) => concat(...manifests.map(lp32));
