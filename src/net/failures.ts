/** Why a connection did not come about, in words for whoever asked: which certificate is at fault, never which address. */
import { DialFailure } from '../wire/http1/client.ts';

const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'has been revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
  HOSTNAME_MISMATCH: 'is for another name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is vouched for by no authority that is trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'is vouched for by no authority that is trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is vouched for by no authority that is trusted here',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is vouched for by nobody but itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'is vouched for by no authority that is trusted here',
  CERT_SIGNATURE_FAILURE: 'is not signed by who it says',
  CERT_UNTRUSTED: 'is not trusted here',
  INVALID_CA: 'is not signed by an authority',
  INVALID_PURPOSE: 'is not meant for servers',
  CERT_CHAIN_TOO_LONG: 'has too many authorities above it',
  EE_KEY_TOO_SMALL: 'has a key that is too weak',
  CA_MD_TOO_WEAK: 'has a signature that is too weak',
};

/** What OpenSSL says of bytes that are no TLS. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE)$/;

/** An upstream that wants to see a certificate, or another one. RFC 8446 section 6.2. */
const REFUSES_OURS = /_ALERT_(?:CERTIFICATE_|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|NO_CERTIFICATE)/;

/** The same error, with what may be said of it; one that says nothing more than that nobody was there stays as it is. */
export function explained(error: Error): Error {
  if (error instanceof DialFailure) return error;
  const code = 'code' in error ? String(error.code) : '';
  const told = toldOf(code);
  return told === undefined ? error : new DialFailure(told, `${code}: ${error.message}`);
}

/** The same of the proxy in between. */
export function ofProxy(error: Error): DialFailure {
  if (error instanceof DialFailure) return error;
  const code = 'code' in error ? String(error.code) : '';
  const isTls = toldOf(code) !== undefined;
  return new DialFailure(
    `The proxy on the way to it cannot be reached${isTls ? ' over TLS' : ''}.`,
    `proxy: ${code} ${error.message}`,
  );
}

function toldOf(code: string): string | undefined {
  const fault = CERTIFICATES[code];
  if (fault !== undefined) return `Its certificate ${fault}.`;
  if (NO_TLS.test(code)) return 'It does not speak TLS.';
  if (REFUSES_OURS.test(code)) return 'It does not accept the certificate of this gateway.';
  // Another alert, or a handshake that came to nothing.
  return /^(?:ERR_SSL_|EPROTO$)/.test(code) ? 'It refused the TLS handshake.' : undefined;
}
