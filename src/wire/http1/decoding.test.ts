/** Compressed answers: every coding, as it comes, within bounds; what is broken is one fault and one closed connection. */
import type { Socket } from 'node:net';
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
  type Gzip,
} from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { poolTo, rawUpstream, until, type Heard } from '../../../test/fakes/wire.ts';

const TEXT = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'How much does a hop cost? '.repeat(100) } });
const codings: readonly [string, (text: string) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
];

function answer(coding: string, body: Buffer): Buffer {
  const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

function chunked(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

async function ended(heard: Heard): Promise<Heard> {
  await until(() => heard.events.includes('end') || heard.events.includes('error'));
  return heard;
}

/** Answers each request with the next of `answers`. */
const answering =
  (...answers: readonly Buffer[]) =>
  (socket: Socket): void => {
    let next = 0;
    socket.on('data', () => socket.write(answers[next++] ?? ''));
  };

describe('an answer', () => {
  it.each(codings)('in %s is decoded, and its connection carries the next', async (coding, compress) => {
    await using upstream = await rawUpstream(
      answering(answer(coding, compress(TEXT)), answer('identity', Buffer.from('b'))),
    );
    using fixture = poolTo(upstream.port);
    const first = await ended(fixture.send());
    expect(first.events).toEqual(['head', 'end']);
    expect(first.body).toBe(TEXT);
    expect((await ended(fixture.send())).body).toBe('b');
    expect(upstream.sockets.length).toBe(1);
  });

  it.each(codings)('in %s that comes byte by byte is the same', async (coding, compress) => {
    const bytes = answer(coding, compress(TEXT));
    await using upstream = await rawUpstream((socket) =>
      socket.once('data', () => {
        for (const byte of bytes) socket.write(Buffer.from([byte]));
      }),
    );
    using fixture = poolTo(upstream.port);
    expect((await ended(fixture.send())).body).toBe(TEXT);
  });

  it('says nothing of the length that it had before it was decoded', async () => {
    await using upstream = await rawUpstream(answering(answer('gzip', gzipSync(TEXT))));
    using fixture = poolTo(upstream.port);
    const seen = new Map<string, string | undefined>();
    const done = Promise.withResolvers<void>();
    fixture.pool.send(
      { method: 'POST', path: '/x', headers: 'host: up\r\n', body: [] },
      {
        onHead: (head) => {
          for (const name of ['content-length', 'content-encoding']) seen.set(name, head.header(name));
        },
        onData: () => undefined,
        onEnd: done.resolve,
        onError: done.reject,
      },
    );
    await done.promise;
    expect([...seen]).toEqual([
      ['content-length', undefined],
      ['content-encoding', 'gzip'],
    ]);
  });

  it('without a body has nothing to decode', async () => {
    await using upstream = await rawUpstream(answering(answer('gzip', Buffer.alloc(0))));
    using fixture = poolTo(upstream.port);
    expect((await ended(fixture.send())).events).toEqual(['head', 'end']);
  });

  it('longer than what is held at once is decoded piece by piece', async () => {
    const long = Array.from({ length: 200_000 }, (_, index) => `${index * 7919}`).join();
    await using upstream = await rawUpstream(answering(answer('gzip', gzipSync(long))));
    using fixture = poolTo(upstream.port);
    expect((await ended(fixture.send())).body === long).toBe(true);
  });
});

describe('a compressed stream', () => {
  it('gives each event when it has been flushed, not at its end', async () => {
    let gzip: Gzip | undefined;
    await using upstream = await rawUpstream((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n');
        gzip = createGzip();
        gzip.on('data', (bytes: Buffer) => socket.write(chunked(bytes)));
        gzip.on('end', () => socket.write('0\r\n\r\n'));
      });
    });
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await until(() => gzip !== undefined);
    for (const event of ['data: one\n\n', 'data: two\n\n']) {
      gzip?.write(event);
      gzip?.flush(constants.Z_SYNC_FLUSH);
      await until(() => heard.body.endsWith(event));
    }
    expect(heard.events).toEqual(['head']);
    gzip?.end();
    expect((await ended(heard)).events).toEqual(['head', 'end']);
  });
});

describe('a compressed answer that', () => {
  const undecodable = {
    kind: 'broken',
    delivered: 'unknown',
    message: 'The server compressed its answer in a way that cannot be undone.',
  };

  it.each([
    ['is corrupt', 'gzip', Buffer.from(gzipSync(TEXT)).fill(0xff, 20, 40)],
    ['is cut off', 'gzip', gzipSync(TEXT).subarray(0, -12)],
    ['is cut off', 'br', brotliCompressSync(TEXT).subarray(0, -12)],
    ['is cut off', 'zstd', zstdCompressSync(TEXT).subarray(0, -12)],
    ['is not compressed at all', 'gzip', Buffer.from(TEXT)],
    ['is in a coding that nobody knows', 'compress', Buffer.from(TEXT)],
    ['is in two codings', 'gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ])('%s (%s) is one clear fault', async (_, coding, body) => {
    await using upstream = await rawUpstream(answering(answer(coding, body)));
    using fixture = poolTo(upstream.port);
    const heard = await ended(fixture.send());
    expect(heard.fault).toEqual(undecodable);
    expect(heard.events.filter((event) => event !== 'head')).toEqual(['error']);
  });

  it.each([
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes)],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('becomes far too long (%s) is stopped early, and its connection closed', async (coding, compress) => {
    const body = compress(Buffer.alloc(8 * 1024 * 1024));
    // It never ends, so only what reads it can end it.
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${body.length + 1}\r\n\r\n`;
    await using upstream = await rawUpstream(answering(Buffer.concat([Buffer.from(head), body])));
    using fixture = poolTo(upstream.port);
    const heard = await ended(fixture.send());
    expect(heard.fault).toEqual(undecodable);
    expect(heard.body.length).toBeLessThan(1024 * 1024);
    await until(() => fixture.pool.sockets === 0);
    await until(() => isGone(upstream.sockets[0]));
  });

  it('becomes far too long is stopped as early, however much comes behind it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    await using upstream = await rawUpstream(answering(answer('gzip', Buffer.concat([bomb, bomb, bomb]))));
    using fixture = poolTo(upstream.port);
    const heard = await ended(fixture.send());
    expect(heard.fault).toEqual(undecodable);
    expect(heard.body.length).toBeLessThan(1024 * 1024);
  });

  it('nobody wants any more is not decoded on', async () => {
    const body = gzipSync(Array.from({ length: 500_000 }, (_, index) => `${index * 7919}`).join());
    await using upstream = await rawUpstream(answering(answer('gzip', body)));
    using fixture = poolTo(upstream.port);
    const heard = fixture.send();
    await until(() => heard.body !== '');
    heard.sent.abort();
    const { length } = heard.body;
    await until(() => isGone(upstream.sockets[0]));
    expect(heard.body.length).toBe(length);
    expect(heard.events).toEqual(['head']);
  });
});

const isGone = (socket: Socket | undefined): boolean => socket?.destroyed === true || socket?.readableEnded === true;
