/** What tells the four session revisions apart, as one table. Nobody compares dates elsewhere. */

export type Revision2025 = '2025-11-25' | '2025-06-18' | '2025-03-26' | '2024-11-05';

export interface Differences {
  /** JSON-RPC batches are taken (2025-03-26, "Batching"); 2024-11-05 on streamable HTTP is served like 2025-03-26. */
  readonly batches: boolean;
  /** `notifications/progress` may carry `message`. */
  readonly progressMessage: boolean;
  /** The `completions` capability exists. */
  readonly completions: boolean;
  /** `completion/complete` may carry `context`. */
  readonly completionContext: boolean;
  /** `structuredContent`, `outputSchema` and `resource_link` are known. */
  readonly structured: boolean;
  /** An event without data only gives an id: a stream begins with one, and may be closed for its client to come back (2025-11-25, "Streamable HTTP"). */
  readonly primes: boolean;
  /** Clients can be asked with `elicitation/create`. */
  readonly elicitation: boolean;
  /** Forms have titled choices (`oneOf`, `anyOf`) and several of them at once; before, `enum` with `enumNames` and one. */
  readonly choices: boolean;
  /** Elicitation names its mode, and has one that opens a URL. */
  readonly modes: boolean;
  /** Sampling knows tools, and content that is an array of blocks. */
  readonly samplingTools: boolean;
  /** Content may be audio. */
  readonly audio: boolean;
}

const NEWEST: Differences = {
  batches: false,
  progressMessage: true,
  completions: true,
  completionContext: true,
  structured: true,
  primes: true,
  elicitation: true,
  choices: true,
  modes: true,
  samplingTools: true,
  audio: true,
};

const TABLE: Readonly<Record<Revision2025, Differences>> = {
  '2025-11-25': NEWEST,
  '2025-06-18': { ...NEWEST, primes: false, choices: false, modes: false, samplingTools: false },
  '2025-03-26': {
    ...NEWEST,
    batches: true,
    completionContext: false,
    structured: false,
    primes: false,
    elicitation: false,
    choices: false,
    modes: false,
    samplingTools: false,
  },
  '2024-11-05': {
    batches: true,
    progressMessage: false,
    completions: false,
    completionContext: false,
    structured: false,
    primes: false,
    elicitation: false,
    choices: false,
    modes: false,
    samplingTools: false,
    audio: false,
  },
};

/** Newest first. */
export const REVISIONS_2025: readonly Revision2025[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
export const NEWEST_2025: Revision2025 = '2025-11-25';

export const isRevision2025 = (version: unknown): version is Revision2025 =>
  REVISIONS_2025.some((known) => known === version);

/** What to answer to an `initialize` that asks for `requested` (2025-11-25, "Lifecycle", version negotiation). */
export const negotiated = (requested: unknown): Revision2025 => (isRevision2025(requested) ? requested : NEWEST_2025);

export const differences = (revision: Revision2025): Differences => TABLE[revision];
