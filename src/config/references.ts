/**
 * `${…}` inside texts of a configuration, resolved after parsing, so that what a variable holds can never become structure. Values are
 * secrets: none is ever part of a message.
 */
import { resolve as absolute, dirname } from 'node:path';
import type { Problem } from './source.ts';
import { readBounded } from './files.ts';
import type { Reads } from './files.ts';
import { problem, scalars } from './tree.ts';
import type { MapTree } from './tree.ts';

export type Variables = Readonly<Record<string, string | undefined>>;
export type Resolution = { readonly text: string } | { readonly message: string; readonly mend: string };
/** What stands between the braces, and the file that it stands in. */
export type Resolver = (expression: string, file: string) => Promise<Resolution> | Resolution;

const SECRET_BYTES = 64 * 1024;

/** Puts values in place; where one is missing the scalar is refused, and everything else is still resolved. */
export async function interpolate(tree: MapTree, resolver: Resolver): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { scalar, path } of scalars(tree)) {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) continue;
    const outcome = await expand(scalar.value, (expression) => resolver(expression, scalar.place.file));
    if ('text' in outcome) {
      scalar.value = outcome.text;
    } else {
      scalar.refused = true;
      problems.push(problem(scalar.place, path, outcome.message, outcome.mend));
    }
  }
  return problems;
}

/** The forms of a gatehouse.yaml: `${ENV}`, `${ENV:-default}`, `${file:PATH}` with the path taken from the file's own folder. */
export function references(variables: Variables, reads: Reads): Resolver {
  return (expression, file) => {
    if (expression.startsWith('file:')) return fileText(expression.slice('file:'.length), file, reads);
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(expression);
    const name = match?.[1];
    if (name === undefined) {
      return {
        message: 'holds a ${…} that is no reference',
        mend: 'write ${NAME}, ${NAME:-default} or ${file:PATH}, or $${ for a literal ${',
      };
    }
    return variable(variables, name, match?.[2]);
  };
}

/** The same text where references are read. A function gives the replacement, as a text would have its own dollars read. */
export const literal = (text: string): string => text.replaceAll('${', () => '$${');

export function variable(variables: Variables, name: string, fallback: string | undefined): Resolution {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value !== undefined && (value !== '' || fallback === undefined)) return { text: value };
  if (fallback !== undefined) return { text: fallback };
  return { message: `the environment has no variable ${name}`, mend: `set it, or write \${${name}:-default}` };
}

async function expand(
  text: string,
  resolver: (expression: string) => Promise<Resolution> | Resolution,
): Promise<Resolution> {
  let out = '';
  let from = 0;
  for (;;) {
    const open = text.indexOf('${', from);
    if (open === -1) return { text: out + text.slice(from) };
    if (open > from && text[open - 1] === '$') {
      out += `${text.slice(from, open - 1)}\${`;
      from = open + 2;
      continue;
    }
    const close = text.indexOf('}', open);
    if (close === -1) return { message: 'holds a ${ without its }', mend: 'close it, or write $${ for a literal ${' };
    const expression = text.slice(open + 2, close);
    if (expression.includes('${'))
      return { message: 'holds a ${…} within a ${…}', mend: 'write them one after the other' };
    const outcome = await resolver(expression);
    if (!('text' in outcome)) return outcome;
    out += text.slice(from, open) + outcome.text;
    from = close + 1;
  }
}

async function fileText(path: string, file: string, reads: Reads): Promise<Resolution> {
  const read = await readBounded(absolute(dirname(file), path), SECRET_BYTES, reads);
  if ('text' in read) return { text: read.text.replace(/\r?\n$/, '') };
  return { message: `the file ${path} ${read.reason}`, mend: 'a path is taken from the folder of this file' };
}
