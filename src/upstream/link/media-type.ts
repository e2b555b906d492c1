/** What a Content-Type says without its parameters. RFC 9110 section 8.3.1. */
export function mediaType(value: string | undefined): string {
  if (value === undefined || value === 'application/json' || value === 'text/event-stream') return value ?? '';
  return value.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
