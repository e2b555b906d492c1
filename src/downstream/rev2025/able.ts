/**
 * What a session's client can be asked, from what it declared once ("Lifecycle", capabilities), in the words of requests that say it each time.
 * Written anew and never as it came, so that it is short, and the same for all clients that can do the same.
 */
import { isObject, member } from '../../kernel/json.ts';
import { differences, type Revision2025 } from '../../protocol/rev2025/differences.ts';

/** Of a client that can answer nothing. */
export const NOTHING = '{}';

/** JSON text. Forms are the only elicitation that is carried. */
export function ableOf(declared: unknown, revision: Revision2025): string {
  const knows = differences(revision);
  const able: Record<string, unknown> = {};
  const elicitation = knows.elicitation ? formsOf(member(declared, 'elicitation')) : undefined;
  if (elicitation) able['elicitation'] = elicitation;
  const sampling = member(declared, 'sampling');
  if (isObject(sampling)) able['sampling'] = knows.samplingTools ? flagsOf(sampling, ['tools', 'context']) : {};
  const roots = member(declared, 'roots');
  if (isObject(roots)) able['roots'] = member(roots, 'listChanged') === true ? { listChanged: true } : {};
  return JSON.stringify(able);
}

/** Whether such a client says when its roots have changed. */
export const tellsOfRoots = (able: string): boolean => able.includes('"listChanged"');

/** Who says no more than `elicitation` means its forms; who names other modes alone has none. */
function formsOf(elicitation: unknown): Record<string, unknown> | undefined {
  if (!isObject(elicitation)) return undefined;
  const forms = flagsOf(elicitation, ['form']);
  return 'form' in forms || !isObject(member(elicitation, 'url')) ? forms : undefined;
}

const flagsOf = (declared: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => isObject(member(declared, name))).map((name) => [name, {}]));
