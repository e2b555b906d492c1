/**
 * Others that put a stdio server behind streamable HTTP. No dependencies of ours: fetched with npm at the first run into the bench's own folder,
 * which git ignores, in exactly these versions and with what they depended on at that day.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builds, Missing } from './tools.ts';

const versions = { 'mcp-proxy': '6.7.19', supergateway: '4.0.0' } as const;
const AS_OF = '2026-11-21';

export type PeerName = keyof typeof versions;
export const peerNames: readonly PeerName[] = ['mcp-proxy', 'supergateway'];

const programs: Readonly<Record<PeerName, string>> = {
  'mcp-proxy': 'mcp-proxy/dist/bin/mcp-proxy.mjs',
  supergateway: 'supergateway/dist/index.js',
};

export function peerVersion(name: PeerName): string {
  return versions[name];
}

/** The path of its program. @throws Missing where npm cannot fetch it. */
export function peer(name: PeerName, tell: (text: string) => void): string {
  const folder = join(builds, `peer-${name}-${versions[name]}`);
  if (!existsSync(folder)) fetched(name, folder, tell);
  return join(folder, 'node_modules', programs[name]);
}

/** Beside its place and moved there when it is whole, so that a run that was cut off leaves nothing that looks finished. */
function fetched(name: PeerName, folder: string, tell: (text: string) => void): void {
  const wanted = `${name}@${versions[name]}`;
  const partial = `${folder}.part`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'package.json'), '{ "private": true }\n');
  tell(`fetching ${wanted} with npm, once`);
  try {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `--before=${AS_OF}`];
    execFileSync('npm', ['install', '--save-exact', ...quiet, wanted], { cwd: partial, stdio: 'pipe' });
  } catch (error) {
    throw new Missing(
      `The stdio lane needs ${wanted} from npm's registry, which could not be fetched; nothing is compared with it.`,
      { cause: error },
    );
  }
  renameSync(partial, folder);
}
