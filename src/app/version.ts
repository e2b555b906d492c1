/** What the gateway calls itself. */
import { readFileSync } from 'node:fs';
import { member, parseJson } from '../kernel/json.ts';

export const NAME = 'gatehouse';

const read = (): string => {
  const version = member(parseJson(readFileSync(new URL('../../package.json', import.meta.url))), 'version');
  return typeof version === 'string' ? version : '0';
};

export const VERSION = read();
