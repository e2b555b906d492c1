/** What is cut when its time is over, on a clock that the test moves; connections that are left open. */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const get = (lines: string): string => crlf(`GET / HTTP/1.1\n${lines}\n\n`);
const post = (lines: string, body = 'hello'): string => crlf(`POST / HTTP/1.1\nHost: a\n${lines}\n\n`) + body;

describe('time', () => {
  it.each([
    ['a head that does not come', 'GET / HTT', 10_000, [408]],
    ['a body that does not come', post('Content-Length: 5', 'he'), 30_000, [408]],
    ['a connection without a request', '', 60_000, []],
  ])('ends %s', async (_, bytes, ms, statuses) => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(bytes);
    await until(() => fixture.server.connections === 1 && fixture.parsers.lent === (bytes === '' ? 0 : 1));
    fixture.time.pass(ms - 1);
    expect(client.responses).toEqual([]);
    expect(fixture.server.connections).toBe(1);
    fixture.time.pass(600);
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual(statuses);
    client.socket.destroy();
    await until(() => fixture.server.connections === 0);
    expect(fixture.parsers.lent).toBe(0);
  });

  it('counts from the first byte of a head, not from its last', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send('GET / ');
    await until(() => fixture.parsers.lent === 1);
    fixture.time.pass(9000);
    await client.sendApart(['HTTP/1.1\r\nHost: ']);
    fixture.time.pass(2000);
    await client.ended();
    expect(client.responses[0]?.status).toBe(408);
  });

  it.each([
    ['head', 'GET / HTTP/1.1\r\nHost: a\r\n', 'X: ', 10],
    ['body', post('Content-Length: 500', ''), '', 30],
    ['body in chunks', post('Transfer-Encoding: chunked', '1f4\r\n'), '', 30],
  ])('cuts a %s that comes byte by byte, whatever trickles in', async (_, begun, more, seconds) => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(begun + more);
    await until(() => fixture.parsers.lent === 1);
    for (let second = 0; second < seconds; second += 1) {
      expect(client.responses).toEqual([]);
      client.send('y');
      await new Promise((resolve) => setImmediate(resolve));
      fixture.time.pass(1000);
    }
    fixture.time.pass(600);
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual([408]);
    await until(() => fixture.parsers.lent === 0 && fixture.buffered.held === 0);
  });

  it('of a request that waits its turn begins with its turn', async () => {
    await using fixture = await serve({ onRequest: () => undefined });
    const client = fixture.client();
    client.send(get('Host: a') + get('Host: a').slice(0, 9));
    await until(() => fixture.requests.length === 1);
    fixture.time.pass(60_000);
    fixture.requests[0]?.exchange.respond(200, '', 'x');
    await client.answered();
    client.send(get('Host: a').slice(9));
    await until(() => fixture.requests.length === 2);
    expect(client.hasEnded).toBe(false);
  });

  it('does not end a request that is being answered', async () => {
    await using fixture = await serve({ onRequest: () => undefined });
    const client = fixture.client();
    client.send(get('Host: a'));
    await until(() => fixture.requests.length === 1);
    fixture.time.pass(3_600_000);
    fixture.requests[0]?.exchange.respond(200, '', 'x');
    await client.answered();
    expect(client.responses[0]?.status).toBe(200);
  });

  it('closes what a refused client leaves open', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(get('X: y'));
    await client.ended();
    client.send('more and more');
    expect(fixture.server.connections).toBe(1);
    fixture.time.pass(2000);
    await until(() => fixture.server.connections === 0);
  });
});
