import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS, type Action } from '../src/protocol/change.ts';
import { Document } from '../src/protocol/document.ts';
import { command } from './contract/client.ts';
import { virtualHub, type Message, type VirtualClient } from './testing/virtual-hub.ts';

type Step =
  | { do: 'join' | 'leave' | 'sync'; session: number; user: number }
  | { do: 'edit'; session: number; user: number; action: Action; item: number };

const SESSIONS = 2;
const USERS = 4;
const place = { session: fc.nat(SESSIONS - 1), user: fc.nat(USERS - 1) };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('join' as const, 'join' as const, 'leave' as const, 'sync' as const),
      ...place,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      ...place,
      action: fc.constantFrom(...ACTIONS),
      item: fc.nat(2),
    }),
  },
);

/** A user as the applications are: a replica that starts from a state and takes every later command. */
class Replica {
  readonly client: VirtualClient;
  readonly userId: string;
  document = new Document();
  deliveries: string[] = [];

  constructor(client: VirtualClient, userId: string) {
    this.client = client;
    this.userId = userId;
  }

  read(): void {
    for (const message of this.client.take()) this.#apply(message);
  }

  #apply(message: Message): void {
    if (message['type'] === 'sync:full_state' && message['state']) {
      this.document = new Document();
      this.document.replace(message['state'].items);
      this.document.version = message['state'].version;
    } else if (message['type'] === 'command') {
      expect(message['version']).toBe(this.document.version + 1);
      expect(message['user_id']).not.toBe(this.userId);
      const { action, item_type, item_id, data } = message['command'];
      this.document.apply(action, item_type, item_id, data);
      this.deliveries.push(data.edit);
    } else if (message['type'] === 'command:ack') {
      // One's own change is applied where it stands in the order.
      expect(message['version']).toBe(this.document.version + 1);
      const own = JSON.parse(message['token']) as Message;
      this.document.apply(own['action'], 'lens', message['item_id'], own['data']);
    }
  }
}

describe('sessions, whatever happens in them', () => {
  it('P8 P9 P10 give every replica the same document, each command once and to its session alone', () => {
    let delivered = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const { join } = virtualHub();
        const present = new Map<string, Replica>();
        let edits = 0;
        for (const next of steps) {
          const key = `${next.session}/${next.user}`;
          const replica = present.get(key);
          if (next.do === 'join') {
            present.set(key, new Replica(join(`s${next.session}`, `u${next.user}`), `u${next.user}`));
          } else if (next.do === 'leave') {
            replica?.client.connection.gone(1000);
            present.delete(key);
          } else if (next.do === 'sync') {
            replica?.client.send({ type: 'sync:request' });
          } else if (replica && next.do === 'edit') {
            const edit = `${next.session}:${edits++}`;
            const data = { edit, [`field${edits % 3}`]: edits };
            const token = JSON.stringify({ action: next.action, data });
            replica.client.send(command(next.action, next.item, { ...data, token }));
          }
        }
        for (const [key, replica] of present) {
          replica.read();
          expect(new Set(replica.deliveries).size).toBe(replica.deliveries.length);
          for (const edit of replica.deliveries) expect(edit.startsWith(`${key[0]}:`)).toBe(true);
          delivered += replica.deliveries.length;
        }
        for (let session = 0; session < SESSIONS; session++) {
          const documents = [...present].filter(([key]) => key.startsWith(`${session}/`));
          const shown = documents.map(([, { document }]) => [document.version, shownItems(document)]);
          for (const one of shown) expect(one).toEqual(shown[0]);
        }
      }),
      { seed: 3, numRuns: 150 },
    );
    expect(delivered).toBeGreaterThan(1000);
  });
});

/** Without the tokens, which the sender's own replica does not keep. */
const shownItems = (document: Document): object[] =>
  document.items().map((item) => Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'token')));
