/** What some cases need before they are sent: a call that waits for its client, a page of a list. Each is a word that a case's text may hold. */
import { setTimeout as pause } from 'node:timers/promises';
import { Conversation } from './conversation.ts';
import type { Listener } from './house.ts';
import { asked, bytesOf, cursored, listed, stateful, type Place } from './writing.ts';

const WITHIN_MS = 10_000;
const EXPIRY_MS = 20_000;
const LOOK_MS = 250;

type Words = Readonly<Record<string, string>>;

/** The words that this text holds and others do not. */
export async function prepare(listener: Listener, place: Place, text: string): Promise<Words> {
  const holds = (...words: readonly string[]): boolean => words.some((word) => text.includes(`{${word}}`));
  const words: Record<string, string> = {};
  if (holds('state', 'flipped', 'cut', 'expired', 'key')) Object.assign(words, await parkedAt(listener, place));
  for (const [word, path] of ELSEWHERE)
    if (holds(word))
      words[word] = (await parkedAt(listener, { ...place, path: path ?? place.path }, `{nonce}-${word}`)).state;
  if (holds('expired')) words['expired'] = await expired(listener, place, words);
  if (holds('cursor', 'flippedcursor', 'cutcursor')) Object.assign(words, await pageAt(listener, place));
  for (const [word, path] of CURSORS_ELSEWHERE)
    if (holds(word)) words[word] = (await pageAt(listener, { ...place, path })).cursor;
  return words;
}

/** States that other addresses gave out, or this one for another call. */
const ELSEWHERE = [
  ['merged', '/mcp'],
  ['served', '/servers/asking/mcp'],
  ['sibling', undefined],
] as const;
const CURSORS_ELSEWHERE = [
  ['mergedcursor', '/mcp'],
  ['servedcursor', '/servers/echo/mcp'],
] as const;

/** A call that its server has asked something, and that waits for the answer. */
async function parkedAt(
  listener: Listener,
  place: Place,
  secret = '{nonce}',
): Promise<{ readonly state: string; readonly key: string; readonly flipped: string; readonly cut: string }> {
  const { result } = await exchange(listener, bytesOf(stateful(asked('', `{"secret":"${secret}"}`)), place));
  const [key] = Object.keys(result?.['inputRequests'] ?? {});
  const state = result?.['requestState'];
  if (key === undefined || typeof state !== 'string') throw new Error(`Not asked: ${JSON.stringify(result)}`);
  return { state, key, flipped: flipped(state), cut: state.slice(0, -1) };
}

/** Asks for it without an answer until nothing waits any more. */
async function expired(listener: Listener, place: Place, words: Words): Promise<string> {
  const again = bytesOf(stateful(asked('"requestState":"{state}",')), { ...place, prepared: words });
  const deadline = Date.now() + EXPIRY_MS;
  while ((await exchange(listener, again)).result !== undefined) {
    if (Date.now() > deadline) throw new Error('A call that nobody answers waits on.');
    await pause(LOOK_MS);
  }
  return words['state'] ?? '';
}

async function pageAt(
  listener: Listener,
  place: Place,
): Promise<{ readonly cursor: string; readonly flippedcursor: string; readonly cutcursor: string }> {
  const { result } = await exchange(listener, bytesOf(listed(cursored('')), place));
  const cursor = result?.['nextCursor'];
  if (typeof cursor !== 'string') throw new Error(`One page only: ${JSON.stringify(result).slice(0, 300)}`);
  return { cursor, flippedcursor: flipped(cursor), cutcursor: cursor.slice(0, -1) };
}

/** One bit in the middle is another. */
function flipped(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

interface Answered {
  readonly result?: Readonly<Record<string, unknown>>;
}

async function exchange({ door }: Listener, bytes: Buffer): Promise<Answered> {
  using talk = await Conversation.open(door, () => false);
  talk.write(bytes);
  await talk.until(() => talk.read.answers.length > 0 || talk.hasEnded, WITHIN_MS);
  const [answer] = talk.read.answers;
  if (!answer) throw new Error(`No answer: ${talk.text.slice(0, 300)}`);
  return JSON.parse(Buffer.from(answer.body, 'latin1').toString('utf8')) as Answered;
}
