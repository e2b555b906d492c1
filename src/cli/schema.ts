/** `gatehouse schema`: the JSON Schema of a configuration, or how many settings there are. */
import { jsonSchema, leaves } from '../config/json-schema.ts';
import type { Console } from './console.ts';

export function printSchema({ count, json }: { count?: boolean; json?: boolean }, console: Console): void {
  const schema = jsonSchema();
  if (count === true) {
    const { length } = leaves(schema);
    console.print(json === true ? JSON.stringify({ leaves: length }) : String(length));
  } else {
    console.print(json === true ? JSON.stringify(schema) : JSON.stringify(schema, null, 2));
  }
}
