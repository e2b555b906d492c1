/**
 * AES-256-GCM over small texts that travel through clients (NIST SP 800-38D): a random nonce each, the purpose as associated data, the key's
 * number in front so that keys can be exchanged while sealed values are still about.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  type KeyObject,
  createSecretKey,
} from 'node:crypto';
import { MAX_SEALED, type Seal } from '../core/ports/seal.ts';

interface Key {
  /** First bytes of a digest; tells keys apart, says nothing about them. */
  readonly id: Buffer;
  readonly secret: KeyObject;
}

const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param keys newest first; the first one seals, all open. Empty: one is made, which ends with the process. */
export function sealer(keys: readonly string[]): Seal {
  const ring = (keys.length > 0 ? keys : [randomBytes(32).toString('base64')]).map(derive);
  const [newest] = ring;
  if (!newest) throw new Error('no key');
  return {
    seal: (purpose, text) => close(newest, purpose, text),
    open: (purpose, sealed) => open(ring, purpose, sealed),
  };
}

function derive(text: string): Key {
  const secret = Buffer.from(hkdfSync('sha256', text, '', 'gatehouse seal 1', 32));
  return { id: createHash('sha256').update(secret).digest().subarray(0, ID_BYTES), secret: createSecretKey(secret) };
}

function close(key: Key, purpose: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(purpose));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([key.id, nonce, body, cipher.getAuthTag()]).toString('base64url');
}

function open(ring: readonly Key[], purpose: string, sealed: string): string | undefined {
  if (sealed.length > MAX_SEALED) return undefined;
  const bytes = Buffer.from(sealed, 'base64url');
  // The decoder skips what is no base64url; what does not come back the same was not written here.
  if (bytes.length < ID_BYTES + NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
  const key = ring.find((one) => one.id.equals(bytes.subarray(0, ID_BYTES)));
  if (!key) return undefined;
  const nonce = bytes.subarray(ID_BYTES, ID_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const body = bytes.subarray(ID_BYTES + NONCE_BYTES, -TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return undefined; // the tag does not fit
  }
}
