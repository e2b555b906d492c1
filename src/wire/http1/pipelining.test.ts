/** Requests that come before the one ahead of them is answered: in order whatever each becomes, and bounded (RFC 9112 section 9.3.2). */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';
import type { Exchange, ResponseStream } from './serving.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('requests one behind the other', () => {
  it('are answered in their order, streams among them', async () => {
    const streams: ResponseStream[] = [];
    await using fixture = await serve({
      onRequest: (exchange) => {
        if (exchange.target === '/stream') streams.push(exchange.stream(200, ''));
        else exchange.respond(200, '', exchange.target);
      },
    });
    const client = fixture.client();
    client.send(get('/1') + get('/stream') + get('/2') + get('/stream') + get('/3'));
    await until(() => streams.length === 1);
    await client.sendApart([get('/4').slice(0, 9), get('/4').slice(9)]);
    streams[0]?.write(Buffer.from('first'));
    expect(fixture.requests.length).toBe(2);
    streams[0]?.end();
    await until(() => streams.length === 2);
    streams[1]?.write(Buffer.from('second'));
    streams[1]?.end();
    await until(() => client.received.endsWith('/4'));
    const inOrder = ['/1', 'first', '/2', 'second', '/3', '/4'].map((part) => client.received.indexOf(part));
    expect(inOrder).toEqual(inOrder.toSorted((one, other) => one - other));
    expect(inOrder).not.toContain(-1);
    await until(() => fixture.buffered.held === 0);
  });

  it('end with the first that is refused; what came before it is answered, what comes after it is not read', async () => {
    const waiting: Exchange[] = [];
    await using fixture = await serve({ onRequest: (exchange) => waiting.push(exchange) });
    const client = fixture.client();
    client.send(`${get('/1')}GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${get('/2')}`);
    await until(() => waiting.length === 1);
    waiting[0]?.respond(200, '', 'one');
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual([200, 400]);
    expect(waiting.length).toBe(1);
    client.socket.destroy();
    await until(() => fixture.server.connections === 0);
    expect([fixture.parsers.lent, fixture.buffered.held]).toEqual([0, 0]);
  });

  it('behind one that closes are not looked at', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${get('/2')}`);
    await client.ended();
    expect(fixture.requests.length).toBe(1);
  });

  it('are held up to a bound, and charged to the budget while they are', async () => {
    const waiting: Exchange[] = [];
    await using fixture = await serve({ onRequest: (exchange) => waiting.push(exchange) });
    const client = fixture.client();
    client.send(get('/first'));
    await until(() => waiting.length === 1);
    client.send(get('/x').repeat(200_000));
    await until(() => fixture.buffered.held > 65_536);
    expect(fixture.buffered.held).toBeLessThan(2_200_000);
    await fixture.server.close();
    await until(() => fixture.buffered.held === 0);
  });

  it('that are more than can be held are refused in their turn, when the one before them takes long', async () => {
    const waiting: Exchange[] = [];
    await using fixture = await serve({ onRequest: (exchange) => waiting.push(exchange) });
    const client = fixture.client();
    client.send(get('/first') + get('/x').repeat(8000));
    await until(() => fixture.buffered.held > 65_536);
    fixture.time.pass(4000);
    expect(fixture.buffered.held).toBeGreaterThan(65_536);
    fixture.time.pass(2000);
    expect(fixture.buffered.held).toBe(0);
    waiting[0]?.respond(200, '', 'one');
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual([200, 503]);
    expect(waiting.length).toBe(1);
  });

  it.each([
    ['as much behind them as can be held', 1000, 20_000],
    ['more behind them than can be held', 8000, 65_536],
  ])('do not hide that their client has left, with %s', async (_, times, held) => {
    let hasGone = false;
    await using fixture = await serve({ onRequest: (exchange) => exchange.onGone(() => (hasGone = true)) });
    const client = fixture.client();
    client.send(get('/first') + get('/x').repeat(times));
    await until(() => hasGone || fixture.buffered.held > held);
    client.socket.end();
    fixture.time.pass(6000);
    await until(() => hasGone && fixture.server.connections === 0);
    expect(fixture.buffered.held).toBe(0);
  });

  it('that never stop end the connection, when the one before them takes long', async () => {
    let hasGone = false;
    await using fixture = await serve({ onRequest: (exchange) => exchange.onGone(() => (hasGone = true)) });
    const client = fixture.client();
    client.send(get('/first') + get('/x').repeat(200_000));
    await until(() => fixture.buffered.held > 65_536);
    fixture.time.pass(6000);
    await until(() => hasGone && fixture.server.connections === 0);
    expect(fixture.buffered.held).toBe(0);
  });

  it('are refused in their turn where there is no room to hold them', async () => {
    const waiting: Exchange[] = [];
    await using fixture = await serve({ bufferedBytes: 1000, onRequest: (exchange) => waiting.push(exchange) });
    const client = fixture.client();
    client.send(get('/first') + get('/x').repeat(100));
    await until(() => waiting.length === 1);
    waiting[0]?.respond(200, '', 'one');
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual([200, 503]);
    expect(fixture.buffered.held).toBe(0);
  });
});
