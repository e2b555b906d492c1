/** nginx as a byte proxy, as one would run it: one worker, upstream connections kept, nothing logged, event streams not held back. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, Process } from '../process.ts';
import { program } from '../tools.ts';
import { originOf } from './subject.ts';
import type { Ground, Subject } from './subject.ts';

export async function nginx(ground: Ground): Promise<Subject> {
  const { stub, folder, certificate, started } = ground;
  const [port = 0] = await freePorts(1);
  const home = mkdtempSync(join(folder, 'nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  const secured = certificate
    ? `ssl_protocols TLSv1.3; ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`
    : '';
  const config = join(home, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${home}/pid; error_log stderr error;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k; ${temporary.join(' ')}
  upstream stub { server 127.0.0.1:${stub.port}; keepalive 256; keepalive_requests 1000000000; }
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffers 8 32k; proxy_buffer_size 32k;
  server {
    listen 127.0.0.1:${port}${certificate ? ' ssl' : ''}; ${secured}
    location / { proxy_pass http://stub; }
    location /sse-300b { proxy_pass http://stub; proxy_buffering off; }
  }
}
`,
  );
  const child = new Process(program('nginx'), ['-p', home, '-c', config, '-e', 'stderr']);
  started(child);
  await child.listening(port);
  return { name: 'nginx', origin: originOf(ground, port), pid: child.pid, rewrites: false };
}
