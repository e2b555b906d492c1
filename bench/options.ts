/** What `npm run bench` was asked for. What is named but not built yet is refused, never ignored. */
import { parseArgs } from 'node:util';
import { subjectNames } from './subjects.ts';
import type { SubjectName } from './subjects.ts';

export interface Options {
  readonly quick: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly subjects: readonly SubjectName[];
}

export class WrongUsage extends Error {}

const workloads = ['json-300b'];
const later = [
  'haproxy',
  'governed',
  'observed',
  'mcp-proxy',
  'supergateway',
  'text-20kb',
  'json-20kb',
  'request-20kb',
  'sse-300b',
  'tls-300b',
];

export function options(args: readonly string[]): Options {
  const { values } = parse(args);
  if (values.against !== undefined) throw new WrongUsage('--against comes in a later version.');
  chosen('--only', values.only ?? 'json-300b', workloads);
  const names = chosen('--subjects', values.subjects ?? 'nginx,gatehouse', subjectNames);
  return {
    quick: values.quick ?? false,
    json: values.json ?? false,
    write: values.write ?? false,
    // In the order of the tables, whatever the order asked for.
    subjects: subjectNames.filter((name) => names.includes(name)),
  };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { quick: flag, json: flag, write: flag, only: text, subjects: text, against: text },
    });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

function chosen(option: string, list: string, known: readonly string[]): readonly string[] {
  const names = list.split(',').map((name) => name.trim());
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new WrongUsage(
      later.includes(name)
        ? `${option} ${name} comes in a later version.`
        : `${option} knows ${known.join(', ')}, not ${name}.`,
    );
  }
  return names;
}
