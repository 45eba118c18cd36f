/** How figures, times and names are written, on the terminal, in Markdown and on the page alike. Runs in browsers. */

/** Where a figure does not exist. */
export const NONE = '–';

/** `736,862` */
export const integer = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Milliseconds with the digits that matter: `<0.01`, `0.041`, `0.41`, `1.92`, `12.6`, `143`, `1,204`. */
export function digits(ms: number): string {
  // A few µs are below what sockets and clocks can tell apart.
  if (ms > 0 && ms < 0.01) return '<0.01';
  if (ms >= 99.95) return integer(ms);
  return ms.toFixed(ms >= 9.995 ? 1 : ms >= 0.0995 || ms === 0 ? 2 : 3);
}

/** A figure of any size: whole numbers with commas, fractions with four digits. */
export const plainNumber = (value: number): string =>
  Number.isInteger(value)
    ? integer(value)
    : Math.abs(value) >= 1000
      ? integer(value)
      : String(Number(value.toPrecision(4)));

/** `2 changes/s and user` */
export const rateWords = ({ rate, model }: { rate: number; model: 'open' | 'closed' }): string =>
  model === 'closed' ? 'a journey’s own pace' : `${plainNumber(rate)} ${rate === 1 ? 'change' : 'changes'}/s and user`;

/** What a run hides whose users follow a journey. */
export const CLOSED_MODEL =
  'closed model: users wait for the server, so that while it is slow they do less, and what they would have met then is not measured';

/** `1.1 %` */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** `0:12`, `61:05`: minutes and seconds since the start. */
export function elapsed(ms: number): string {
  const seconds = Math.max(Math.floor(ms / 1000), 0);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * The time of day, as the server's log shows it: `20:48:24`, or `20:48:24.231`.
 * @param offset_min minutes that the shown zone is ahead of UTC
 */
export function clock(at: number, offset_min: number, withMs = false): string {
  const text = new Date(Math.round(at) + offset_min * 60_000).toISOString();
  return text.slice(11, withMs ? 23 : 19);
}

/** Minutes by which this machine's zone is ahead of UTC at a moment. */
export const offsetAt = (at: number): number => -new Date(at).getTimezoneOffset();

/** `UTC`, `UTC+2`, `UTC-3:30` */
export function zoneName(offset_min: number): string {
  if (offset_min === 0) return 'UTC';
  const size = Math.abs(offset_min);
  const minutes = size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`;
  return `UTC${offset_min < 0 ? '-' : '+'}${Math.floor(size / 60)}${minutes}`;
}

/** A session's or user's id without what is the same for all of a run: `s4`, `u31`; another's as it is. */
export function shortId(id: string): string {
  const own = /^lt-[a-z0-9]{6}-s0*(\d+)(?:-u0*(\d+))?$/.exec(id);
  if (!own) return id;
  return own[2] === undefined ? `s${own[1]}` : `u${own[2]}`;
}

/** A user's short id, with the session's where it is not the one meant. */
export function shortUser(id: string, session: string): string {
  const home = /^(lt-[a-z0-9]{6}-s\d+)-u\d+$/.exec(id)?.[1];
  return home !== undefined && home !== session ? `${shortId(home)} ${shortId(id)}` : shortId(id);
}

/** The beginning and the end of an id that is too long for a line: `5f0c…91`. */
export const abbreviated = (id: string): string => (id.length > 12 ? `${id.slice(0, 4)}…${id.slice(-2)}` : id);

/** Control characters, invisible ones, halves of surrogates and line ends, which could rewrite a terminal, made visible as U+FFFD. */
export const withoutControls = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD');

/** A value in which every text, however deep, has gone through a function. Keys too: tags are somebody's. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [change(key), mapTexts(one, change)])) as T;
}
