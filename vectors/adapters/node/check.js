/** Plays the published vectors through the client: node check.js [part of file/id]. Exit code 0 only if everything passes. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { canonical } from './src/snapshot.js';
import { Refusal } from './src/notation.js';
import { drawsOf, listedDraws } from './values.js';
import { DeviceScript, profiles, runOperation, SessionScript } from './vectors.js';

const folder = fileURLToPath(new URL('../../data/', import.meta.url));
const filter = process.argv[2] ?? '';
const FILE_FIELDS = new Set(['format', 'protocol', 'operation', 'suite', 'profile', 'license', 'comment', 'flags', 'tests']);
const TEST_FIELDS = new Set(['id', 'comment', 'requirements', 'flags', 'input', 'random', 'intermediate', 'output', 'error', 'twin', 'delta', 'setup', 'steps']);
const STEP_ARGUMENTS = new Set(['as', 'do', 'now', 'random', 'seed', 'count', 'save', 'saved', 'index', 'label', 'context', 'length', 'address', 'device', 'ik', 'card', 'from', 'to', 'cache', 'psk', 'peer', 'suite', 'one_time', 'bundle', 'manifests', 'replace', 'session', 'filled', 'of', 'slot', 'damage', 'counter', 'error']);

class Difference extends Error {}
const show = (value) => { const text = canonical(value); return text.length > 200 ? `${text.slice(0, 200)}…` : text; };
function same(what, got, expected) {
  if (canonical(got) !== canonical(expected)) throw new Difference(`${what}: got ${show(got)}, expected ${show(expected)}`);
}

/** Runs something that may be refused; anything but a refusal is a failure of the client. */
function attempt(random, run) {
  let result;
  try {
    result = { value: run() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    result = { error: error.name };
  }
  if (random.broken) throw new Difference(random.broken); // [VEC-02]
  if (random.left()) throw new Difference(`${random.left()} draws not made`);
  return result;
}

function playOperation(file, test) {
  const random = listedDraws(test.random ?? []);
  const got = attempt(random, () => runOperation(file.operation, file.suite, test.input, random));
  same('error', got.error, test.error);
  if (test.error) return;
  for (const [i, [label, value]] of (test.intermediate ?? []).entries()) same(`intermediate ${label}`, got.value.intermediate[i], [label, value]); // [VEC-01]
  same('intermediate', got.value.intermediate.length, test.intermediate?.length ?? 0);
  same('output', got.value.output, test.output);
}

/** The results that a step has to have: what is not an argument of its `do`. */
function expectedOf(step) {
  const results = Object.entries(step).filter(([key]) => !STEP_ARGUMENTS.has(key));
  const inputs = { send: ['type', 'content'], 'send-all': ['type', 'content'], receive: [] }[step.do] ?? [];
  return Object.fromEntries(results.filter(([key]) => !inputs.includes(key)));
}

function playScript(file, test) {
  const script = file.operation === 'session' ? new SessionScript(file.suite, test.setup) : new DeviceScript(file.suite, test.setup);
  const saved = new Map();
  test.steps.forEach((step, number) => {
    try {
      const call = { ...step };
      const expected = expectedOf(step);
      const packetField = file.operation === 'session' ? 'message' : 'packet';
      if (step.saved !== undefined) {
        const value = saved.get(step.saved);
        call[packetField] = step.index === undefined ? value : value[step.index];
      }
      if (step.do === 'receive') delete expected[packetField];
      const before = step.error ? script.digest(step.as, step.now) : null;
      const random = drawsOf(step);
      const got = attempt(random, () => script.step(call, random));
      same('error', got.error, step.error);
      if (step.error) { // [VEC-04]
        same('state after a refusal', script.digest(step.as, step.now), before);
        return;
      }
      const { messages, ...result } = got.value;
      same('result', step.do === 'send-all' ? { packets: result.packets } : result, expected);
      if (typeof step.save === 'string') saved.set(step.save, messages ?? result.message ?? result.packet);
      else step.save?.forEach((name, i) => saved.set(name, result.replies[i]));
    } catch (error) {
      error.message = `step ${number} (${step.as} ${step.do}): ${error.message}`;
      throw error;
    }
  });
}

const manifest = new Map(JSON.parse(readFileSync(`${folder}manifest.json`)).files.map((entry) => [entry.name, entry]));
const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'manifest.json' && name !== 'retired.json').sort();
same('files of manifest.json', [...manifest.keys()].sort(), names); // [VEC-03]

let ran = 0;
let failures = 0;
const perProfile = {};
for (const name of names) {
  const text = readFileSync(folder + name);
  same(`${name}: sha256`, createHash('sha256').update(text).digest('hex'), manifest.get(name).sha256); // [VEC-03]
  const file = JSON.parse(text);
  for (const key of Object.keys(file)) if (!FILE_FIELDS.has(key)) throw new Difference(`${name}: field ${key}`);
  if (file.format !== 1 || file.protocol !== 'QuipuV1') throw new Difference(`${name}: format`);
  const count = (perProfile[file.profile] ??= { passed: 0, failed: 0, skipped: 0 });
  const play = profiles.includes(file.profile);
  let passed = 0;
  const failed = [];
  for (const test of file.tests) {
    if (!`${name}/${test.id}`.includes(filter)) continue;
    if (!play) { count.skipped += 1; continue; }
    for (const key of Object.keys(test)) if (!TEST_FIELDS.has(key)) throw new Difference(`${name}/${test.id}: field ${key}`);
    for (const flag of test.flags) if (!file.flags[flag]) throw new Difference(`${name}/${test.id}: flag ${flag}`);
    ran += 1;
    try {
      (test.steps ? playScript : playOperation)(file, test);
      passed += 1;
    } catch (error) {
      failed.push(`    ${test.id}: ${error instanceof Difference ? error.message : error.stack.split('\n').slice(0, 4).join(' | ')}`);
    }
  }
  count.passed += passed;
  count.failed += failed.length;
  failures += failed.length;
  if (passed || failed.length) console.log(`${failed.length ? 'FAIL' : 'ok  '} ${name}: ${passed} passed, ${failed.length} failed`);
  if (failed.length) console.log(failed.join('\n'));
}
for (const [profile, { passed, failed, skipped }] of Object.entries(perProfile)) console.log(`${profile}: ${passed} passed, ${failed} failed, ${skipped} not claimed`);
process.exitCode = failures || !ran ? 1 : 0;
