/** Which check is whose. */
import type { Feature } from '../cells.ts';
import type { Pair } from '../pair.ts';
import { elicitation, roots, sampling } from './asking.ts';
import { listChanged, subscribe } from './changes.ts';
import { cancel, logging, progress } from './flow.ts';
import { call, completion, error, list, prompts, resources } from './plain.ts';

export const cases: Readonly<Record<Feature, (pair: Pair) => Promise<void>>> = {
  list,
  call,
  error,
  progress,
  cancel,
  logging,
  list_changed: listChanged,
  subscribe,
  completion,
  prompts,
  resources,
  elicitation,
  sampling,
  roots,
};
