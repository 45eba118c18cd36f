import type { Facts, Retry, Variation } from '../facts.ts';
import type { LayerName } from '../step.ts';

/** What is wrong, why it is thought so, what to do, and what it is not. */
export interface Diagnosis {
  /** The rule that found it. */
  cause: string;
  /** `cause`: what fails. `note`: what stands out, and fails nobody here. */
  kind: 'cause' | 'note';
  what: string;
  why: string;
  likely?: string;
  do: string[];
  not?: string;
}

/** Where and when it was, for what somebody is told to do about it. */
export interface Scene {
  /** The address, as it may be printed. */
  url: string;
  port: number;
  /** The time of day at which the first step failed, as a log of this machine has it. */
  at: string;
  /** Who has the port, in words. */
  holder: string;
  /** What a server that the check started printed, as far as it says why. */
  said?: string;
  /** The command that looks again as far as a layer. */
  again(layer: LayerName): string;
}

/** One cause, and the facts by which it is known. */
export interface Rule {
  cause: string;
  kind?: 'note';
  find(facts: Facts, scene: Scene): Omit<Diagnosis, 'cause' | 'kind'> | undefined;
}

export const NOT_1008 = '1008, whatever a Qt log says: Qt calls 1011 "CloseCodeBadOperation".';

/** Where the server's own words on it are. */
export const readOutput = ({ said, at }: Scene, what = ''): string =>
  said === undefined ? `read the server's output at ${at}${what}` : `the server's own output says: ${said}`;

/** What of several changes made a difference, which only what is better does; that none did, otherwise. */
export const differenceIn = (variations: readonly Variation[]): string => {
  const better = variations.find(({ outcome }) => outcome === ACKNOWLEDGED);
  if (better) return `One change made the difference: ${better.change} (${better.outcome}).`;
  if (variations.length === 0) return '';
  const others = variations.filter(({ same }) => !same).map(({ change, outcome }) => `${change}: ${outcome}`);
  return others.length === 0
    ? 'Nothing we changed made a difference, so the cause is in the server.'
    : `Nothing we changed got anybody in, so the cause is mostly in the server; what ended otherwise: ${others.join(', ')}.`;
};

/** The outcome of an attempt by which a user was let in. */
export const ACKNOWLEDGED = 'acknowledged';

const CHANGED: Partial<Record<Retry['way'], string>> = {
  tls: 'TLS',
  plain: 'no TLS',
  path: 'another path',
  origin: 'an Origin',
  subprotocol: 'a sub-protocol',
};

/** What was tried once more, where nothing of it helped. */
export function triedIn(retries: readonly Retry[]): string {
  const ways = [...new Set(retries.flatMap(({ way }) => CHANGED[way] ?? []))];
  const get = retries.find(({ way }) => way === 'get');
  return [
    ...(ways.length > 0 ? [`It was no better with ${ways.join(', ')}.`] : []),
    ...(get ? [`A plain HTTP request got: ${get.outcome}.`] : []),
  ].join(' ');
}

/** What a refusal says is to be done, a line each. */
export const asMeant = (hint: string | undefined): string[] =>
  (hint ?? '')
    .split(/(?<=[.?])\s+(?=[A-Z])/)
    .map((one) => one.replace(/\.$/, ''))
    .filter((one) => one !== '')
    .map((one) => one.charAt(0).toLowerCase() + one.slice(1));
