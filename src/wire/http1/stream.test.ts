/** Answers in chunks and large ones, and readers that are slower than they. */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';
import type { Exchange, ResponseStream } from './serving.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const MEGABYTE = Buffer.alloc(1_000_000, 'x');

function opener(): {
  readonly onRequest: (exchange: Exchange) => void;
  readonly streams: ResponseStream[];
  gone: number;
} {
  const opened = { streams: [] as ResponseStream[], gone: 0 };
  const onRequest = (exchange: Exchange): void => {
    exchange.onGone(() => (opened.gone += 1));
    opened.streams.push(exchange.stream(200, 'content-type: text/event-stream\r\n'));
  };
  return Object.assign(opened, { onRequest });
}

/** Takes chunks apart. */
function dechunk(text: string): { readonly data: string; readonly isComplete: boolean } {
  let data = '';
  let rest = text.slice(text.indexOf('\r\n\r\n') + 4);
  for (;;) {
    const end = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (end === -1 || rest.length < end + size + 4) return { data, isComplete: false };
    if (size === 0) return { data, isComplete: true };
    data += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 2 + size + 2);
  }
}

describe('a streamed response', () => {
  it('sends its head at once, then each write as a chunk, then leaves the connection usable', async () => {
    const opened = opener();
    await using fixture = await serve({ onRequest: opened.onRequest });
    const client = fixture.client();
    client.send(GET);
    await until(() => client.received.endsWith('\r\n\r\n'));
    expect(client.received).toContain('transfer-encoding: chunked\r\n');
    expect(fixture.parsers.lent).toBe(0);
    const [stream] = opened.streams;
    expect(stream?.write(Buffer.from('data: '), Buffer.from('one\n\n'))).toBe(true);
    await until(() => client.received.endsWith('b\r\ndata: one\n\n\r\n'));
    expect(stream?.write(Buffer.alloc(0))).toBe(true);
    stream?.write(Buffer.from('two'));
    stream?.end();
    await until(() => dechunk(client.received).isComplete);
    expect(dechunk(client.received).data).toBe('data: one\n\ntwo');
    expect(stream?.write(Buffer.from('late'))).toBe(false);
    client.received = '';
    client.send(GET);
    await until(() => opened.streams.length === 2);
    expect(opened.gone).toBe(0);
  });

  it('hears that its client has left', async () => {
    const opened = opener();
    await using fixture = await serve({ onRequest: opened.onRequest });
    const client = fixture.client();
    client.send(GET);
    await until(() => opened.streams.length === 1);
    client.socket.destroy();
    await until(() => opened.gone === 1);
    expect(opened.streams[0]?.write(Buffer.from('x'))).toBe(false);
  });

  it('is closed when its reader is further behind than the bound', async () => {
    const opened = opener();
    await using fixture = await serve({ onRequest: opened.onRequest });
    const client = fixture.client();
    client.send(GET);
    await until(() => opened.streams.length === 1);
    client.socket.pause();
    const [stream] = opened.streams;
    let writes = 0;
    for (let isOpen = true; isOpen && writes < 200; writes += 1) isOpen = stream?.write(MEGABYTE) === true;
    expect(writes).toBeGreaterThan(0);
    expect(writes).toBeLessThan(200);
    await until(() => opened.gone === 1);
    await until(() => fixture.server.connections === 0);
  });

  it('tells when a slow reader has caught up, and loses nothing', async () => {
    const opened = opener();
    await using fixture = await serve({ bounds: { streamQueueBytes: 50_000_000 }, onRequest: opened.onRequest });
    const client = fixture.client();
    client.send(GET);
    await until(() => opened.streams.length === 1);
    client.socket.pause();
    const [stream] = opened.streams;
    let isDrained = false;
    stream?.onDrain(() => (isDrained = true));
    for (let index = 0; index < 20; index += 1) stream?.write(MEGABYTE, Buffer.from(String(index)));
    expect(stream?.queuedBytes).toBeGreaterThan(1_000_000);
    client.socket.resume();
    await until(() => isDrained);
    expect(stream?.queuedBytes).toBe(0);
    stream?.end();
    await until(() => dechunk(client.received).isComplete);
    const expected = Array.from({ length: 20 }, (_, index) => `${MEGABYTE.toString()}${index}`).join('');
    expect(dechunk(client.received).data === expected).toBe(true);
  });

  it('is not overwritten by another while it waits for its reader', async () => {
    const opened = opener();
    await using fixture = await serve({ onRequest: opened.onRequest });
    const [slow, quick] = [fixture.client(), fixture.client()];
    slow.send(GET);
    await until(() => opened.streams.length === 1);
    slow.socket.pause();
    const [stream] = opened.streams;
    let expected = '';
    for (let turn = 0, queued = 0; queued === 0; turn += 1) {
      const piece = String(turn % 10).repeat(10_000);
      stream?.write(Buffer.from(piece));
      expected += piece;
      queued = stream?.queuedBytes ?? 1;
    }
    quick.send(GET);
    await until(() => opened.streams.length === 2);
    for (let turn = 0; turn < 20; turn += 1) opened.streams[1]?.write(Buffer.from('z'.repeat(10_000)));
    slow.socket.resume();
    stream?.end();
    await until(() => dechunk(slow.received).isComplete);
    expect(dechunk(slow.received).data === expected).toBe(true);
  });

  it('whose reader takes nothing is ended after a while, one that has taken all is not', async () => {
    const opened = opener();
    await using fixture = await serve({ bounds: { streamQueueBytes: 50_000_000 }, onRequest: opened.onRequest });
    const [slow, quick] = [fixture.client(), fixture.client()];
    slow.send(GET);
    await until(() => opened.streams.length === 1);
    slow.socket.pause();
    quick.send(GET);
    await until(() => opened.streams.length === 2);
    for (let index = 0; index < 20; index += 1) opened.streams[0]?.write(MEGABYTE);
    fixture.time.pass(59_000);
    expect(fixture.server.connections).toBe(2);
    fixture.time.pass(2000);
    await until(() => opened.gone === 1);
    fixture.time.pass(3_600_000);
    expect(opened.streams[1]?.write(Buffer.from('x'))).toBe(true);
    expect(fixture.server.connections).toBe(1);
  });
});

describe('a large event', () => {
  const large = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.from(MEGABYTE.toString() + index)));

  it('reaches a reader that is slow but reads, whole and in its order', async () => {
    const opened = opener();
    const bounds = { streamQueueBytes: 50_000_000 };
    await using fixture = await serve({ bounds, bufferedBytes: 50_000_000, onRequest: opened.onRequest });
    const client = fixture.client();
    client.send(GET);
    await until(() => opened.streams.length === 1);
    client.socket.pause();
    const [stream] = opened.streams;
    for (const part of [Buffer.from('before'), large, Buffer.from('behind'), large, Buffer.from('last')])
      expect(stream?.write(part)).toBe(true);
    const queued = stream?.queuedBytes ?? 0;
    expect(queued).toBeGreaterThan(20_000_000);
    for (let minute = 0; minute < 10; minute += 1) {
      const { length } = client.received;
      fixture.time.pass(30_000);
      client.socket.resume();
      await until(() => client.received.length > length + 1_000_000, `more at minute ${minute / 2}`);
      client.socket.pause();
    }
    expect(stream?.queuedBytes).toBeLessThan(queued);
    stream?.end();
    client.socket.resume();
    await until(() => client.received.endsWith('last\r\n0\r\n\r\n'));
    expect(dechunk(client.received).data === `before${large.toString()}behind${large.toString()}last`).toBe(true);
  });
});

describe('a large answer', () => {
  const large = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.from(MEGABYTE.toString() + index)));

  it('reaches a slow reader whole, and is charged to the budget until then', async () => {
    await using fixture = await serve({
      bufferedBytes: 30_000_000,
      onRequest: (exchange) => exchange.respondParts(200, '', [large, Buffer.from('end')]),
    });
    const client = fixture.client();
    client.socket.pause();
    client.send(GET + GET.replace('/', '/again'));
    await until(() => fixture.buffered.held > 1_000_000);
    expect(fixture.requests.length).toBe(1);
    client.socket.resume();
    await client.answered(2);
    expect(client.responses.map(({ body }) => body === `${large.toString()}end`)).toEqual([true, true]);
    await until(() => fixture.buffered.held === 0);
  });

  it('is given up when its reader takes nothing, or when too much is held', async () => {
    await using fixture = await serve({ onRequest: (exchange) => exchange.respond(200, '', large) });
    const client = fixture.client();
    client.socket.pause();
    client.send(GET);
    // 20 MB do not fit into a budget of 10 MB, less what the system's buffers took.
    await until(() => fixture.requests.length === 1 && fixture.server.connections === 0);
    expect(fixture.buffered.held).toBe(0);
    await using roomy = await serve({
      bufferedBytes: 30_000_000,
      onRequest: (exchange) => exchange.respond(200, '', large),
    });
    const other = roomy.client();
    other.socket.pause();
    other.send(GET);
    await until(() => roomy.buffered.held > 0);
    roomy.time.pass(61_000);
    await until(() => roomy.server.connections === 0);
    expect(roomy.buffered.held).toBe(0);
  });
});
