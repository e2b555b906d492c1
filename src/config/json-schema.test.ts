/** The schema as editors and the counter of settings see it. */
import { expect, test } from 'vitest';
import { jsonSchema, keysAt, leaves } from './json-schema.ts';

test('the schema stays within its budget of settings', () => {
  const found = leaves(jsonSchema());
  expect(found.length).toBeLessThanOrEqual(160);
  expect(new Set(found).size).toBe(found.length);
});

test('a free map, a list and a key that may be a scalar or a block are one leaf each', () => {
  const found = leaves(jsonSchema());
  expect(found).toEqual(
    expect.arrayContaining([
      'listen',
      'listen.address',
      'listen.hosts',
      'servers.*.headers',
      'servers.*.args',
      'seal.keys',
    ]),
  );
  expect(found).not.toContain('servers');
  expect(found).not.toContain('servers.*');
});

test('known keys are found inside blocks, alternatives and named servers', () => {
  const schema = jsonSchema();
  expect(keysAt(schema, [])).toContain('servers');
  expect(keysAt(schema, ['listen'])).toEqual(['address', 'publicUrl', 'hosts', 'origins', 'trustedProxies', 'tls']);
  expect(keysAt(schema, ['servers', 'anything'])).toContain('url');
  expect(keysAt(schema, ['nothing', 'here'])).toEqual([]);
});

test('editors get defaults as they are written, and may see a variable anywhere', () => {
  expect(jsonSchema()).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    additionalProperties: false,
    properties: {
      names: {
        properties: {
          max: {
            default: 64,
            anyOf: [
              { type: 'integer', minimum: 48, maximum: 64 },
              { type: 'string', pattern: '\\$\\{' },
            ],
          },
        },
      },
      bounds: { properties: { bodyBytes: { default: '4MiB', type: 'string' } } },
      servers: { propertyNames: { pattern: '^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$' } },
    },
  });
});
