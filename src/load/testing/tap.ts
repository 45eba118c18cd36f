/** What a client in memory has yet to read: in its order, at once, or once it reads again. */
export class Tap {
  isClosed = false;
  #held: (() => void)[] = [];

  run(call: () => void): void {
    if (this.isClosed) this.#held.push(call);
    else call();
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.isClosed = false;
    for (const call of this.#held.splice(0)) call();
  }
}
