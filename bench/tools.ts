/** The programs that the bench needs and does not bring: found, compiled, or named together with how to get them. */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

export class Missing extends Error {}

const project = join(import.meta.dirname, '..');
export const builds = join(import.meta.dirname, '.build');
const ARCHIVE_BYTES = 256 * 1024 * 1024;

const packages: Readonly<Record<string, string>> = {
  cc: 'gcc libc6-dev',
  nginx: 'nginx',
  haproxy: 'haproxy',
  wrk: 'wrk',
  openssl: 'openssl',
};

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

/** Compiles a C program of the bench where it changed; gives its path. */
export function compiled(name: 'stub' | 'stdio-stub' | 'load'): string {
  const source = join(import.meta.dirname, `${name}.c`);
  const binary = join(builds, name);
  const cc = program('cc');
  if (!executable(binary) || statSync(binary).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(builds, { recursive: true });
    execFileSync(cc, ['-O2', '-Wall', '-Wextra', '-o', binary, source], { stdio: 'inherit' });
  }
  return binary;
}

/** The product as it is published, and the launcher's path in it. Stripping types at every start costs memory that users do not pay. */
export function buildProduct(): string {
  return built(project, 'gatehouse');
}

/**
 * The same of another revision, with the packages that are installed for this one.
 * @param folder for its sources: outside the project, whose checks would find its tests.
 */
export function buildRevision(ref: string, folder: string): string {
  const source = mkdtempSync(join(folder, 'against-'));
  const archive = execFileSync('git', ['archive', ref], { cwd: project, maxBuffer: ARCHIVE_BYTES });
  execFileSync('tar', ['-x', '-C', source], { input: archive });
  symlinkSync(join(project, 'node_modules'), join(source, 'node_modules'));
  return built(source, 'against');
}

/** A self-signed certificate on EC P-256, as it is used most. */
export function makeCertificate(folder: string): {
  readonly cert: string;
  readonly key: string;
  readonly both: string;
} {
  const [cert, key, both] = [join(folder, 'tls.crt'), join(folder, 'tls.key'), join(folder, 'tls.pem')] as const;
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  execFileSync(program('openssl'), ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  writeFileSync(both, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'));
  return { cert, key, both };
}

function built(source: string, name: string): string {
  const folder = join(builds, name);
  rmSync(folder, { recursive: true, force: true });
  const tsc = join(project, 'node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', join(source, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')], {
    stdio: 'inherit',
  });
  cpSync(join(source, 'bin'), join(folder, 'bin'), { recursive: true });
  copyFileSync(join(source, 'package.json'), join(folder, 'package.json'));
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
