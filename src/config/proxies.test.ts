/** Which proxy the environment names for whom, and what a proxy's URL says. */
import { describe, expect, it } from 'vitest';
import { proxyFrom, systemProxy } from './proxies.ts';

const PROXY = 'http://proxy:3128';

function named(url: string, variables: Readonly<Record<string, string>>): string {
  const found = systemProxy(new URL(url), variables);
  if ('message' in found) return found.message;
  return found.proxy ? `${found.proxy.host}:${found.proxy.port}` : 'none';
}

describe('the environment', () => {
  it.each([
    ['https://x.example/mcp', { HTTPS_PROXY: PROXY }, 'proxy:3128'],
    ['https://x.example/mcp', { https_proxy: PROXY }, 'proxy:3128'],
    ['https://x.example/mcp', { https_proxy: 'http://lower:1', HTTPS_PROXY: PROXY }, 'lower:1'],
    ['https://x.example/mcp', { https_proxy: '', HTTPS_PROXY: PROXY }, 'proxy:3128'],
    ['https://x.example/mcp', { HTTP_PROXY: PROXY }, 'none'],
    ['http://x.example/mcp', { HTTPS_PROXY: PROXY }, 'none'],
    ['http://x.example/mcp', { http_proxy: PROXY }, 'proxy:3128'],
    ['http://x.example/mcp', { ALL_PROXY: PROXY }, 'proxy:3128'],
    ['https://x.example/mcp', { ALL_PROXY: 'http://all:1', HTTPS_PROXY: PROXY }, 'proxy:3128'],
    ['https://x.example/mcp', { HTTPS_PROXY: 'proxy:3128' }, 'proxy:3128'],
    ['https://x.example/mcp', { HTTPS_PROXY: 'https://proxy' }, 'proxy:443'],
    ['https://x.example/mcp', {}, 'none'],
  ])('for %s with %j names %s', (url, variables, expected) => {
    expect(named(url, variables)).toBe(expected);
  });

  it.each([
    'http://localhost/',
    'https://127.0.0.1:8443/',
    'http://127.9.9.9/',
    'http://[::1]:80/',
    'http://a.localhost/',
  ])('never comes between here and %s', (url) => {
    expect(named(url, { ALL_PROXY: PROXY })).toBe('none');
  });

  it('that names what is not spoken is a mistake, not a direct connection', () => {
    expect(named('https://x.example/', { ALL_PROXY: 'socks5://proxy:1080' })).toContain('ALL_PROXY');
    expect(named('https://x.example/', { HTTPS_PROXY: 'http://u:p@proxy/path' })).not.toContain('u:p');
  });
});

describe('NO_PROXY', () => {
  it.each([
    ['x.example', 'https://x.example/'],
    ['X.Example', 'https://x.example/'],
    ['x.example.', 'https://x.example/'],
    ['example', 'https://x.example/'],
    ['.example', 'https://x.example/'],
    ['*.example', 'https://x.example/'],
    ['.x.example', 'https://x.example/'],
    ['*', 'https://x.example/'],
    ['a, x.example ,b', 'https://x.example/'],
    ['a x.example', 'https://x.example/'],
    ['x.example:443', 'https://x.example/'],
    ['x.example:80', 'http://x.example/'],
    ['x.example:8443', 'https://x.example:8443/'],
    ['10.1.2.3', 'https://10.1.2.3/'],
    ['10.1.2.3:443', 'https://10.1.2.3/'],
    ['10.0.0.0/8', 'https://10.1.2.3/'],
    ['fd00::/8', 'https://[fd00::1]/'],
    ['fd00:0::1', 'https://[fd00::1]/'],
    ['[fd00::1]:443', 'https://[fd00::1]/'],
  ])('%j excepts %s', (exceptions, url) => {
    for (const name of ['NO_PROXY', 'no_proxy'])
      expect(named(url, { ALL_PROXY: PROXY, [name]: exceptions })).toBe('none');
  });

  it.each([
    ['', 'https://x.example/'],
    [',', 'https://x.example/'],
    ['ample', 'https://x.example/'],
    ['y.x.example', 'https://x.example/'],
    ['x.example:80', 'https://x.example/'],
    ['10.0.0.0/8', 'https://11.1.2.3/'],
    ['10.0.0.0/8', 'https://x.example/'],
    ['10.0.0.0/99', 'https://10.1.2.3/'],
    ['10.0.0/8', 'https://10.1.2.3/'],
    ['2.3', 'https://10.1.2.3/'],
    ['fd00::1', 'https://[fd00::2]/'],
    ['.', 'https://x.example/'],
  ])('%j does not except %s', (exceptions, url) => {
    expect(named(url, { ALL_PROXY: PROXY, NO_PROXY: exceptions })).toBe('proxy:3128');
  });
});

describe('the URL of a proxy', () => {
  it('may hold credentials, percent-encoded', () => {
    expect(proxyFrom('http://us%20er:p%40ss@Proxy.internal:3128')).toEqual({
      host: 'proxy.internal',
      port: 3128,
      tls: false,
      authorization: `Basic ${Buffer.from('us er:p@ss').toString('base64')}`,
    });
    expect(proxyFrom('https://[fd00::1]/')).toEqual({
      host: 'fd00::1',
      port: 443,
      tls: true,
      authorization: undefined,
    });
  });

  it.each([
    'proxy:3128',
    'socks5://proxy',
    'http://proxy/path',
    'http://proxy/?a',
    'http://u%0d%0ax:p@proxy',
    'http://u%3Ax:p@proxy',
    'http://u:%zz@proxy',
    'http://',
  ])('is not %s', (text) => {
    expect(proxyFrom(text)).toBeUndefined();
  });
});
