/** Makes authorities and certificates as a test wants them: whose, for whom, from when to when. DER by hand, RFC 5280; ECDSA on P-256 only. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

const DAY_MS = 86_400_000;

export interface Pair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Wanted {
  /** Names and addresses that it is for. */
  readonly names?: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
}

export class Authority {
  readonly cert: string;
  readonly #key: KeyObject;
  readonly #name: Buffer;

  constructor(name = 'Test authority') {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#name = nameOf(name);
    this.cert = this.#certificate(this.#name, publicKey, {}, [
      extension('551d13', sequence(Buffer.from('0101ff', 'hex')), true),
    ]);
  }

  issue(subject: string, wanted: Wanted = {}): Pair {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const names = wanted.names ?? [subject];
    const alternatives = extension('551d11', sequence(...names.map(alternative)));
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    return { cert: this.#certificate(nameOf(subject), publicKey, wanted, [alternatives]), key };
  }

  #certificate(subject: Buffer, publicKey: KeyObject, { from, to }: Wanted, extensions: readonly Buffer[]): string {
    const now = Date.now();
    const algorithm = sequence(oid('2a8648ce3d040302'));
    const validity = sequence(time(from ?? new Date(now - DAY_MS)), time(to ?? new Date(now + 100 * DAY_MS)));
    const body = sequence(
      tagged(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      algorithm,
      this.#name,
      validity,
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(0xa3, sequence(...extensions)),
    );
    const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, this.#key)]));
    const base64 = sequence(body, algorithm, signature)
      .toString('base64')
      .replaceAll(/.{64}(?=.)/g, '$&\n');
    return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  }
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => tagged(0x30, ...contents);
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'));
const time = (date: Date): Buffer =>
  tagged(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`));
const nameOf = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(name)))));
const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [Buffer.from('0101ff', 'hex')] : []), tagged(0x04, value));

function alternative(name: string): Buffer {
  if (/^\d+(\.\d+){3}$/.test(name)) return tagged(0x87, Buffer.from(name.split('.').map(Number)));
  return name.includes('://') ? tagged(0x86, Buffer.from(name)) : tagged(0x82, Buffer.from(name));
}
