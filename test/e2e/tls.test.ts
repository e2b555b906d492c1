/** TLS and proxies on both sides of a running gateway: certificates exchanged under its clients, upstreams that prove who they are. */
import { Agent, type RequestOptions } from 'node:https';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Pair } from '../fakes/certificates.ts';
import { FakeProxy } from '../fakes/proxy.ts';
import { startGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { parsed, statelessCall, type Answered } from './client.ts';

const authority = new Authority();
const local = (): Pair => authority.issue('localhost', { names: ['localhost', '127.0.0.1'] });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** As renewals do it: written beside, then moved into place. */
async function put(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  return path;
}

async function eventually(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await pause(50);
  }
}

const isGood = (answered: Answered): boolean =>
  answered.status === 200 && parsed(answered).result?.['isError'] === undefined;

describe('a listener with TLS', () => {
  it('takes changed certificates for new connections, drops nobody, and keeps half a pair out', async () => {
    await using upstream = await RawUpstream.start('2026-07-28');
    const first = local();
    const tls = { cert: await put('in.crt', first.cert), key: await put('in.key', first.key) };
    await using gateway = await startGateway({ servers: { raw: { url: upstream.url } } }, { tls });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const call = (how: RequestOptions): Promise<Answered> =>
      statelessCall(`${gateway.url}/mcp`, 'raw__echo', '', { ca: authority.cert, ...how });
    const shown = async (): Promise<string> => {
      let print = '';
      const fresh = new Agent({ maxCachedSessions: 0 });
      const answered = await call({
        agent: fresh,
        checkServerIdentity: (_, certificate) => void (print = certificate.raw.toString('base64')),
      });
      expect(isGood(answered)).toBe(true);
      return print;
    };
    const der = ({ cert }: Pair): string => cert.replaceAll(/-----[^-]*-----|\s/g, '');
    expect(await shown()).toBe(der(first));
    expect(isGood(await call({ agent }))).toBe(true);

    const second = local();
    await put('in.crt', second.cert);
    await eventually(() => gateway.output.includes('does not belong to the certificate'), 'the log of half a pair');
    expect(await shown()).toBe(der(first));
    await put('in.key', second.key);
    await eventually(async () => (await shown()) === der(second), 'the new certificate');
    const [socket] = Object.values(agent.freeSockets).flat();
    expect(isGood(await call({ agent }))).toBe(true);
    expect(Object.values(agent.freeSockets).flat()).toEqual([socket]);
    agent.destroy();
  });

  it('lets nobody in without the certificate that it requires', async () => {
    await using upstream = await RawUpstream.start('2026-07-28');
    const clients = new Authority('Clients');
    const own = local();
    const tls = {
      cert: await put('own.crt', own.cert),
      key: await put('own.key', own.key),
      clientCa: await put('clients.crt', clients.cert),
      clientAuth: 'require',
    };
    await using gateway = await startGateway({ servers: { raw: { url: upstream.url } } }, { tls });
    const call = (how: RequestOptions): Promise<Answered> =>
      statelessCall(`${gateway.url}/mcp`, 'raw__echo', '', { ca: authority.cert, ...how });
    expect(isGood(await call({ ...clients.issue('me') }))).toBe(true);
    for (let count = 0; count < 20; count += 1) await expect(call({})).rejects.toThrow();
    expect(upstream.calls().length).toBe(1);
    expect(gateway.output).not.toContain('no auth is configured');
    expect(gateway.output.match(/TLS handshakes failed/g)?.length).toBe(1);
    expect(gateway.output).toContain('PEER_DID_NOT_RETURN_A_CERTIFICATE');
  });
});

describe('an upstream over TLS', () => {
  it('is reached by its own authority; a change of files needs no restart and loses no session', async () => {
    const [own, strange] = [local(), new Authority('Strangers')];
    await using upstream = await RawUpstream.start('2025-11-25', 0, own);
    const ca = await put('up.crt', strange.cert);
    await using gateway = await startGateway(
      { servers: { raw: { url: upstream.url, tls: { ca } } } },
      { unavailable: ['raw'] },
    );
    await eventually(async () => (await gateway.servers())[0]?.state === 'unavailable', 'its state');
    expect((await gateway.servers())[0]?.reason).toBe(
      'Its certificate is vouched for by no authority that is trusted here.',
    );
    const refused = await statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo');
    expect(refused.body).not.toMatch(/127\.0\.0\.1|https/);
    await put('up.crt', authority.cert);
    await eventually(async () => (await gateway.servers())[0]?.state === 'ready', 'its recovery');
    expect(isGood(await statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo'))).toBe(true);
    const before = upstream.got.filter(({ method }) => method === 'initialize').length;
    await put('up.crt', `${strange.cert}${authority.cert}`);
    await eventually(() => gateway.output.split('configuration in use').length > 2, 'the second reload');
    expect(isGood(await statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo'))).toBe(true);
    expect(upstream.got.filter(({ method }) => method === 'initialize').length).toBe(before);
  });
});

describe('a proxy', () => {
  it('that the environment names is used, but never for loopback; one that is named is always used', async () => {
    const own = local();
    await using secure = await RawUpstream.start('2026-07-28', 0, own);
    await using plain = await RawUpstream.start('2026-07-28');
    await using proxy = await FakeProxy.start();
    const url = `http://user:pass@127.0.0.1:${proxy.port}`;
    const tls = { ca: await put('p.crt', authority.cert) };
    await using gateway = await startGateway(
      {
        servers: {
          direct: { url: plain.url },
          secure: { url: secure.url, tls, proxy: url },
          plain: { url: plain.url, proxy: url },
        },
      },
      { env: { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '' } },
    );
    for (const name of ['direct', 'secure', 'plain'])
      expect(isGood(await statelessCall(`${gateway.url}/mcp`, `${name}__echo`))).toBe(true);
    const { host } = new URL(secure.url);
    const credentials = `Basic ${Buffer.from('user:pass').toString('base64')}`;
    expect(proxy.asked).toContain(`CONNECT ${host} ${credentials}`);
    expect(proxy.asked).toContain(`POST ${plain.url} ${credentials}`);
    const seen = [...secure.got, ...plain.got].flatMap(({ headers }) => Object.keys(headers));
    expect(seen.filter((name) => name.startsWith('proxy-'))).toEqual([]);
  });
});

describe('an upstream that compresses', () => {
  it('is understood, is not asked to, and cannot make the gateway hold more than it relays', async () => {
    await using upstream = await RawUpstream.start('2026-07-28');
    await using gateway = await startGateway({
      bounds: { resultBytes: '1MiB' },
      servers: { raw: { url: upstream.url } },
    });
    const good = (id: string): string =>
      `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","content":[{"type":"text","text":"packed"}]}}`;
    upstream.answer = (response, id) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(good(id)));
    expect((await statelessCall(`${gateway.url}/mcp`, 'raw__echo')).body).toContain('packed');
    expect(upstream.calls()[0]?.headers['accept-encoding']).toBe('identity');
    upstream.answer = (response, id) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'br' })
        .end(brotliCompressSync(`data: ${good(id)}\n\n`));
    expect((await statelessCall(`${gateway.url}/mcp`, 'raw__echo')).body).toContain('packed');
    // Not a bomb by its ratio, but longer than a result may be.
    const long = Array.from({ length: 400_000 }, (_, index) => index * 7919).join();
    upstream.answer = (response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(`"${long}"`));
    expect((await statelessCall(`${gateway.url}/mcp`, 'raw__echo')).body).toContain('bounds.resultBytes');
  });
});
