import { isIP } from 'node:net';
import { ToolError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { quoted } from '../core/quoted.ts';
import { parseDuration } from '../core/units.ts';

/** What an option's text means. `name` is how the option is called where it was given: `--users`. */
export type Reader<T> = (text: string, name: string) => T;

/** Refuses a value; what was typed is quoted. */
export const refuse = (name: string, wants: string, text: string, hint?: string): never => {
  throw new ToolError(`${name} takes ${wants}, not ${text === '' ? 'nothing' : quoted(text)}.`, hint ? { hint } : {});
};

export const asText: Reader<string> = (text, name) => (text === '' ? refuse(name, 'a value', text) : text);

/** The number that somebody meant who groups digits, or types them in another script's width: `5,000`, `1_000`, `１０`. */
function meantBy(text: string): string | undefined {
  const plain = text.normalize('NFKC').replaceAll(/(?<=\d)[,_' \u00a0](?=\d{3}(?:\D|$))/g, '');
  return plain !== text && /^\d+$/.test(plain) ? `Did you mean ${plain}?` : undefined;
}

export const whole =
  (least: number, most: number): Reader<number> =>
  (typed, name) => {
    const text = typed.trim();
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    return refuse(name, `a whole number from ${least} to ${most}`, typed, meantBy(text));
  };

export const amount =
  (least: number, most: number): Reader<number> =>
  (typed, name) => {
    const text = typed.trim();
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    return refuse(name, `a number from ${least} to ${most}`, typed, meantBy(text));
  };

/** @returns milliseconds, at least `least` */
export const duration =
  (least: number, says = '1ms'): Reader<number> =>
  (text, name) => {
    const ms = parseDuration(text, name);
    if (ms < least) throw new ToolError(`${name} takes at least ${says}, not ${quoted(text)}.`);
    return ms;
  };

/** `a, b or c`. */
const either = new Intl.ListFormat('en-GB', { type: 'disjunction' });

export const oneOf =
  <T extends string>(...names: T[]): Reader<T> =>
  (text, name) =>
    names.includes(text as T) ? (text as T) : refuse(name, either.format(names), text, didYouMean(text, names));

/** Several names, separated by commas; each once, in the order given. */
export const listOf =
  <T extends string>(...names: T[]): Reader<T[]> =>
  (text, name) => {
    const one = oneOf(...names);
    const given = text.split(',').map((part) => one(part.trim(), name));
    return [...new Set(given)];
  };

/** Addresses, separated by commas; each once. */
export const ipAddresses: Reader<string[]> = (text, name) => {
  const given = text.split(',').map((part) => part.trim());
  const wrong = given.find((address) => isIP(address) === 0);
  if (wrong !== undefined) return refuse(name, 'IP addresses such as 10.0.0.5,10.0.0.6', wrong);
  return [...new Set(given)];
};

/** `name=value`. */
export const pair: Reader<[string, string]> = (text, name) => {
  const match = /^([A-Za-z_][\w.-]*)=(.*)$/.exec(text);
  return match ? [match[1]!, match[2]!] : refuse(name, 'name=value', text);
};

/** Which part of a run this process does, counted from 1. */
export const shard: Reader<{ index: number; of: number }> = (text, name) => {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  if (!match) return refuse(name, 'i/n, such as 1/3 for the first of three', text);
  const [index, of] = [Number(match[1]), Number(match[2])];
  if (index >= 1 && index <= of) return { index, of };
  const hint = of >= 1 ? `Of ${of} there are 1/${of} to ${of}/${of}.` : undefined;
  return refuse(name, 'i/n with i from 1 to n', text, hint);
};

export const runId: Reader<string> = (text, name) =>
  /^[a-z0-9]{6}$/.test(text) ? text : refuse(name, 'six characters of a-z and 0-9', text);
