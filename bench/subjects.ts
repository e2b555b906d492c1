/** What is measured: each a process tree before the same stub, all alive at once. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, Process } from './process.ts';
import { buildProduct, program } from './tools.ts';
import { verify } from './call.ts';

export interface Subject {
  readonly name: string;
  readonly url: string;
  /** As this subject's clients call it. */
  readonly tool: string;
  /** Whose tree is charged; the stub's own for `direct`. */
  readonly pid: number;
}

export const subjectNames = ['direct', 'nginx', 'gatehouse'] as const;
export type SubjectName = (typeof subjectNames)[number];

export interface Ground {
  readonly stub: { readonly port: number; readonly pid: number };
  /** For files of the subjects; deleted at the end. */
  readonly folder: string;
  readonly started: (process: Process) => void;
}

export function startSubject(name: SubjectName, ground: Ground): Promise<Subject> {
  if (name === 'nginx') return nginx(ground);
  if (name === 'gatehouse') return gatehouse(ground);
  const url = `http://127.0.0.1:${ground.stub.port}/mcp`;
  return Promise.resolve({ name, url, tool: 'echo', pid: ground.stub.pid });
}

/** A byte proxy as one would run it: one worker, upstream connections kept, nothing logged. */
async function nginx({ stub, folder, started }: Ground): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const home = join(folder, 'nginx');
  mkdirSync(home);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  const config = join(home, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${home}/pid; error_log stderr error;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; ${temporary.join(' ')}
  upstream stub { server 127.0.0.1:${stub.port}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  );
  const child = new Process(program('nginx'), ['-p', home, '-c', config, '-e', 'stderr']);
  started(child);
  return ready(child, { name: 'nginx', url: `http://127.0.0.1:${port}/mcp`, tool: 'echo', pid: child.pid });
}

/** Bare: the aggregated endpoint with one server, so that names are rewritten; no policy, no quota. */
async function gatehouse({ stub, folder, started }: Ground): Promise<Subject> {
  const [port = 0, admin = 0] = await freePorts(2);
  const config = join(folder, 'gatehouse.yaml');
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}
admin: 127.0.0.1:${admin}
servers:
  stub:
    url: http://127.0.0.1:${stub.port}/mcp
    protocol: 2026-07-28
`,
  );
  const child = new Process(process.execPath, [buildProduct(), 'up', '-c', config]);
  started(child);
  return ready(child, { name: 'gatehouse', url: `http://127.0.0.1:${port}/mcp`, tool: 'stub__echo', pid: child.pid });
}

/** Ready is who gives the right answers. */
async function ready(child: Process, subject: Subject): Promise<Subject> {
  let last: unknown;
  try {
    await child.until(() =>
      verify(subject.url, subject.tool).then(
        () => true,
        (error: unknown) => void (last = error),
      ),
    );
  } catch (error) {
    throw new Error(`${subject.name} cannot be measured. ${String(last)}`, { cause: error });
  }
  return subject;
}
