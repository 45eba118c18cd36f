import { closeSync, openSync, readSync } from 'node:fs';

const LONGEST = 4096;

/**
 * The beginning of a small file of the system's that is read again and again. It is opened once, as a process with too
 * many files open may not open another; where there is none, nothing can be read.
 */
export class ProcFile {
  readonly #bytes = Buffer.alloc(LONGEST);
  #file: number | undefined;

  constructor(path: string | undefined) {
    try {
      this.#file = path === undefined ? undefined : openSync(path, 'r');
    } catch {
      this.#file = undefined;
    }
  }

  read(): string | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return this.#bytes.toString('latin1', 0, readSync(this.#file, this.#bytes, 0, LONGEST, 0));
    } catch {
      return undefined;
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
