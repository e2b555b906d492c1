/** Which socket a request takes, how long it waits, what is left when it ends. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { poolTo, rawUpstream, until, type Heard } from '../../../test/fakes/wire.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
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

describe('a request', () => {
  it('is one write of head and body', async () => {
    const received: string[] = [];
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', (chunk: Buffer) => {
        received.push(chunk.toString());
        socket.write(OK);
      });
    });
    using fixture = poolTo(upstream.port);
    const heard = fixture.send({ body: [Buffer.from('hel'), Buffer.from('lo')] });
    await ended(heard);
    await ended(fixture.send({ method: 'GET', body: [] }));
    expect(received).toEqual([
      crlf('POST /x HTTP/1.1\nhost: up\ncontent-length: 5\n\nhello'),
      crlf('GET /x HTTP/1.1\nhost: up\n\n'),
    ]);
    expect(heard).toMatchObject({ events: ['head', 'end'], status: 200, body: 'ok' });
    expect(upstream.sockets.length).toBe(1);
    expect(fixture.parsers.lent).toBe(0);
  });

  it('of many megabytes arrives whole though the upstream reads slowly', async () => {
    let length = 0;
    const body = Buffer.alloc(30_000_000, 'y');
    await using upstream = await rawUpstream((socket) => {
      socket.pause();
      socket.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > body.length) socket.write(OK);
      });
    });
    using fixture = poolTo(upstream.port);
    const heard = fixture.send({ body: [body] });
    await until(() => upstream.sockets.length === 1);
    upstream.sockets[0]?.resume();
    await ended(heard);
    expect(heard.body).toBe('ok');
    expect(length).toBe(body.length + crlf('POST /x HTTP/1.1\nhost: up\ncontent-length: 30000000\n\n').length);
  });

  it('waits its turn for a socket when all are busy', async () => {
    const open: Socket[] = [];
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => open.push(socket));
    });
    using fixture = poolTo(upstream.port, { sockets: 1 });
    const [first, aborted, third, fourth] = [fixture.send(), fixture.send(), fixture.send(), fixture.send()];
    aborted.sent.abort();
    for (const [turn, heard] of [first, third, fourth].entries()) {
      await until(() => open.length === turn + 1);
      expect(heard.events).toEqual([]);
      open[turn]?.write(OK);
      await ended(heard);
    }
    expect(aborted.events).toEqual([]);
    expect(upstream.sockets.length).toBe(1);
  });

  it('takes the socket that was used last', async () => {
    const open: Socket[] = [];
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => open.push(socket));
    });
    using fixture = poolTo(upstream.port);
    const heards = [fixture.send(), fixture.send(), fixture.send()];
    await until(() => open.length === 3);
    for (const socket of [open[2], open[0], open[1]]) {
      const before = heards.filter(({ events }) => events.length > 0).length;
      socket?.write(OK);
      await until(() => heards.filter(({ events }) => events.length > 0).length > before);
    }
    fixture.send();
    await until(() => open.length === 4);
    expect(open[3]).toBe(open[1]);
  });
});

describe('a socket that waits idle', () => {
  it('is dropped when the upstream closes it, and the next request has another', async () => {
    await using upstream = await rawUpstream(always(OK));
    using fixture = poolTo(upstream.port);
    await ended(fixture.send());
    upstream.sockets[0]?.end();
    await until(() => fixture.pool.sockets === 0);
    const heard = fixture.send();
    await ended(heard);
    expect(heard.body).toBe('ok');
  });

  it('is dropped when bytes come that nobody asked for', async () => {
    await using upstream = await rawUpstream(always(OK));
    using fixture = poolTo(upstream.port);
    await ended(fixture.send());
    upstream.sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await until(() => fixture.pool.sockets === 0);
    const heard = fixture.send();
    await ended(heard);
    expect(heard.body).toBe('ok');
  });

  it('is dropped after 30 seconds, or a second before the upstream would', async () => {
    await using upstream = await rawUpstream((socket, index) => {
      const hint = index === 0 ? '' : 'Keep-Alive: max=5, timeout=10\r\n';
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${hint}Content-Length: 0\r\n\r\n`));
    });
    using fixture = poolTo(upstream.port);
    await ended(fixture.send());
    fixture.time.pass(29_000);
    expect(fixture.pool.sockets).toBe(1);
    fixture.time.pass(1000);
    expect(fixture.pool.sockets).toBe(0);
    await ended(fixture.send());
    fixture.time.pass(8500);
    expect(fixture.pool.sockets).toBe(1);
    fixture.time.pass(500);
    expect(fixture.pool.sockets).toBe(0);
  });

  it('that dies under a request does not have the request sent again', async () => {
    let requests = 0;
    await using upstream = await rawUpstream((socket) => {
      let own = 0;
      socket.on('data', () => {
        requests += 1;
        own += 1;
        if (own === 1) socket.write(OK);
        else socket.destroy();
      });
    });
    using fixture = poolTo(upstream.port);
    await ended(fixture.send());
    const heard = fixture.send();
    await ended(heard);
    expect(heard.fault).toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
    expect(requests).toBe(2);
    expect(upstream.sockets.length).toBe(1);
  });
});

describe('time and bounds', () => {
  it('to connect', async () => {
    await using upstream = await rawUpstream(() => undefined);
    const { port } = upstream;
    await new Promise((resolve) => upstream.server.close(resolve));
    using fixture = poolTo(port);
    const refused = fixture.send();
    await ended(refused);
    expect(refused.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
    expect(refused.fault?.message).not.toMatch(/127|\d{4}/);
    const late = fixture.send();
    fixture.time.pass(6000);
    expect(late.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
    expect(fixture.pool.sockets).toBe(0);
  });

  it('to the first byte, between bytes, and for all of it', async () => {
    const sockets: Socket[] = [];
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => sockets.push(socket));
    });
    using fixture = poolTo(upstream.port);
    const [first, idle, total] = [fixture.send(), fixture.send(), fixture.send()];
    await until(() => sockets.length === 3);
    sockets[1]?.write('HTTP/1.1 200 OK\r\n\r\nsome');
    sockets[2]?.write('HTTP/1.1 200 OK\r\n\r\nsome');
    await until(() => idle.body === 'some' && total.body === 'some');
    fixture.time.pass(11_000);
    expect(first.fault).toMatchObject({ kind: 'timed-out', delivered: 'unknown' });
    for (let round = 0; round < 4; round += 1) {
      fixture.time.pass(8000);
      sockets[2]?.write('more');
      await until(() => total.body.length >= 8 + 4 * round);
    }
    expect(idle.fault).toMatchObject({ kind: 'timed-out', delivered: 'unknown' });
    expect(total.fault).toBeUndefined();
    fixture.time.pass(18_000);
    expect(total.fault).toMatchObject({ kind: 'timed-out', delivered: 'unknown' });
    expect(fixture.pool.sockets).toBe(0);
  });

  it('run for a request that waits for a socket, which has then not been sent', async () => {
    let received = 0;
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => (received += 1));
    });
    using fixture = poolTo(upstream.port, { sockets: 1, firstByteTimeoutMs: 90_000 });
    const [, waiting] = [fixture.send(), fixture.send()];
    await until(() => received === 1);
    fixture.time.pass(61_000);
    expect(waiting.fault).toMatchObject({ kind: 'timed-out', delivered: 'no' });
  });

  it('on waiting requests answer overloaded', async () => {
    await using upstream = await rawUpstream(() => undefined);
    using fixture = poolTo(upstream.port, { sockets: 1 });
    for (let count = 0; count < 10_001; count += 1) fixture.send();
    const beyond = fixture.send();
    expect(beyond.fault).toBeUndefined();
    await ended(beyond);
    expect(beyond.fault).toMatchObject({ kind: 'overloaded', delivered: 'no' });
  });
});

describe('whoever sends', () => {
  it('frees the socket by aborting, and hears nothing more', async () => {
    await using upstream = await rawUpstream(always('HTTP/1.1 200 OK\r\n\r\nsome'));
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await until(() => heard.body === 'some');
    heard.sent.abort();
    expect(fixture.pool.sockets).toBe(0);
    await until(() => upstream.sockets[0]?.readableEnded === true || upstream.sockets[0]?.destroyed === true);
    expect(heard.events).toEqual(['head']);
    expect(fixture.parsers.lent).toBe(0);
  });

  it('holds an answer up by pausing, which is not the upstream being late', async () => {
    const piece = Buffer.alloc(100_000, 'x');
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n');
        for (let count = 0; count < 200; count += 1) socket.write(piece);
      });
    });
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    heard.sent.pause();
    await until(() => upstream.sockets.length === 1 && upstream.sockets[0]?.writableLength !== 0);
    fixture.time.pass(40_000);
    expect(heard.fault).toBeUndefined();
    expect(heard.body.length).toBeLessThan(10_000_000);
    heard.sent.resume();
    await ended(heard);
    expect(heard.body.length).toBe(20_000_000);
    expect(fixture.pool.sockets).toBe(1);
  });

  it('hears when the pool closes', async () => {
    await using upstream = await rawUpstream(always('HTTP/1.1 200 OK\r\n\r\nsome'));
    const fixture = poolTo(upstream.port, { sockets: 1 });
    const [busy, waiting] = [fixture.send(), fixture.send()];
    await until(() => busy?.body === 'some');
    fixture.pool.close();
    expect(busy?.fault).toMatchObject({ kind: 'interrupted', delivered: 'unknown' });
    expect(waiting?.fault).toMatchObject({ kind: 'interrupted', delivered: 'no' });
    const late = fixture.send();
    await ended(late);
    expect(late.fault).toMatchObject({ kind: 'interrupted', delivered: 'no' });
    expect(fixture.pool.sockets).toBe(0);
  });
});
