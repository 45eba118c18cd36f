import { pino } from 'pino';
import picocolors from 'picocolors';
import { plainText } from './plain-text.ts';
import type { Log } from './log.ts';

/** How a server that runs in the foreground tells what happens. */
export interface LoggerOptions {
  /** Every message too. */
  debug?: boolean;
  /** Warnings and errors only. */
  quiet?: boolean;
  /** Each line a JSON object, as pino writes it. */
  json?: boolean;
  color?: boolean;
  /** Where lines go. */
  write(text: string): void;
}

/** pino's number of the level `info`: the one that needs no word. */
const INFO = 30;

/** A logger by pino, with one line for people, or for programs, per entry. */
export function createLogger(options: LoggerOptions): Log {
  const level = options.debug ? 'debug' : options.quiet ? 'warn' : 'info';
  const line = options.json ? (json: string) => json : humanLine(options.color ?? false);
  return pino({ level, base: null }, { write: (json: string) => options.write(line(json)) });
}

/** `20:48:03.123 joined  session=room user=alice users=2`. Whatever clients wrote comes out harmless. */
function humanLine(color: boolean): (json: string) => string {
  const { dim, yellow } = picocolors.createColors(color);
  return (json) => {
    const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
    const clock = clockTime(new Date(time as number));
    const word = (level as number) > INFO ? ` ${yellow('warning')}` : '';
    const rest = Object.entries(fields)
      .map(([name, value]) => `${dim(`${name}=`)}${plainText(shown(value))}`)
      .join(' ');
    return `${dim(clock)}${word} ${String(msg)}${rest && `  ${rest}`}\n`;
  };
}

/** Local time, as a person's watch has it. */
const clockTime = (date: Date): string =>
  `${[date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')}.${String(date.getMilliseconds()).padStart(3, '0')}`;

/** Bare where that cannot be misread. */
const shown = (value: unknown): string =>
  typeof value === 'string' && (/^[^\s"]+$/.test(value) || value.startsWith('{')) ? value : JSON.stringify(value);
