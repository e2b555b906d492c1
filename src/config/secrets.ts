/**
 * What in a client's file looks like a secret, and which part of a text it is. A guess by names and by shapes that errs towards taking too
 * much for one: a path or a switch taken for a secret costs its owner a variable, a secret taken for a path stays in a file in the clear.
 */

/** A part of a text, and what the secret in it may be called. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** In the value of an environment variable or a header. Of `Bearer x` and the like it is `x`. */
export function secretOfPair(key: string, value: string): Cut[] {
  const scheme = /^(?:bearer|basic|token|bot)\s+/i.exec(value)?.[0].length ?? 0;
  const secret = value.slice(scheme);
  if (secret === '' || isSwitch(secret)) return [];
  const named = saysSecret(key) && !(isPath(secret) && saysPlace(key));
  if (!named && scheme === 0 && !looksSecret(secret)) return [];
  return [{ start: scheme, end: value.length, name: key }];
}

/** In one argument of a command: `--api-key=x`, `TOKEN=x`, `Authorization: x`, what follows `--api-key`, or what looks like one by itself. */
export function secretOfArgument(argument: string, before: string | undefined): Cut[] {
  const pair = /^-{0,2}([A-Za-z][\w.-]*)(=|:\s*)(?!\/\/)(.+)$/s.exec(argument);
  if (pair) {
    const [, key = '', sign = '', value = ''] = pair;
    const start = argument.length - value.length;
    const cuts = secretOfPair(key, value);
    if (cuts.length > 0 || sign === '=') return cuts.map((cut) => shifted(cut, start));
  }
  const flag = /^--?([A-Za-z][\w.-]*)$/.exec(before ?? '')?.[1];
  if (flag !== undefined && !argument.startsWith('-')) {
    const cuts = secretOfPair(flag, argument);
    if (cuts.length > 0) return cuts;
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(argument)) return secretsOfUrl(argument);
  return looksSecret(argument) ? [{ start: 0, end: argument.length, name: 'argument' }] : [];
}

/** In an address: a password, parameters with a name or a value that says so, and segments of a path that nobody would make up. */
export function secretsOfUrl(url: string): Cut[] {
  const cuts: Cut[] = [];
  const add = (match: RegExpExecArray, value: string, name: string): void => {
    const start = match.index + match[0].length - value.length;
    cuts.push({ start, end: start + value.length, name });
  };
  const password = /\/\/[^/@:]*:([^/@]+)(?=@)/.exec(url);
  if (password?.[1] !== undefined) add(password, password[1], 'password');
  // No name holds a question mark: each would be the beginning of one that goes on to the end.
  for (const match of url.matchAll(/[?&]([^?=&#]+)=([^&#]+)/g)) {
    const [, key = '', value = ''] = match;
    if (!isSwitch(value) && (saysSecret(key) || looksSecret(value))) add(match, value, key);
  }
  const query = url.indexOf('?');
  for (const match of url.matchAll(/(?<=[^/:])\/([^/?#]+)/g))
    if (match[1] !== undefined && looksSecret(match[1]) && (query === -1 || match.index < query))
      add(match, match[1], 'path');
  return cuts.toSorted((a, b) => a.start - b.start);
}

const shifted = (cut: Cut, by: number): Cut => ({ ...cut, start: cut.start + by, end: cut.end + by });

const SECRET_WORDS =
  /^(?:auth|authorization|authentication|bearer|cookie|cookies|credential|credentials|dsn|jwt|key|keys|pass|passphrase|passwd|password|pat|private|pwd|secret|secrets|session|signature|token|tokens|apikey|apitoken|accesstoken)$/;
const PLACE_WORDS = /^(?:file|path|dir|folder|directory|location)$/;

function words(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

const saysSecret = (name: string): boolean => words(name).some((word) => SECRET_WORDS.test(word));
const saysPlace = (name: string): boolean => words(name).some((word) => PLACE_WORDS.test(word));
const isPath = (value: string): boolean => /^(?:[~.]{0,2}\/|[A-Za-z]:\\)/.test(value);
const isSwitch = (value: string): boolean => /^(?:true|false|yes|no|on|off|none|null|\d{1,3})$/i.test(value);

/** Beginnings that well-known services give their keys. */
const KNOWN =
  /^(?:sk-|[rsp]k_(?:live|test)_|gh[a-z]_|github_pat_|glpat-|xox[a-z]-|xapp-|AKIA|ASIA|AIza|ya29\.|eyJ[\w-]{8,}\.|npm_|hf_|pat-|ntn_|secret_|lin_api_|dop_v1_|shpat_|sq0|SG\.|gsk_|tvly-|fc-|ctx7sk)/;
const WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

function looksSecret(value: string): boolean {
  if (WITH_PASSWORD.test(value) || (value.length >= 12 && KNOWN.test(value))) return true;
  // Long, of one piece, all kinds of characters mixed: nobody would have thought of it.
  if (!/^[\w+=~.-]{28,}$/.test(value) || !/[A-Za-z]/.test(value)) return false;
  const digits = value.match(/\d/g)?.length ?? 0;
  return digits >= 4 || (digits > 0 && /[a-z]/.test(value) && /[A-Z]/.test(value));
}
