/**
 * Faults that are planted into a copy of the gateway's sources: each one line, each of a kind that gateways have had. With any of them in
 * place the battery must turn red.
 */
import type { PlantedFault } from '../fixtures/planted-faults.ts';

export interface BatteryFault extends PlantedFault {
  /** Which classes are run: those that are there for it. */
  readonly classes: readonly string[];
}

export const faults: readonly BatteryFault[] = [
  {
    what: 'a second Host is let pass',
    file: 'src/wire/http1/grammar.ts',
    line: '] !== -1) return',
    instead: '] > 0) return', // the first field is number 0, and it is Host
    classes: ['host forms'],
  },
  {
    what: 'codings before chunked are let pass',
    file: 'src/wire/http1/grammar.ts',
    line: "encoding.toLowerCase() !== 'chunked'",
    instead: "!encoding.toLowerCase().endsWith('chunked')",
    classes: ['transfer encoding'],
  },
  {
    what: 'a state is good for every call of its caller',
    file: 'src/dispatch/single.ts',
    line: "member(opened, 'of') === digest(call) &&",
    instead: "member(opened, 'of') !== undefined &&",
    classes: ['states'],
  },
  {
    what: 'what was refused does not end its connection',
    file: 'src/wire/http1/connection.ts',
    line: 'this.#sent(true);',
    instead: 'this.#sent(false);',
    classes: ['request line'],
  },
  {
    what: 'the route is that of the decoded path',
    file: 'src/downstream/http/intake.ts',
    line: 'path = query === -1 ? exchange.target :',
    instead: 'path = query === -1 ? decodeURIComponent(exchange.target) :',
    classes: ['target'],
  },
  {
    what: 'the depth of JSON has no bound',
    file: 'src/downstream/http/entry.ts',
    line: 'readIncoming(body, this.#edge.bounds.jsonDepth,',
    instead: 'readIncoming(body, 5_000,',
    classes: ['JSON depth'],
  },
  {
    what: 'a key may come twice, where a message is long',
    file: 'src/kernel/skim/skim.ts',
    line: "if (isAgain) this.problem ??= 'duplicate-key';",
    instead: 'if (isAgain) this.problem ??= undefined;',
    classes: ['keys of the envelope'],
  },
  {
    what: 'a session is good at every endpoint',
    file: 'src/downstream/rev2025/sessions.ts',
    line: 'if (session?.address !== address)',
    instead: 'if (!session)',
    classes: ['session ids'],
  },
  {
    what: 'an error shows where it comes from',
    file: 'src/protocol/code.ts',
    line: 'const { code, message, data } = error;',
    instead: "const { code, data } = error; const message = `${error.message} ${new Error().stack ?? ''}`;",
    classes: ['messages'],
  },
  {
    what: 'each request leaves a descriptor open',
    file: 'src/downstream/http/visit.ts',
    line: 'this.endpoint = endpoint;',
    instead: "this.endpoint = endpoint; process.getBuiltinModule('node:fs').openSync('/dev/null');",
    classes: ['messages'],
  },
];
