import type { Facts } from '../facts.ts';

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

/** One cause, and the facts by which it is known. */
export interface Rule {
  cause: string;
  kind?: 'note';
  find(facts: Facts): Omit<Diagnosis, 'cause' | 'kind'> | undefined;
}

export const RELOOK = 'npx loadtest check --url ws://HOST:PORT --layer server';
export const NOT_1008 = '1008, whatever a Qt log says: Qt calls 1011 "CloseCodeBadOperation".';
