/** The listener's certificates, which change while everybody is connected: whoever comes after a change sees the one that was written last. */
import { X509Certificate } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Authority } from '../fakes/certificates.ts';
import { until } from './soak.ts';
import type { Findings } from './soak.ts';

const SEEN_MS = 10_000;
const HANDSHAKE_MS = 5_000;

export class Certificates {
  /** As the configuration names them. */
  readonly tls: { readonly cert: string; readonly key: string };
  readonly #authority = new Authority();

  constructor(folder: string) {
    this.tls = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    this.#write('in-place');
  }

  /** One file after the other, so that for a moment they do not belong together. */
  async change(url: string, how: 'in-place' | 'rename', findings: Findings): Promise<void> {
    const expected = this.#write(how);
    let seen: string | undefined;
    const isNew = async () => {
      seen = await shown(url, this.#authority.cert);
      return seen === expected;
    };
    await until('the certificate is shown', SEEN_MS, isNew).catch(() =>
      findings.add('certificate', `${how}: ${seen} is shown, ${expected} was written`),
    );
  }

  /** Its fingerprint. */
  #write(how: 'in-place' | 'rename'): string {
    const { cert, key } = this.#authority.issue('127.0.0.1');
    for (const [path, text] of [
      [this.tls.cert, cert],
      [this.tls.key, key],
    ] as const) {
      if (how === 'rename') {
        writeFileSync(`${path}.next`, text);
        renameSync(`${path}.next`, path);
      } else writeFileSync(path, text);
    }
    return new X509Certificate(cert).fingerprint256;
  }
}

/** The fingerprint of what a new client is shown, judged as a client judges; or what was wrong with it. */
function shown(url: string, ca: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), ca, timeout: HANDSHAKE_MS }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? 'none');
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error('no handshake')));
    socket.on('error', (error) => resolve(error.message));
  });
}
