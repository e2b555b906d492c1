/** How the gateway ends when it is asked to: what was begun is finished, nothing new is begun, and it does not take for ever. */
import { Agent, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, parsed, send, session, stateless, statelessCall } from './client.ts';
import { Events } from './streams.ts';

let upstream: RawUpstream;
let finish: (() => void)[];

beforeEach(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  finish = [];
  upstream.answer = (response: ServerResponse, id: string) =>
    void finish.push(() =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"resultType":"complete"}}`),
    );
});

afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
});

const started = (bounds: Record<string, unknown> = {}) =>
  startGateway({ bounds, log: { format: 'json' }, servers: { raw: { url: upstream.url } } });

const CALL = {
  headers: stateless('tools/call', 'echo'),
  body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${META}}}`,
};

const listening = (url: string): Events =>
  new Events(url, {
    method: 'POST',
    headers: stateless('subscriptions/listen'),
    body: `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},${META}}}`,
  });

describe('a gateway that is asked to end', () => {
  it('says so at once, ends streams in their way, finishes calls, and exits with 0', async () => {
    await using gateway = await started();
    const url = `${gateway.url}/mcp`;
    const headers = await session(url);
    using stateful = new Events(url, { method: 'GET', headers });
    using stateless2026 = listening(url);
    const call = statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo');
    await expect.poll(() => [finish.length, stateful.status, stateless2026.all.length]).toEqual([1, 200, 1]);
    gateway.stop();
    await expect.poll(() => [stateful.ended, stateless2026.ended]).toEqual([true, true]);
    expect(stateless2026.methods()).toEqual(['notifications/subscriptions/acknowledged', 'result']);
    const readiness = await fetch(`${gateway.adminUrl}/readyz`);
    expect([readiness.status, await readiness.json()]).toMatchObject([503, { status: 'draining' }]);
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);
    for (const end of finish) end();
    const answered = await call;
    expect([parsed(answered).result?.['isError'], answered.headers['connection']]).toEqual([undefined, 'close']);
    expect(await gateway.ended()).toBe(0);
    const said = [...gateway.output.matchAll(/"msg":"(listening|draining|stopped)"/gu)].map(([, word]) => word);
    expect(said).toEqual(['listening', 'draining', 'stopped']);
  });

  it('still answers who comes in the next moment, but begins nothing that stays', async () => {
    await using gateway = await started();
    const url = `${gateway.url}/mcp`;
    const call = statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo');
    await expect.poll(() => finish.length).toBe(1);
    gateway.stop();
    const draining = async () => (await fetch(`${gateway.adminUrl}/readyz`)).status;
    await expect.poll(draining, { interval: 5 }).toBe(503);
    const asked = ['tools/list', 'subscriptions/listen'].map((method) =>
      send(url, {
        headers: stateless(method),
        body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"notifications":{},${META}}}`,
      }),
    );
    const opened = send(url, {
      body: '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}',
    });
    const answers = await Promise.all([...asked, opened]);
    expect(answers.map(({ status }) => status)).toEqual([200, 503, 503]);
    expect(answers[2]?.headers['retry-after']).toBe('1');
    for (const end of finish) end();
    await call;
    expect(await gateway.ended()).toBe(0);
  });

  it('answers all that clients ask on the connections that they have, and says with which answer they end', async () => {
    upstream.answer = undefined;
    await using gateway = await started();
    const url = `${gateway.url}/servers/raw/mcp`;
    const statuses: number[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let isLast = false; !isLast;) {
        const answered = await send(url, { ...CALL, agent });
        statuses.push(answered.status);
        isLast = answered.headers['connection'] === 'close';
      }
    });
    await expect.poll(() => statuses.length).toBeGreaterThan(50);
    gateway.stop();
    await Promise.all(clients);
    expect(await gateway.ended()).toBe(0);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('does not wait for a server that hangs for longer than the drain time', async () => {
    await using gateway = await started({ drainTimeout: '1s' });
    const call = statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo').catch(() => 'cut');
    await expect.poll(() => finish.length).toBe(1);
    gateway.stop();
    expect(await gateway.ended()).toBe(0);
    await call;
    expect(gateway.output).toContain('closed what was still open');
  });

  it('ends at once when it is asked again', async () => {
    await using gateway = await started();
    const call = statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo').catch(() => 'cut');
    await expect.poll(() => finish.length).toBe(1);
    gateway.stop();
    const again = setInterval(() => gateway.stop(), 400);
    expect(await gateway.ended()).toBeGreaterThanOrEqual(128);
    clearInterval(again);
    expect(await call).toBe('cut');
  });
});
