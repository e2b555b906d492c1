/** How the gateway starts, or does not: nothing has been begun by one that cannot listen. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Child } from '../fixtures/child.ts';

const launcher = join(import.meta.dirname, '../../bin/gatehouse.js');

describe('a gateway', () => {
  it.each(['listen', 'admin', 'health'])('whose %s address is taken starts no child', async (taken) => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-starting-'));
    const [busy, ...free] = await Promise.all([listening(), listening(), listening()]);
    for (const { server } of free) server.close();
    const addresses = ['listen', 'admin', 'health'].filter((key) => key !== taken);
    const listeners = Object.fromEntries(addresses.map((key, index) => [key, `127.0.0.1:${free[index]?.port ?? 0}`]));
    const trace = join(folder, 'trace');
    const servers = { a: { command: '/bin/sh', args: ['-c', `echo started > ${trace}; cat`] } };
    const config = { ...listeners, [taken]: `127.0.0.1:${busy.port}`, servers };
    writeFileSync(join(folder, 'gatehouse.yaml'), JSON.stringify(config));
    const gateway = new Child([launcher, 'up', '-c', join(folder, 'gatehouse.yaml')]);
    expect(await gateway.ended()).toBe(1);
    expect(gateway.output).toContain(`${busy.port} is in use`);
    expect(existsSync(trace)).toBe(false);
    busy.server.close();
  });
});

async function listening() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
