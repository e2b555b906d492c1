/**
 * The cells by name: every edge that a client comes in by, every upstream, and everything that the two may want of each other. What cannot be
 * because a revision does not know it stands in `not-applicable.ts`.
 */

export type Revision = '2026-07-28' | '2025-11-25' | '2024-11-05';

/** One side of the gateway, as either a client or a server speaks there. */
export interface Face {
  readonly name: string;
  readonly revision: Revision;
  readonly transport: 'http' | 'stdio' | 'sse';
}

export const faces: readonly Face[] = [
  { name: '2026-07-28/http', revision: '2026-07-28', transport: 'http' },
  { name: '2026-07-28/stdio', revision: '2026-07-28', transport: 'stdio' },
  { name: '2025-11-25/http', revision: '2025-11-25', transport: 'http' },
  { name: '2025-11-25/stdio', revision: '2025-11-25', transport: 'stdio' },
  { name: '2024-11-05/sse', revision: '2024-11-05', transport: 'sse' },
];

/** What brings nothing of its own into the fixture comes first; questions come last, because they leave most behind. */
export const features = [
  'list',
  'call',
  'error',
  'progress',
  'cancel',
  'logging',
  'list_changed',
  'subscribe',
  'completion',
  'prompts',
  'resources',
  'elicitation',
  'sampling',
  'roots',
] as const;

export type Feature = (typeof features)[number];

export interface Cell {
  readonly client: Face;
  readonly upstream: Face;
  readonly feature: Feature;
}

export const cells: readonly Cell[] = faces.flatMap((client) =>
  faces.flatMap((upstream) => features.map((feature) => ({ client, upstream, feature }))),
);

export function cellName({ client, upstream, feature }: Cell): string {
  return `${client.name} > ${upstream.name} ${feature}`;
}

/** What a revision knows, as far as a cell depends on it. */
export interface Facts {
  readonly sessions: boolean;
  /** `notifications/progress` may carry `message`. */
  readonly progressMessage: boolean;
  readonly completionContext: boolean;
  readonly elicitation: boolean;
  /** Types that a content block may have. */
  readonly contents: readonly string[];
}

const plain = ['text', 'image', 'resource'];

export const facts: Readonly<Record<Revision, Facts>> = {
  '2026-07-28': {
    sessions: false,
    progressMessage: true,
    completionContext: true,
    elicitation: true,
    contents: [...plain, 'audio', 'resource_link'],
  },
  '2025-11-25': {
    sessions: true,
    progressMessage: true,
    completionContext: true,
    elicitation: true,
    contents: [...plain, 'audio', 'resource_link'],
  },
  '2024-11-05': {
    sessions: true,
    progressMessage: false,
    completionContext: false,
    elicitation: false,
    contents: plain,
  },
};

/** Keys of `_meta` that belong to an envelope of 2026-07-28 and to nothing else. */
export const reserved = 'io.modelcontextprotocol/';
