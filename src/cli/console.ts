/** Where a command's words go: what was asked for to stdout, what went wrong to stderr. Colours only on a terminal. */
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

export interface Console {
  /** Whether a person is looking at stdout. */
  readonly terminal: boolean;
  readonly print: (line: string) => void;
  readonly error: (line: string) => void;
  readonly style: (style: Style, text: string) => string;
}

// Whoever read has gone: that is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export const console: Console = {
  terminal: process.stdout.isTTY,
  print: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
  style: (style, text) => (process.stdout.isTTY ? styleText(style, text) : text),
};

/** For a command whose stdout belongs to a protocol. */
export const piped: Console = { ...console, terminal: false, print: console.error };
