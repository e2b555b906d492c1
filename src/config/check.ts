/** Rules between keys, which no schema of single keys can say. They look at what was written, so they run whatever else is wrong. */
import type { Authority } from '../core/settings.ts';
import { nearest } from './nearest.ts';
import { SERVER_NAME } from './schema.ts';
import type { Problem } from './source.ts';
import { find, isRefused, problem } from './tree.ts';
import type { Entry, MapTree, Path, ScalarTree } from './tree.ts';
import { authority, isLoopback } from './units.ts';

const URL_ONLY = ['headers', 'tls', 'proxy'];
const COMMAND_ONLY = ['args', 'env', 'cwd', 'process'];
/** What a server may be instead, once it is built. */
const KINDS_TO_COME = ['openapi', 'graphql', 'grpc', 'replicas'];

export function check(tree: MapTree): Problem[] {
  return [
    ...checkPorts(tree),
    ...checkServers(tree),
    ...checkHeaders(tree),
    ...checkListen(tree),
    ...checkClientCa(tree),
    ...checkSameAddress(tree),
  ];
}

function checkServers(tree: MapTree): Problem[] {
  const servers = tree.entries.get('servers')?.value;
  if (servers?.kind !== 'map') return [];
  return [...servers.entries].flatMap(([name, entry]) => {
    const path = ['servers', name];
    return [
      ...checkName(name, entry, path),
      ...(entry.value.kind === 'map' ? checkServer(entry, entry.value, path) : []),
    ];
  });
}

function checkName(name: string, entry: Entry, path: Path): Problem[] {
  if (SERVER_NAME.test(name)) return [];
  const mend = 'use a-z, 0-9 and -, at most 32 characters, beginning and ending with a letter or digit';
  return [problem(entry.keyPlace, path, 'is no name of a server', mend)];
}

function checkServer(entry: Entry, { entries }: MapTree, path: Path): Problem[] {
  const [url, command] = [entries.get('url'), entries.get('command')];
  if (url && command)
    return [problem(command.keyPlace, [...path, 'command'], 'stands beside url', 'a server has exactly one of them')];
  if (!url && !command) {
    if (KINDS_TO_COME.some((key) => entries.has(key))) return [];
    // a slip in that very key is told as such
    if ([...entries.keys()].some((key) => nearest(key, ['url', 'command']) !== undefined)) return [];
    return [problem(entry.keyPlace, path, 'has neither url nor command', 'write url: https://… or command: PROGRAM')];
  }
  const [misplaced, owner] = url ? [COMMAND_ONLY, 'command'] : [URL_ONLY, 'url'];
  const problems = misplaced.flatMap((key) => {
    const found = entries.get(key);
    return found ? [problem(found.keyPlace, [...path, key], `belongs to a server with ${owner}`, 'remove it')] : [];
  });
  return url ? problems : [...problems, ...checkTransport(entries.get('protocol'), path)];
}

/** Of the choices of `protocol`, one is no revision but a way over the network. */
function checkTransport(protocol: Entry | undefined, path: Path): Problem[] {
  if (protocol?.value.kind !== 'scalar' || protocol.value.value !== 'http+sse') return [];
  const mend = 'remove it, or write the revision that the program speaks';
  return [problem(protocol.value.place, [...path, 'protocol'], '`http+sse` belongs to a server with url', mend)];
}

/** Header names have no case, so two spellings are one header. */
function checkHeaders(tree: MapTree): Problem[] {
  const servers = tree.entries.get('servers')?.value;
  if (servers?.kind !== 'map') return [];
  const problems: Problem[] = [];
  for (const name of servers.entries.keys()) {
    const headers = find(servers, [name, 'headers']).value;
    if (headers?.kind !== 'map') continue;
    const seen = new Map<string, Entry>();
    for (const [key, entry] of headers.entries) {
      const first = seen.get(key.toLowerCase());
      const path = ['servers', name, 'headers', key];
      if (first)
        problems.push(
          problem(
            entry.keyPlace,
            path,
            `is given twice, in another case; first in line ${first.keyPlace.line}`,
            'remove one of them',
          ),
        );
      seen.set(key.toLowerCase(), entry);
    }
  }
  return problems;
}

/** The commonest slip: a port by itself, which other programs take for every address of the machine. */
function checkPorts(tree: MapTree): Problem[] {
  return [['listen'], ['listen', 'address'], ['admin'], ['health']].flatMap((path) => {
    const { value } = find(tree, path);
    const port =
      value?.kind === 'scalar' && !isRefused(value) ? /^:?(\d{1,5})$/.exec(String(value.value))?.[1] : undefined;
    if (value?.kind !== 'scalar' || port === undefined) return [];
    value.refused = true;
    return [problem(value.place, path, 'is a port without its address', `write 127.0.0.1:${port}`)];
  });
}

/** Where nobody is asked who they are, only this machine may reach the data listener. */
function checkListen(tree: MapTree): Problem[] {
  const listen = listener(tree);
  if (!listen || isLoopback(listen.authority.host) || asksForCertificates(tree)) return [];
  const mend = [
    `listen on this machine alone, with \`${listen.path.length === 1 ? 'listen' : 'address'}: 127.0.0.1:${listen.authority.port}\`, behind a proxy that authenticates`,
    'or ask every client for a certificate, with `listen.tls` and its `clientAuth: require`',
    'the key `auth:` comes in a later version',
  ];
  return [
    problem(
      listen.scalar.place,
      listen.path,
      'is open to other machines, and nobody would be asked who they are',
      mend.join('; '),
    ),
  ];
}

function asksForCertificates(tree: MapTree): boolean {
  const asked = find(tree, ['listen', 'tls', 'clientAuth']).value;
  return asked?.kind === 'scalar' && asked.value === 'require';
}

/** Who asks for certificates must say whose are good. */
function checkClientCa(tree: MapTree): Problem[] {
  const asked = find(tree, ['listen', 'tls', 'clientAuth']);
  if (asked.value?.kind !== 'scalar' || !['request', 'require'].includes(String(asked.value.value))) return [];
  if (find(tree, ['listen', 'tls', 'clientCa']).value !== undefined) return [];
  const path = ['listen', 'tls', 'clientAuth'];
  return [problem(asked.keyPlace, path, 'needs clientCa', "name the PEM file of the clients' authorities")];
}

function checkSameAddress(tree: MapTree): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, Path>();
  const written: { path: Path; authority: Authority; scalar?: ScalarTree }[] = [
    listener(tree) ?? { path: ['listen'], authority: { host: '127.0.0.1', port: 8080 } },
    addressAt(tree, ['admin']) ?? { path: ['admin'], authority: { host: '127.0.0.1', port: 8081 } },
  ];
  const health = addressAt(tree, ['health']);
  if (health) written.push(health);
  for (const { path, authority: at, scalar } of written) {
    const text = `${at.host}:${at.port}`;
    const first = seen.get(text);
    if (first && at.port !== 0)
      problems.push(
        problem(
          scalar?.place ?? find(tree, first).keyPlace,
          path,
          `is the address of ${first.join('.')} too`,
          'give it another port',
        ),
      );
    seen.set(text, path);
  }
  return problems;
}

function listener(tree: MapTree) {
  return tree.entries.get('listen')?.value.kind === 'map'
    ? addressAt(tree, ['listen', 'address'])
    : addressAt(tree, ['listen']);
}

/** Nothing when it was not written, is refused or is no address: the schema says so. */
function addressAt(tree: MapTree, path: Path): { path: Path; authority: Authority; scalar: ScalarTree } | undefined {
  const { value } = find(tree, path);
  if (value?.kind !== 'scalar' || isRefused(value) || typeof value.value !== 'string') return undefined;
  const found = authority(value.value);
  return found && { path, authority: found, scalar: value };
}
