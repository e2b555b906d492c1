/** Whom a request comes from when others stand in between. */
import { describe, expect, it } from 'vitest';
import { serve, until } from '../../../test/fakes/wire.ts';
import { networkOf, plainAddress } from '../address.ts';
import { Proxies } from './proxies.ts';

const proxies = new Proxies(['10.0.0.0/8', '192.0.2.1/32', 'fd00::/8']);

describe('a chain of addresses', () => {
  it.each([
    [undefined, '10.0.0.1'],
    ['', '10.0.0.1'],
    ['203.0.113.9', '203.0.113.9'],
    ['evil, 203.0.113.9', '203.0.113.9'],
    ['198.51.100.1, 203.0.113.9, 10.2.3.4', '203.0.113.9'],
    ['203.0.113.9,192.0.2.1,10.2.3.4', '203.0.113.9'],
    ['203.0.113.9, 192.0.2.2', '192.0.2.2'],
    ['10.9.9.9, 10.2.3.4', '10.9.9.9'],
    ['203.0.113.9, unknown, 10.2.3.4', '10.2.3.4'],
    ['203.0.113.9, unknown', '10.0.0.1'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:DB8::1]:443, fd00::1', '2001:db8::1'],
    ['::ffff:203.0.113.9, ::ffff:10.0.0.7', '203.0.113.9'],
    [`203.0.113.9${', 10.0.0.7'.repeat(40)}`, '10.0.0.7'],
  ])('%j behind a trusted proxy is %s', (forwarded, client) => {
    expect(proxies.clientOf(forwarded, '10.0.0.1')).toBe(client);
  });
});

describe('an address', () => {
  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:0001', '10.0.0.1', '10.0.0.1'],
    ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:1::5', '2001:db8:0:1::5', '2001:db8:0:1::/64'],
    ['2001:db8::1:2:3', '2001:db8::1:2:3', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80:0:0:0::/64'],
    ['::1', '::1', '0:0:0:0::/64'],
    ['64:ff9b::10.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:0:0::/64'],
  ])('%s is %s, of %s', (written, plain, network) => {
    expect([plainAddress(written), networkOf(plainAddress(written))]).toEqual([plain, network]);
  });
});

const asked = (from: string, proto = 'https'): string =>
  `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\nX-Forwarded-Proto: ${proto}\r\n\r\n`;

describe('a server', () => {
  it('believes the proxies that it trusts, from the moment on that it does', async () => {
    await using fixture = await serve();
    const client = fixture.client();
    const ask = async (from: string): Promise<unknown> => {
      client.send(asked(from));
      const count = fixture.requests.length + 1;
      await until(() => fixture.requests.length === count);
      return fixture.requests.at(-1)?.exchange.from;
    };
    const peer = { address: '127.0.0.1', network: '127.0.0.1', scheme: 'http' };
    expect(await ask('203.0.113.9')).toMatchObject(peer);
    fixture.server.trust(new Proxies(['127.0.0.0/8']));
    expect(await ask('203.0.113.9')).toEqual({ address: '203.0.113.9', network: '203.0.113.9', scheme: 'https' });
    expect(await ask('2001:db8::1')).toMatchObject({ address: '2001:db8::1', network: '2001:db8:0:0::/64' });
    fixture.server.trust(undefined);
    expect(await ask('203.0.113.9')).toMatchObject(peer);
  });

  it('does not count the connections of a trusted proxy as one client\u2019s', async () => {
    await using fixture = await serve({ bounds: { connectionsPerAddress: 1 } });
    fixture.server.trust(new Proxies(['127.0.0.1/32']));
    const clients = [fixture.client(), fixture.client(), fixture.client()];
    await until(() => fixture.server.connections === 3);
    fixture.server.trust(undefined);
    await fixture.client().ended();
    for (const { socket } of clients) socket.destroy();
    await until(() => fixture.server.connections === 0);
    fixture.client();
    await until(() => fixture.server.connections === 1);
  });
});
