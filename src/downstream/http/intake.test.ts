/** Hosts, origins and media types that are answered. */
import { describe, expect, it } from 'vitest';
import { hostRules } from './hosts.ts';
import { accepts } from './intake.ts';

const listen = {
  address: { host: '127.0.0.1', port: 8080 },
  publicUrl: undefined,
  hosts: [],
  origins: [],
  trustedProxies: [],
  tls: undefined,
};

describe('hosts', () => {
  const loopback = hostRules(listen, { host: '127.0.0.1', port: 8080 });
  it.each(['127.0.0.1:8080', 'localhost:8080', '[::1]:8080'])('%s is answered on loopback', (host) => {
    expect(loopback.answersHost(host)).toBe(true);
  });
  it.each([
    'localhost',
    'localhost:8081',
    'evil.example:8080',
    '127.0.0.1:8080.evil.example',
    '',
    '127.0.0.2:8080',
    'localhost.evil.example:8080',
  ])('%j is not', (host) => {
    expect(loopback.answersHost(host)).toBe(false);
  });

  it('an address of the network answers its own name alone, and what is configured', () => {
    const rules = hostRules(
      { ...listen, hosts: ['gw.internal', 'exact:81'], publicUrl: 'https://mcp.example.com/gw' },
      { host: '10.0.0.5', port: 8080 },
    );
    const answered = [
      '10.0.0.5:8080',
      'gw.internal',
      'gw.internal:9',
      'exact:81',
      'mcp.example.com',
      'mcp.example.com:443',
    ];
    expect(answered.filter((host) => !rules.answersHost(host))).toEqual([]);
    expect(
      ['localhost:8080', 'exact', 'exact:82', 'mcp.example.com:80'].filter((host) => rules.answersHost(host)),
    ).toEqual([]);
  });

  it('an origin has a scheme, and a name without a port fits any', () => {
    const rules = hostRules({ ...listen, hosts: ['gw.internal'] }, { host: '127.0.0.1', port: 8080 });
    const answered = ['http://gw.internal', 'https://gw.internal:444'];
    expect(answered.filter((origin) => !rules.answersOrigin(origin, 'https'))).toEqual([]);
    const others = [
      'gw.internal',
      'gw.internal:80',
      'http://gw.internal:',
      'ftp://gw.internal',
      'http://gw.internal:x',
    ];
    expect(others.filter((origin) => rules.answersOrigin(origin, 'http'))).toEqual([]);
  });

  it('an origin is the listener\u2019s own, or configured', () => {
    const rules = hostRules({ ...listen, origins: ['https://app.example'] }, { host: '127.0.0.1', port: 8080 });
    expect(
      ['http://localhost:8080', 'http://127.0.0.1:8080', 'https://app.example'].filter(
        (origin) => !rules.answersOrigin(origin, 'http'),
      ),
    ).toEqual([]);
    expect(
      ['null', 'http://localhost', 'https://localhost:8080', 'http://app.example', 'http://evil.example'].filter(
        (origin) => rules.answersOrigin(origin, 'http'),
      ),
    ).toEqual([]);
  });
});

describe('behind a proxy that speaks TLS', () => {
  const rules = hostRules(
    { ...listen, hosts: ['exact:443', 'any'], publicUrl: 'https://mcp.example.com/gw' },
    { host: '127.0.0.1', port: 8080 },
  );

  it.each(['https://localhost:8080', 'https://exact', 'https://exact:443', 'https://any:9', 'https://mcp.example.com'])(
    '%s is the listener\u2019s own origin',
    (origin) => expect(rules.answersOrigin(origin, 'https')).toBe(true),
  );

  it.each(['http://localhost:8080', 'https://exact:80', 'http://exact', 'https://mcp.example.com:8080', 'https://gw'])(
    '%s is not',
    (origin) => expect(rules.answersOrigin(origin, 'https')).toBe(false),
  );
});

describe('Accept', () => {
  it.each([
    ['application/json, text/event-stream', true],
    ['text/event-stream;q=0.5 , application/json', true],
    ['*/*', true],
    ['application/*, text/*', true],
    ['application/json', false],
    ['application/json, text/event-stream;q=0', false],
    ['', false],
    [undefined, false],
  ])('%j: %s', (accept, both) => {
    expect(accepts(accept, 'application/json') && accepts(accept, 'text/event-stream')).toBe(both);
  });
});
