import { integer } from '../reporters/words.ts';
import type { From } from '../recording/recording.ts';
import type { Breach } from './breaches.ts';
import type { Ending } from './ending.ts';

const CLOSERS: Record<Ending['by'], string> = {
  client: 'by the application',
  server: 'by the server',
  watch: 'by this relay, as it was stopped',
};

/** What was seen, counted. */
export class Tally {
  readonly messages: Record<From, number> = { client: 0, server: 0 };
  readonly #breaches = new Map<string, number>();
  readonly #endings = new Map<string, number>();

  /** Messages of both sides. */
  get total(): number {
    return this.messages.client + this.messages.server;
  }

  breach({ rule }: Breach): void {
    this.#breaches.set(rule, (this.#breaches.get(rule) ?? 0) + 1);
  }

  ended({ by, code }: Ending): void {
    const how = code === 0 ? 'without a WebSocket' : `${CLOSERS[by]} (${code})`;
    this.#endings.set(how, (this.#endings.get(how) ?? 0) + 1);
  }

  /** Rows of a name and a sentence. */
  rows(connections: number): [name: string, says: string][] {
    const { client, server } = this.messages;
    const seen = `${count(connections, 'connection')}, ${count(this.total, 'message')}: ${integer(client)} from applications, ${integer(server)} from the server`;
    const breaches = [...this.#breaches].map(([rule, times]) => `${rule} × ${integer(times)}`).join(', ');
    const endings = [...this.#endings].map(([how, times]) => `${integer(times)} ${how}`).join(', ');
    return [
      ['seen', seen],
      ['breaches', breaches === '' ? 'none' : breaches],
      ...(endings === '' ? [] : [['ended', endings] as [string, string]]),
    ];
  }
}

const count = (many: number, what: string): string => `${integer(many)} ${what}${many === 1 ? '' : 's'}`;
