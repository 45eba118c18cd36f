import type { Interval } from '../core/record.ts';
import type { Target } from '../plan/plan.ts';
import { secretsOf, secretsOfUrl } from './refusal.ts';

/** What is shorter stands in every text. */
const SHORTEST = 6;

type Hide = <T>(value: T) => T;

/** Leaves out of the texts of a value what a target is sent as a secret: a server may repeat it, as in a close reason. */
export function hiding({ headers, urls }: Pick<Target, 'headers' | 'urls'>): Hide {
  const all = [...secretsOf(Object.entries(headers)), ...urls.flatMap((url) => secretsOfUrl(url))];
  const secrets = [...new Set(all)].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length);
  const hide = <T>(value: T): T => {
    if (typeof value === 'string')
      return secrets.reduce<string>((text, secret) => text.replaceAll(secret, '…'), value) as T;
    if (Array.isArray(value)) return value.map(hide) as T;
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hide(one)])) as T;
  };
  return secrets.length === 0 ? (value) => value : hide;
}

/** The same for an interval, in which only these hold what a server wrote. */
export const hidingIn = (hide: Hide, interval: Interval): Interval => ({
  ...interval,
  disconnects: hide(interval.disconnects),
  errors: hide(interval.errors),
  events: hide(interval.events),
  examples: hide(interval.examples),
});
