/** What a proxy may say to CONNECT before its answer. What else it may answer stands in `route.test.ts`. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { rawUpstream, until } from '../../test/fakes/wire.ts';
import { tunnel } from './tunnel.ts';

const INTERIM = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n';
const OPEN = 'HTTP/1.1 200 OK\r\n\r\n';

/** What comes of a proxy that says this, in pieces that arrive one by one. */
async function said(...pieces: readonly string[]): Promise<string> {
  await using proxy = await rawUpstream(() => undefined);
  const socket = connect(proxy.port, '127.0.0.1');
  await once(socket, 'connect');
  await until(() => proxy.sockets.length === 1);
  let outcome = '';
  tunnel({
    socket,
    proxy: { host: '127.0.0.1', port: proxy.port, tls: false, authorization: undefined },
    origin: { host: 'upstream', port: 443, tls: true },
    established: () => (outcome += 'established'),
    failed: ({ told }) => (outcome += told),
  });
  let arrived = 0;
  socket.on('data', (chunk: Buffer) => (arrived += chunk.length));
  let sent = 0;
  for (const piece of pieces) {
    expect(outcome).toBe('');
    proxy.sockets[0]?.write(piece, 'latin1');
    sent += piece.length;
    await until(() => arrived === sent);
  }
  socket.destroy();
  return outcome;
}

it.each([
  ['none', [OPEN]],
  ['some at once with it', [INTERIM + HINTS + OPEN]],
  [
    'some in pieces',
    [INTERIM.slice(0, 9), INTERIM.slice(9), HINTS.slice(0, -1), `\n${OPEN.slice(0, 5)}`, OPEN.slice(5)],
  ],
  ['as many as there may be', [INTERIM.repeat(16), OPEN]],
])('interim answers come before the one that counts: %s', async (_, pieces) => {
  expect(await said(...pieces)).toBe('established');
});

it.each([
  ['a refusal behind one', [INTERIM, 'HTTP/1.1 403 Forbidden\r\n\r\n'], 'refused to connect (HTTP 403)'],
  ['one too many', [INTERIM.repeat(16), INTERIM], 'did not answer as proxies do'],
  ['one without end', [INTERIM, `HTTP/1.1 103 X\r\nx: ${'y'.repeat(20_000)}`], 'did not answer as proxies do'],
  ['a switch to what nobody asked for', ['HTTP/1.1 101 Switching\r\n\r\n'], 'did not answer as proxies do'],
  ['more behind the answer', [`${INTERIM}${OPEN}x`], 'did not answer as proxies do'],
])('no tunnel comes of %s', async (_, pieces, told) => {
  expect(await said(...pieces)).toContain(told);
});
