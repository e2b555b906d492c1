/**
 * One call at a server of the 2025 revisions, which may ask back in the middle of it. States: running <-> parked -> ended. A client that can be
 * asked while its call goes on is; for any other the call ends as input-required, and the leg is parked until its next round comes, or nobody
 * does (`bounds.parkedTimeout`). What is asked and answered is in `rounds`, who may wait in `parking`.
 */
import { randomBytes } from 'node:crypto';
import type { Call } from '../../core/call.ts';
import type { Outcome } from '../../core/outcome.ts';
import { Abort } from '../../kernel/abort.ts';
import { toFault, type Fault } from '../../kernel/fault.ts';
import type { Part } from '../../kernel/parts.ts';
import type { Place } from '../../kernel/roll.ts';
import type { Timer } from '../../kernel/time.ts';
import { offerable } from '../../protocol/capabilities.ts';
import type { Message } from '../../protocol/jsonrpc.ts';
import type { Ask } from '../link/link.ts';
import { Endings } from './endings.ts';
import type { Ground } from './ground.ts';
import { Notes } from './notes.ts';
import { heldAs, unknownState, type Resumable } from './parking.ts';
import { cancelling, givenUp, replyTo } from './peer-requests.ts';
import { Questions } from './questions.ts';
import { answered } from './replies.ts';
import { askingOutcome, givenAnswers, withoutRequest, questionOf, replyFor, type OpenQuestion } from './rounds.ts';
import { callParams, isUnknownSession, outcomeOf } from './session-messages.ts';
import { Stay } from './stay.ts';
import { interrupted, laterEnd, Turn } from './turn.ts';
import { NOBODY, Unmet } from './unmet.ts';

/** Questions that arrive together are asked together. */
const GATHER_MS = 25;

export class Leg implements Ask, Resumable {
  readonly method: string;
  readonly headers: string;
  readonly owner: string;
  readonly share: string;
  readonly turn: Ask['turn'];
  readonly logs: Ask['logs'];
  readonly resumes = true;
  readonly abort: Abort;
  readonly #ground: Ground;
  readonly #notes: Notes;
  readonly #place: Place<Leg> | undefined;
  readonly #canBeAsked: boolean;
  /** Of the client's capabilities what is carried to this server, as `offerable` writes it. */
  #able: string;
  #state: 'running' | 'parked' | 'ended' = 'running';
  #call: Call;
  #requestId = 0;
  #unmet: Unmet | undefined;
  #questions: Questions | undefined;
  #id: string | undefined;
  #round = 0;
  /** What the client waits for; none while parked. */
  #turn: Turn | undefined;
  /** What came of rounds that are over. */
  #endings: Endings | undefined;
  #gathering: Timer | undefined;
  #stay: Stay | undefined;
  #isForgotten = false;

  constructor(ground: Ground, call: Call, able: string) {
    const { means, caller, abort } = call;
    this.#ground = ground;
    this.#call = call;
    this.#able = able;
    this.method = call.method;
    this.headers = ground.headers;
    this.owner = caller.key;
    this.share = caller.share;
    this.logs = caller.kind === 'gateway' ? undefined : 'later-too';
    this.#notes = new Notes(call);
    const canEndAsking = means.kind === 'single' && means.of !== 'completion';
    this.#canBeAsked = ground.offered !== NOBODY && able !== NOBODY && (canEndAsking || call.ask !== undefined);
    if (ground.offered !== NOBODY && means.kind === 'single') this.turn = this.#canBeAsked ? 'alone' : 'together';
    // A leg may outlive the request that it began with.
    this.abort = this.#canBeAsked ? new Abort() : abort;
    if (ground.offered !== NOBODY || !('end' in ground.link)) this.#place = ground.legs.add(this);
  }

  get id(): string {
    this.#id ??= randomBytes(16).toString('base64url');
    return this.#id;
  }

  /** `undefined` when the server did not know the session. */
  run(): Promise<Outcome | undefined> {
    if (!this.#canBeAsked) return this.#exchange();
    const turn = new Turn();
    this.#turn = turn;
    this.#exchange().then(
      (outcome) => this.#settle(outcome),
      (error: unknown) => this.#settle(toFault(error)),
    );
    return turn.promise;
  }

  resume(call: Call, round: number): Promise<Outcome> {
    const turn = round === this.#round ? this.#turn : undefined;
    const end = turn ? this.#join(call, turn) : this.#endings?.of(round);
    if (end) return end;
    const questions = this.#questions;
    if (this.#state !== 'parked' || round !== this.#round || !questions) return Promise.reject(unknownState());
    try {
      for (const { open, answer } of givenAnswers(questions.of(round), call.round?.answers))
        questions.tell(open, replyFor(open, answer, this.#ground.revision));
    } catch (error) {
      return Promise.reject(toFault(error));
    }
    const missing = questions.of(round);
    return missing.length > 0
      ? Promise.resolve(askingOutcome(missing, heldAs(this, round)))
      : this.#goOn(call, questions);
  }

  /** Its session is over. A call that runs hears so from its own connection; of one that waits nobody else would tell the server. */
  lost(): void {
    if (this.#state !== 'parked') return;
    this.#questions?.giveUp();
    this.#cancel(interrupted());
  }

  /** A request of the server that belongs to this call. */
  asked(message: Message): void {
    const { id = 'null', method } = message;
    const open = questionOf(message);
    this.#unmet ??= new Unmet();
    const refused = open ? this.#unmet.refusalOf(open.question, this.#call, this.#able) : this.#unmet.unknown(method);
    if (open && !refused && this.#state !== 'ended' && this.#canBeAsked) this.#take(open);
    else this.#ground.link.notify(replyTo(id, refused ?? this.#unmet.unknown(method)), this.headers);
  }

  /** The server no longer wants an answer to a question; `false` where it is none of this call's. */
  withdrawn(message: Message): boolean {
    return this.#questions?.withdrawn(message) === true;
  }

  // What the link asks of it.

  params(id: number): readonly Part[] {
    this.#requestId = id;
    return callParams(this.#call, id, this.#canBeAsked);
  }

  heard(message: Message, id: number): void {
    const { method, form } = message;
    if (form === 'request' && method !== 'ping') this.asked(message);
    else if (form === 'request' || method.endsWith('changed') || method.endsWith('updated'))
      this.#ground.heard(message);
    else if (method === 'notifications/cancelled') this.withdrawn(message);
    else {
      if (this.#state === 'parked' && method === 'notifications/message')
        this.#ground.environment.log.debug({ call: this.#call.id }, 'a log message of a parked call was dropped');
      this.#notes.hear(message, id);
    }
  }

  excuses(): boolean {
    return this.#questions?.excuses() === true;
  }

  pressed(): void {
    (this.#stay ??= new Stay(this.#ground.environment, this.#giveUp)).press();
  }

  async #exchange(): Promise<Outcome | undefined> {
    const { link, handle } = this.#ground;
    this.#call.abort.listen(this.#cancel);
    try {
      const reply = await link.request(this);
      if (isUnknownSession(reply, this.headers)) return undefined;
      const fields = answered(reply);
      this.#unmet?.judge(fields);
      return outcomeOf(fields, { asked: this.#unmet?.method, handle });
    } finally {
      this.#end();
    }
  }

  readonly #cancel = (reason: Fault): void => {
    const { link } = this.#ground;
    if (this.#state === 'ended') return;
    // Closing the connection does not cancel in these revisions; saying so does.
    if (this.#requestId !== 0 && 'end' in link) link.notify(cancelling(this.#requestId), this.headers);
    this.abort.now(reason);
  };

  #end(): void {
    const isParked = this.#state === 'parked';
    this.#state = 'ended';
    this.#call.abort.ignore(this.#cancel);
    this.#notes.close();
    this.#gathering?.cancel();
    this.#stay?.end();
    this.#questions?.end();
    this.#place?.leave();
    if (isParked) this.#ground.environment.parking.leave(this);
    this.#ground.left();
  }

  /** What came of it: told to the round that waits, and kept for the one that comes. */
  #settle(end: Outcome | Fault | undefined): void {
    if (this.#isForgotten) return;
    const told = this.#round === 0 ? end : laterEnd(end);
    const isHeard = this.#tell(told);
    if (this.#round === 0 || !told) return;
    const { parking, bounds } = this.#ground.environment;
    // Whoever did not hear of it may ask again.
    const endings = this.#keep(told);
    if (endings) parking.ended(endings, isHeard ? 0 : bounds.parkedTimeoutMs);
    else this.#forget();
  }

  /** `false`: nobody waits. */
  #tell(end: Outcome | Fault | undefined): boolean {
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.settle(end);
    return turn !== undefined;
  }

  /** Of the round that is over; `undefined` where there is no room for it. */
  #keep(end: Outcome | Fault): Endings | undefined {
    this.#endings ??= new Endings(this, this.#ground.environment.buffered);
    return this.#endings.keep(this.#round, end) ? this.#endings : undefined;
  }

  #forget(): void {
    this.#endings?.release();
    this.#ground.environment.parking.forget(this.id);
  }

  #take(open: OpenQuestion): void {
    // A server waits for an answer that it did not get.
    this.#questions ??= new Questions(this.#ground, ({ detail = '' }) => this.#cancel(interrupted(detail)));
    const fault = this.#questions.add(open);
    if (fault) {
      this.#ground.link.notify(replyTo(open.id, givenUp(open.question.method)), this.headers);
      return this.#giveUp(fault);
    }
    if (this.#call.ask) void this.#questions.ask(open, this.#call.ask);
    else if (this.#state === 'running') this.#gather();
  }

  #gather(): void {
    this.#gathering ??= this.#ground.environment.time.shortly(GATHER_MS, this.#park);
  }

  readonly #park = (): void => {
    this.#gathering = undefined;
    const questions = this.#questions;
    // The server may have thought better of it meanwhile.
    if (this.#state !== 'running' || !questions || questions.isEmpty) return;
    const full = this.#ground.environment.parking.enter(this);
    if (full) return this.#giveUp(full);
    this.#state = 'parked';
    const round = this.#round + 1;
    questions.begin(round);
    const asking = askingOutcome(questions.of(round), heldAs(this, round));
    if (this.#round > 0) this.#keep(asking);
    this.#round = round;
    this.#call.abort.ignore(this.#cancel);
    this.#call = withoutRequest(this.#call, this.abort);
    this.#notes.away(this.#call);
    (this.#stay ??= new Stay(this.#ground.environment, this.#giveUp)).begin();
    this.#tell(asking);
  };

  /** All that was asked is answered. */
  #goOn(call: Call, questions: Questions): Promise<Outcome> {
    this.#stay?.end();
    this.#ground.environment.parking.leave(this);
    this.#state = 'running';
    this.#call = call;
    this.#able = offerable(call.able, { roots: this.#ground.relaysRoots });
    const turn = new Turn();
    this.#turn = turn;
    this.#notes.back(call);
    // What was asked while it was parked.
    if (!questions.isEmpty) this.#gather();
    return this.#join(call, turn);
  }

  /** Several may wait for one round; it is given up when the last of them has gone. */
  #join(call: Call, turn: Turn): Promise<Outcome> {
    return turn.wait(call, (reason) => {
      if (this.#turn === turn) this.#cancel(reason);
    });
  }

  /** The call ends here: whoever waits is told, what the server asked is put away, and it hears that nobody waits for it. */
  readonly #giveUp = (fault: Fault): void => {
    this.#isForgotten = true;
    this.#questions?.giveUp();
    this.#forget();
    this.#tell(fault);
    this.#cancel(fault);
  };
}
