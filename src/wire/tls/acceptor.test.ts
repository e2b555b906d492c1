/** TLS as clients meet it: what is spoken, what is not, who may come in, and what a change of certificates does to whom. */
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Authority } from '../../../test/fakes/certificates.ts';
import { serveSecure, type SecureClient, type SecureFixture } from '../../../test/fakes/secure.ts';
import { until, type FixtureOptions } from '../../../test/fakes/wire.ts';
import type { TlsIdentity } from './acceptor.ts';

const authority = new Authority();
const clients = new Authority('Clients');
const pair = authority.issue('localhost');
const identity: TlsIdentity = { ...pair, clientAuth: 'none' };

const secure = (own: TlsIdentity = identity, options: FixtureOptions = {}): Promise<SecureFixture> =>
  serveSecure({ ...options, identity: own, ca: authority.cert });

const LONG = Buffer.alloc(20_000_000, 'x');
const POST = 'POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';

async function answered(client: SecureClient, count = 1): Promise<void> {
  await until(() => client.received.split('hello').length > count, `an answer, not ${client.error}`);
}

async function refused(client: SecureClient): Promise<void> {
  await until(() => client.isClosed, 'the end of the connection');
  expect(client.received).toBe('');
}

describe('a secure connection', () => {
  it('is TLS 1.3 with HTTP/1.1 where the client can, and answers in order', async () => {
    await using server = await secure();
    const client = server.dial({ ALPNProtocols: ['h2', 'http/1.1'] });
    client.socket.write(POST + POST);
    await answered(client, 2);
    expect(client.socket.getProtocol()).toBe('TLSv1.3');
    expect(client.socket.alpnProtocol).toBe('http/1.1');
    expect(server.requests[0]?.exchange.certificate).toBeUndefined();
    expect(server.server.connections).toBe(1);
  });

  it.each([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }],
    ['a cipher without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
    ['a cipher without authentication of its bytes', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
    ['HTTP/2 alone', { ALPNProtocols: ['h2'] }],
  ] as [string, ConnectionOptions][])('is refused to %s', async (_, options) => {
    await using server = await secure();
    await refused(server.dial(options));
    await until(() => server.failures.length === 1);
    expect(server.server.connections).toBe(0);
  });

  it('can be TLS 1.2, which cannot be renegotiated', async () => {
    await using server = await secure();
    const client = server.dial({ maxVersion: 'TLSv1.2' });
    client.socket.write(POST);
    await answered(client);
    expect(client.socket.getCipher().name).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
    client.socket.renegotiate({}, () => undefined);
    await until(() => client.error !== undefined);
    expect(client.error).toBe('ERR_SSL_NO_RENEGOTIATION');
  });

  it('is not what a client without TLS gets', async () => {
    await using server = await secure();
    const client = server.client();
    client.send(POST);
    await client.ended();
    expect(client.received).not.toContain('HTTP/');
    expect(server.failures).toEqual(['ERR_SSL_HTTP_REQUEST']);
  });

  it('sends long answers whole to a client that reads slowly', async () => {
    const bufferedBytes = 2 * LONG.length;
    await using server = await secure(identity, {
      bufferedBytes,
      onRequest: (exchange) => exchange.respond(200, '', LONG),
    });
    const client = server.dial();
    await once(client.socket, 'secureConnect');
    client.socket.pause();
    client.socket.write(POST);
    await until(() => server.buffered.held > 0);
    client.socket.resume();
    await until(() => client.received.length > LONG.length);
    await until(() => server.buffered.held === 0);
  });

  it('is not given up for want of room by a client that reads, and is by one that does not', async () => {
    await using server = await secure(identity, {
      bufferedBytes: 1000,
      onRequest: (exchange) => exchange.respond(200, '', exchange.target === '/long' ? LONG : 'hello'),
    });
    server.buffered.take(1000);
    const client = server.dial();
    for (const count of [1, 2]) {
      client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await answered(client, count);
    }
    client.socket.pause();
    client.socket.write('GET /long HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => server.requests.length === 3);
    expect(server.server.connections).toBe(1);
    server.time.pass(500);
    await until(() => server.server.connections === 0);
    expect(server.buffered.held).toBe(1000);
  });

  it('streams, and says when its reader has caught up', async () => {
    let drained = 0;
    await using server = await secure(identity, {
      onRequest: (exchange) => {
        const stream = exchange.stream(200, '');
        stream.onDrain(() => (drained += 1));
        stream.write(Buffer.from('hello'));
        stream.write(Buffer.from('hello'));
      },
    });
    const client = server.dial();
    client.socket.write(POST);
    await answered(client, 2);
    await until(() => drained > 0);
  });
});

describe('a handshake', () => {
  it('is given up at its deadline, and is counted until then', async () => {
    await using server = await secure();
    const client = server.client();
    await until(() => server.server.connections === 1);
    server.time.pass(1000);
    expect(client.isClosed).toBe(false);
    server.time.pass(500);
    await client.ended();
    await until(() => server.server.connections === 0);
    expect(server.failures).toEqual(['took too long']);
  });

  it('counts among the connections of its address', async () => {
    await using server = await secure(identity, { bounds: { connectionsPerAddress: 2 } });
    const idle = [server.client(), server.client()];
    await until(() => server.server.connections === 2);
    await refused(server.dial());
    for (const { socket } of idle) socket.destroy();
    await until(() => server.server.connections === 0);
    const client = server.dial();
    client.socket.write(POST);
    await answered(client);
  });

  it('that the client leaves or fills with garbage hurts nobody', async () => {
    await using server = await secure();
    const good = server.dial();
    await once(good.socket, 'secureConnect');
    const garbage = server.client();
    garbage.send('\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u00ff'.repeat(50));
    await garbage.ended();
    const gone = connectPlain(server.port, '127.0.0.1');
    await until(() => server.server.connections === 2);
    gone.resetAndDestroy();
    await until(() => server.server.connections === 1);
    expect(server.failures).toEqual(['ERR_SSL_LENGTH_TOO_SHORT']);
    good.socket.write(POST);
    await answered(good);
  });

  it('is not lost when its client had just reset another from the same port', async () => {
    await using server = await secure();
    const from = { port: server.port, host: '127.0.0.1', localAddress: '127.0.0.1' };
    const first = connectPlain(from);
    await until(() => server.server.connections === 1);
    const localPort = first.localPort ?? 0;
    // Both reach the server in one turn, in which it hears of the second before the first has closed.
    first.resetAndDestroy();
    const client = server.dial({ socket: connectPlain({ ...from, localPort }) });
    client.socket.write(POST);
    await answered(client);
  });

  it('in progress ends when the server leaves', async () => {
    await using server = await secure();
    const client = server.client();
    await until(() => server.server.connections === 1);
    server.server.leave();
    await client.ended();
  });
});

describe('a client certificate', () => {
  const client = clients.issue('client', { names: ['spiffe://house/client'] });
  const stranger = new Authority('Strangers').issue('client');
  const expired = clients.issue('client', { to: new Date(Date.now() - 1000) });
  const own = (clientAuth: TlsIdentity['clientAuth']): TlsIdentity => ({ ...pair, clientCa: clients.cert, clientAuth });

  it.each(['request', 'require'] as const)('that is good is handed over with each request (%s)', async (how) => {
    await using server = await secure(own(how));
    const first = server.dial({ ...client });
    const session = new Promise<Buffer>((got) => first.socket.once('session', got));
    first.socket.write(POST);
    await answered(first);
    expect(server.requests[0]?.exchange.certificate?.subjectAltName).toBe('URI:spiffe://house/client');
    const resumed = server.dial({ ...client, session: await session });
    resumed.socket.write(POST);
    await answered(resumed);
    expect(resumed.socket.isSessionReused()).toBe(true);
    expect(server.requests[1]?.exchange.certificate?.subjectAltName).toBe('URI:spiffe://house/client');
  });

  it.each([
    ['none', 'require', {}],
    ['one of another authority', 'require', stranger],
    ['an expired one', 'require', expired],
    ['one of another authority', 'request', stranger],
    ['an expired one', 'request', expired],
  ] as const)('decides: with %s nobody comes in (%s)', async (_, how, shown) => {
    await using server = await secure(own(how));
    const dialled = server.dial({ ...shown });
    dialled.socket.write(POST);
    await refused(dialled);
    await until(() => server.failures.length === 1 || server.server.connections === 0);
    expect(server.requests).toEqual([]);
  });

  it('may be missing where it is only requested', async () => {
    await using server = await secure(own('request'));
    const dialled = server.dial();
    dialled.socket.write(POST);
    await answered(dialled);
    expect(server.requests[0]?.exchange.certificate).toBeUndefined();
  });
});

describe('a change of certificates', () => {
  it('is for who connects afterwards; who is connected stays', async () => {
    await using server = await secure();
    const before = server.dial();
    before.socket.write(POST);
    await answered(before);
    const next = new Authority('Next');
    server.tls.use({ ...next.issue('localhost'), clientAuth: 'none' });
    await refused(server.dial());
    const after = server.dial({ ca: next.cert });
    after.socket.write(POST);
    await answered(after);
    before.socket.write(POST);
    await answered(before, 2);
  });

  it('ends what tickets are worth: nobody resumes what another authority once allowed', async () => {
    const shown = clients.issue('client');
    await using server = await secure({ ...pair, clientCa: clients.cert, clientAuth: 'require' });
    const first = server.dial({ ...shown });
    const session = new Promise<Buffer>((got) => first.socket.once('session', got));
    first.socket.write(POST);
    await answered(first);
    server.tls.use({ ...pair, clientCa: new Authority('Others').cert, clientAuth: 'require' });
    const again = server.dial({ ...shown, session: await session });
    again.socket.write(POST);
    await refused(again);
    expect(server.requests.length).toBe(1);
  });

  it('to a pair that does not fit is refused, and the one before stays', async () => {
    await using server = await secure();
    expect(() =>
      server.tls.use({ cert: pair.cert, key: authority.issue('localhost').key, clientAuth: 'none' }),
    ).toThrow();
    const client = server.dial();
    client.socket.write(POST);
    await answered(client);
  });
});
