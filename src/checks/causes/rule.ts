import type { Facts, Variation } from '../facts.ts';
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

/** What one change of several made a difference; that none did, otherwise. */
export const differenceIn = (variations: readonly Variation[]): string => {
  const difference = variations.find(({ same }) => !same);
  return difference
    ? `One change made the difference: ${difference.change} (${difference.outcome}).`
    : 'Nothing we changed made a difference, so the cause is in the server.';
};
