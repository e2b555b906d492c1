/** Both listeners as monitors, browsers and proxies in front see them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../fakes/wire.ts';
import { startGateway, type RunningGateway } from '../fixtures/gateway.ts';
import { RawUpstream } from '../fixtures/raw-upstream.ts';
import { send, statelessCall } from './client.ts';

let gateway: RunningGateway;
let upstream: RawUpstream;

beforeAll(async () => {
  upstream = await RawUpstream.start('2026-07-28');
  gateway = await startGateway({
    listen: { publicUrl: 'https://mcp.example.com/gw', trustedProxies: ['127.0.0.1'] },
    servers: { raw: { url: upstream.url } },
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

/** Sends bytes and gives back all that comes until the end. */
async function raw(url: string, bytes: string): Promise<string> {
  const client = new RawClient(Number(new URL(url).port));
  client.send(bytes.replaceAll('\n', '\r\n').replaceAll('HOST', new URL(url).host));
  await client.ended();
  client.socket.destroy();
  return client.received;
}

describe('HEAD', () => {
  it.each(['/healthz', '/readyz', '/metrics'])('of %s is GET without its body', async (path) => {
    const answered = await raw(gateway.adminUrl, `HEAD ${path} HTTP/1.1\nHost: HOST\nConnection: close\n\n`);
    expect(answered).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:[^\r\n]+\r\n)*content-length: [1-9]\d*\r\n\r\n$/);
  });

  it('of an MCP route is not allowed, and says what is', async () => {
    const answered = await raw(gateway.url, 'HEAD /mcp HTTP/1.1\nHost: HOST\nConnection: close\n\n');
    expect(answered).toMatch(/^HTTP\/1\.1 405 /);
    expect(answered).toMatch(/\r\nallow: GET, POST, DELETE\r\n(?:[^\r\n]+\r\n)*\r\n$/);
  });
});

describe('HTTP/1.0', () => {
  it('is enough for a monitor', async () => {
    expect(await raw(gateway.adminUrl, 'GET /healthz HTTP/1.0\nHost: HOST\n\n')).toMatch(/200 OK[^]*"status":"ok"/);
    expect(await raw(gateway.adminUrl, 'GET /healthz HTTP/1.0\n\n')).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe('a whole URL as target', () => {
  it('is cut to its path if it names the Host, and refused else', async () => {
    const ask = (target: string): Promise<string> =>
      raw(gateway.adminUrl, `GET ${target} HTTP/1.1\nHost: HOST\nConnection: close\n\n`);
    expect(await ask('http://HOST/healthz')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask('http://localhost/healthz')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('behind a proxy', () => {
  it('the public name is answered, under the paths that are left when its prefix has been cut off', async () => {
    const headers = { host: 'mcp.example.com', origin: 'https://mcp.example.com' };
    expect((await send(`${gateway.url}/mcp`, { method: 'PUT', headers })).status).toBe(405);
    expect((await send(`${gateway.url}/gw/mcp`, { method: 'PUT', headers })).status).toBe(404);
  });

  it('that speaks TLS, the listener\u2019s own origin is https', async () => {
    const origin = gateway.url.replace('http:', 'https:');
    const put = async (headers: Record<string, string>): Promise<number> =>
      (await send(`${gateway.url}/mcp`, { method: 'PUT', headers: { origin, ...headers } })).status;
    expect(await put({ 'x-forwarded-proto': 'https' })).toBe(405);
    expect(await put({})).toBe(403);
  });

  it('calls pass as ever', async () => {
    expect((await statelessCall(`${gateway.url}/servers/raw/mcp`, 'echo')).status).toBe(200);
  });
});
