/** One change of a session: what it does to which place, and whose change it is. */
export interface Step {
  place: number;
  action: number;
  /** Which of its owner's items it is about. */
  item: number;
  user: number;
  seq: number;
}

/** What a document holds, place by place: a cell (cell.ts), whose change made it so, and which item it is. */
export class Contents {
  readonly cells: Uint32Array;
  readonly users: Uint32Array;
  readonly seqs: Uint32Array;
  readonly items: Uint32Array;

  constructor(places: number) {
    this.cells = new Uint32Array(places);
    this.users = new Uint32Array(places);
    this.seqs = new Uint32Array(places);
    this.items = new Uint32Array(places);
  }

  copy(from: Contents): void {
    this.cells.set(from.cells);
    this.users.set(from.users);
    this.seqs.set(from.seqs);
    this.items.set(from.items);
  }

  /** Takes over one place of another. */
  take(place: number, from: Contents, at: number): void {
    this.cells[place] = from.cells[at]!;
    this.users[place] = from.users[at]!;
    this.seqs[place] = from.seqs[at]!;
    this.items[place] = from.items[at]!;
  }
}
