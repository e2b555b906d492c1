/**
 * Which configuration a command works on: the one that was named, else ./gatehouse.yaml, else, in a clone of the project, the quickstart.
 * The quickstart takes the next free port where one is busy, whoever names it: it is there to be tried beside whatever runs already.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileSource } from '../config/file.ts';
import { mcpJsonSource } from '../config/mcp-json.ts';
import type { Variables } from '../config/references.ts';
import type { ConfigSource } from '../config/source.ts';
import type { Time } from '../kernel/time.ts';
import type { Console } from './console.ts';
import { STARTER } from './starter.ts';

/** As commander gives them. */
export interface Named {
  readonly config?: string;
  readonly mcpJson?: string;
}

export type Choice =
  | { readonly kind: 'chosen'; readonly file: string; readonly source: ConfigSource; readonly freePorts: boolean }
  /** Wrong usage; `starter` is for stdout, so that it can be saved as it is. */
  | { readonly kind: 'none'; readonly told: string; readonly starter?: string };

export interface Surroundings {
  readonly variables: Variables;
  readonly time: Time;
  /** The package's own folder. */
  readonly root?: string;
  /** Where `./gatehouse.yaml` is looked for. */
  readonly folder?: string;
}

const USUAL = 'gatehouse.yaml';

/** That there is none to work on: for people with the starter, for programs in the one object that they read. */
export function tellNone(none: Extract<Choice, { kind: 'none' }>, json: boolean, console: Console): void {
  const { told, starter } = none;
  if (json) console.print(JSON.stringify({ ok: false, problems: [], warnings: [], error: told }));
  else if (starter !== undefined) console.print(starter);
  console.error(told);
}

export function choose(named: Named, { variables, time, root = packageRoot(), folder = '.' }: Surroundings): Choice {
  if (named.config !== undefined && named.mcpJson !== undefined) {
    return { kind: 'none', told: 'gatehouse: -c and --mcp-json cannot be given together' };
  }
  if (named.mcpJson !== undefined) {
    return {
      kind: 'chosen',
      file: named.mcpJson,
      source: mcpJsonSource(named.mcpJson, variables, time),
      freePorts: false,
    };
  }
  const quickstart = join(root, 'examples', 'quickstart', USUAL);
  const file = named.config ?? found(join(folder, USUAL)) ?? (isClone(root) ? found(quickstart) : undefined);
  if (file === undefined) {
    const told = `gatehouse: there is no ./${USUAL} here; save the lines above as ${USUAL}, or name a file with -c`;
    return { kind: 'none', told, starter: STARTER };
  }
  const shown = named.config ?? shortest(file);
  return {
    kind: 'chosen',
    file: shown,
    source: fileSource(shown, variables, time),
    freePorts: isSame(file, quickstart),
  };
}

function packageRoot(): string {
  return fileURLToPath(new URL('../../', import.meta.url));
}

/** An installed package lies below a node_modules. */
function isClone(root: string): boolean {
  return !root.split(sep).includes('node_modules');
}

function found(file: string): string | undefined {
  return existsSync(file) ? file : undefined;
}

function shortest(file: string): string {
  const near = relative('.', file);
  return near.startsWith('..') ? file : near;
}

function isSame(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
