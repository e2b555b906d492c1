/** A pool's way to an upstream over TLS and through proxies: what is trusted, what is shown, what is said when it fails, what a change does. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import {
  createServer,
  getCACertificates,
  setDefaultCACertificates,
  type Server,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Authority } from '../../test/fakes/certificates.ts';
import { FakeProxy } from '../../test/fakes/proxy.ts';
import { poolTo, rawUpstream, until, type Heard, type PoolFixture } from '../../test/fakes/wire.ts';
import { Routes, type Route, type RouteOptions } from './dial.ts';
import type { Proxy } from './tunnel.ts';

const authority = new Authority();
const pair = authority.issue('localhost');
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

interface Upstream extends AsyncDisposable {
  readonly port: number;
  readonly peers: TLSSocket[];
  readonly server: Server;
  received: string;
}

async function upstream(options: TlsOptions = {}): Promise<Upstream> {
  const sockets: Socket[] = [];
  const server = createServer({ ...pair, ...options });
  const dispose = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  };
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const made: Upstream = { port, peers: [], server, received: '', [Symbol.asyncDispose]: dispose };
  server.on('secureConnection', (socket) => {
    made.peers.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      made.received += chunk.toString('latin1');
      if (made.received.endsWith('hello')) socket.write(ANSWER);
    });
  });
  return made;
}

interface Way extends PoolFixture {
  readonly route: Route;
}

function way(port: number, options: RouteOptions = { trust: { ca: authority.cert } }, origin = {}): Way {
  const route = new Routes().route(options);
  const authorityOf = { host: 'localhost', port, tls: true, ...origin };
  return { ...poolTo(port, {}, { authority: authorityOf, dial: route.dial }), route };
}

async function ended(heard: Heard): Promise<Heard> {
  await until(() => heard.events.includes('end') || heard.events.includes('error'));
  return heard;
}

describe('a route over TLS', () => {
  it('reaches who an authority of its own vouches for, and resumes the session', async () => {
    await using there = await upstream();
    using to = way(there.port);
    expect((await ended(to.send())).body).toBe('ok');
    expect(there.peers[0]?.isSessionReused()).toBe(false);
    there.peers[0]?.destroy();
    await until(() => to.pool.sockets === 0);
    expect((await ended(to.send())).body).toBe('ok');
    expect(there.peers[1]?.isSessionReused()).toBe(true);
  });

  it('can ask for another name than the one it dials', async () => {
    await using there = await upstream(authority.issue('other.internal'));
    using wrong = way(there.port);
    expect((await ended(wrong.send())).fault?.message).toContain('is for another name');
    using right = way(there.port, { trust: { ca: authority.cert, serverName: 'other.internal' } });
    expect((await ended(right.send())).body).toBe('ok');
    expect(there.peers.at(-1)?.servername).toBe('other.internal');
  });

  it('reaches an address whose certificate is for it', async () => {
    await using there = await upstream(authority.issue('an address', { names: ['127.0.0.1'] }));
    using to = way(there.port, undefined, { host: '127.0.0.1' });
    expect((await ended(to.send())).body).toBe('ok');
  });

  it('shows its certificate to who asks', async () => {
    const clients = new Authority('Clients');
    const asking = { ca: clients.cert, requestCert: true, rejectUnauthorized: true };
    await using there = await upstream(asking);
    using to = way(there.port, { trust: { ca: authority.cert, ...clients.issue('gateway') } });
    expect((await ended(to.send())).body).toBe('ok');
    expect(there.peers[0]?.getPeerCertificate().subject.CN).toBe('gateway');
    using bare = way(there.port);
    const { fault } = await ended(bare.send());
    expect(fault?.message).toBe(
      'The connection to the server was lost. It does not accept the certificate of this gateway.',
    );
    expect(there.peers.length).toBe(1);
  });

  const day = 86_400_000;
  it.each([
    ['has expired', { ...authority.issue('localhost', { to: new Date(Date.now() - day / 2) }) }],
    ['is not valid yet', { ...authority.issue('localhost', { from: new Date(Date.now() + day / 2) }) }],
    ['is for another name', { ...authority.issue('elsewhere') }],
    ['is vouched for by no authority', { ...new Authority('Strangers').issue('localhost') }],
  ])('says when the certificate %s, and nothing else', async (fault, options: TlsOptions) => {
    await using there = await upstream(options);
    using to = way(there.port);
    const heard = await ended(to.send());
    expect(heard.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
    expect(heard.fault?.message).toContain(`Its certificate ${fault}`);
    expect(heard.fault?.message).not.toMatch(/localhost|127|elsewhere/);
    expect(there.received).toBe('');
  });

  it('checks certificates whatever the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await using there = await upstream(new Authority('Strangers').issue('localhost'));
      using to = way(there.port);
      expect((await ended(to.send())).fault?.message).toContain('is vouched for by no authority');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  it('says when the peer refuses the handshake', async () => {
    await using there = await upstream({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' });
    using to = way(there.port);
    expect((await ended(to.send())).fault?.message).toBe(
      'The server could not be reached. It refused the TLS handshake.',
    );
  });

  it('says when the peer speaks no TLS', async () => {
    await using plain = await rawUpstream((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 No\r\n\r\n')));
    using to = way(plain.port);
    expect((await ended(to.send())).fault?.message).toBe('The server could not be reached. It does not speak TLS.');
  });

  it('says when its own certificates cannot be used', async () => {
    await using there = await upstream();
    using to = way(there.port, { trust: { ca: authority.cert, cert: pair.cert, key: authority.issue('x').key } });
    expect((await ended(to.send())).fault?.message).toContain('The certificates configured for it cannot be used.');
  });

  it('does not wait for a handshake for ever', async () => {
    await using silent = await rawUpstream(() => undefined);
    using to = way(silent.port);
    const heard = to.send();
    await until(() => silent.sockets.length === 1);
    to.time.pass(6000);
    expect(heard.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
  });
});

describe('changed trust', () => {
  it('is for new connections: idle ones close, busy ones end their answer and close', async () => {
    await using there = await upstream();
    using to = way(there.port);
    await ended(to.send());
    const held = to.send({ body: [Buffer.from('held')] });
    await until(() => there.received.endsWith('held'));
    to.route.use({ ca: new Authority('Others').cert });
    expect((await ended(to.send())).fault?.message).toContain('is vouched for by no authority');
    there.peers[0]?.write(ANSWER);
    expect((await ended(held)).body).toBe('ok');
    await until(() => to.pool.sockets === 0);
    to.route.use({ ca: authority.cert });
    expect((await ended(to.send())).body).toBe('ok');
    expect(there.peers.at(-1)?.isSessionReused()).toBe(false);
  });

  it('closes what is idle at once', async () => {
    await using there = await upstream();
    using to = way(there.port);
    await ended(to.send());
    expect(to.pool.sockets).toBe(1);
    to.route.use({ ca: authority.cert });
    expect(to.pool.sockets).toBe(0);
  });
});

describe('a proxy', () => {
  const through = ({ port }: { port: number }, more: Partial<Proxy> = {}): RouteOptions => ({
    trust: { ca: authority.cert },
    proxy: { host: '127.0.0.1', port, tls: false, authorization: undefined, ...more },
  });

  it('gives a tunnel to a secure upstream, asked for with credentials', async () => {
    await using there = await upstream();
    await using proxy = await FakeProxy.start();
    using to = way(there.port, through(proxy, { authorization: 'Basic dTpw' }));
    expect((await ended(to.send())).body).toBe('ok');
    expect((await ended(to.send())).body).toBe('ok');
    expect(proxy.asked).toEqual([`CONNECT localhost:${there.port} Basic dTpw`]);
    expect(there.received.toLowerCase()).not.toContain('proxy-');
  });

  it('forwards to a plain one', async () => {
    await using proxy = await FakeProxy.start();
    await using plain = await rawUpstream((socket) => socket.on('data', () => socket.write(ANSWER)));
    using to = way(1, through(proxy), { tls: false });
    const path = `http://127.0.0.1:${plain.port}/x`;
    expect((await ended(to.send({ path }))).body).toBe('ok');
    expect(proxy.asked).toEqual([`POST ${path} -`]);
  });

  it('may itself be spoken to over TLS', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([authority.cert]);
    try {
      await using there = await upstream();
      await using proxy = await FakeProxy.start({ secure: authority.issue('proxy', { names: ['127.0.0.1'] }) });
      using to = way(there.port, through(proxy, { tls: true }));
      expect((await ended(to.send())).body).toBe('ok');
      await using plain = await rawUpstream((socket) => socket.on('data', () => socket.write(ANSWER)));
      using forwarded = way(1, through(proxy, { tls: true }), { tls: false });
      expect((await ended(forwarded.send({ path: `http://127.0.0.1:${plain.port}/` }))).body).toBe('ok');
    } finally {
      setDefaultCACertificates(before);
    }
  });

  it.each([
    ['407 Proxy Authentication Required\r\n\r\n', 'asks for credentials'],
    ['502 Bad Gateway\r\ncontent-length: 0\r\n\r\n', 'refused to connect (HTTP 502)'],
    ['403 Forbidden\r\n\r\n<html>secret</html>', 'refused to connect (HTTP 403)'],
    ['200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', 'did not answer as proxies do'],
    [`200 OK\r\nx: ${'y'.repeat(20_000)}`, 'did not answer as proxies do'],
  ])('that answers %j is one clear fault', async (answer, told) => {
    await using there = await upstream();
    await using proxy = await FakeProxy.start({ onConnect: (socket) => socket.write(`HTTP/1.1 ${answer}`) });
    using to = way(there.port, through(proxy));
    const { fault } = await ended(to.send());
    expect(fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
    expect(fault?.message).toContain(told);
    expect(fault?.message).not.toMatch(/secret|127|localhost/);
    await until(() => to.pool.sockets === 0);
    expect(there.peers).toEqual([]);
  });

  it.each([
    ['hangs up', (socket: { destroy(): void }) => socket.destroy()],
    ['ends', (socket: { end(): void }) => socket.end()],
  ])('that %s is one clear fault', async (_, onConnect) => {
    await using proxy = await FakeProxy.start({ onConnect });
    using to = way(1, through(proxy));
    expect((await ended(to.send())).fault?.message).toBe(
      'The server could not be reached. The proxy on the way to it cannot be reached.',
    );
  });

  it('that nobody is behind is one clear fault', async () => {
    const gone = await rawUpstream(() => undefined);
    await gone[Symbol.asyncDispose]();
    for (const tls of [true, false]) {
      using to = way(1, through(gone), { tls });
      expect((await ended(to.send())).fault).toMatchObject({
        kind: 'unreachable',
        delivered: 'no',
        message: 'The server could not be reached. The proxy on the way to it cannot be reached.',
      });
    }
  });

  it('that says nothing is given up when connecting takes too long', async () => {
    await using proxy = await FakeProxy.start({ onConnect: () => undefined });
    using to = way(1, through(proxy));
    const heard = to.send();
    await until(() => proxy.asked.length === 1);
    to.time.pass(6000);
    expect(heard.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
    await until(() => to.pool.sockets === 0);
  });

  it('that lets nothing through after its answer is given up too', async () => {
    await using silent = await rawUpstream((socket) => socket.resume());
    await using proxy = await FakeProxy.start();
    using to = way(silent.port, through(proxy));
    const heard = to.send();
    await until(() => silent.sockets.length === 1);
    to.time.pass(6000);
    expect(heard.fault).toMatchObject({ kind: 'unreachable', delivered: 'no' });
    await until(() => silent.sockets[0]?.readableEnded === true);
  });
});
