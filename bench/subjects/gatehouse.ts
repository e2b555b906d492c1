/** The gateway, bare: the aggregated endpoint, so that names are rewritten; no policy, no quota. As published: compiled, by its launcher. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, Process } from '../process.ts';
import { paths } from '../workloads.ts';
import { originOf } from './subject.ts';
import type { Ground, Subject } from './subject.ts';

export function gatehouse(ground: Ground, launcher: string, name = 'gatehouse'): Promise<Subject> {
  return startGateway(ground, { name, launcher, servers: httpServers(ground.stub.port, paths) });
}

export interface Gateway {
  readonly name: string;
  readonly launcher: string;
  readonly servers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly bounds?: Readonly<Record<string, number>>;
  readonly nodeFlags?: readonly string[];
}

/** The configuration is JSON, which is YAML too. */
export async function startGateway(
  ground: Omit<Ground, 'stub'>,
  { name, launcher, servers, bounds = {}, nodeFlags = [] }: Gateway,
): Promise<Subject> {
  const { folder, certificate, started } = ground;
  const [port = 0, admin = 0] = await freePorts(2);
  const config = join(folder, `${name}-${port}.yaml`);
  const tls = certificate ? { tls: { cert: certificate.cert, key: certificate.key } } : {};
  const listen = { address: `127.0.0.1:${port}`, ...tls };
  writeFileSync(config, JSON.stringify({ listen, admin: `127.0.0.1:${admin}`, bounds, servers }, undefined, 2));
  const child = new Process(process.execPath, [...nodeFlags, launcher, 'up', '-c', config]);
  started(child);
  await child.until(async () => ((await fetch(`http://127.0.0.1:${admin}/readyz`)).ok ? true : undefined));
  return { name, origin: originOf(ground, port), pid: child.pid, rewrites: true };
}

export function httpServers(port: number, names: readonly string[]): Gateway['servers'] {
  return Object.fromEntries(
    names.map((path) => [path, { url: `http://127.0.0.1:${port}/${path}`, protocol: '2026-07-28' }]),
  );
}
