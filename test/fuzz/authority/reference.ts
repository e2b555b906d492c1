/**
 * Host and request target from the ABNF: RFC 3986 appendix A (authority, path, query), RFC 9110 section 7.2 (Host), RFC 9112 section 3.2
 * (forms of the target). Rule by rule, under the names of the RFCs, with what we do not take left out by name.
 */

const group = (...alternatives: readonly string[]): string => `(?:${alternatives.join('|')})`;

const HEXDIG = '[0-9A-Fa-f]';
const unreserved = '[A-Za-z0-9._~-]';
const pctEncoded = `%${HEXDIG}${HEXDIG}`;
const subDelims = "[!$&'()*+,;=]";
const pchar = group(unreserved, pctEncoded, subDelims, '[:@]');

const decOctet = group('25[0-5]', '2[0-4][0-9]', '1[0-9][0-9]', '[1-9][0-9]', '[0-9]');
const IPv4address = `${decOctet}\\.${decOctet}\\.${decOctet}\\.${decOctet}`;
const h16 = `${HEXDIG}{1,4}`;
const ls32 = group(`${h16}:${h16}`, IPv4address);
const IPv6address = group(
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
);
/** Without IPvFuture, which nobody has; and never empty, since http has no resource without a host (RFC 9110 section 4.2.1). */
const uriHost = group(`\\[${IPv6address}\\]`, IPv4address, `${group(unreserved, pctEncoded, subDelims)}+`);
const absolutePath = `(?:/${pchar}*)+`;
const query = `${group(pchar, '[/?]')}*`;

const HOST = new RegExp(`^${uriHost}(?::([0-9]*))?$`);
const ORIGIN_FORM = new RegExp(`^${absolutePath}(?:\\?${query})?$`);
/** `http` and `https` alone, and without userinfo (RFC 9110 section 4.2.4). */
const ABSOLUTE_FORM = new RegExp(`^https?://(${uriHost}(?::[0-9]*)?)((?:${absolutePath})?(?:\\?${query})?)$`, 'i');
const LAST_PORT = 65_535;

export function isHost(host: string): boolean {
  const match = HOST.exec(host);
  return match !== null && Number(match[1] ?? 0) <= LAST_PORT;
}

/** Path and query that a target stands for, where it is a form that we take and names the host that the request names. */
export function targetOf(raw: string, host: string): string | undefined {
  if (ORIGIN_FORM.test(raw)) return raw;
  const [, authority, rest = ''] = ABSOLUTE_FORM.exec(raw) ?? [];
  if (authority?.toLowerCase() !== host.toLowerCase()) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
