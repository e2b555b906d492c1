/** Where a configuration comes from, and what loading it gives: settings, or everything that is wrong with it. */
import type { Settings } from '../core/settings.ts';

/** A mistake in a file, told so that a person can mend it without asking. Holds no value from the file: it may be a secret. */
export interface Problem {
  /** As the user named it, or beside what the user named. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `servers.github.url`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly mend: string | undefined;
}

export type LoadResult =
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ConfigSource {
  /** Never rejects for what is wrong with the files. */
  load(): Promise<LoadResult>;
  /** Calls back, debounced, after any file that the last `load` read or missed has changed. Gives back how to stop. */
  watch(onChange: () => void): () => void;
}

/** `gatehouse.yaml:12:5 servers.github.urll: unknown key; did you mean url?` */
export function tell(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  return `${place}${path} ${problem.message}${problem.mend === undefined ? '' : `; ${problem.mend}`}`;
}
