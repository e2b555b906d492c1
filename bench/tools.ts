/** The programs that the bench needs and does not bring: found, compiled, or named together with how to get them. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, cpSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Process } from './process.ts';

export class Missing extends Error {}

const project = join(import.meta.dirname, '..');
const builds = join(import.meta.dirname, '.build');

const packages: Readonly<Record<string, string>> = { cc: 'gcc libc6-dev', nginx: 'nginx', wrk: 'wrk' };

/** The full path of a program. @throws Missing with the command that installs it. */
export function program(name: string): string {
  // Debian keeps servers where only root's PATH looks.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, name)).find(executable);
  if (found === undefined) {
    throw new Missing(
      `The bench needs ${name}, which is not here. On Debian: apt-get install ${packages[name] ?? name}`,
    );
  }
  return found;
}

export async function startStub(): Promise<{ readonly port: number; readonly stub: Process }> {
  const source = join(import.meta.dirname, 'stub.c');
  const binary = join(builds, 'stub');
  const cc = program('cc');
  if (!executable(binary) || statSync(binary).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(builds, { recursive: true });
    execFileSync(cc, ['-O2', '-Wall', '-Wextra', '-o', binary, source], { stdio: 'inherit' });
  }
  const stub = new Process(binary, ['0']);
  return { port: Number(await stub.firstLine()), stub };
}

/** The product as it is published, and the launcher's path in it. Stripping types at every start costs memory that users do not pay. */
export function buildProduct(): string {
  const folder = join(builds, 'gatehouse');
  rmSync(folder, { recursive: true, force: true });
  const tsc = join(project, 'node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', join(project, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')], {
    stdio: 'inherit',
  });
  cpSync(join(project, 'bin'), join(folder, 'bin'), { recursive: true });
  copyFileSync(join(project, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'bin/gatehouse.js');
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
