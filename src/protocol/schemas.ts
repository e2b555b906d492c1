/** What JSON Schemas of tools say about their root. */
import { isObject, member } from '../kernel/json.ts';

/** Whether what a schema describes is always an object, as far as its root says so. */
export const isObjectSchema = (schema: unknown): boolean => isObject(schema) && member(schema, 'type') === 'object';
