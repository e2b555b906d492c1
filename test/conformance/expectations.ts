/**
 * What each cell must reach, and exactly what it must miss, with the reason that no gateway could do otherwise. A cell that misses more is broken;
 * one that misses less has a wrong line in here.
 */

export type Revision = '2025-11-25' | '2026-07-28';

export interface Miss {
  readonly scenario: string;
  readonly why: string;
}

export interface Cell {
  readonly client: Revision;
  readonly upstream: Revision;
  readonly link: 'http' | 'stdio';
  readonly misses: readonly Miss[];
}

/** How many scenarios a revision requires: a suite that asks for fewer has changed under our hands. */
export const required: Readonly<Record<Revision, number>> = { '2025-11-25': 30, '2026-07-28': 37 };

const keys: Miss = {
  scenario: 'input-required-result-basic-elicitation',
  why: 'It wants the key `user_name`. A 2025 server asks with a request of its own, which has no key, and none is guessed from a schema.',
};

export const cells: readonly Cell[] = [
  { client: '2025-11-25', upstream: '2025-11-25', link: 'http', misses: [] },
  { client: '2026-07-28', upstream: '2026-07-28', link: 'http', misses: [] },
  { client: '2025-11-25', upstream: '2026-07-28', link: 'http', misses: [] },
  { client: '2026-07-28', upstream: '2025-11-25', link: 'http', misses: [keys] },
  { client: '2025-11-25', upstream: '2025-11-25', link: 'stdio', misses: [] },
  { client: '2026-07-28', upstream: '2026-07-28', link: 'stdio', misses: [] },
  { client: '2025-11-25', upstream: '2026-07-28', link: 'stdio', misses: [] },
  { client: '2026-07-28', upstream: '2025-11-25', link: 'stdio', misses: [keys] },
];

/** A client that drives the gateway through the scenarios that the suite has for clients of a revision. */
export interface Pair {
  readonly client: Revision;
  readonly suite: Revision;
}

/** None of the scenarios may be missed. */
export const driven: readonly Pair[] = [
  { client: '2025-11-25', suite: '2025-11-25' },
  { client: '2026-07-28', suite: '2026-07-28' },
  { client: '2026-07-28', suite: '2025-11-25' },
  { client: '2025-11-25', suite: '2026-07-28' },
];
