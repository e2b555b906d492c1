/** Clients and proxies that speak HTTP/1.0: no chunks, no keep-alive unasked, perhaps no Host (RFC 9112 section 9.3, RFC 9110 section 10.1.1). */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const GET = crlf('GET /x HTTP/1.0\nHost: a\n\n');
const POST = crlf('POST / HTTP/1.0\nHost: a\nConnection: keep-alive\nContent-Length: 5\n\nhello');

describe('HTTP/1.0', () => {
  it('is answered with a length, and the connection closes', async () => {
    await using fixture = await serve({ onRequest: (exchange) => exchange.respond(200, '', exchange.target) });
    const client = fixture.client();
    client.send(GET + GET);
    await client.ended();
    expect(client.responses).toMatchObject([{ status: 200, body: '/x' }]);
    expect(client.responses[0]?.head).toContain('connection: close');
    expect(fixture.requests.length).toBe(1);
  });

  it('keeps the connection if asked to, and says so', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(POST);
    await client.answered();
    client.send(POST + GET);
    await client.ended();
    expect(client.responses.map(({ body }) => body)).toEqual(['hello', 'hello', '']);
    expect(client.responses.map(({ head }) => /connection: (\S+)/.exec(head)?.[1])).toEqual([
      'keep-alive',
      'keep-alive',
      'close',
    ]);
  });

  it('gets a stream without chunks, which ends with the connection', async () => {
    await using fixture = await serve({
      onRequest: (exchange) => {
        const stream = exchange.stream(200, 'content-type: text/event-stream\r\n');
        stream.write(Buffer.from('data: 1\n\n'));
        stream.write(Buffer.from('data: '), Buffer.from('2\n\n'));
        stream.end();
      },
    });
    const client = fixture.client();
    client.send(POST);
    await client.ended();
    expect(client.received).toMatch(/connection: close\r\n\r\ndata: 1\n\ndata: 2\n\n$/);
    expect(client.received).not.toContain('transfer-encoding');
  });

  it('may come without a Host, which is then nobody\u2019s', async () => {
    const hosts: unknown[] = [];
    await using fixture = await serve({ onHead: (exchange) => hosts.push(exchange.header('host')) });
    const client = fixture.client();
    client.send(crlf('GET / HTTP/1.0\n\n'));
    await client.ended();
    expect([client.responses[0]?.status, hosts]).toEqual([200, [undefined]]);
    const later = fixture.client();
    later.send(crlf('GET / HTTP/1.1\nHost:\n\n'));
    await later.ended();
    expect(later.responses[0]?.status).toBe(400);
  });

  it.each([
    ['in chunks', 'POST / HTTP/1.0\nHost: a\nTransfer-Encoding: chunked\n\n0\n\n'],
    ['with an empty Host', 'GET / HTTP/1.0\nHost:\n\n'],
    ['for a whole URL without a Host', 'GET http://a/ HTTP/1.0\n\n'],
    ['with a space more', 'GET /  HTTP/1.0\nHost: a\n\n'],
  ])('%s is 400', async (_, bytes) => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(crlf(bytes));
    await client.ended();
    expect(client.responses.map(({ status }) => status)).toEqual([400]);
  });

  it('is not told to continue', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(crlf('POST / HTTP/1.0\nHost: a\nExpect: 100-continue\nContent-Length: 5\n\n'));
    await until(() => fixture.parsers.lent === 1);
    client.send('hello');
    await client.ended();
    expect(client.received).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});
