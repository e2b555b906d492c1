/** The kinds of values that a configuration is made of, each with its limits and its mend. What is parsed comes out in milliseconds and bytes. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { proxyFrom } from './proxies.ts';
import { authority, durationMs, hostValue, isLoopback, networkValue, origin, sizeBytes } from './units.ts';

interface Range {
  readonly min: number;
  readonly max: number;
}

const INTERPOLATED = '\\$\\{';

/** Text that `parse` understands; `message` and `mend` say what it must be. Editors also let a `${…}` stand there. */
export function parsed<T>(
  parse: (text: string) => T | undefined,
  told: { message: string; mend?: string; pattern?: string },
) {
  return z
    .string()
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: told.message, params: { mend: told.mend } });
      return z.NEVER;
    })
    .meta(told.pattern === undefined ? {} : { pattern: `${told.pattern}|${INTERPOLATED}` });
}

/** `range` as written: `['1s', '1h']`. */
export function duration(range: readonly [string, string]) {
  const { min, max } = { min: durationMs(range[0]) ?? 0, max: durationMs(range[1]) ?? 0 };
  return parsed((text) => within(durationMs(text), { min, max }), {
    message: `must be a duration from ${range[0]} to ${range[1]}`,
    mend: 'write it as 500ms, 5s, 15m, 12h or 400d',
    pattern: '^\\d{1,9}(ms|s|m|h|d)$',
  });
}

export function size(range: readonly [string, string]) {
  const { min, max } = { min: sizeBytes(range[0]) ?? 0, max: sizeBytes(range[1]) ?? 0 };
  return parsed((text) => within(sizeBytes(text), { min, max }), {
    message: `must be a size from ${range[0]} to ${range[1]}`,
    mend: 'write it as 300KiB or 4MiB',
    pattern: '^\\d{1,9}(B|KiB|MiB|GiB)$',
  });
}

/** A whole number; also as text, which is what a `${…}` gives. */
export function count(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .union([z.number(), z.string()])
    .transform((value, context) => {
      const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
      if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({
      editor: {
        anyOf: [
          { type: 'integer', minimum: min, maximum: max },
          { type: 'string', pattern: INTERPOLATED },
        ],
      },
    });
}

/** One number, also as text. */
export function only(number: number) {
  return z
    .union([z.number(), z.string()])
    .transform((value, context) => {
      if (String(value) === String(number)) return number;
      context.addIssue({ code: 'custom', message: `must be ${number}` });
      return z.NEVER;
    })
    .meta({ editor: { const: number } });
}

export function flag() {
  return z
    .union([z.boolean(), z.string()])
    .transform((value, context) => {
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      context.addIssue({ code: 'custom', message: 'must be true or false' });
      return z.NEVER;
    })
    .meta({ editor: { anyOf: [{ type: 'boolean' }, { type: 'string', pattern: INTERPOLATED }] } });
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[], later: readonly string[] = []) {
  const listed = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return z
    .string()
    .transform((text, context) => {
      const word = words.find((each) => each === text);
      if (word !== undefined) return word;
      context.addIssue({
        code: 'custom',
        message: later.includes(text) ? 'comes in a later version' : `must be ${listed}`,
      });
      return z.NEVER;
    })
    .meta({ editor: { anyOf: [{ enum: [...words] }, { type: 'string', pattern: INTERPOLATED }] } });
}

export function text(max: number, min = 1) {
  return parsed((value) => (value.length >= min && value.length <= max && !value.includes('\0') ? value : undefined), {
    message: `must be text of ${min} to ${max} characters`,
  });
}

export const address = () =>
  parsed(authority, {
    message: 'must be an address of this machine with a port',
    mend: 'write it as 127.0.0.1:8080 or "[::1]:8080"',
    pattern: '^(localhost|[0-9.]+|\\[[0-9A-Fa-f:.]+\\]):\\d{1,5}$',
  });

export const loopback = () =>
  parsed(
    (value) => {
      const found = authority(value);
      return found && isLoopback(found.host) ? found : undefined;
    },
    {
      message: 'must be a loopback address with a port, until the admin plane has authentication',
      mend: 'write 127.0.0.1:8081',
    },
  );

export const host = () =>
  parsed(hostValue, {
    message: 'must be a host name or address, with or without a port',
    mend: 'write it as gw.internal or gw.internal:8080',
  });

export const webOrigin = () =>
  parsed(origin, { message: 'must be an origin', mend: 'write scheme, host and port only, as in https://app.example' });

/** `system`, `none`, or a proxy. */
export const proxy = () =>
  parsed((value) => (value === 'system' || value === 'none' ? value : proxyFrom(value)), {
    message: 'must be system, none or the http or https URL of a proxy',
    mend: 'write it as http://proxy.internal:3128 or http://USER:PASSWORD@proxy.internal:3128',
  });

/** What a certificate is asked to be for: a name, or an address without brackets. */
export const serverName = () =>
  parsed(
    (value) =>
      isIP(value) !== 0 || /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(value)
        ? value.toLowerCase()
        : undefined,
    {
      message: 'must be a host name or an address',
      mend: 'write it as mcp.example.com',
    },
  );

export const network = () =>
  parsed(networkValue, {
    message: 'must be an address or a network of proxies, and not everybody',
    mend: 'write it as 10.0.0.0/8, fd00::/8 or 192.0.2.7',
    pattern: '^[0-9A-Fa-f:.]+(/\\d{1,3})?$',
  });

/** An http(s) URL; credentials belong into `headers`, where they are known to be secret. */
export function webUrl({ query }: { query: boolean }) {
  return parsed((value) => (isWebUrl(value, query) ? value : undefined), {
    message: `must be an http or https URL without user, password${query ? '' : ', query'} or fragment`,
    mend: 'write it as https://mcp.example.com/mcp',
    pattern: '^https?://',
  });
}

/** Set by the gateway itself, by the connection or by the protocol. */
const OWN_HEADERS = new Set(
  'host content-length content-type content-encoding transfer-encoding connection keep-alive te trailer upgrade expect accept accept-encoding proxy-connection proxy-authorization last-event-id'.split(
    ' ',
  ),
);

/** Why a header cannot be configured; nothing when it can. */
export function headerFault(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name)) return 'is no header name';
  const lower = name.toLowerCase();
  if (OWN_HEADERS.has(lower) || lower.startsWith('mcp-')) return 'is set by the gateway itself';
  return /^[\t\x20-\x7e]*$/.test(value) && value === value.trim()
    ? undefined
    : 'must be printable ASCII in one line, without spaces around it';
}

/** A map whose keys are the user's own; `fault` says what is wrong with an entry. */
export function freeMap(fault: (key: string, value: string) => string | undefined) {
  return z.record(z.string(), z.string()).superRefine((map, context) => {
    for (const [key, value] of Object.entries(map)) {
      const message = fault(key, value);
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: [key] });
    }
  });
}

function within(value: number | undefined, { min, max }: Range): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

function isWebUrl(value: string, query: boolean): boolean {
  const url = /^https?:\/\/[^\s\\]+$/i.test(value) ? URL.parse(value) : null;
  if (url === null || url.username !== '' || url.password !== '' || value.includes('#')) return false;
  // an empty user ("https://@host") leaves no trace in the parsed URL
  return !/^https?:\/\/[^/?]*@/i.test(value) && (query || !value.includes('?'));
}
