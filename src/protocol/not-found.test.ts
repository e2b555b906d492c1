/** The error of a resource that does not exist, in both codes. */
import { expect, test } from 'vitest';
import { notFound, saysNotFound } from './not-found.ts';

const told = (error: string, uri?: string): string => notFound(Buffer.from(error), { code: -32_602, uri }).toString();

test('the code is the revision’s and the URI the one that was asked for', () => {
  expect(told('{"code":-32002,"message":"No","data":{"uri":"a","n":1.0}}', 'b')).toBe(
    '{"code":-32602,"message":"No","data":{"n":1.0,"uri":"b"}}',
  );
  expect(told('{"code":-32002,"message":"No","data":{"uri":"a"}}', 'b')).toBe(
    '{"code":-32602,"message":"No","data":{"uri":"b"}}',
  );
  expect(told('{"code":-32002,"message":"No"}', 'b')).toBe('{"code":-32602,"message":"No","data":{"uri":"b"}}');
  expect(told('{"code":-32002,"message":"No"}')).toBe('{"code":-32602,"message":"No"}');
});

test('data that is no object stays', () => {
  expect(told('{"code":-32002,"message":"No","data":"x"}', 'b')).toBe('{"code":-32602,"message":"No","data":"x"}');
});

test('an invalid argument means that only where it names the resource', () => {
  expect(saysNotFound(Buffer.from('{"code":-32602,"message":"No","data":{"uri":"a"}}'))).toBe(true);
  expect(saysNotFound(Buffer.from('{"code":-32602,"message":"No","data":{"uri":7}}'))).toBe(false);
  expect(saysNotFound(Buffer.from('{"code":-32602,"message":"No"}'))).toBe(false);
});
