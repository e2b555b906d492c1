/** What proves which family a server speaks, and what proves nothing. */
import { describe, expect, it } from 'vitest';
import { readReply } from './jsonrpc.ts';
import { verdict } from './probe.ts';

const message = (body: unknown) =>
  readReply(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, ...(body as object) })), 64);
const error = (code: number, data?: unknown) => message({ error: { code, message: 'no', data } });

describe('the verdict on a server', () => {
  it.each([
    ['200 with an unknown method', 200, error(-32_601)],
    ['400 with -32000', 400, error(-32_000)],
    ['400 with -32602', 400, error(-32_602)],
    ['400 with text', 400, undefined],
    ['404', 404, undefined],
    ['405', 405, undefined],
    ['a result that discovers nothing', 200, message({ result: { ok: true } })],
    ['only older versions', 400, error(-32_022, { supported: ['2025-11-25'] })],
  ])('%s: the older family', (_, status, body) => {
    expect(verdict(status, body).kind).toBe('rev2025');
  });

  it('a discovery: the stateless family', () => {
    expect(verdict(200, message({ result: { supportedVersions: ['2026-07-28'], capabilities: {} } })).kind).toBe(
      'rev2026',
    );
  });

  it.each([
    ['-32020', error(-32_020)],
    ['-32021', error(-32_021)],
    ['-32022 with our version', error(-32_022, { supported: ['2026-07-28'] })],
  ])('400 with %s: asked again', (_, body) => {
    expect(verdict(400, body).kind).toBe('again');
  });

  it.each([401, 403, 500, 503])('%i proves nothing', (status) => {
    expect(verdict(status, error(-32_601)).kind).toBe('none');
  });

  it('no version in common: none', () => {
    expect(verdict(200, message({ result: { supportedVersions: ['2099-01-01'], capabilities: {} } })).kind).toBe(
      'none',
    );
  });
});
