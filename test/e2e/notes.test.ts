/** What happens before an answer: progress, logs, cancellation, and streams that tell what changes. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { META, send, session, stateless } from './client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;
let url: string;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({ servers: { raw: { url: upstream.url } } });
  url = `${gateway.url}/servers/raw/mcp`;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const SSE_TYPE = { 'content-type': 'text/event-stream' };
const events = (body: string): unknown[] =>
  [...body.matchAll(/^data: (.+)$/gmu)].map(([, data]) => JSON.parse(data ?? '') as unknown);
const withMeta = (more: string): string => META.replace(/\}$/u, `,${more}}`);

describe('progress', () => {
  it('reaches its caller under the caller\u2019s own token, growing, and ends with the result', async () => {
    upstream.answer = (response, id, { body }) => {
      const token = /"progressToken":(\d+)/u.exec(body)?.[1];
      response.writeHead(200, SSE_TYPE);
      for (const progress of ['1', '2.50', '2', '3']) {
        response.write(
          `event: message\r\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${progress},"vendor":1.0}}\r\n\r\n`,
        );
      }
      response.write(
        'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"other","progress":9}}\n\n',
      );
      response.end(`data: {"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","content":[]}}\n\n`);
    };
    const body = `{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"echo",${withMeta('"progressToken":"mine"')}}}`;
    const answered = await send(url, { headers: stateless('tools/call', 'echo'), body });
    expect(answered.headers['content-type']).toBe('text/event-stream');
    expect(answered.body).toContain('"progress":2.50,"vendor":1.0');
    const all = events(answered.body) as { params?: { progressToken: unknown; progress: number }; id?: unknown }[];
    expect(all.map(({ params, id }) => params?.progress ?? id)).toEqual([1, 2.5, 3, 'a']);
    expect(new Set(all.slice(0, -1).map(({ params }) => params?.progressToken))).toEqual(new Set(['mine']));
  });
});

describe('log messages', () => {
  const answerWithLogs = (): void => {
    upstream.answer = (response, id) => {
      response.writeHead(200, SSE_TYPE);
      for (const level of ['debug', 'warning'])
        response.write(
          `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"${level}","data":"x"}}\n\n`,
        );
      response.end(`data: {"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","content":[]}}\n\n`);
    };
  };

  it('are not sent to a stateless request that did not ask for them', async () => {
    answerWithLogs();
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${META}}}`;
    const answered = await send(url, { headers: stateless('tools/call', 'echo'), body });
    expect(answered.headers['content-type']).toBe('application/json');
  });

  it('are sent from the level on that was asked for', async () => {
    answerWithLogs();
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${withMeta('"io.modelcontextprotocol/logLevel":"warning"')}}}`;
    const answered = await send(url, { headers: stateless('tools/call', 'echo'), body });
    expect(events(answered.body)).toHaveLength(2);
    expect(answered.body).not.toContain('debug');
  });

  it('follow the level that a session has set', async () => {
    answerWithLogs();
    const headers = await session(url);
    await send(url, {
      headers,
      body: '{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"error"}}',
    });
    const answered = await send(url, {
      headers,
      body: '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}',
    });
    expect(answered.headers['content-type']).toBe('application/json');
  });
});

describe('cancellation', () => {
  it('of a stateless call is the client\u2019s going away, and reaches the server', async () => {
    const closed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    upstream.answer = (response) => {
      response.on('close', () => closed.resolve());
      begun.resolve();
    };
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...stateless('tools/call', 'echo'),
    };
    const sent = request(url, { method: 'POST', headers, agent: false });
    sent.on('error', () => undefined);
    sent.end(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${META}}}`);
    await begun.promise;
    sent.destroy();
    await closed.promise;
    upstream.answer = undefined;
  });

  it('of a session\u2019s call is said, and the call then gets no answer', async () => {
    const closed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    upstream.answer = (response) => {
      response.on('close', () => closed.resolve());
      begun.resolve();
    };
    const headers = await session(url);
    const answered = send(url, {
      headers,
      body: '{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{"name":"echo"}}',
    });
    await begun.promise;
    expect(
      (
        await send(url, {
          headers,
          body: '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":0}}',
        })
      ).status,
    ).toBe(202);
    await closed.promise;
    expect((await answered).body).toBe('');
    upstream.answer = undefined;
  });
});
