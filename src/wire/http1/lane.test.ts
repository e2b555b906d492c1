/** What an upstream may answer, and what becomes of answers that are none. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { poolTo, rawUpstream, until, type Heard, type PoolFixture } from '../../../test/fakes/wire.ts';
import type { Sent } from './client.ts';
import { Output } from './output.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ended = (heard: Heard): Promise<void> =>
  until(() => heard.events.includes('end') || heard.fault !== undefined, 'an end');

/** Answers whatever comes. */
const always =
  (...pieces: readonly string[]) =>
  (socket: Socket): void => {
    socket.on('data', () => {
      for (const piece of pieces) socket.write(piece, 'latin1');
    });
  };

describe('an answer', () => {
  it.each([
    ['with a length', [OK]],
    ['in chunks', ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\nT: x\r\n\r\n']],
    ['after interim ones', [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n${OK}`]],
    ['byte by byte', OK.split('')],
    ['with identity as its coding', [OK.replace('\r\n', '\r\nContent-Encoding: identity\r\n')]],
  ])('%s is heard, and the socket used again', async (_, pieces) => {
    await using upstream = await rawUpstream(always(...pieces));
    using fixture = poolTo(upstream.port);
    for (let count = 0; count < 2; count += 1) {
      const heard = fixture.send();
      await ended(heard);
      expect(heard).toMatchObject({ events: ['head', 'end'], status: 200, body: 'ok', fault: undefined });
    }
    expect(upstream.sockets.length).toBe(1);
  });

  it('that comes before its request has left answers nothing, and the request can be sent again', async () => {
    await using upstream = await rawUpstream((socket) => socket.write(OK));
    const held: (() => void)[] = [];
    using fixture = poolTo(upstream.port, {}, { output: new Output({ soon: (action) => held.push(action) }) });
    const heard = fixture.send();
    await ended(heard);
    for (const flush of held) flush();
    expect(heard).toMatchObject({ events: ['error'], fault: { kind: 'interrupted', delivered: 'no' } });
    expect(upstream.sockets[0]?.bytesRead).toBe(0);
  });

  it('that never ends leaves others their turn', async () => {
    const endless = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
    await using upstream = await rawUpstream((socket, index) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(endless));
        socket.once('drain', pour);
      };
      socket.on('data', () => {
        if (index > 0) socket.write(OK);
        else {
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
          pour();
        }
      });
    });
    using fixture = poolTo(upstream.port);
    const spans: number[] = [];
    const { sent } = poured(fixture, spans);
    await until(() => spans.length > 20, 'turns');
    const good = fixture.send();
    await ended(good);
    sent.abort();
    expect(good.body).toBe('ok');
    // A turn ends with the read that fills it.
    expect(Math.max(...spans)).toBeLessThan(262_144 + 65_536);
  });

  it('rests between turns once it is long, however many short ones its socket has carried', async () => {
    const sizes = [...Array.from({ length: 8 }, () => 400_000), 4_000_000];
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => {
        const size = sizes.shift() ?? 0;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
      });
    });
    using fixture = poolTo(upstream.port);
    while (sizes.length > 1) await ended(fixture.send());
    expect(fixture.time.rests).toBe(0);
    const long = fixture.send();
    await ended(long);
    expect(long.body.length).toBe(4_000_000);
    expect(fixture.time.rests).toBeGreaterThan(5);
    expect(upstream.sockets.length).toBe(1);
  });

  it.each([204, 304])('with status %i has no body', async (status) => {
    await using upstream = await rawUpstream(always(`HTTP/1.1 ${status} X\r\nETag: "a"\r\n\r\n`));
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await ended(heard);
    expect(heard).toMatchObject({ events: ['head', 'end'], status, body: '' });
    expect(fixture.pool.sockets).toBe(1);
  });

  it('without a length ends with the connection', async () => {
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nok'));
    });
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await ended(heard);
    expect(heard).toMatchObject({ events: ['head', 'end'], body: 'ok' });
    await until(() => fixture.pool.sockets === 0);
  });

  it.each([
    ['says Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['is HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['is followed by more than was asked for', `${OK}${OK}`],
    ['allows no time', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
  ])('that %s is the last on its socket', async (_, bytes) => {
    await using upstream = await rawUpstream(always(bytes));
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await ended(heard);
    expect(heard).toMatchObject({ events: ['head', 'end'], body: 'ok' });
    expect(fixture.pool.sockets).toBe(0);
  });

  it.each([
    ['garbage', 'SSH-2.0-OpenSSH\r\n'],
    ['a bare CR behind its status', 'HTTP/1.1 200 OK\r\rContent-Length: 2\r\n\r\nok'],
    ['another protocol', 'ICY 200 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok'],
    ['a compression that nobody knows', 'HTTP/1.1 200 OK\r\nContent-Encoding: compress\r\nContent-Length: 2\r\n\r\nok'],
    ['a head over the bound', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(2000)}\r\n\r\n`],
    ['too many headers', `HTTP/1.1 200 OK\r\n${'X: a\r\n'.repeat(21)}\r\n`],
    ['a chunk that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['interim answers without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)],
  ])('that is %s is broken', async (_, bytes) => {
    await using upstream = await rawUpstream(always(bytes));
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await ended(heard);
    expect(heard.fault).toMatchObject({ kind: 'broken', delivered: 'unknown' });
    expect(heard.events.at(-1)).toBe('error');
    expect(fixture.pool.sockets).toBe(0);
    expect(fixture.parsers.lent).toBe(0);
  });

  it.each([
    ['before its first byte', ''],
    ['inside its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['inside its body', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf'],
    ['inside a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha'],
  ])('that is cut off %s was interrupted', async (_, bytes) => {
    for (const leave of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      await using upstream = await rawUpstream((socket) => {
        socket.on('data', () => {
          if (bytes === '') leave(socket);
          else socket.write(bytes, () => leave(socket));
        });
      });
      using fixture = poolTo(upstream.port);
      const heard = fixture.send();
      await ended(heard);
      expect(heard.fault).toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
      expect(heard.fault?.message).not.toMatch(/127|\d{4}/);
      expect(fixture.pool.sockets).toBe(0);
      expect(upstream.sockets.length).toBe(1);
    }
  });
});

it('an upstream that hangs up during the TLS handshake, as politely as it may, could not be reached', async () => {
  await using upstream = await rawUpstream((socket) => socket.on('data', () => socket.end()));
  using fixture = poolTo(upstream.port, {}, { authority: { host: '127.0.0.1', port: upstream.port, tls: true } });
  const heard = fixture.send();
  await ended(heard);
  expect(heard.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
});

/** Notes how much is heard in each turn. */
function poured({ pool }: PoolFixture, spans: number[]): { readonly sent: Sent } {
  let isNoted = false;
  const sent = pool.send(
    { method: 'POST', path: '/x', headers: 'host: up\r\n', body: [] },
    {
      onHead: () => undefined,
      onData: (chunk) => {
        if (!isNoted) {
          spans.push(0);
          isNoted = true;
          setImmediate(() => (isNoted = false));
        }
        spans.push((spans.pop() ?? 0) + chunk.length);
      },
      onEnd: () => undefined,
      onError: () => undefined,
    },
  );
  return { sent };
}
