/**
 * The event stream as the HTML Living Standard, section 9.2.6, tells it: one byte after the other, whole, without any bound of ours. Written
 * to be compared with the text of the standard, not to be fast.
 */

export interface ReferenceEvent {
  readonly data: string;
  readonly event: string;
  readonly id: string;
}

export interface ReferenceStream {
  readonly events: readonly ReferenceEvent[];
  /** The last event id that a receiver would name when it connects again: that of the last event it was given whole. */
  readonly lastEventId: string;
  readonly retryMs: number | undefined;
  readonly lines: readonly ReferenceLine[];
  /** Bytes behind the last line's end. */
  readonly tail: number;
}

export interface ReferenceLine {
  readonly bytes: number;
  /** Bytes of data, joined, that the event under way has after this line. */
  readonly data: number;
  /** Events that have been given before this line. */
  readonly events: number;
}

const NUL = '\0';

export function readEvents(bytes: Buffer): ReferenceStream {
  // Bytes as characters: nothing below needs to know more than ASCII, and what is given out is decoded then.
  const text = bytes.toString('latin1').replace(/^\xEF\xBB\xBF/, '');
  const skipped = bytes.length - text.length;
  const ended = [...text.matchAll(/([^\r\n]*)(?:\r\n|\r|\n)/g)].map(([, line = '']) => line);
  const events: ReferenceEvent[] = [];
  const lines: ReferenceLine[] = [];
  let [data, eventType, idBuffer, lastEventId] = ['', '', '', ''];
  let retryMs: number | undefined;
  for (const [index, line] of ended.entries()) {
    const before = events.length;
    if (line === '') {
      lastEventId = idBuffer;
      if (data !== '') events.push({ data: data.slice(0, -1), event: utf8(eventType), id: utf8(lastEventId) });
      data = '';
      eventType = '';
    } else if (!line.startsWith(':')) {
      const colon = line.indexOf(':');
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') eventType = value;
      else if (field === 'data') data += `${value}\n`;
      else if (field === 'id' && !value.includes(NUL)) idBuffer = value;
      else if (field === 'retry' && /^[0-9]+$/.test(value)) retryMs = Number(value);
    }
    lines.push({
      bytes: line.length + (index === 0 ? skipped : 0),
      data: Math.max(0, data.length - 1),
      events: before,
    });
  }
  const tail = /[^\r\n]*$/.exec(text)?.[0].length ?? 0;
  return { events, lastEventId: utf8(lastEventId), retryMs, lines, tail: tail + (lines.length === 0 ? skipped : 0) };
}

/** A standard's decoder for the whole stream gives the same: line ends are no part of any character. */
const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString();
