/**
 * Faults that are planted into a copy of the gateway's sources: each one line, each of a kind that gateways have had. With any of them in
 * place the battery must turn red. A text that is no longer found, or is found twice, is an error: it would plant nothing.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PlantedFault {
  readonly name: string;
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly put: string;
  /** Which classes are run: those that are there for it. */
  readonly classes: readonly string[];
}

export const faults: readonly PlantedFault[] = [
  {
    name: 'a second Host is let pass',
    file: 'src/wire/http1/grammar.ts',
    find: '] !== -1) return',
    put: '] > 0) return', // the first field is number 0, and it is Host
    classes: ['host forms'],
  },
  {
    name: 'codings before chunked are let pass',
    file: 'src/wire/http1/grammar.ts',
    find: "encoding.toLowerCase() !== 'chunked'",
    put: "!encoding.toLowerCase().endsWith('chunked')",
    classes: ['transfer encoding'],
  },
  {
    name: 'chunk extensions are let pass',
    file: 'src/wire/http1/parser.ts',
    find: 'if (chunk[at] === SEMICOLON)',
    put: 'if (chunk[at] === -SEMICOLON)',
    classes: ['chunks', 'hidden requests'],
  },
  {
    name: 'what was refused does not end its connection',
    file: 'src/wire/http1/connection.ts',
    find: 'this.#sent(true);',
    put: 'this.#sent(false);',
    classes: ['request line'],
  },
  {
    name: 'the route is that of the decoded path',
    file: 'src/downstream/http/intake.ts',
    find: 'endpointAt(query === -1 ? exchange.target :',
    put: 'endpointAt(query === -1 ? decodeURIComponent(exchange.target) :',
    classes: ['target'],
  },
  {
    name: 'the depth of JSON has no bound',
    file: 'src/downstream/http/entry.ts',
    find: 'readIncoming(body, this.#edge.bounds.jsonDepth,',
    put: 'readIncoming(body, 5_000,',
    classes: ['JSON depth'],
  },
  {
    name: 'a key may come twice, where a message is long',
    file: 'src/kernel/skim/skim.ts',
    find: "if (isAgain) this.problem ??= 'duplicate-key';",
    put: 'if (isAgain) this.problem ??= undefined;',
    classes: ['keys of the envelope'],
  },
  {
    name: 'a session is good at every endpoint',
    file: 'src/downstream/rev2025/sessions.ts',
    find: 'if (session?.address !== address)',
    put: 'if (!session)',
    classes: ['session ids'],
  },
  {
    name: 'an error shows where it comes from',
    file: 'src/protocol/code.ts',
    find: 'const { code, message, data } = error;',
    put: "const { code, data } = error; const message = `${error.message} ${new Error().stack ?? ''}`;",
    classes: ['messages'],
  },
  {
    name: 'each request leaves a descriptor open',
    file: 'src/downstream/http/visit.ts',
    find: 'this.endpoint = endpoint;',
    put: "this.endpoint = endpoint; process.getBuiltinModule('node:fs').openSync('/dev/null');",
    classes: ['messages'],
  },
];

const project = join(import.meta.dirname, '../..');

/** A copy that runs, in `folder`; its launcher. @throws where the text does not stand there exactly once. */
export function planted({ name, file, find, put }: PlantedFault, folder: string): string {
  const text = readFileSync(join(project, file), 'utf8');
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Error(`"${name}" cannot be planted: its text stands ${count} times in ${file}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of ['bin', 'src', 'package.json'])
    cpSync(join(project, part), join(folder, part), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, file),
    text.replace(find, () => put),
  );
  return join(folder, 'bin/gatehouse.js');
}
