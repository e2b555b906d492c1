/** A valid tree becomes Settings: relative folders from the file that wrote them, defaults that depend on the kind of a server. */
import { dirname, resolve } from 'node:path';
import type { ListenSettings, ProxySettings, ServerSettings, Settings } from '../core/settings.ts';
import { systemProxy } from './proxies.ts';
import type { Variables } from './references.ts';
import type { Written, WrittenServer } from './schema.ts';
import { find } from './tree.ts';
import type { MapTree } from './tree.ts';

const HTTP_CONNECT_MS = 5000;
const HTTP_FIRST_BYTE_MS = 60_000;
const HTTP_IDLE_MS = 300_000;
const CHILD_CONNECT_MS = 15_000;

/** @param variables name the proxies of the system. */
export function settingsOf(written: Written, tree: MapTree, variables: Variables): Settings {
  return {
    listen: listenOf(written.listen),
    admin: written.admin,
    health: written.health,
    servesSse: written.legacySse,
    names: written.names,
    bounds: boundsOf(written.bounds),
    servers: inOrder(written.servers, tree, variables),
    sealKeys: written.seal.keys,
    log: written.log,
  };
}

/** Of the file, which an object does not keep for names that are numbers. */
function inOrder(written: Written['servers'], tree: MapTree, variables: Variables): ServerSettings[] {
  const servers = find(tree, ['servers']).value;
  const names = servers?.kind === 'map' ? [...servers.entries.keys()] : [];
  return names.flatMap((name) => {
    const server = written[name];
    return server ? [serverOf(name, server, { tree, variables })] : [];
  });
}

function listenOf(written: Written['listen']): ListenSettings {
  if ('port' in written)
    return { address: written, publicUrl: undefined, hosts: [], origins: [], trustedProxies: [], tls: undefined };
  // without its last slash the path is a prefix that routes can be put behind
  return {
    address: written.address,
    publicUrl: written.publicUrl?.replace(/\/+$/, ''),
    hosts: written.hosts,
    origins: written.origins,
    trustedProxies: written.trustedProxies,
    tls: written.tls,
  };
}

function boundsOf(written: Written['bounds']): Settings['bounds'] {
  const { headerTimeout, bodyTimeout, idleTimeout, drainTimeout, sessionIdle, parkedTimeout, ...same } = written;
  return {
    ...same,
    headerTimeoutMs: headerTimeout,
    bodyTimeoutMs: bodyTimeout,
    idleTimeoutMs: idleTimeout,
    drainTimeoutMs: drainTimeout,
    parkedTimeoutMs: parkedTimeout,
    sessionIdleMs: sessionIdle,
  };
}

function serverOf(
  name: string,
  written: WrittenServer,
  { tree, variables }: { tree: MapTree; variables: Variables },
): ServerSettings {
  const isChild = written.url === undefined;
  const same = {
    name,
    protocol: written.protocol,
    connectTimeoutMs: written.connectTimeout ?? (isChild ? CHILD_CONNECT_MS : HTTP_CONNECT_MS),
    // A child's answer comes whole, so silence says nothing before the whole time is over.
    firstByteTimeoutMs: written.firstByteTimeout ?? (isChild ? written.timeout : HTTP_FIRST_BYTE_MS),
    idleTimeoutMs: written.idleTimeout ?? (isChild ? written.timeout : HTTP_IDLE_MS),
    timeoutMs: written.timeout,
    concurrency: written.concurrency,
    affinity: written.affinity,
    roots: written.roots,
    tags: written.tags,
    owner: written.owner,
    description: written.description,
    disabled: written.disabled,
  };
  if (written.url !== undefined) {
    const { url, headers = {}, tls } = written;
    return { ...same, kind: 'http', url, headers, tls, proxy: proxyOf(written.proxy, url, variables) };
  }
  const cwd = find(tree, ['servers', name, 'cwd']);
  return {
    ...same,
    kind: 'stdio',
    command: written.command ?? '',
    args: written.args ?? [],
    env: written.env ?? {},
    process: written.process ?? 'shared',
    cwd: resolve(dirname((cwd.value?.place ?? cwd.keyPlace).file), written.cwd ?? '.'),
  };
}

/** What is wrong with the environment has been said by then. */
function proxyOf(written: WrittenServer['proxy'], url: string, variables: Variables): ProxySettings | undefined {
  if (written === 'none') return undefined;
  if (written !== undefined && written !== 'system') return written;
  const named = systemProxy(new URL(url), variables);
  return 'proxy' in named ? named.proxy : undefined;
}
