/** Faults that somebody could make in one line, each of which a target must find. A line that is no longer there is an error: look for another one. */
import type { PlantedFault } from '../fixtures/planted-faults.ts';

export interface FuzzFault extends PlantedFault {
  readonly target: string;
}

export const faults: readonly FuzzFault[] = [
  {
    what: 'extensions of chunks are passed over in silence',
    target: 'parser',
    file: 'src/wire/http1/parser.ts',
    line: "if (chunk[at] === SEMICOLON) this.problem = 'malformed';",
    instead: '',
  },
  {
    what: 'a text that came before is taken for another of its length',
    target: 'parser',
    file: 'src/kernel/words.ts',
    line: 'if (seen?.length === length && isText(bytes, start, seen)) return seen;',
    instead: 'if (seen?.length === length) return seen;',
  },
  {
    what: 'bytes that a slow reader has not taken are written over',
    target: 'connection',
    file: 'src/wire/http1/output.ts',
    line: 'if (socket.writableLength !== 0) isTaken = false;',
    instead: '',
  },
  {
    what: 'nobody is told that a client has gone',
    target: 'connection',
    file: 'src/wire/http1/exchange.ts',
    line: 'this.#gone?.();',
    instead: '',
  },
  {
    what: 'a member of the envelope may come twice',
    target: 'scanner',
    file: 'src/kernel/scan.ts',
    line: "if (seen) this.problem ??= 'duplicate-key';",
    instead: '',
  },
  {
    what: 'a string may hold control characters',
    target: 'scanner',
    file: 'src/kernel/scan.ts',
    line: '} else if (c < 0x20) throw SYNTAX;',
    instead: '} else if (c < 0x10) throw SYNTAX;',
  },
  {
    what: 'a line feed behind a carriage return ends another line',
    target: 'sse',
    file: 'src/wire/sse.ts',
    line: 'if (isCr && at === lf) at += 1;',
    instead: '',
  },
  {
    what: 'the search for the end of a line stands still',
    target: 'stdio',
    file: 'src/wire/lines.ts',
    line: 'from = at + 1;',
    instead: 'from = at;',
  },
  {
    what: 'a target may name another host than the request',
    target: 'authority',
    file: 'src/wire/http1/grammar.ts',
    line: ' || authority.toLowerCase() !== host?.toLowerCase()',
    instead: '',
  },
  {
    what: 'an alias may hold itself',
    target: 'config',
    file: 'src/config/document.ts',
    line: 'if (this.#values > MAX_VALUES || path.length > MAX_DEPTH) return this.#stop(place, path);',
    instead: 'if (this.#values > MAX_VALUES) return this.#stop(place, path);',
  },
];
