import type { Clock, Timer } from '../ports.ts';

interface Task {
  at: number;
  nth: number;
  call: (() => void) | undefined;
}

const before = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.nth < b.nth);

/** Turns of promises that may follow from one call. */
const TURNS = 20;

/** Time that passes only when it is told to: whole hours in milliseconds, the same each time. */
export class VirtualTime {
  #now = 0;
  #nth = 0;
  /** A binary heap; a task that was called off stays, with nothing to call. */
  readonly #tasks: Task[] = [];

  readonly clock: Clock = () => this.#now;

  /** Calls back at `at` µs; calls of one moment come in the order in which they were asked for. */
  at(at: number, call: () => void): () => void {
    const task: Task = { at: Math.ceil(Math.max(at, this.#now)), nth: this.#nth++, call };
    this.#push(task);
    return () => {
      task.call = undefined;
    };
  }

  timer(): Timer {
    let cancel: (() => void) | undefined;
    return {
      set: (due, fire) => {
        cancel?.();
        cancel = this.at(due, fire);
      },
      clear: () => cancel?.(),
    };
  }

  every(us: number, call: () => void): void {
    const next = (): void => {
      call();
      this.at(this.#now + us, next);
    };
    this.at(this.#now + us, next);
  }

  /** Lets time pass until `until` says so, or nothing is left to come, or `end` µs are reached. */
  run(end: number, until: () => boolean = () => false): void {
    while (this.#tasks.length > 0 && this.#tasks[0]!.at <= end && !until()) {
      const { at, call } = this.#pop();
      this.#now = at;
      call?.();
    }
  }

  /** The same where promises are part of it: what follows from a call is done before the next. */
  async runAsync(end: number, until: () => boolean = () => false): Promise<void> {
    while (this.#tasks.length > 0 && this.#tasks[0]!.at <= end && !until()) {
      const { at, call } = this.#pop();
      this.#now = at;
      call?.();
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
    }
  }

  #push(task: Task): void {
    const tasks = this.#tasks;
    let place = tasks.push(task) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(task, tasks[parent]!)) break;
      tasks[place] = tasks[parent]!;
      place = parent;
    }
    tasks[place] = task;
  }

  #pop(): Task {
    const tasks = this.#tasks;
    const first = tasks[0]!;
    const last = tasks.pop()!;
    if (tasks.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= tasks.length) break;
      if (child + 1 < tasks.length && before(tasks[child + 1]!, tasks[child]!)) child++;
      if (!before(tasks[child]!, last)) break;
      tasks[place] = tasks[child]!;
      place = child;
    }
    tasks[place] = last;
    return first;
  }
}
