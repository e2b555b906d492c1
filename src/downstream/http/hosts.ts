/** Which Host and Origin values a listener answers: its own address and what the configuration adds. Against DNS rebinding, so always on. */
import type { Authority, ListenSettings } from '../../core/settings.ts';
import type { IntakeRules } from './intake.ts';

/** @param bound where the listener really listens; its port counts, also where 0 was asked for. */
export function hostRules(listen: ListenSettings, bound: Authority): IntakeRules {
  const hosts = new Set([authority(bound), ...listen.hosts.filter((host) => hasPort(host))]);
  if (isLoopback(bound.host) || isWildcard(bound.host)) {
    for (const name of ['localhost', '127.0.0.1', '[::1]']) hosts.add(`${name}:${bound.port}`);
  }
  const usual = USUAL_PORT[listen.tls ? 'https' : 'http'];
  if (bound.port === usual)
    for (const host of hosts) if (host.endsWith(`:${usual}`)) hosts.add(host.replace(/:\d+$/u, ''));
  const own = new Set(hosts);
  const origins = new Set(listen.origins.map((origin) => origin.toLowerCase()));
  if (listen.publicUrl !== undefined) {
    const url = new URL(listen.publicUrl);
    hosts.add(url.host);
    if (url.port === '') hosts.add(`${url.host}:${url.protocol === 'https:' ? 443 : 80}`);
    origins.add(url.origin);
  }
  const anyPort = new Set(listen.hosts.filter((host) => !hasPort(host)));
  return {
    answersHost: (host) => hosts.has(host) || anyPort.has(host.replace(/:\d*$/u, '')),
    answersOrigin: (origin, scheme) => {
      const lower = origin.toLowerCase();
      if (origins.has(lower) || anyPort.has(hostOf(lower))) return true;
      if (!lower.startsWith(`${scheme}://`)) return false;
      const host = lower.slice(scheme.length + '://'.length);
      return own.has(host) || (!hasPort(host) && own.has(`${host}:${USUAL_PORT[scheme]}`));
    },
  };
}

const USUAL_PORT = { http: 80, https: 443 } as const;

const authority = ({ host, port }: Authority): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** Of a web origin as a browser writes it; empty for anything else. */
const hostOf = (origin: string): string => /^https?:\/\/(.+?)(?::[1-9]\d{0,4})?$/u.exec(origin)?.[1] ?? '';

const hasPort = (host: string): boolean => /:\d+$/u.test(host);

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';
