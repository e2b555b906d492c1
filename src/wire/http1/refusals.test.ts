/** What the server refuses, as raw bytes, and what it must not refuse. */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const get = (lines: string): string => crlf(`GET / HTTP/1.1\n${lines}\n\n`);
const post = (lines: string, body = 'hello'): string => crlf(`POST / HTTP/1.1\nHost: a\n${lines}\n\n`) + body;

const BAD: readonly (readonly [string, string])[] = [
  ['no Host', get('X: y')],
  ['an empty Host', get('Host:')],
  ['two Hosts', get('Host: a\nHost: a')],
  ['a Host with user info', get('Host: me@a')],
  ['a Host with a path', get('Host: a/health?x=')],
  ['a Host with a space', get('Host: a b')],
  ['a Host with a port that is none', get('Host: a:80x')],
  ['a Host with a port that no machine has', get('Host: a:65536')],
  ['a Host that is a list', get('Host: a, b')],
  ['a Host with a bad literal', get('Host: [::zz]')],
  ['a Host with a bad escape', get('Host: a%zz')],
  ['a Host beyond ASCII', get('Host: a\u00e9')],
  ['two Content-Types', post('Content-Type: a/b\nContent-Type: a/b\nContent-Length: 5')],
  ['two Origins', get('Host: a\nOrigin: http://a\norigin: http://b')],
  ['two Authorizations', get('Host: a\nAuthorization: x\nAuthorization: y')],
  ['two of what the owner wants once', get('Host: a\nX-Once: 1\nX-ONCE: 1')],
  ['both lengths', post('Content-Length: 5\nTransfer-Encoding: chunked', '0\r\n\r\n')],
  ['both lengths, the other way round', post('Transfer-Encoding: chunked\nContent-Length: 5', '0\r\n\r\n')],
  ['two lengths', post('Content-Length: 5\nContent-Length: 5')],
  ['two lengths in one', post('Content-Length: 5, 5')],
  ['a signed length', post('Content-Length: +5')],
  ['a negative length', post('Content-Length: -5')],
  ['a length in hex', post('Content-Length: 0x5')],
  ['an empty length', post('Content-Length:')],
  ['a length beyond reason', post('Content-Length: 99999999999999999999')],
  ['a coding before chunked', post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n')],
  ['identity before chunked', post('Transfer-Encoding: identity, chunked', '0\r\n\r\n')],
  ['a coding after chunked', post('Transfer-Encoding: chunked, gzip', '0\r\n\r\n')],
  ['another coding', post('Transfer-Encoding: xchunked', '0\r\n\r\n')],
  ['chunked twice', post('Transfer-Encoding: chunked\nTransfer-Encoding: chunked', '0\r\n\r\n')],
  ['chunked quoted', post('Transfer-Encoding: "chunked"', '0\r\n\r\n')],
  ['a folded line', get('Host: a\nX: b\n c')],
  ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
  ['a bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n'],
  ['a bare CR in a value', get('Host: a\nX: b\rc')],
  ['a bare CR as the end of a line', 'GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n'],
  ['a space before the colon', get('Host: a\nX : b')],
  ['a NUL in a value', get('Host: a\nX: b\0c')],
  ['a control character in a value', get('Host: a\nX: b\u0001c')],
  ['a DEL in a value', get('Host: a\nX: b\u007fc')],
  ['a name that is no token', get('Host: a\nX(y): b')],
  ['a name beyond ASCII', get('Host: a\nX\u00e9: b')],
  ['an empty name', get('Host: a\n: b')],
  ['a line without a colon', get('Host: a\nXY')],
  ['an underscore in a name', get('Host: a\nContent_Length: 5')],
  ['an underscore before what may hold one', get('Host: a\nX_Free-a: 5')],
  ['a chunk extension', post('Transfer-Encoding: chunked', '5;a=b\r\nhello\r\n0\r\n\r\n')],
  ['a chunk size with a space', post('Transfer-Encoding: chunked', '5 \r\nhello\r\n0\r\n\r\n')],
  ['a chunk size that is none', post('Transfer-Encoding: chunked', '0x5\r\nhello\r\n0\r\n\r\n')],
  ['a chunk longer than its size', post('Transfer-Encoding: chunked', '3\r\nhello\r\n0\r\n\r\n')],
  ['a chunk ended by LF', post('Transfer-Encoding: chunked', '5\nhello\r\n0\r\n\r\n')],
  ['a chunk size beyond reason', post('Transfer-Encoding: chunked', 'fffffffffffffffff\r\n')],
  ['a tunnel by another name', crlf('CONNECT / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0\n\n')],
  ['nothing but a bare LF', '\n'],
  ['an authority as target', crlf('CONNECT a:80 HTTP/1.1\nHost: a:80\n\n')],
  ['an asterisk as target', crlf('OPTIONS * HTTP/1.1\nHost: a\n\n')],
  ['a target without a slash', crlf('GET mcp HTTP/1.1\nHost: a\n\n')],
  ['a target with a fragment', crlf('GET /a#b HTTP/1.1\nHost: a\n\n')],
  ['a target beyond ASCII', crlf('GET /\u00e9 HTTP/1.1\nHost: a\n\n')],
  ['a target with a bad escape', crlf('GET /%2 HTTP/1.1\nHost: a\n\n')],
  ['a target with a backslash', crlf('GET /a\\b HTTP/1.1\nHost: a\n\n')],
  ['a target that names another host', crlf('GET http://b/ HTTP/1.1\nHost: a\n\n')],
  ['a target with user info', crlf('GET http://a@a/ HTTP/1.1\nHost: a\n\n')],
  ['a target of another scheme', crlf('GET ftp://a/ HTTP/1.1\nHost: a\n\n')],
  ['two spaces before the target', crlf('GET  / HTTP/1.1\nHost: a\n\n')],
  ['two spaces after the target', crlf('GET /  HTTP/1.1\nHost: a\n\n')],
  ['a space after the version', crlf('GET / HTTP/1.1 \nHost: a\n\n')],
  ['a tab after the method', crlf('GET\t/ HTTP/1.1\nHost: a\n\n')],
  ['a space before the method', crlf(' GET / HTTP/1.1\nHost: a\n\n')],
  ['a method in lower case', crlf('get / HTTP/1.1\nHost: a\n\n')],
  ['a method that is none', crlf('FOO / HTTP/1.1\nHost: a\n\n')],
  ['two empty lines before it', crlf('\n\nGET / HTTP/1.1\nHost: a\n\n')],
  ['a bare LF before it', `\n${get('Host: a')}`],
  ['no version', crlf('GET /\n\n')],
  ['another protocol', crlf('GET / RTSP/1.0\nHost: a\n\n')],
  ['an answer', crlf('HTTP/1.1 200 OK\nHost: a\n\n')],
  ['TLS', '\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003'],
];

describe('what is not strictly HTTP/1.1', () => {
  it('is 400 and the end of the connection', async () => {
    await using fixture = await serve({ bounds: { connections: 200, connectionsPerAddress: 200 } });
    const outcomes = await Promise.all(
      BAD.map(async ([name, bytes]) => {
        const client = fixture.client();
        client.send(bytes);
        await client.ended();
        client.socket.destroy();
        return [name, client.responses.map(({ status }) => status)];
      }),
    );
    expect(outcomes).toEqual(BAD.map(([name]) => [name, [400]]));
    expect(fixture.requests).toEqual([]);
    await until(() => fixture.server.connections === 0);
    expect(fixture.parsers.lent).toBe(0);
  });

  it('is refused alike when every byte comes on its own', async () => {
    await using fixture = await serve({ bounds: { connections: 200, connectionsPerAddress: 200 } });
    const some = BAD.filter((_, index) => index % 3 === 0);
    const outcomes = await Promise.all(
      some.map(async ([name, bytes]) => {
        const client = fixture.client();
        await client.sendApart(bytes.split(''));
        await client.ended();
        client.socket.destroy();
        return [name, client.responses.map(({ status }) => status)];
      }),
    );
    expect(outcomes).toEqual(some.map(([name]) => [name, [400]]));
  });

  it('is refused in words of JSON, with an id', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(get('X: y'));
    await client.ended();
    expect(client.responses[0]?.head).toMatch(/content-type: application\/json\r\nx-request-id: r1\r\n/);
    expect(client.responses[0]?.head).toContain('connection: close');
    expect(JSON.parse(client.responses[0]?.body ?? '')).toEqual({
      status: 400,
      kind: 'malformed',
      message: 'A request needs a Host header.',
    });
  });

  it('ends only the connection that it came on, and what came before it there is answered', async () => {
    await using fixture = await serve();
    const [good, bad] = [fixture.client(), fixture.client()];
    bad.send(post('Content-Length: 5') + get('X: y'));
    await bad.ended();
    good.send(post('Content-Length: 5'));
    await good.answered();
    expect(bad.responses.map(({ status }) => status)).toEqual([200, 400]);
    expect(good.responses.map(({ status }) => status)).toEqual([200]);
  });
});

describe('what is well formed though unusual', () => {
  it.each([
    ['one empty line before it', `\r\n${get('Host: a')}`],
    ['an address as Host', get('Host: [::1]:8080')],
    ['an underscore where it may be', get('Host: a\nX-Free-a_b: c')],
    ['spaces around a value', get('Host: \t a \t')],
    ['TE and Upgrade', get('Host: a\nTE: trailers\nUpgrade: websocket\nConnection: upgrade')],
    ['Upgrade with a body', post('Upgrade: h2c\nConnection: upgrade\nContent-Length: 5')],
    ['Transfer-Encoding in capitals', post('Transfer-Encoding: Chunked', '5\r\nhello\r\n0\r\n\r\n')],
  ])('is served: %s', async (_, bytes) => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(bytes + get('Host: a'));
    await client.answered(2);
    expect(client.responses.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('bounds', () => {
  it.each([
    ['HTTP/1.2', crlf('GET / HTTP/1.2\nHost: a\n\n'), 505],
    ['HTTP/0.9 with a version', crlf('GET / HTTP/0.9\nHost: a\n\n'), 505],
    ['another expectation', post('Expect: 200-ok\nContent-Length: 5', ''), 417],
    ['two expectations', post('Expect: 100-continue, x\nContent-Length: 5', ''), 417],
    ['HTTP/2.0', crlf('GET / HTTP/2.0\nHost: a\n\n'), 505],
    ['HTTP/3.7', crlf('GET / HTTP/3.7\nHost: a\n\n'), 505],
    ['the preface of HTTP/2', crlf('PRI * HTTP/2.0\n\nSM\n\n'), 505],
    ['a long target', `GET /${'a'.repeat(200)}`, 414],
    ['a large head', get(`Host: a\nX: ${'b'.repeat(2000)}`), 431],
    ['a head that does not end', get(`Host: a\nX: ${'b'.repeat(2000)}`).slice(0, 1500), 431],
    ['many headers', get(`Host: a${'\nX: b'.repeat(20)}`), 431],
    ['a body that is announced too large', post('Content-Length: 1001', ''), 413],
    ['chunks that become too many', post('Transfer-Encoding: chunked', `1f4\r\n${'x'.repeat(500)}\r\n`.repeat(3)), 413],
  ])('%s is %3$i', async (_, bytes, status) => {
    await using fixture = await serve();
    const client = fixture.client();
    client.send(bytes);
    await client.ended();
    expect(client.responses.map((response) => response.status)).toEqual([status]);
    expect(fixture.requests).toEqual([]);
  });

  it('let pass what just fits', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    const target = `/${'a'.repeat(99)}`;
    client.send(crlf(`GET ${target} HTTP/1.1\nHost: a${'\nX: b'.repeat(19)}\n\n`));
    client.send(post('Content-Length: 1000', 'x'.repeat(1000)));
    const padding = 1024 - get('Host: a\nX: ').length;
    client.send(get(`Host: a\nX: ${'b'.repeat(padding)}`));
    await client.answered(3);
    expect(client.responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('on a body are enforced while it is read', async () => {
    const gone: string[] = [];
    await using fixture = await serve({ onHead: (exchange) => exchange.onGone(() => gone.push(exchange.target)) });
    const client = fixture.client();
    client.send(post('Transfer-Encoding: chunked', `3e8\r\n${'x'.repeat(1000)}\r\n1\r\n`));
    await until(() => fixture.buffered.held > 0);
    expect(client.hasEnded).toBe(false);
    client.send('y');
    await client.ended();
    expect(client.responses[0]?.status).toBe(413);
    expect(fixture.buffered.held).toBe(0);
    expect(gone).toEqual(['/']);
  });

  it('on all bodies together answer 503', async () => {
    await using fixture = await serve({ bufferedBytes: 8, onRequest: () => undefined });
    const [first, second] = [fixture.client(), fixture.client()];
    first.send(post('Content-Length: 5'));
    await until(() => fixture.requests.length === 1);
    second.send(post('Content-Length: 5'));
    await second.ended();
    expect(second.responses[0]).toMatchObject({ status: 503, head: expect.stringContaining('retry-after: 1') });
    fixture.requests[0]?.exchange.respond(200, '', '');
    await first.answered();
    expect(fixture.buffered.held).toBe(0);
  });

  it('on connections close what is beyond', async () => {
    await using fixture = await serve({ bounds: { connectionsPerAddress: 2 } });
    const clients = [fixture.client(), fixture.client()];
    await until(() => fixture.server.connections === 2);
    const beyond = fixture.client();
    await beyond.ended();
    clients[0]?.socket.destroy();
    await until(() => fixture.server.connections === 1);
    const again = fixture.client();
    again.send(get('Host: a'));
    await again.answered();
    await using small = await serve({ bounds: { connections: 1 } });
    small.client();
    await until(() => small.server.connections === 1);
    await small.client().ended();
    expect(small.server.connections).toBe(1);
  });
});
