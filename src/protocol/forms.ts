/**
 * Whether what was filled into a form is what its schema asks for. Of JSON Schema only what forms may use (2025-11-25, "Elicitation", requested
 * schema): flat, with the keywords below; others are ignored, `pattern` among them, whose cost is not ours to bound. Linear in both texts.
 */
import { isObject, member, type JsonObject } from '../kernel/json.ts';

/** A short sentence that names the field, never what was filled in; `undefined` where all is well. */
export function formProblem(schema: unknown, content: JsonObject): string | undefined {
  const properties = member(schema, 'properties');
  const required = member(schema, 'required');
  for (const name of Array.isArray(required) ? (required as readonly unknown[]) : []) {
    if (typeof name === 'string' && !Object.hasOwn(content, name)) return `The form needs ${shown(name)}.`;
  }
  const isClosed = member(schema, 'additionalProperties') === false;
  for (const [name, value] of Object.entries(content)) {
    const field = member(properties, name);
    if (field === undefined && isClosed) return 'The content has a field that the form does not.';
    const problem = isFormValue(value) ? fieldProblem(field, value) : 'is nothing that a form can hold';
    // A name that the form does not have is the client's own, and not repeated.
    if (problem !== undefined) return `${field === undefined ? 'A field of the content' : shown(name)} ${problem}.`;
  }
  return undefined;
}

type FormValue = string | number | boolean | readonly string[];

const isText = (value: unknown): value is string => typeof value === 'string';

const isFormValue = (value: unknown): value is FormValue =>
  isText(value) ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (Array.isArray(value) && value.every(isText));

/** Names come from servers and may be anything. Characters. */
const MAX_NAME = 64;

const shown = (name: string): string => JSON.stringify(name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name);

function fieldProblem(field: unknown, value: FormValue): string | undefined {
  switch (member(field, 'type')) {
    case 'string':
      return isText(value) ? (textProblem(field, value) ?? choiceProblem(field, [value])) : 'must be a string';
    case 'number':
      return typeof value === 'number' ? rangeProblem(field, value) : 'must be a number';
    case 'integer':
      return Number.isInteger(value) ? rangeProblem(field, Number(value)) : 'must be an integer';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'array':
      return Array.isArray(value) ? severalProblem(field, value as readonly string[]) : 'must be a list';
    default:
      return Array.isArray(value) ? undefined : choiceProblem(field, [value]);
  }
}

function textProblem(field: unknown, text: string): string | undefined {
  const [least, most] = [member(field, 'minLength'), member(field, 'maxLength')];
  if (typeof least === 'number' || typeof most === 'number') {
    const length = characters(text);
    if (typeof least === 'number' && length < least) return `must have at least ${least} characters`;
    if (typeof most === 'number' && length > most) return `must have at most ${most} characters`;
  }
  const format = member(field, 'format');
  return isText(format) && FORMATS.get(format)?.(text) === false ? `must be a ${format}` : undefined;
}

/** A pair of surrogates is one. */
function characters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c < 0xdc00 || c > 0xdfff || (text.charCodeAt(i - 1) & 0xfc00) !== 0xd800) count += 1;
  }
  return count;
}

function rangeProblem(field: unknown, value: number): string | undefined {
  const [least, most] = [member(field, 'minimum'), member(field, 'maximum')];
  if (typeof least === 'number' && value < least) return `must be at least ${least}`;
  if (typeof most === 'number' && value > most) return `must be at most ${most}`;
  return undefined;
}

function severalProblem(field: unknown, values: readonly string[]): string | undefined {
  const [least, most] = [member(field, 'minItems'), member(field, 'maxItems')];
  if (typeof least === 'number' && values.length < least) return `must have at least ${least} choices`;
  if (typeof most === 'number' && values.length > most) return `must have at most ${most} choices`;
  return choiceProblem(member(field, 'items'), values);
}

/** `enum`, or `oneOf` and `anyOf` of constants with titles. */
function choiceProblem(field: unknown, values: readonly unknown[]): string | undefined {
  const plain = member(field, 'enum');
  const titled = member(field, 'oneOf') ?? member(field, 'anyOf');
  if (Array.isArray(plain)) return among(new Set(plain as readonly unknown[]), values);
  if (!Array.isArray(titled) || !titled.every((option) => isObject(option) && Object.hasOwn(option, 'const')))
    return undefined;
  return among(new Set(titled.map((option) => member(option, 'const'))), values);
}

const among = (choices: ReadonlySet<unknown>, values: readonly unknown[]): string | undefined =>
  values.every((value) => choices.has(value)) ? undefined : 'must be one of the choices';

// Each of them reads a text once, whatever it is.
const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['email', isEmail],
  ['uri', isUri],
  ['date', isDate],
  ['date-time', isDateTime],
]);

/** RFC 5321, 4.5.3.1: a local part and a domain. Characters. */
const MAX_EMAIL = 320;

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  return at > 0 && at < text.length - 1 && text.length <= MAX_EMAIL && !/[\s\p{Cc}]/u.test(text);
}

/** Absolute (RFC 3986, 4.3): a scheme, and nothing that must be percent-encoded everywhere. */
function isUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\p{Cc}"<>\\^`{|}]*$/u.test(text);
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** RFC 3339, 5.6: full-date. */
function isDate(text: string): boolean {
  const [, year, month, day] = (/^(\d{4})-(\d{2})-(\d{2})$/u.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0));
}

/** RFC 3339, 5.6: date-time; a leap second may stand at the end of any minute. */
function isDateTime(text: string): boolean {
  const [, date, time] =
    /^(.{10})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/u.exec(text) ?? [];
  if (date === undefined || time === undefined || !isDate(date)) return false;
  const [hour = 99, minute = 99, second = 99] = time.split(':').map(Number);
  return hour <= 23 && minute <= 59 && second <= 60;
}
