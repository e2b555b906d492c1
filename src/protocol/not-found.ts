/** The error of a resource that does not exist, whose code differs by revision (-32002, from 2026-07-28 on -32602) and which names the resource. */
import { isObject, member, parseJson } from '../kernel/json.ts';
import type { CODE } from './code.ts';
import { asWritten, remade } from './remade.ts';

/** Whether the invalid argument is that there is no such resource. @param error JSON of the error object. */
export const saysNotFound = (error: Buffer): boolean =>
  typeof member(member(parseJson(error), 'data'), 'uri') === 'string';

export interface NotFound {
  readonly code: typeof CODE.resourceNotFound | typeof CODE.invalidParams;
  /** What the client asked for, which the server may know under another URI. */
  readonly uri: string | undefined;
}

/** The same error as a client knows it; what it says beside is as it was written. @param error JSON of the error object. */
export function notFound(error: Buffer, { code, uri }: NotFound): Buffer {
  const data = member(parseJson(error), 'data');
  const isNaming = uri === undefined || member(data, 'uri') === uri || !(data === undefined || isObject(data));
  const named = `"uri":${JSON.stringify(uri)}`;
  const said = remade(error, (one) => {
    if (one.key === 'code') return String(code);
    return one.key === 'data' && !isNaming ? withUri(one.value, named) : asWritten(one);
  });
  const text = isNaming || data !== undefined ? said : `${said.slice(0, -1)},"data":{${named}}}`;
  return Buffer.from(text);
}

function withUri(data: Buffer, named: string): string {
  const rest = remade(data, (one) => (one.key === 'uri' ? undefined : asWritten(one)));
  return rest === '{}' ? `{${named}}` : `${rest.slice(0, -1)},${named}}`;
}
