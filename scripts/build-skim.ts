/**
 * `npm run skim`: compiles `src/kernel/skim/skim.c` with clang and lld (Debian: `apt-get install clang lld`) and writes the result into
 * `binary.ts`, which is committed: nobody needs a compiler to run the gateway. Built last with clang 14.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = ['--target=wasm32', '-O3', '-msimd128', '-nostdlib', '-ffreestanding', '-Wall', '-Wextra', '-Werror'];
const LINK = ['--no-entry', '--import-memory', '--export=__heap_base', '-z', 'stack-size=4096', '--strip-all'];
const LINE = 116;

const home = join(import.meta.dirname, '..', 'src', 'kernel', 'skim');
const folder = mkdtempSync(join(tmpdir(), 'skim-'));
try {
  const output = join(folder, 'skim.wasm');
  const source = join(home, 'skim.c');
  execFileSync('clang', [...FLAGS, ...LINK.map((flag) => `-Wl,${flag}`), '-o', output, source], { stdio: 'inherit' });
  const lines =
    readFileSync(output)
      .toString('base64')
      .match(new RegExp(`.{1,${LINE}}`, 'gu')) ?? [];
  const text = [
    '/** `skim.c`, compiled by `scripts/build-skim.ts`; not written by hand. */',
    'export const SKIM_WASM = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
  writeFileSync(join(home, 'binary.ts'), text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
