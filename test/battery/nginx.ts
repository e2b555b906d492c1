/** nginx beside the gateway, for information only: what it answers to the same bytes. It says nothing about who is right. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, Process } from '../../bench/process.ts';
import { Missing, program } from '../../bench/tools.ts';
import { isWaiting, nameOf, plan, pooled, type Planned } from './battery.ts';
import type { CaseClass } from './case.ts';
import { BOUNDS, type Listener } from './house.ts';
import { attempt, type Outcome } from './trial.ts';

/** nginx is not asked to keep to our table: what has come by then is what it answers. */
const PATIENCE_MS = 400;

export interface Comparing {
  /** Whose answers stand beside. */
  readonly listener: Listener;
  readonly tell: (line: string) => void;
}

/** Prints a table of what concerns HTTP alone. */
export async function compare(classes: readonly CaseClass[], { listener, tell }: Comparing): Promise<void> {
  const nginx = await started(tell);
  if (!nginx) return;
  await using _ = nginx;
  const beside = { ...listener, door: { ...listener.door, port: nginx.port }, authority: `127.0.0.1:${nginx.port}` };
  const ours = await answersOf(classes, listener);
  const theirs = await answersOf(classes, beside);
  const row = (...[name = '', own = '', other = '']: readonly string[]): string =>
    `${name.padEnd(64)} ${own.padEnd(24)} ${other}`;
  tell(row('', 'gatehouse (health)', 'nginx'));
  for (const name of [...ours.keys()].toSorted()) tell(row(name, ours.get(name) ?? '', theirs.get(name) ?? ''));
}

async function answersOf(classes: readonly CaseClass[], listener: Listener): Promise<ReadonlyMap<string, string>> {
  const planned = plan(classes, {
    listeners: [{ ...listener, routes: listener.routes.slice(0, 1) }],
    deliveries: () => ['whole'],
  });
  const answers = new Map<string, string>();
  await pooled(
    planned.filter((each) => !isWaiting(each)),
    async (each) => void answers.set(title(each), said(await attempt(each.trial, PATIENCE_MS))),
  );
  return answers;
}

const title = (each: Planned): string => nameOf(each).replace(/ \(.*$/, '');

function said({ statuses, hasClosed }: Outcome): string {
  const answers = statuses.length === 0 ? 'nothing' : statuses.join(' ');
  return `${answers}, ${hasClosed ? 'closed' : 'open'}`;
}

async function started(
  tell: (line: string) => void,
): Promise<(AsyncDisposable & { readonly port: number }) | undefined> {
  const binary = found(tell);
  if (binary === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-battery-nginx-'));
  const [port = 0] = await freePorts(1);
  await writeFile(join(folder, 'nginx.conf'), config(port));
  const nginx = new Process(binary, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr']);
  await nginx.until(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok || undefined);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function found(tell: (line: string) => void): string | undefined {
  try {
    return program('nginx');
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    tell('nginx is NOT installed, so there is nothing to compare with (on Debian: apt-get install nginx)');
    return undefined;
  }
}

/** With the same bounds, as far as it has them. */
const config = (port: number): string => `daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  default_type application/json;
  large_client_header_buffers 4 ${BOUNDS.headerBytes};
  client_max_body_size ${BOUNDS.bodyBytes};
  client_body_temp_path body;
  proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    location = /healthz { return 200 '{"status":"ok"}'; }
    location / { return 404; }
  }
}
`;
