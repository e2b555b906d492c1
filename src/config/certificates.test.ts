/** Certificates as part of a configuration: read with it, judged with their place, and told of before they end. */
import { mkdtemp, rename, symlink, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Authority } from '../../test/fakes/certificates.ts';
import { until } from '../../test/fakes/wire.ts';
import { systemTime } from '../kernel/time.ts';
import { fileSource } from './file.ts';
import { tell } from './source.ts';

const authority = new Authority();
const pair = authority.issue('localhost');
const other = authority.issue('localhost');
const FILES = { 'a.crt': pair.cert, 'a.key': pair.key, 'b.key': other.key, 'ca.crt': authority.cert };
const LISTEN = 'listen:\n  address: 127.0.0.1:1\n  tls:\n';

async function made(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-certificates-'));
  for (const [name, text] of Object.entries({ ...FILES, ...files, 'g.yaml': yaml }))
    await writeFile(join(folder, name), text);
  return { folder, source: fileSource(join(folder, 'g.yaml'), { INLINE: pair.cert }, systemTime()) };
}

async function load(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const { folder, source } = await made(yaml, files);
  const result = await source.load();
  const lines = result.ok ? [] : result.problems.map((each) => tell(each).replaceAll(`${folder}/`, ''));
  return { result, lines };
}

async function settings(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const { result, lines } = await load(yaml, files);
  if (!result.ok) throw new Error(lines.join('\n'));
  return result;
}

describe('the files of listen.tls', () => {
  it('are read, from the folder of the configuration or out of a reference', async () => {
    const found = await settings(
      `${LISTEN}    cert: ./a.crt\n    key: a.key\n    clientCa: ca.crt\n    clientAuth: require\n`,
    );
    expect(found.settings.listen.tls).toEqual({ ...pair, clientCa: authority.cert, clientAuth: 'require' });
    expect(found.warnings).toEqual(['no servers are configured']);
    const inline = await settings(`${LISTEN}    cert: \${INLINE}\n    key: \${file:a.key}\n`);
    expect(inline.settings.listen.tls?.cert).toBe(pair.cert);
    expect(inline.settings.listen.tls?.clientAuth).toBe('none');
  });

  it.each([
    [
      'cert: no.crt\n    key: a.key',
      '4:11 listen.tls.cert: the file no.crt does not exist; a path is taken from the folder of this file',
    ],
    ['cert: a.key\n    key: a.key', '4:11 listen.tls.cert: holds no certificate; name a PEM file'],
    ['cert: bad.crt\n    key: a.key', '4:11 listen.tls.cert: holds a certificate that cannot be read; name a PEM file'],
    ['cert: a.crt\n    key: a.crt', '5:10 listen.tls.key: holds no private key that can be read; name a PEM file'],
    [
      'cert: a.crt\n    key: locked.key',
      '5:10 listen.tls.key: holds a key with a passphrase, which nobody can be asked for; name a PEM file',
    ],
    ['cert: a.crt\n    key: empty', '5:10 listen.tls.key: holds no private key that can be read; name a PEM file'],
    [
      'cert: a.crt\n    key: b.key',
      '5:10 listen.tls.key: does not belong to the certificate; the first certificate of cert must be the one of this key',
    ],
    ['cert: a.crt', '3:3 listen.tls.key: '],
    [
      'cert: a.crt\n    key: a.key\n    clientAuth: require',
      "6:5 listen.tls.clientAuth: needs clientCa; name the PEM file of the clients' authorities",
    ],
    [
      'cert: a.crt\n    key: a.key\n    clientAuth: maybe',
      '6:17 listen.tls.clientAuth: must be none, request or require',
    ],
  ])('that say %j are refused, with the place', async (tls, expected) => {
    const locked = createPrivateKey(pair.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-128-cbc',
      passphrase: 'x',
    });
    const files = { empty: '', 'locked.key': locked, 'bad.crt': pair.cert.replace(/\n.{20}/, '\nAAAA') };
    const { lines } = await load(`${LISTEN}    ${tls}\n`, files);
    expect(lines).toEqual([expect.stringContaining(`g.yaml:${expected}`)]);
  });

  it('warn of a certificate that ends soon or has ended, and go on', async () => {
    const day = 86_400_000;
    const soon = authority.issue('localhost', { to: new Date(Date.now() + 3 * day) });
    const gone = authority.issue('localhost', { to: new Date(Date.now() - 1000) });
    const long = authority.issue('localhost', { to: new Date(Date.now() + 300 * day) });
    const warned = async ({ cert, key }: { cert: string; key: string }): Promise<string> => {
      const { warnings } = await settings(`${LISTEN}    cert: c\n    key: k\n`, { c: cert, k: key });
      return warnings.filter((each) => each.includes('listen.tls')).join();
    };
    expect(await warned(soon)).toMatch(/^listen\.tls\.cert expires on \d{4}-\d\d-\d\d$/);
    expect(await warned(gone)).toMatch(/^listen\.tls\.cert has expired on \d{4}-\d\d-\d\d$/);
    expect(await warned(long)).toBe('');
  });

  it('let other machines in only where each must show a certificate', async () => {
    const open = `listen:\n  address: 0.0.0.0:1\n  tls:\n    cert: a.crt\n    key: a.key\n    clientCa: ca.crt\n`;
    expect((await load(`${open}    clientAuth: require\n`)).lines).toEqual([]);
    for (const how of ['request', 'none'])
      expect((await load(`${open}    clientAuth: ${how}\n`)).lines).toEqual([
        expect.stringMatching(/^g\.yaml:2:12 listen\.address: is open to other machines.*clientAuth: require/),
      ]);
  });

  it('are watched: a swapped folder behind a symlink is noticed, and half a pair is told', async () => {
    const { folder, source } = await made(`${LISTEN}    cert: now/tls.crt\n    key: now/tls.key\n`);
    for (const [name, { cert, key }] of [
      ['one', pair],
      ['two', other],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'tls.crt'), cert);
      await writeFile(join(folder, name, 'tls.key'), key);
    }
    await symlink('one', join(folder, 'now'));
    const first = await source.load();
    expect(first.ok && first.settings.listen.tls?.cert).toBe(pair.cert);
    let changes = 0;
    const stop = source.watch(() => (changes += 1));
    await symlink('two', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'now'));
    await until(() => changes > 0, 'the change behind the symlink');
    const second = await source.load();
    expect(second.ok && second.settings.listen.tls?.cert).toBe(other.cert);
    changes = 0;
    await writeFile(join(folder, 'two', 'tls.crt.new'), pair.cert);
    await rename(join(folder, 'two', 'tls.crt.new'), join(folder, 'two', 'tls.crt'));
    await until(() => changes > 0, 'the replaced file');
    const half = await source.load();
    expect(half.ok ? [] : half.problems.map(({ message }) => message)).toEqual(['does not belong to the certificate']);
    stop();
  });
});

describe('the tls of a server', () => {
  const server = (tls: string, more = 'url: https://x.example/'): string =>
    `servers:\n  a:\n    ${more}\n    tls: ${tls}\n`;

  it('holds authorities, a certificate with its key, a name', async () => {
    const { settings: found } = await settings(
      server('{ ca: ca.crt, cert: a.crt, key: a.key, serverName: Other.example }'),
    );
    expect(found.servers[0]).toMatchObject({ tls: { ca: authority.cert, ...pair, serverName: 'other.example' } });
    expect((await settings(server('{}'))).settings.servers[0]).toMatchObject({ tls: {} });
  });

  it.each([
    ['{ ca: a.key }', '4:16 servers.a.tls.ca: holds no certificate'],
    ['{ cert: a.crt }', '4:12 servers.a.tls.cert: stands without key; give both, or neither'],
    ['{ key: a.key }', '4:12 servers.a.tls.key: stands without cert; give both, or neither'],
    ['{ cert: a.crt, key: b.key }', '4:30 servers.a.tls.key: does not belong to the certificate'],
    ['{ serverName: "a b" }', '4:24 servers.a.tls.serverName: must be a host name or an address'],
  ])('%s is refused, with the place', async (tls, expected) => {
    expect((await load(server(tls))).lines).toEqual([expect.stringContaining(`g.yaml:${expected}`)]);
  });

  it('belongs to a server with url, as its proxy does', async () => {
    expect((await load(`${server('{}', 'command: x')}    proxy: none\n`)).lines).toEqual([
      'g.yaml:4:5 servers.a.tls: belongs to a server with url; remove it',
      'g.yaml:5:5 servers.a.proxy: belongs to a server with url; remove it',
    ]);
  });
});

describe('the proxy of a server', () => {
  async function proxies(lines: string, variables: Readonly<Record<string, string>>) {
    const { folder } = await made(`servers:\n  a:\n    url: https://x.example/\n${lines}`);
    const result = await fileSource(join(folder, 'g.yaml'), variables, systemTime()).load();
    if (!result.ok) return result.problems.map((each) => tell(each).replaceAll(`${folder}/`, ''));
    return result.settings.servers.map((each) => each.kind === 'http' && each.proxy?.host);
  }

  it('is what the environment names, unless it is named here, or none', async () => {
    const variables = { HTTPS_PROXY: 'http://system:1' };
    expect(await proxies('', variables)).toEqual(['system']);
    expect(await proxies('    proxy: system\n', variables)).toEqual(['system']);
    expect(await proxies('    proxy: none\n', variables)).toEqual([undefined]);
    expect(await proxies('    proxy: http://own:1\n', variables)).toEqual(['own']);
    expect(await proxies('    proxy: http://u:${P}@own:1\n', { P: 'secret' })).toEqual(['own']);
  });

  it('that cannot be used is refused by whoever would use it', async () => {
    const variables = { ALL_PROXY: 'socks5://u:secret@system:1' };
    expect(await proxies('', variables)).toEqual([
      'g.yaml:2:3 servers.a: needs the proxy that ALL_PROXY names, which is no http or https URL; write `proxy: none`, or the URL of a proxy',
    ]);
    expect(await proxies('    proxy: none\n', variables)).toEqual([undefined]);
    expect(await proxies('    disabled: true\n', variables)).toEqual([undefined]);
    expect(await proxies('    proxy: socks5://x\n', {})).toEqual([
      expect.stringContaining('g.yaml:4:12 servers.a.proxy: must be'),
    ]);
  });
});
