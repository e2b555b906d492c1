/** What clients answer when they are asked: mostly what is right, and its call's own; sometimes nothing, no answer at all, or one too many. */
import { valueOf, type Json } from './offer.ts';
import type { World } from './world.ts';

/** What is added to a call's params in its next round, and how often that is made. */
export function nextRound(world: World, canary: string, { inputRequests, requestState }: Json): NextRound {
  const keys = Object.keys(inputRequests as object);
  const inputResponses = Object.fromEntries(keys.map((key) => [key, answerTo(world, canary)]));
  // One that is held has not ended in between; only such a one may be asked for twice.
  const isHeld = !keys.includes('who');
  return { again: { inputResponses, requestState }, isHeld, times: isHeld && world.draws(15) ? 2 : 1 };
}

export interface NextRound {
  readonly again: Json;
  readonly isHeld: boolean;
  readonly times: number;
}

/** What a session's client sends back, one message each: some say that they cannot, some say it twice, some say nothing. */
export function repliesTo(world: World, canary: string): readonly Json[] {
  const way = world.isCalm ? 0 : world.chance.below(10);
  if (way === 9) return [];
  if (way === 8) return [{ error: { code: -1, message: `no ${canary}` } }];
  const result = answerTo(world, canary);
  return way === 7 ? [{ result }, { result: { action: 'cancel' } }] : [{ result }];
}

function answerTo(world: World, canary: string): Json {
  const right = { action: 'accept', content: { name: valueOf(canary) } };
  if (world.isCalm || world.draws(75)) return right;
  return world.chance.one<Json>([{ action: 'accept', content: { name: 7 } }, { action: 'decline' }, { action: 'x' }]);
}
