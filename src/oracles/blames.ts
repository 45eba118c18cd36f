import { COUNTER, type Recorder } from '../core/recorder.ts';

/** Those of one session are remembered that were told last, over all. */
const REMEMBERED = 256;

interface Blame {
  kind: 'stale_snapshots' | 'overlapped';
  session: number;
  version: number;
  stage: number;
}

/**
 * States that were blamed, by their version, and changes that a state held: taken back where it turns out that two
 * changes have that version, of which the state may hold either.
 */
export class Blames {
  readonly #recorder: Recorder;
  readonly #blames: Blame[] = [];

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  count(kind: Blame['kind'], session: number, version: number, at: number): void {
    const stage = this.#recorder.stageOf(at);
    this.#recorder.count(stage, COUNTER[kind], 1);
    if (this.#blames.length === REMEMBERED) this.#blames.shift();
    this.#blames.push({ kind, session, version, stage });
  }

  /** Two changes of a session have this version: what a state of it, or of a later one, is made of is not known. */
  takeBack(session: number, version: number): void {
    for (let nth = this.#blames.length - 1; nth >= 0; nth--) {
      const blame = this.#blames[nth]!;
      const isDoubtful = blame.version === version || (blame.version > version && blame.kind === 'stale_snapshots');
      if (blame.session !== session || !isDoubtful) continue;
      this.#recorder.count(blame.stage, COUNTER[blame.kind], -1);
      this.#blames.splice(nth, 1);
    }
  }
}
