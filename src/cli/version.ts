/** The version in package.json, which is the only place that says it. */
import { readFileSync } from 'node:fs';
import { member, parseJson } from '../kernel/json.ts';

export function version(): string {
  const found = member(parseJson(readFileSync(new URL('../../package.json', import.meta.url))), 'version');
  return typeof found === 'string' ? found : 'unknown';
}
