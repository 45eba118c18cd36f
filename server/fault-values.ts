import { parseBytes, parseDuration } from '../src/core/units.ts';

/** What stands behind a fault's `=`. */
export interface FaultValue {
  /** A probability, a close code, ms, messages a second, or ms a minute, as the fault's kind has it. */
  value: number;
  /** From one time to the next, ms; 0 for what is not done now and then. */
  period: number;
}

export type FaultKind = 'probability' | 'code' | 'stall' | 'slowness' | 'rate' | 'drift' | 'growth';

const MINUTE = 60_000;
const MB = 1_000_000;
/** In each so many ms a share of them is burnt. */
const BURNT_EVERY = 50;

/** Close codes that a server can send; 1006 stands for sending none. */
const isCode = (code: number): boolean =>
  Number.isInteger(code) &&
  ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005) || (code >= 3000 && code <= 4999));

/** A plain number; nothing where it is none. */
const numberIn = (text: string): number | undefined => (/^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : undefined);

/** What `read` makes of a text; nothing where it throws, as it cannot know what it is read for. */
function tried(read: (text: string) => number, text: string | undefined): number {
  try {
    return text === undefined ? 0 : read(text);
  } catch {
    return 0;
  }
}
const durationIn = (text: string | undefined): number => tried(parseDuration, text);
/** What stands before `/min`. */
const aMinute = (text: string): string | undefined => /^(.+)\/min$/.exec(text)?.[1];

/** How the values of each kind are read, and what a sentence calls them. */
export const FAULT_KINDS: Record<FaultKind, { means: string; read(text: string): FaultValue | undefined }> = {
  probability: {
    means: 'a probability from 0 to 1',
    read(text) {
      const value = numberIn(text);
      return value !== undefined && value <= 1 ? { value, period: 0 } : undefined;
    },
  },
  code: {
    means: 'a close code (1000 to 1014 or 3000 to 4999)',
    read: (text) => (/^\d{4}$/.test(text) && isCode(Number(text)) ? { value: Number(text), period: 0 } : undefined),
  },
  stall: {
    means: 'a time and a longer period',
    read(text) {
      const [length, every, ...more] = text.split('/');
      const [value, period] = [durationIn(length), durationIn(every)];
      return more.length === 0 && value > 0 && value < period ? { value, period } : undefined;
    },
  },
  slowness: {
    means: 'a time or a share of a core',
    read(text) {
      const share = /^([\d.]+)%$/.exec(text);
      if (!share) {
        const value = durationIn(text);
        return value > 0 ? { value, period: 0 } : undefined;
      }
      const percent = numberIn(share[1]!) ?? 0;
      return percent > 0 && percent < 100 ? { value: (percent / 100) * BURNT_EVERY, period: BURNT_EVERY } : undefined;
    },
  },
  rate: {
    means: 'messages a second, more than none',
    read(text) {
      const value = numberIn(text);
      return value ? { value, period: 0 } : undefined;
    },
  },
  drift: {
    means: 'a time a minute',
    read(text) {
      const value = durationIn(aMinute(text));
      return value > 0 ? { value, period: 0 } : undefined;
    },
  },
  growth: {
    means: 'memory a minute',
    read(text) {
      const bytes = tried(parseBytes, aMinute(text));
      return bytes > 0 ? { value: MB, period: (MINUTE * MB) / bytes } : undefined;
    },
  },
};
