/**
 * Outgoing proxies: a proxy's own URL, and which one the environment names for an upstream, as curl and Go read it: HTTPS_PROXY, HTTP_PROXY,
 * ALL_PROXY and NO_PROXY, the lower-case spelling first. There is no standard for them. SOCKS is not spoken.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { ProxySettings } from '../core/settings.ts';
import type { Variables } from './references.ts';
import { isLoopback } from './units.ts';

export type Named = { readonly proxy: ProxySettings | undefined } | { readonly message: string };

/** What the environment says for `url`. Loopback is always reached directly. */
export function systemProxy(url: URL, variables: Variables): Named {
  const host = bare(url.hostname);
  const port = Number(url.port === '' ? usualPort(url) : url.port);
  const own = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const name = [own, 'ALL_PROXY'].find((each) => said(each, variables) !== '');
  if (name === undefined || isLoopback(host) || host.endsWith('.localhost')) return { proxy: undefined };
  if (isExcepted(host, port, said('NO_PROXY', variables))) return { proxy: undefined };
  const value = said(name, variables);
  const proxy = proxyFrom(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  return proxy ? { proxy } : { message: `needs the proxy that ${name} names, which is no http or https URL` };
}

/** `http://user:password@proxy.internal:3128`; nothing where it is no URL of a proxy. */
export function proxyFrom(text: string): ProxySettings | undefined {
  const url = /^https?:\/\/[^\s\\]+$/i.test(text) ? URL.parse(text) : null;
  if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined;
  const credentials = credentialsOf(url);
  if (credentials === undefined) return undefined;
  return {
    host: bare(url.hostname),
    port: Number(url.port === '' ? usualPort(url) : url.port),
    tls: url.protocol === 'https:',
    authorization: credentials === '' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

/** `*`, a name with all below it, an address, a CIDR range; each but the last may name the one port that it is about. */
function isExcepted(host: string, port: number, exceptions: string): boolean {
  return exceptions
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === '*' || (entry !== '' && fits(entry, host, port)));
}

function fits(entry: string, host: string, port: number): boolean {
  if (entry.includes('/')) return isWithin(entry, host);
  const match = isIPv6(entry) ? undefined : /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(entry);
  if (match && Number(match[2]) !== port) return false;
  const name = bare(match?.[1] ?? entry);
  if (isIP(name) !== 0) return isIP(host) !== 0 && isWithin(`${name}/${isIPv6(name) ? 128 : 32}`, host);
  if (isIP(host) !== 0) return false;
  const suffix = name.replace(/^\*?\./, '').replace(/\.$/, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function isWithin(range: string, host: string): boolean {
  const [network = '', length = ''] = range.split('/');
  const bits = isIPv6(network) ? 128 : 32;
  if (isIP(host) === 0 || isIP(network) === 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function said(name: string, variables: Variables): string {
  for (const spelling of [name.toLowerCase(), name]) {
    const value = Object.hasOwn(variables, spelling) ? variables[spelling]?.trim() : undefined;
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

/** `undefined` where they are no percent-encoding, or hold what a header cannot. RFC 7617 section 2. */
function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return '';
  try {
    const user = decodeURIComponent(username);
    const both = `${user}:${decodeURIComponent(password)}`;
    // eslint-disable-next-line no-control-regex
    return user.includes(':') || /[\0-\x1f\x7f]/.test(both) ? undefined : both;
  } catch {
    return undefined;
  }
}

const usualPort = (url: URL): number => (url.protocol === 'https:' ? 443 : 80);

const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
