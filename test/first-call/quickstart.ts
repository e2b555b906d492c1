/** The quickstart as `npm start` runs it, word for word, and what its configuration says of the servers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileSource } from '../../src/config/file.ts';
import { tell } from '../../src/config/source.ts';
import type { StdioServerSettings } from '../../src/core/settings.ts';
import { systemTime } from '../../src/kernel/time.ts';

const root = join(import.meta.dirname, '../..');
const ENDPOINT_MS = 45_000;
const STOP_MS = 10_000;

export interface Quickstart extends AsyncDisposable {
  /** Of the endpoint that holds everything. */
  readonly url: string;
}

export async function startQuickstart(): Promise<Quickstart> {
  const [, ...args] = startScript().split(' ');
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = Promise.withResolvers<string>();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-64_000);
      const url = /https?:\/\/[\w.:[\]-]+\/mcp\b/.exec(output)?.[0];
      if (url !== undefined) endpoint.resolve(url);
    });
  }
  const fail = (what: string): void => endpoint.reject(new Error(`The gateway ${what}:\n${output}`));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
  const timer = setTimeout(() => fail('did not name its endpoint'), ENDPOINT_MS);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(kill, STOP_MS);
    await gone;
    clearTimeout(late);
  };
  try {
    return { url: await endpoint.promise, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The servers as the configuration starts them, for whoever wants to start one without the gateway. */
export async function quickstartServers(): Promise<readonly StdioServerSettings[]> {
  const file = resolve(root, startScript().split(' ').at(-1) ?? '');
  const loaded = await fileSource(file, process.env, systemTime()).load();
  if (!loaded.ok) throw new Error(loaded.problems.map(tell).join('\n'));
  return loaded.settings.servers.flatMap((server) => (server.kind === 'stdio' ? [server] : []));
}

function startScript(): string {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  return scripts.start;
}
