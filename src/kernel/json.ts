/** The only `JSON.parse` of the house. Bytes that come in here have been scanned (`scan.ts`) or are bounded by whoever read them. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses JSON text; `undefined` when it is none. What comes out is `unknown` until judged. */
export function parseJson(text: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : view(text).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of an object, never one of its prototype; `undefined` for anything that is no object. */
export function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** A Buffer over the same memory, for its faster methods. */
export function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
