/**
 * What happens to a connection, as text of one step a line, so that scripts can be read, kept, mutated and made smaller. A line that is no step is
 * passed over. Numbers choose a client or an exchange among those that there are, by the remainder.
 */

export type Step =
  | { readonly does: 'send'; readonly client: number; readonly bytes: Buffer }
  /** The reader takes no more than so many bytes from now on, until it is told otherwise. */
  | { readonly does: 'read'; readonly client: number; readonly bytes: number }
  | { readonly does: 'half' | 'reset'; readonly client: number }
  | { readonly does: 'answer' | 'write'; readonly exchange: number; readonly bytes: number }
  | { readonly does: 'stream' | 'end'; readonly exchange: number }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'drain' };

/** The most of everything: a script is short. */
const STEPS = 120;

export function readScript(input: Buffer): readonly Step[] {
  return input
    .toString('latin1')
    .split('\n')
    .slice(0, STEPS)
    .flatMap((line): Step[] => {
      const step = readStep(line);
      return step ? [step] : [];
    });
}

function readStep(line: string): Step | undefined {
  const [, does = '', first = '0', , rest = ''] = /^([a-z]+)(?: (\d{1,6}))?( (.*))?$/.exec(line) ?? [];
  const [one, two] = [Number(first), Number(/^\d{1,6}/.exec(rest)?.[0] ?? 0)];
  switch (does) {
    case 'send':
      return { does, client: one, bytes: unescaped(rest) };
    case 'read':
      return { does, client: one, bytes: two };
    case 'half':
    case 'reset':
      return { does, client: one };
    case 'answer':
    case 'write':
      return { does, exchange: one, bytes: two };
    case 'stream':
    case 'end':
      return { does, exchange: one };
    case 'pass':
      return { does, ms: Math.min(one, 100_000) };
    case 'drain':
      return { does };
    default:
      return undefined;
  }
}

/** `\r`, `\n`, `\xHH` and `{N}` for N times the letter x; everything else is itself. */
function unescaped(text: string): Buffer {
  const bytes = text
    .replaceAll(/\\(?:r|n|x[0-9a-f]{2})/g, (escape) =>
      escape === '\\r' ? '\r' : escape === '\\n' ? '\n' : String.fromCharCode(Number.parseInt(escape.slice(2), 16)),
    )
    .replaceAll(/\{(\d{1,5})\}/g, (_, count: string) => 'x'.repeat(Number(count)));
  return Buffer.from(bytes, 'latin1');
}

export const escaped = (bytes: string): string => bytes.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
