/** Lines for the operator on stderr, through pino: JSON, or readable on a terminal. Written at once, so that none is lost at exit. */
import { destination, pino, stdTimeFunctions } from 'pino';
import type { DestinationStream } from 'pino';
import type { Log } from '../core/ports/log.ts';
import type { Settings } from '../core/settings.ts';

export type LogSettings = Settings['log'];

export interface OpenLog extends Log {
  /** Takes effect at once; the format stays what it was at start. */
  setLevel(level: LogSettings['level']): void;
}

export interface LogOptions {
  readonly settings: LogSettings;
  /** Whether stderr is a terminal: what `auto` goes by. */
  readonly terminal: boolean;
  /** A file descriptor; stderr if not given. */
  readonly to?: number;
}

export async function openLog({ settings, terminal, to = 2 }: LogOptions): Promise<OpenLog> {
  const pretty = settings.format === 'pretty' || (settings.format === 'auto' && terminal);
  const stream = pretty ? await prettyStream(to, terminal) : jsonStream(to);
  const logger = pino(
    {
      level: settings.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    setLevel: (level) => {
      logger.level = level;
    },
  };
}

function jsonStream(to: number): DestinationStream {
  const stream = destination({ dest: to, sync: true });
  // whoever read the log has gone; that is no reason to stop serving
  stream.on('error', () => undefined);
  return stream;
}

async function prettyStream(to: number, terminal: boolean): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty');
  const format = prettyFactory({
    colorize: terminal,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
    singleLine: true,
    errorLikeObjectKeys: [],
  });
  const stream = jsonStream(to);
  return { write: (line) => stream.write(format(line)) };
}
