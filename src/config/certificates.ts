/**
 * Certificates, keys and authorities: the files that a configuration names are read as part of it, so that they are watched, judged and taken
 * into use like it. A pair of which only one half is there yet is a mistake like any other: what ran before goes on. RFC 7468.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Settings } from '../core/settings.ts';
import { readBounded } from './files.ts';
import type { Reads } from './files.ts';
import type { Problem } from './source.ts';
import { find, isRefused, problem } from './tree.ts';
import type { MapTree, Path, ScalarTree } from './tree.ts';

const FILE_BYTES = 1024 * 1024;
const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const DAY_MS = 86_400_000;
const SOON_DAYS = 14;

/** Puts the text of each file where its name was. What is PEM already, from a `${…}`, stays. */
export async function readCertificates(tree: MapTree, reads: Reads): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const path of places(tree)) {
    const scalar = textAt(tree, path);
    if (!scalar || scalar.value.startsWith('-----BEGIN ')) continue;
    const read = await readBounded(resolve(dirname(scalar.tree.place.file), scalar.value), FILE_BYTES, reads);
    if ('text' in read) scalar.tree.value = read.text;
    else {
      scalar.tree.refused = true;
      const mend = 'a path is taken from the folder of this file';
      problems.push(problem(scalar.tree.place, path, `the file ${scalar.value} ${read.reason}`, mend));
    }
  }
  return problems;
}

/** Looks at the texts: each by itself, then whether certificate and key belong together. */
export function checkCertificates(tree: MapTree): Problem[] {
  const problems: Problem[] = [];
  for (const path of places(tree)) {
    const scalar = textAt(tree, path);
    const message = scalar && (path.at(-1) === 'key' ? keyFault(scalar.value) : certificateFault(scalar.value));
    if (!scalar || message === undefined) continue;
    scalar.tree.refused = true;
    problems.push(problem(scalar.tree.place, path, message, 'name a PEM file'));
  }
  return [...problems, ...tlsBlocks(tree).flatMap((path) => checkPair(tree, path))];
}

/** What will stop working by itself. */
export function certificateWarnings({ listen, servers }: Settings, now: number): string[] {
  const named: [string, string | undefined][] = [['listen.tls.cert', listen.tls?.cert]];
  for (const server of servers)
    if (server.kind === 'http') named.push([`servers.${server.name}.tls.cert`, server.tls?.cert]);
  return named.flatMap(([path, text]) => {
    const end = text === undefined ? undefined : parsed(text)[0]?.validToDate.getTime();
    if (end === undefined || end > now + SOON_DAYS * DAY_MS) return [];
    const day = new Date(end).toISOString().slice(0, 10);
    return [end <= now ? `${path} has expired on ${day}` : `${path} expires on ${day}`];
  });
}

function places(tree: MapTree): Path[] {
  return tlsBlocks(tree).flatMap((path) =>
    (path[0] === 'listen' ? ['cert', 'key', 'clientCa'] : ['ca', 'cert', 'key']).map((key) => [...path, key]),
  );
}

function tlsBlocks(tree: MapTree): Path[] {
  const servers = tree.entries.get('servers')?.value;
  const names = servers?.kind === 'map' ? [...servers.entries.keys()] : [];
  return [['listen', 'tls'], ...names.map((name) => ['servers', name, 'tls'])].filter(
    (path) => find(tree, path).value?.kind === 'map',
  );
}

function checkPair(tree: MapTree, path: Path): Problem[] {
  const [cert, key] = [find(tree, [...path, 'cert']), find(tree, [...path, 'key'])];
  if (path[0] === 'servers' && (cert.value === undefined) !== (key.value === undefined)) {
    const [there, missing] = cert.value ? (['cert', 'key'] as const) : (['key', 'cert'] as const);
    const { keyPlace } = find(tree, [...path, there]);
    return [problem(keyPlace, [...path, there], `stands without ${missing}`, 'give both, or neither')];
  }
  const [certificate, secret] = [textAt(tree, [...path, 'cert']), textAt(tree, [...path, 'key'])];
  if (!certificate || !secret) return [];
  const leaf = parsed(certificate.value)[0];
  if (leaf?.checkPrivateKey(privateKey(secret.value)) !== false) return [];
  return [
    problem(
      secret.tree.place,
      [...path, 'key'],
      'does not belong to the certificate',
      'the first certificate of cert must be the one of this key',
    ),
  ];
}

function certificateFault(text: string): string | undefined {
  try {
    return parsed(text).length > 0 ? undefined : 'holds no certificate';
  } catch {
    return 'holds a certificate that cannot be read';
  }
}

function keyFault(text: string): string | undefined {
  try {
    privateKey(text);
    return undefined;
  } catch {
    if (/\bENCRYPTED\b/.test(text)) return 'holds a key with a passphrase, which nobody can be asked for';
    return 'holds no private key that can be read';
  }
}

const parsed = (text: string): X509Certificate[] =>
  (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));

const privateKey = (text: string): KeyObject => createPrivateKey(text);

function textAt(tree: MapTree, path: Path): { readonly tree: ScalarTree; readonly value: string } | undefined {
  const { value } = find(tree, path);
  if (value?.kind !== 'scalar' || isRefused(value) || typeof value.value !== 'string') return undefined;
  return { tree: value, value: value.value };
}
