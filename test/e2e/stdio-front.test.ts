/** `gatehouse stdio`: both families of revisions on one pipe, and what a pipe has of its own: framing, cancellation, the end. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipedGateway, stateless } from '../fixtures/piped-gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';

const script = join(import.meta.dirname, '../fixtures/raw-child.mjs');
const conformance = join(import.meta.dirname, '../fixtures/conformance/main.ts');
const child = (...args: string[]): object => ({ command: process.execPath, args: [script, ...args] });
const fixture = { command: process.execPath, args: [conformance, '--stdio', '--revision', '2026-07-28'] };
const UNREADABLE = { error: { code: -32700 } };

const call = (name: string, args: object = {}): Record<string, unknown> => ({ name, arguments: args });
const text = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? '';

describe('on one pipe', () => {
  let gateway: PipedGateway;
  beforeAll(async () => {
    gateway = await PipedGateway.start({
      bounds: { bodyBytes: '64KiB' },
      servers: { plain: child('plain'), fixture },
    });
    await gateway.initialize();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('stateless requests and a session go on at once', async () => {
    gateway.send(
      { id: 'new', method: 'tools/call', params: stateless(call('plain__echo', { n: 1 })) },
      { id: 'old', method: 'tools/call', params: call('plain__echo', { n: 2 }) },
      { id: 'discover', method: 'server/discover', params: stateless() },
    );
    const stateful = (await gateway.answer('old')).result;
    expect((await gateway.answer('new')).result).toEqual({
      resultType: 'complete',
      ...stateful,
      content: [{ type: 'text', text: '{"n":1}' }],
    });
    expect(stateful).toEqual({ content: [{ type: 'text', text: '{"n":2}' }] });
    expect((await gateway.answer('discover')).result).toMatchObject({ supportedVersions: ['2026-07-28'] });
  });

  it('answers come as they are ready, each under its own id as it was written', async () => {
    gateway.send(
      { id: 'slow', method: 'tools/call', params: stateless(call('plain__hang')) },
      { id: 0, method: 'tools/call', params: stateless(call('plain__echo', { zero: true })) },
      { id: '0', method: 'tools/call', params: call('plain__echo', { text: true }) },
    );
    expect(text((await gateway.answer(0)).result)).toBe('{"zero":true}');
    expect(text((await gateway.answer('0')).result)).toBe('{"text":true}');
    gateway.send({ method: 'notifications/cancelled', params: { requestId: 'slow' } });
  });

  it.each([
    ['2026-07-28', stateless(call('plain__hang')), 7],
    ['2025-11-25', call('plain__hang'), 'seven'],
  ])('a cancelled request of %s is answered by nothing', async (_, params, id) => {
    const mark = `after ${id}`;
    gateway.send(
      { id, method: 'tools/call', params },
      { method: 'notifications/cancelled', params: { requestId: id } },
    );
    gateway.send({ id: mark, method: 'tools/call', params: stateless(call('plain__echo')) });
    await gateway.answer(mark);
    expect(gateway.single.filter((line) => line.id === id)).toEqual([]);
  });

  it.each([
    ['2026-07-28', stateless(call('fixture__test_tool_with_progress'), { progressToken: 'p-new' }), 'p-new'],
    ['2025-11-25', { ...call('fixture__test_tool_with_progress'), _meta: { progressToken: 5 } }, 5],
  ])('progress of %s comes before the answer, with its client\u2019s token', async (_, params, token) => {
    const id = `progress ${token}`;
    gateway.send({ id, method: 'tools/call', params });
    const answered = await gateway.answer(id);
    const notes = gateway.single.filter(({ params: said }) => said?.['progressToken'] === token);
    expect(notes.length).toBeGreaterThan(0);
    expect(gateway.lines.indexOf(answered)).toBeGreaterThan(gateway.lines.indexOf(notes.at(-1) ?? answered));
  });

  it.each([
    ['a method that does not exist', { method: 'ping', params: stateless() }, -32601],
    [
      'a version that is not served',
      { method: 'tools/list', params: stateless({}, { 'io.modelcontextprotocol/protocolVersion': '2031-01-01' }) },
      -32022,
    ],
    [
      'an envelope without capabilities',
      { method: 'tools/list', params: stateless({}, { 'io.modelcontextprotocol/clientCapabilities': 1 }) },
      -32602,
    ],
    ['a tool that does not exist', { method: 'tools/call', params: stateless(call('plain__none')) }, -32602],
    ['initialize with a newer envelope', { method: 'initialize', params: stateless() }, -32601],
    ['a method that a session does not have', { method: 'server/discover' }, -32601],
    ['a log level that does not exist', { method: 'logging/setLevel', params: { level: 'loud' } }, -32602],
  ])('%s gets the same error as over HTTP', async (what, message, code) => {
    gateway.send({ id: what, ...message });
    expect((await gateway.answer(what)).error).toMatchObject({ code });
  });

  it.each([
    ['no JSON', '{"jsonrpc":"2.0","id":1,\n', -32700],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a]), -32700],
    [
      'too deep',
      `{"jsonrpc":"2.0","id":"deep","method":"ping","params":{"a":${'['.repeat(80)}${']'.repeat(80)}}}\n`,
      -32700,
    ],
    ['too long', `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(70_000)}"}}\n`, -32600],
    ['no JSON-RPC', '{"id":1}\n', -32600],
    ['a key twice', '{"jsonrpc":"2.0","id":"twice","method":"ping","method":"ping"}\n', -32600],
    ['a batch where the revision has none', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]\n', -32600],
  ])('a line that is %s gets one error, and the next line is read', async (what, line, code) => {
    const before = gateway.lines.length;
    gateway.send(line, { id: `after ${what}`, method: 'ping' });
    await gateway.answer(`after ${what}`);
    const said = gateway.single.slice(before).filter(({ error }) => error !== undefined);
    expect(said).toMatchObject([{ error: { code } }]);
  });

  it('answers that nobody asked for, notifications that are wrong and empty lines are passed over', async () => {
    const before = gateway.lines.length;
    gateway.send(
      { id: 99, result: {} },
      { id: null, error: { code: 1, message: 'x' } },
      { method: 'notifications/none', params: stateless() },
      '{"jsonrpc":"2.0","method":"a","method":"b"}\n\n\r\n',
      `${JSON.stringify({ jsonrpc: '2.0', id: 'crlf', method: 'ping' })}\r\n`,
    );
    await gateway.answer('crlf');
    expect(gateway.lines.slice(before).filter((line) => !('method' in line))).toEqual([
      { jsonrpc: '2.0', id: 'crlf', result: {} },
    ]);
  });

  it('a subscription is acknowledged first, tells what changes, and says nothing more when cancelled', async () => {
    const notifications = { toolsListChanged: true };
    gateway.send(
      { id: 'sub', method: 'subscriptions/listen', params: stateless({ notifications }) },
      { id: 41, method: 'subscriptions/listen', params: stateless({ notifications }) },
    );
    const of = (id: unknown): (string | undefined)[] =>
      gateway.single
        .filter(
          ({ params }) =>
            (params?.['_meta'] as Record<string, unknown>)?.['io.modelcontextprotocol/subscriptionId'] === id,
        )
        .map(({ method }) => method);
    await expect
      .poll(() => [of('sub'), of(41)])
      .toEqual([['notifications/subscriptions/acknowledged'], ['notifications/subscriptions/acknowledged']]);
    gateway.send({ method: 'notifications/cancelled', params: { requestId: 41 } });
    gateway.send({ id: 'change', method: 'tools/call', params: stateless(call('fixture__test_trigger_tool_change')) });
    await expect.poll(() => of('sub')).toContain('notifications/tools/list_changed');
    expect(of(41)).toHaveLength(1);
    expect(gateway.single.some(({ id }) => id === 41)).toBe(false);
  });

  it('a session hears of lists unasked, and of the resources that it subscribed to', async () => {
    const before = gateway.lines.length;
    const uri = 'test://watched-resource';
    const of = (method: string) => gateway.single.slice(before).find((line) => line.method === method);
    gateway.send({ id: 'prompts', method: 'tools/call', params: call('fixture__test_trigger_prompt_change') });
    gateway.send({ id: 'watch', method: 'resources/subscribe', params: { uri } });
    expect((await gateway.answer('watch')).result).toEqual({});
    gateway.send({ id: 'touch', method: 'tools/call', params: call('fixture__test_trigger_resource_change') });
    await expect.poll(() => of('notifications/resources/updated')?.params).toEqual({ uri });
    await expect.poll(() => of('notifications/prompts/list_changed')).not.toHaveProperty('params');
  });

  it('a session has a log level', async () => {
    const params = call('fixture__test_tool_with_logging');
    const before = gateway.lines.length;
    const isLogged = () => gateway.single.slice(before).some(({ method }) => method === 'notifications/message');
    gateway.send({ id: 'off', method: 'logging/setLevel', params: { level: 'emergency' } });
    expect((await gateway.answer('off')).result).toEqual({});
    gateway.send({ id: 'quiet', method: 'tools/call', params });
    await gateway.answer('quiet');
    expect(isLogged()).toBe(false);
    gateway.send({ id: 'on', method: 'logging/setLevel', params: { level: 'debug' } });
    await gateway.answer('on');
    // A log on the pipe to the server is nobody's for a while after somebody else has asked, so it may take some calls.
    let calls = 0;
    const called = async (): Promise<boolean> => {
      const id = `loud ${(calls += 1)}`;
      gateway.send({ id, method: 'tools/call', params });
      await gateway.answer(id);
      return isLogged();
    };
    await expect.poll(called).toBe(true);
  });
});

describe('a session', () => {
  it('is waited for by what is sent behind initialize, as scripts do', async () => {
    await using gateway = await PipedGateway.start({ servers: { plain: child('plain') } });
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    gateway.send({ id: 1, method: 'initialize', params }, { method: 'notifications/initialized' });
    gateway.send({ id: 2, method: 'tools/list' }, { id: 3, method: 'tools/call', params: call('plain__echo') });
    gateway.process.stdin.end();
    expect(await gateway.ended()).toBe(0);
    expect(new Set(gateway.single.flatMap(({ id }) => (id === undefined ? [] : [id])))).toEqual(new Set([1, 2, 3]));
    expect((await gateway.answer(1)).result).toMatchObject({ protocolVersion: '2025-06-18' });
    const names = (await gateway.answer(2)).result?.['tools'] as readonly { readonly name: string }[];
    expect(names.map(({ name }) => name)).toContain('plain__echo');
    expect(gateway.single.find(({ id }) => id !== undefined)?.id).toBe(1);
  });

  it('comes first: before it only ping and what has its own envelope are answered', async () => {
    await using gateway = await PipedGateway.start({ servers: { plain: child('plain') } });
    gateway.send(
      'nonsense\n',
      { id: 1, method: 'ping' },
      { id: 2, method: 'tools/list' },
      { id: 3, method: 'server/discover' },
    );
    gateway.send({ id: 4, method: 'tools/list', params: stateless() });
    expect((await gateway.answer(1)).result).toEqual({});
    expect((await gateway.answer(2)).error).toMatchObject({ code: -32600 });
    expect((await gateway.answer(3)).error).toMatchObject({ code: -32602 });
    expect((await gateway.answer(4)).result).toMatchObject({ resultType: 'complete' });
    expect(await gateway.answer(null)).toMatchObject(UNREADABLE);
    gateway.send('nonsense\n');
    await expect.poll(() => gateway.lines.at(-1)).toMatchObject(UNREADABLE);
    expect(gateway.lines.at(-1)).not.toHaveProperty('id');
  });

  it('of 2025-03-26 sends batches and gets one array back', async () => {
    await using gateway = await PipedGateway.start({ servers: { plain: child('plain') } });
    expect((await gateway.initialize('2025-03-26')).result).toMatchObject({ protocolVersion: '2025-03-26' });
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'ping' },
      { jsonrpc: '2.0', method: 'notifications/none' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: call('plain__echo', { b: 1 }) },
    ];
    gateway.send(`${JSON.stringify(batch)}\n`);
    await expect
      .poll(() => gateway.lines.find((line) => Array.isArray(line)))
      .toMatchObject([
        { id: 1, result: {} },
        { id: 2, result: { content: [{ text: '{"b":1}' }] } },
      ]);
  });

  it('begins anew with a second initialize', async () => {
    await using gateway = await PipedGateway.start({ servers: { plain: child('plain') } });
    await gateway.initialize();
    gateway.send({ id: 'lost', method: 'tools/call', params: call('plain__hang') });
    gateway.send({ id: 'again', method: 'initialize', params: { protocolVersion: '2024-11-05' } });
    expect((await gateway.answer('again')).result).toMatchObject({ protocolVersion: '2024-11-05' });
    gateway.send({ id: 'next', method: 'ping' });
    await gateway.answer('next');
    expect(gateway.single.some(({ id }) => id === 'lost')).toBe(false);
  });

  it('hears of a server that a changed file brings', async () => {
    await using gateway = await PipedGateway.start({ servers: {} });
    await gateway.initialize();
    // Answered in order: whatever changes after this is told.
    gateway.send({ id: 'ready', method: 'ping' });
    await gateway.answer('ready');
    await writeFile(`${gateway.file}.next`, JSON.stringify({ servers: { plain: child('plain') } }));
    await rename(`${gateway.file}.next`, gateway.file);
    await gateway.heard('notifications/tools/list_changed');
    gateway.send({ id: 'list', method: 'tools/list' });
    expect((await gateway.answer('list')).result?.['tools']).not.toHaveLength(0);
  });
});

it('what an upstream lays out over several lines is one line', async () => {
  await using upstream = await RawUpstream.start('2026-07-28');
  upstream.result = '{\r\n  "content": [],\n  "resultType": "complete"\n}';
  await using gateway = await PipedGateway.start({ servers: { raw: { url: upstream.url } } });
  gateway.send({ id: 1, method: 'tools/call', params: stateless(call('raw__echo')) });
  expect((await gateway.answer(1)).result).toEqual({ content: [], resultType: 'complete' });
});
