import { quoted } from './quoted.ts';
import { ToolError } from './errors.ts';

const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** More than this is a slip of the finger, and more than a timer of Node takes (2^31 ms). */
const LONGEST_DAYS = 24;

/**
 * A duration as people write it: `500ms`, `30s`, `5m`, `8h`, `1h30m`, `0s`; a bare `0` too.
 * @returns milliseconds, possibly with a fraction (`1.5ms`)
 * @throws ToolError without a unit or with an unknown one, and above 24 days
 */
export function parseDuration(text: string, name = 'a duration'): number {
  const compact = text.trim();
  if (compact === '0') return 0;
  if (!DURATION.test(compact)) {
    const hint = /^\d+(\.\d+)?$/.test(compact) ? `Did you mean ${compact}s?` : undefined;
    throw new ToolError(
      `${name} takes a time with its unit such as 500ms, 30s, 5m, 8h or 1h30m, not ${quoted(text)}.`,
      {
        ...(hint && { hint }),
      },
    );
  }
  let total = 0;
  for (const [, number, unit] of compact.matchAll(DURATION_PART)) total += Number(number) * DURATION_MS[unit!]!;
  if (total > LONGEST_DAYS * DURATION_MS['d']!) {
    throw new ToolError(`${name} takes at most ${LONGEST_DAYS}d (${LONGEST_DAYS} days), not ${quoted(text)}.`);
  }
  return total;
}

/** A duration as people read it: `500 ms`, `30 s`, `5 min`, `1 h 30 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  if (ms < 3_600_000) {
    const whole = Math.floor(ms / 60_000);
    const seconds = Math.round((ms - whole * 60_000) / 1000);
    return seconds ? `${whole} min ${seconds} s` : `${whole} min`;
  }
  const hours = Math.floor(ms / 3_600_000);
  const rest = Math.round((ms - hours * 3_600_000) / 60_000);
  return rest ? `${hours} h ${rest} min` : `${hours} h`;
}

const BYTES: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/**
 * A size as people write it: `4MiB`, `512KiB`, `1048576`.
 * @returns bytes
 * @throws ToolError on anything else
 */
export function parseBytes(text: string, name = 'a size'): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim());
  const unit = match ? BYTES[match[2]!.toLowerCase()] : undefined;
  const bytes = match && unit !== undefined ? Math.round(Number(match[1]) * unit) : Infinity;
  if (!Number.isSafeInteger(bytes))
    throw new ToolError(`${name} takes a size such as 512KiB, 4MiB or 1GiB, not ${quoted(text)}.`);
  return bytes;
}

/** A size as people read it: `4 MiB`, `35.2 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(value < 10 && unit > 0 ? 1 : 0))} ${units[unit]}`;
}
