/** A process for each caller: what it is told of its caller's client, how many there are, when they end; and whose roots a filesystem server sees. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { AskedClient, outcome, questions } from './asked-client.ts';
import { META, parsed, send, stateless } from './client.ts';
import { metricOf } from './led-call.ts';

const script = join(import.meta.dirname, '../fixtures/raw-child.mjs');
const filesystem = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js',
);
const child = (...args: string[]): Record<string, unknown> => ({ command: process.execPath, args: [script, ...args] });

const PATIENT = { timeout: 10_000 };

let gateway: RunningGateway;
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-roots-')));
  for (const name of ['everyone', 'ann', 'bob']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'note.txt'), `of ${name}`);
  }
  const files = { command: process.execPath, args: [filesystem, join(folder, 'everyone')] };
  gateway = await startGateway({
    bounds: { children: 12 },
    servers: {
      raw: { ...child('own'), process: 'per-caller' },
      relayed: { ...files, roots: 'relay' },
      rooted: { ...child('own'), roots: 'relay' },
      shared: files,
    },
  });
}, 60_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const at = (server: string): string => `${gateway.url}/servers/${server}/mcp`;
const body = (name: string, args: object = {}, id = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });
const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? '';
const tell = async (client: AskedClient, name: string): Promise<string> =>
  textOf(parsed(await send(client.url, { headers: client.headers, body: body(name) })).result);
const end = (client: AskedClient): Promise<unknown> => send(client.url, { method: 'DELETE', headers: client.headers });
const isAlive = (pid: string): boolean => existsSync(`/proc/${pid}`);

describe('a process for each caller', () => {
  it('is that caller’s alone, and ends with it', async () => {
    const before = await metricOf(gateway, 'gatehouse_children');
    const [a, b] = [await AskedClient.open(at('raw')), await AskedClient.open(at('raw'))];
    const pids = [await tell(a, 'pid'), await tell(b, 'pid')];
    expect(new Set(pids).size).toBe(2);
    expect(await tell(a, 'pid')).toBe(pids[0]);
    expect(await metricOf(gateway, 'gatehouse_children')).toBe(before + 2);
    await end(a);
    await end(b);
    await expect.poll(() => pids.filter(isAlive), PATIENT).toEqual([]);
    expect(await metricOf(gateway, 'gatehouse_children')).toBe(before);
  });

  it.each([
    ['{}', {}],
    ['{"elicitation":{}}', { elicitation: {} }],
    ['{"elicitation":{},"sampling":{"tools":{}}}', { elicitation: { form: {} }, sampling: { tools: {} }, roots: {} }],
  ])('is told %s where its client can answer so much', async (told, capabilities) => {
    const client = await AskedClient.open(at('raw'), { capabilities });
    expect(await tell(client, 'offered')).toBe(told);
    await end(client);
  });

  it.each([
    ['of roots that may change', { listChanged: true }, '{"roots":{"listChanged":true}}'],
    ['of roots alone', {}, '{"roots":{}}'],
  ])('is told %s where its client said so', async (_, roots, told) => {
    const client = await AskedClient.open(at('rooted'), { capabilities: { roots } });
    expect(await tell(client, 'offered')).toBe(told);
    await end(client);
  });

  it('is one for all who cannot be told apart', async () => {
    const pid = async (): Promise<string> => {
      const params = `{"name":"pid","arguments":{},${META}}`;
      const request = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
      return textOf(parsed(await send(at('raw'), { headers: stateless('tools/call', 'pid'), body: request })).result);
    };
    expect(await pid()).toBe(await pid());
  });

  it.each([
    ['nothing', {}],
    ['only something else', { elicitation: {} }],
  ])(
    'that asks what its client cannot answer, which says that it can answer %s, fails for the lack of it',
    async (_, able) => {
      const meta = META.replace('Capabilities":{}', `Capabilities":${JSON.stringify(able)}`);
      const request = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"need","arguments":{},${meta}}}`;
      const answered = await send(at('raw'), { headers: stateless('tools/call', 'need'), body: request });
      expect(answered.status).toBe(400);
      expect(parsed(answered).error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { sampling: {} } } });
    },
  );

  it('is refused to whom there is no room for, and to nobody else', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => AskedClient.open(at('raw'))));
    const answers = await Promise.all(clients.map((client) => tell(client, 'pid')));
    const refused = answers.filter((text) => /Too many processes are running \(bounds\.children\)/u.test(text));
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter((text) => /^\d+$/u.test(text)).length).toBe(answers.length - refused.length);
    await Promise.all(clients.map(end));
    await expect.poll(() => answers.filter((pid) => /^\d+$/u.test(pid) && isAlive(pid))).toEqual([]);
  });
});

describe('a filesystem server', () => {
  const roots = { roots: { listChanged: true } };
  const seenBy = async (client: AskedClient): Promise<string[]> => {
    const seen = await tell(client, 'list_allowed_directories');
    return ['ann', 'bob', 'everyone'].filter((name) => seen.includes(join(folder, name)));
  };

  /** A client whose first call has asked it for its roots. */
  async function rooted(name: string): Promise<AskedClient> {
    const client = await AskedClient.open(at('relayed'), { capabilities: roots });
    using events = client.post(body('list_allowed_directories'));
    await expect.poll(() => questions(events).length, PATIENT).toBe(1);
    const [question] = questions(events);
    expect(question?.method).toBe('roots/list');
    if (question) await client.answer(question, { roots: [{ uri: pathToFileURL(join(folder, name)).href }] });
    await expect.poll(() => events.ended, PATIENT).toBe(true);
    return client;
  }

  it('sees the roots of its own caller, and of no other, where they are relayed', async () => {
    const [ann, bob] = await Promise.all([rooted('ann'), rooted('bob')]);
    // It looks at the folders before it takes them for its own.
    await expect.poll(() => seenBy(ann), PATIENT).toEqual(['ann']);
    await expect.poll(() => seenBy(bob), PATIENT).toEqual(['bob']);
    expect(await seenBy(ann)).toEqual(['ann']);
    await Promise.all([end(ann), end(bob)]);
  });

  it('hears that its caller has other roots, and asks on its next call', async () => {
    const [ann, bob] = await Promise.all([rooted('ann'), rooted('bob')]);
    await ann.say({ method: 'notifications/roots/list_changed' });
    // The question waits for a call, or comes while one runs; where that is over before the answer, the next one carries it.
    const seen = async (): Promise<unknown> => {
      using events = ann.post(body('list_allowed_directories'));
      await expect.poll(() => events.ended || questions(events).length > 0, PATIENT).toBe(true);
      const [question] = questions(events);
      if (question) await ann.answer(question, { roots: [{ uri: pathToFileURL(join(folder, 'everyone')).href }] });
      await expect.poll(() => events.ended, PATIENT).toBe(true);
      return outcome(events);
    };
    await expect.poll(seen, PATIENT).toContain(join(folder, 'everyone'));
    expect(await seenBy(bob)).toEqual(['bob']);
    await Promise.all([end(ann), end(bob)]);
  });

  it('that all share never sees any', async () => {
    const client = await AskedClient.open(at('shared'), { capabilities: roots });
    using events = client.post(body('list_allowed_directories'));
    await expect.poll(() => events.ended, PATIENT).toBe(true);
    expect(questions(events)).toEqual([]);
    expect(await seenBy(client)).toEqual(['everyone']);
    const told = await AskedClient.open(at('shared'), { capabilities: roots });
    await told.say({ method: 'notifications/roots/list_changed' });
    expect(await seenBy(told)).toEqual(['everyone']);
  });
});
