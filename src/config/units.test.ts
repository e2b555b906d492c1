/** Durations, sizes, addresses, hosts and origins, at their edges. */
import { expect, test } from 'vitest';
import { authority, durationMs, hostValue, isLoopback, networkValue, origin, sizeBytes } from './units.ts';

test.each([
  ['500ms', 500],
  ['5s', 5000],
  ['15m', 900_000],
  ['12h', 43_200_000],
  ['400d', 34_560_000_000],
  ['0s', 0],
  ['5', undefined],
  ['5 s', undefined],
  ['-5s', undefined],
  ['1.5s', undefined],
  ['5S', undefined],
  ['1w', undefined],
  ['5s\n', undefined],
])('the duration %j is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test.each([
  ['300KiB', 307_200],
  ['4MiB', 4_194_304],
  ['1GiB', 1_073_741_824],
  ['100B', 100],
  ['4MB', undefined],
  ['4', undefined],
  ['4mib', undefined],
])('the size %j is %s bytes', (text, bytes) => {
  expect(sizeBytes(text)).toBe(bytes);
});

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:80', { host: '::1', port: 80 }],
  ['LOCALHOST:0', { host: 'localhost', port: 0 }],
  ['0.0.0.0:65535', { host: '0.0.0.0', port: 65_535 }],
  ['127.0.0.1:65536', undefined],
  ['127.0.0.1', undefined],
  [':8080', undefined],
  ['::1:8080', undefined],
  ['[127.0.0.1]:80', undefined],
  ['[fe80::1%eth0]:80', undefined],
  ['example.com:80', undefined],
  ['127.1:80', undefined],
])('the address %j is %o', (text, found) => {
  expect(authority(text)).toEqual(found);
});

test.each(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', 'localhost'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(['0.0.0.0', '::', '10.0.0.1', '::ffff:127.0.0.1', '128.0.0.1', '2001:db8::1'])(
  '%s is not loopback',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

test.each([
  ['GW.internal', 'gw.internal'],
  ['gw.internal:8443', 'gw.internal:8443'],
  ['[::1]:80', '[::1]:80'],
  ['[zz]', undefined],
  ['gw:0', undefined],
  ['gw:70000', undefined],
  ['https://gw', undefined],
  ['a b', undefined],
  ['*', undefined],
])('the Host value %j is %s', (text, found) => {
  expect(hostValue(text)).toBe(found);
});

test.each([
  ['https://App.example', 'https://app.example'],
  ['https://app.example:443', 'https://app.example'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['vscode-webview://abc', 'vscode-webview://abc'],
  ['https://app.example/', undefined],
  ['https://u@app.example', undefined],
  ['null', undefined],
  ['*', undefined],
])('the origin %j is %s', (text, found) => {
  expect(origin(text)).toBe(found);
});

test.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['192.0.2.7', '192.0.2.7/32'],
  ['FD00::/8', 'fd00::/8'],
  ['::1', '::1/128'],
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ['0.0.0.0/0', undefined],
  ['::/0', undefined],
  ['::ffff:0:0/96', undefined],
  ['10.0.0.0/33', undefined],
  ['10.0.0/8', undefined],
  ['proxy.internal', undefined],
  ['', undefined],
])('the network %j is %s', (text, found) => {
  expect(networkValue(text)).toBe(found);
});
