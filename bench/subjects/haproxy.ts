/** HAProxy as a byte proxy: one thread, connections kept and shared on both sides, nothing logged. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, Process } from '../process.ts';
import { program } from '../tools.ts';
import { originOf } from './subject.ts';
import type { Ground, Subject } from './subject.ts';

export async function haproxy(ground: Ground): Promise<Subject> {
  const { stub, folder, certificate, started } = ground;
  const [port = 0] = await freePorts(1);
  const secured = certificate ? ` ssl crt ${certificate.both} ssl-min-ver TLSv1.3 alpn http/1.1` : '';
  const config = join(folder, `haproxy-${port}.cfg`);
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 4096
  tune.bufsize 32768
defaults
  mode http
  option http-keep-alive
  option http-no-delay
  timeout connect 5s
  timeout client 1m
  timeout server 1m
frontend front
  bind 127.0.0.1:${port}${secured}
  default_backend stub
backend stub
  http-reuse always
  server stub 127.0.0.1:${stub.port} pool-max-conn 256
`,
  );
  const child = new Process(program('haproxy'), ['-db', '-q', '-f', config]);
  started(child);
  await child.listening(port);
  return { name: 'haproxy', origin: originOf(ground, port), pid: child.pid, rewrites: false };
}
