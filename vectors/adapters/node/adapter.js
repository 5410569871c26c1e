/** The adapter of chapter 13: one JSON request on a line of standard input, one response on a line of standard output. */
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { Refusal } from './src/notation.js';
import { DeviceScript, drawsOf, listedDraws, profiles, runOperation, SessionScript, Unsupported } from './vectors.js';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url)));
/** what `begin` made @type {SessionScript|DeviceScript|null} */
let script = null;

function hello({ adapter, protocol }) {
  if (!Array.isArray(adapter) || !adapter.includes(1) || protocol !== 'QuipuV1') throw new TypeError('speaks version 1 of the adapter protocol, QuipuV1'); // [ADAPT-05]
  return { ok: { adapter: 1, protocol: 'QuipuV1', name: 'quipu-node-client', version, language: 'javascript', profiles } };
}

/** Runs something with its draws; a refusal is an answer, everything else that goes wrong is a fault (ADAPT-04). */
function withDraws(random, run) {
  let response;
  try {
    response = { ok: run() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    response = { reject: error.name };
  }
  if (random.broken) throw new Error(random.broken); // [ADAPT-07]
  return { ...response, drew: random.drew };
}

function begin({ operation, suite, setup }) {
  script = null;
  if (operation === 'session') script = new SessionScript(suite, setup);
  else if (operation === 'device') script = new DeviceScript(suite, setup);
  else throw new Unsupported(operation);
  return { ok: {} };
}

function begun() {
  if (!script) throw new TypeError('nothing was begun');
  return script;
}

function answer(request) {
  switch (request.op) {
    case 'hello': return hello(request);
    case 'vector': {
      const random = listedDraws(request.random ?? []);
      return withDraws(random, () => runOperation(request.operation, request.suite, request.input, random));
    }
    case 'begin': return begin(request);
    case 'step': {
      const random = drawsOf(request.step);
      return withDraws(random, () => begun().step(request.step, random));
    }
    case 'state': return { ok: { digest: begun().digest(request.as, request.now) } };
    default: throw new Unsupported(request.op);
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  let id = null;
  let response;
  try {
    const request = JSON.parse(line);
    id = request.id;
    response = answer(request);
  } catch (error) {
    response = error instanceof Unsupported ? { unsupported: true } : { fault: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify({ id, ...response })}\n`); // [ADAPT-01] [ADAPT-02]
}
