import { it } from 'vitest';
import type { Limits } from '../limits.ts';

/** A server under the contract, running. */
interface RunningSubject {
  /** `ws://HOST:PORT`. */
  url: string;
  /** Stops it as SIGTERM would; resolved once its last connection is gone. */
  stop(): Promise<void>;
}

/** A rule of docs/protocol.md, or the part of it that is an extension: an implementation may lack either. */
type RuleId = `P${number}` | `P${number} ext`;

/** An implementation of the protocol, to be put under the contract. */
export interface Subject {
  name: string;
  /** Starts one on a free port. One that knows no limits lacks the rules that need them. */
  start(limits?: Partial<Limits>): Promise<RunningSubject>;
  /** What it does not do, each with the reason. */
  lacks: Partial<Record<RuleId, string>>;
}

/** Defines the test of a rule: with a server of its own that is stopped afterwards, or skipped, saying why. */
export type Rule = (
  id: RuleId,
  title: string,
  test: (running: RunningSubject) => Promise<void>,
  limits?: Partial<Limits>,
) => void;

/** How tests of rules are defined for one implementation. */
export function ruleFor(subject: Subject): Rule {
  return (id, title, test, limits) => {
    const reason = subject.lacks[id] ?? subject.lacks[id.replace(' ext', '') as RuleId];
    if (reason !== undefined) {
      it.skip(`${id} ${title} (not by ${subject.name}: ${reason})`, () => {});
      return;
    }
    it(`${id} ${title}`, async () => {
      const running = await subject.start(limits);
      try {
        await test(running);
      } finally {
        await running.stop();
      }
    });
  };
}
