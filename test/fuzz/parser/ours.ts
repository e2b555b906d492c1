/** The bytes of one connection through our parser and grammar as a connection and a lane drive them, in pieces, until something is refused. */
import { RequestGrammar } from '../../../src/wire/http1/grammar.ts';
import { judge } from '../../../src/wire/http1/response-grammar.ts';
import { Parsers, type Parser } from '../../../src/wire/http1/parser.ts';

export const BOUNDS = { headerBytes: 1024, headers: 20, targetBytes: 100 };
export const SINGLETONS = ['mcp-session-id'];
const UNDERSCORED = ['mcp-param-'];

export interface Read {
  /** A request's method or a response's status. */
  readonly first: string;
  readonly target: string;
  /** Value of each field, in order. */
  readonly values: readonly string[];
  readonly nameLengths: readonly number[];
  readonly body: string;
}

export interface Outcome {
  readonly messages: readonly Read[];
  /** `closed`: a message said that it is the last. */
  readonly end: 'open' | 'closed' | 'refused';
  readonly problem: string;
}

const parsers = new Parsers();

export function readOurs(type: 'request' | 'response', given: readonly Buffer[], isDone = false): Outcome {
  const reading = new Reading(type);
  for (const chunk of given) reading.push(chunk);
  if (isDone) reading.finish();
  return reading.outcome();
}

class Reading {
  readonly #type: 'request' | 'response';
  readonly #grammar = new RequestGrammar({ singletons: SINGLETONS, underscored: UNDERSCORED });
  readonly #messages: Read[] = [];
  #parser: Parser | undefined;
  #head: Omit<Read, 'body'> | undefined;
  #body = '';
  #end: Outcome['end'] = 'open';
  #problem = '';

  constructor(type: 'request' | 'response') {
    this.#type = type;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.#end === 'open') {
      const parser = (this.#parser ??= parsers.borrow(this.#type, BOUNDS));
      const used = parser.execute(rest);
      if (used < 0) return this.#refuse(parser.problem ?? 'nothing');
      if (used > rest.length) throw new Error(`used ${used} of ${rest.length} bytes`);
      if (parser.headComplete && !this.#head) this.#takeHead(parser);
      for (let index = 0; index < parser.spanned; index += 2)
        this.#body += rest.toString('latin1', parser.spans[index], parser.spans[index + 1]);
      if (this.#end === 'open' && parser.complete) this.#complete(parser);
      else if (used < rest.length && this.#end === 'open') throw new Error('stopped inside a message');
      rest = rest.subarray(used);
    }
  }

  finish(): void {
    if (this.#end === 'open' && this.#parser?.finish() === true) this.#complete(this.#parser);
  }

  outcome(): Outcome {
    if (this.#parser) parsers.giveBack(this.#parser);
    this.#parser = undefined;
    if (parsers.lent !== 0) throw new Error(`${parsers.lent} parsers are not given back`);
    return { messages: this.#messages, end: this.#end, problem: this.#problem };
  }

  #takeHead(parser: Parser): void {
    const { head } = parser;
    const values = Array.from({ length: head.size }, (_, index) => head.value(index, true));
    const nameLengths = Array.from({ length: head.size }, (_, index) => head.nameLength(index));
    if (this.#type === 'response') {
      this.#head = { first: String(head.status), target: '', values, nameLengths };
      const wrong = judge(head);
      if (wrong !== undefined) this.#refuse(wrong);
      return;
    }
    const verdict = this.#grammar.judge(head);
    if ('refused' in verdict) return this.#refuse(verdict.refused.message);
    const first = parser.method ?? head.bytes.toString('latin1', 0, head.targetStart).trim();
    this.#head = { first, target: verdict.target, values, nameLengths };
  }

  #complete(parser: Parser): void {
    if (this.#head) this.#messages.push({ ...this.#head, body: this.#body });
    if (!parser.keepAlive) this.#end = 'closed';
    parsers.giveBack(parser);
    this.#parser = undefined;
    this.#head = undefined;
    this.#body = '';
  }

  #refuse(problem: string): void {
    this.#end = 'refused';
    this.#problem = problem;
  }
}
