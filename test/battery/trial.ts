/** One case at one place in one delivery: sends it, with a good request behind, and says what was wrong about what came. */
import { field, type Answer } from './answers.ts';
import type { Case, Fate, Gets } from './case.ts';
import { Conversation } from './conversation.ts';
import { PAD, pieces, type Delivery } from './delivery.ts';
import type { Listener } from './house.ts';
import { judge, judgeGood, judgeRecords } from './judge.ts';
import { prepare } from './preparation.ts';
import { openSession } from './session.ts';
import { bytesOf, goodRequest, type Place } from './writing.ts';

export interface Trial {
  readonly of: Case;
  readonly listener: Listener;
  readonly route: string;
  readonly delivery: Delivery;
  /** Unlike that of every other one. */
  readonly nonce: string;
}

export interface Outcome {
  /** What was wrong, if anything. */
  readonly wrong: string | undefined;
  /** Of its own answers, without those of the good requests around it. */
  readonly statuses: readonly number[];
  readonly hasClosed: boolean;
  /** For whoever looks into it. */
  readonly sent: string;
  readonly seen: string;
}

/** Longer than any bound that a case waits for. */
const PATIENCE_MS = 15_000;
const DRIP_MS = 250;
const SHOWN = 700;

/** @param patienceMs how long an answer, or an end, is waited for. */
export async function attempt(trial: Trial, patienceMs = PATIENCE_MS): Promise<Outcome> {
  const place = await placeOf(trial);
  const { of, listener, delivery } = trial;
  const door = of.isBelowTls === true ? { ...listener.door, ca: undefined } : listener.door;
  const fore = delivery === 'after' ? [goodRequest({ ...place, nonce: `${place.nonce}-fore` })] : [];
  const texts = typeof of.sends === 'string' ? [of.sends] : of.sends;
  const own = texts.map((text) => bytesOf(text, place));
  const behind = of.ends === undefined ? [goodRequest({ ...place, nonce: `${place.nonce}-behind` })] : [];
  using talk = await Conversation.open(door, (index) => of.isHead === true && index === fore.length);
  await talk.writeApart(pieces(Buffer.concat([...fore, ...own, ...behind]), delivery));
  const expected = expectation(of, listener);
  await finish(talk, of);
  const wrong = await outcomeOf(talk, {
    patienceMs,
    ...expected,
    place,
    fore: fore.length,
    behind: behind.length,
    mayContinue: of.mayContinue === true,
  });
  return {
    wrong,
    statuses: talk.read.answers.slice(fore.length, fore.length + expected.answers.length).map(({ status }) => status),
    hasClosed: talk.hasEnded,
    sent: shown(Buffer.concat(own).toString('latin1')),
    seen: shown(talk.text),
  };
}

interface Expected {
  readonly answers: readonly (readonly Gets[])[];
  readonly leaves: Fate;
}

interface Due extends Expected {
  readonly place: Place;
  readonly fore: number;
  readonly behind: number;
  readonly mayContinue: boolean;
  readonly patienceMs: number;
}

function expectation(of: Case, { plane }: Listener): Expected {
  const { gets, leaves } = plane === 'control' && of.control ? of.control : of;
  return { answers: [gets, ...(of.further ?? [])], leaves };
}

async function placeOf(trial: Trial): Promise<Place> {
  const { of, listener, route, nonce } = trial;
  const { plane, authority, scheme } = listener;
  const tool = route === '/mcp' ? 'echo__echo' : 'echo';
  const padded = trial.delivery === 'long' ? { pad: PAD } : {};
  const place = { plane, authority, scheme, path: route, tool, nonce, ...padded };
  const text = typeof of.sends === 'string' ? of.sends : of.sends.join('');
  const session = text.includes('{session}') ? { session: await openSession(listener, place) } : {};
  const prepared = await prepare(listener, place, text);
  const elsewhere = { ...place, path: '/servers/echo/mcp' };
  const foreign = text.includes('{foreign}') ? { foreign: await openSession(listener, elsewhere) } : {};
  return { ...place, ...session, ...foreign, prepared };
}

async function finish(talk: Conversation, { ends }: Case): Promise<void> {
  if (ends === 'fin') talk.finish();
  else if (ends === 'reset') talk.reset();
  else if (ends === 'drips') await talk.drip(Buffer.from('x'), { everyMs: DRIP_MS, withinMs: PATIENCE_MS });
}

/** What is wrong, if anything. */
async function outcomeOf(talk: Conversation, due: Due): Promise<string | undefined> {
  const { answers, leaves, place, fore, behind, patienceMs } = due;
  const own = fore + answers.length;
  const enough = (count: number) => (): boolean =>
    talk.hasEnded || talk.read.broken !== undefined || talk.read.answers.length >= count;
  await talk.until(enough(own + behind), patienceMs);
  const came = talk.read.answers.length;
  if (came >= own + behind && behind > 0 && !talk.hasEnded && leaves !== 'closed') {
    // Were there an answer more than requests, this one would not be next.
    talk.write(goodRequest({ ...place, nonce: `${place.nonce}-last` }));
    await talk.until(enough(came + 1), patienceMs);
  } else if (leaves === 'closed') await talk.until(() => talk.hasEnded, patienceMs);
  return verdict(talk, due);
}

function verdict(talk: Conversation, due: Due): string | undefined {
  const { read, hasEnded } = talk;
  const { answers, leaves, place, fore, mayContinue } = due;
  const below = answers[0]?.find((gets) => gets.is === 'alert');
  if (below) return hasEnded ? judgeRecords(talk.text, below.isBegun) : 'the connection stays open';
  if (read.broken !== undefined) return read.broken;
  if (read.continued > 0 && !mayContinue) return '100 Continue that nobody asked for';
  const foreAnswer = read.answers[0];
  if (fore > 0) {
    const wrong = foreAnswer ? judgeGood(foreAnswer, place, `${place.nonce}-fore`) : 'no answer';
    if (wrong !== undefined) return `the good request before it: ${wrong}`;
  }
  for (const [index, alternatives] of answers.entries()) {
    const wrong = judge(read.answers[fore + index], alternatives, place);
    if (wrong !== undefined) return wrong;
  }
  const rest = read.answers.slice(fore + answers.length);
  const last = read.answers[fore + answers.length - 1];
  if (hasEnded && (leaves === 'closed' || (leaves === 'in-sync' && rest.length === 0)))
    return closing(rest, last, { left: read.rest, isAsked: due.behind === 0 });
  if (leaves === 'closed') return 'the connection stays open';
  if (hasEnded) return 'the connection closed';
  return keeping(rest, due);
}

/** What closes must have said so, unless the client has ended first, and nothing may be answered between. */
function closing(
  rest: readonly Answer[],
  last: Answer | undefined,
  { left, isAsked }: { readonly left: number; readonly isAsked: boolean },
): string | undefined {
  if (rest.length > 0) return `${rest.length} answers more than requests`;
  if (left > 0) return `${left} bytes that are no answer`;
  if (last && !isAsked && field(last, 'connection') !== 'close') return 'it closed without saying so';
  return undefined;
}

function keeping(rest: readonly Answer[], { place, behind }: Due): string | undefined {
  if (behind === 0) return undefined;
  if (rest.length !== behind + 1) return `${rest.length} answers behind it instead of ${behind + 1}`;
  for (const [index, name] of ['behind', 'last'].entries()) {
    const answer = rest[index];
    const wrong = answer ? judgeGood(answer, place, `${place.nonce}-${name}`) : 'no answer';
    if (wrong !== undefined) return `the good request behind it: ${wrong}`;
  }
  return undefined;
}

const shown = (text: string): string =>
  text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} bytes)` : text;
