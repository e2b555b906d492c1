/**
 * The seven things that are tried with each client on each server. A trial throws what is wrong; it gives `absent` where the
 * server itself, asked directly, cannot do it, and then the gateway must not offer it either.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Fields, Hop } from './clients.ts';
import { whileHeld } from './held-file.ts';
import type { Reference, Subject } from './servers.ts';

const CANCEL_MS = 2_000;
const PATIENCE_SECONDS = 30;

export interface Bench {
  readonly subject: Subject;
  readonly reference: Reference;
  /** Connected to the server's own endpoint. */
  readonly own: Hop;
  /** Connected to the endpoint of all servers. */
  readonly all: Hop;
  /** Resolves when the gateway has nothing in flight. */
  readonly quiet: () => Promise<void>;
}

export type Trial = (bench: Bench) => Promise<'ok' | 'absent'>;

export const trials: Readonly<Record<string, Trial>> = { list, call, read, prompt, complete, progress, cancel };

async function list({ subject, reference, own, all }: Bench): Promise<'ok'> {
  const expected = entries(reference.tools);
  same(entries(fields(await own.list())['tools']), expected);
  const prefix = `${subject.name}__`;
  const joined = entries(fields(await all.list())['tools']).filter(({ name }) => String(name).startsWith(prefix));
  same(
    joined.map((tool) => ({ ...tool, name: String(tool['name']).slice(prefix.length) })),
    expected,
  );
  return 'ok';
}

async function call({ subject, reference, own, all }: Bench): Promise<'ok'> {
  for (const [index, asked] of subject.calls.entries()) {
    same(essence(await own.call(asked)), essence(reference.results[index]));
    same(
      essence(await all.call({ ...asked, name: `${subject.name}__${asked.name}` })),
      essence(reference.results[index]),
    );
  }
  return 'ok';
}

async function read({ reference, own }: Bench): Promise<'ok' | 'absent'> {
  if (!reference.resource) return absent(own, 'resources', reference);
  same(essence(await own.read(reference.resource.uri)), essence(reference.resource.result));
  return 'ok';
}

async function prompt({ subject, reference, own }: Bench): Promise<'ok' | 'absent'> {
  if (!subject.prompt || reference.prompt === undefined) return absent(own, 'prompts', reference);
  same(essence(await own.prompt(subject.prompt)), essence(reference.prompt));
  return 'ok';
}

async function complete({ subject, reference, own }: Bench): Promise<'ok' | 'absent'> {
  if (!subject.completing || reference.completion === undefined) return absent(own, 'completions', reference);
  same(essence(await own.complete(subject.completing)), essence(reference.completion));
  return 'ok';
}

/** No capability says whether a server reports progress: it is absent where the same calls, asked directly, report none. */
async function progress({ subject, reference, own }: Bench): Promise<'ok' | 'absent'> {
  if (!subject.slow || !reference.reportsProgress) return 'absent';
  let heard = 0;
  await own.call(subject.slow(1), { onprogress: () => (heard += 1) });
  if (heard === 0) throw new Error('no progress arrived before the result');
  return 'ok';
}

/** Cancelled while it certainly runs: after its first progress, or while the file that it reads holds it. */
async function cancel({ subject, reference, own, quiet }: Bench): Promise<'ok'> {
  const [first] = subject.calls;
  if (!first) throw new Error('there is nothing to call');
  const { slow, reads } = subject;
  if (slow) {
    let begun: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => (begun = resolve));
    await cancelWhen(reached, (signal) => own.call(slow(PATIENCE_SECONDS), { signal, onprogress: begun }));
    await quiet();
  } else {
    await whileHeld(reads, async (reached) => {
      await cancelWhen(reached, (signal) => own.call(first, { signal }));
      await quiet();
    });
  }
  same(essence(await own.call(first)), essence(reference.results[0]));
  return 'ok';
}

async function cancelWhen(reached: Promise<unknown>, start: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const ending = start(stop.signal).then(
    () => 'a result',
    () => 'an abort',
  );
  const early = await Promise.race([reached.then(() => undefined), ending]);
  if (early !== undefined) throw new Error(`the call ended with ${early} before it was cancelled`);
  const cancelled = Date.now();
  stop.abort();
  const ended = await ending;
  const late = Date.now() - cancelled;
  if (ended !== 'an abort' || late > CANCEL_MS)
    throw new Error(`the cancelled call ended with ${ended} after ${late} ms`);
}

function absent(own: Hop, capability: string, reference: Reference): 'absent' {
  if (reference.capabilities[capability] !== undefined)
    throw new Error(`the server has ${capability}; nothing was tried`);
  if (own.capabilities[capability] !== undefined)
    throw new Error(`the gateway offers ${capability}, the server does not`);
  return 'absent';
}

/** What a client acts on. `execution` belongs to the tasks of one revision, which no gateway can promise to another. */
function entries(tools: unknown): readonly Fields[] {
  if (!Array.isArray(tools)) throw new Error('there is no list of tools');
  return tools.map((tool) => {
    const { name, title, description, inputSchema, outputSchema, annotations } = fields(tool);
    return plain({ name, title, description, inputSchema, outputSchema, annotations });
  });
}

/** A result without what belongs to one revision or one hop. */
function essence(result: unknown): Fields {
  const { content, structuredContent, isError, contents, messages, description, completion } = fields(result);
  // One library fills in `isError: false`.
  return plain({ content, structuredContent, isError: isError === true, contents, messages, description, completion });
}

function plain(value: Fields): Fields {
  return JSON.parse(JSON.stringify(value)) as Fields;
}

function fields(value: unknown): Fields {
  return value as Fields;
}

function same(actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const shown = (value: unknown) => JSON.stringify(value).slice(0, 400);
  throw new Error(`got ${shown(actual)}, directly ${shown(expected)}`);
}
