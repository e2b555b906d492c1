/** A server that answers one request twice: what it says from then on must not be taken for the answers to later requests. */
import { expect, it } from 'vitest';
import { poolTo, rawUpstream } from '../../../test/fakes/wire.ts';
import { Abort } from '../../kernel/abort.ts';
import { Budget } from '../../kernel/bounded.ts';
import { Skim } from '../../kernel/skim/skim.ts';
import { SpareBlocks } from './blocks.ts';
import { HttpLink } from './http.ts';
import type { Reply } from './link.ts';

const skim = new Skim();

const response = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

it('no request follows on a connection on which an answer to another one came', async () => {
  const first = response(200, '{"jsonrpc":"2.0","id":1,"result":{}}');
  await using upstream = await rawUpstream((socket, index) => {
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      if (index > 0) socket.write(response(200, '{"jsonrpc":"2.0","id":3,"result":{}}'));
      // The second answer to the first request; that to the second would come to the third.
      else socket.write(requests < 3 ? first : response(429, ''));
    });
  });
  using fixture = poolTo(upstream.port);
  const { pool, time } = fixture;
  const bounds = {
    time,
    resultBytes: 1000,
    jsonDepth: 10,
    buffered: new Budget(10_000),
    blocks: new SpareBlocks(fixture.time),
    skim,
  };
  const link = new HttpLink({ pool, streams: pool, path: '/', headers: 'Host: x\r\n', ...bounds });
  const params = (): readonly string[] => ['{}'];
  const ask = (): Promise<Reply> =>
    link.request({ method: 'tools/call', params, headers: '', abort: new Abort(), heard: () => undefined });
  expect((await ask()).status).toBe(200);
  await expect(ask()).rejects.toMatchObject({ kind: 'broken', detail: 'an answer to another id' });
  expect((await ask()).status).toBe(200);
  expect(upstream.sockets).toHaveLength(2);
});
