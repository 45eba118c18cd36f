import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Scene } from './causes/rule.ts';
import { diagnose } from './diagnosis.ts';
import type { Facts } from './facts.ts';
import { lateJoin, sync } from './states.ts';
import type { CheckContext } from './step.ts';

interface Command {
  action: string;
  item_id: string;
  data: Record<string, unknown>;
}

/** What a server answers to a `sync:request`; undefined for nothing. @param asker the first in is 0 */
type Answers = (commands: readonly Command[], asker: number) => unknown;

const item = (of: Command | undefined): object => ({ uuid: of!.item_id, ...of!.data });
/** What the commands of the steps come to: two items are left of three, and one of them was moved. */
const right = ([a, , c, , moved]: readonly Command[]): object => ({ items: [item(a), { ...item(c), ...moved!.data }] });

const servers: WebSocketServer[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** A relay for one session, and the context of a step that looks at it. */
async function contextOf(answers: Answers, facts: Facts = {}): Promise<CheckContext> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  await once(server, 'listening');
  const commands: Command[] = [];
  const members: WebSocket[] = [];
  server.on('connection', (socket) => {
    const nth = members.push(socket) - 1;
    socket.send('{"type":"connection:ack"}');
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const { type, command } = JSON.parse(text) as { type: string; command?: Command };
      if (type === 'ping') socket.send('{"type":"pong"}');
      if (command) commands.push(command);
      if (command) for (const other of members) if (other !== socket) other.send(text);
      const state = type === 'sync:request' ? answers(commands, nth) : undefined;
      if (state !== undefined) socket.send(JSON.stringify({ type: 'sync:full_state', state }));
    });
  });
  let ids = 0;
  const target = { urls: [], headers: {}, subprotocols: [] };
  const address = (session: string, user: string): string =>
    `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/${session}/${user}`;
  const given: Partial<CheckContext> = { target, address, fresh: (what) => `${what}${ids++}`, wait_ms: 300, facts };
  return given as CheckContext;
}

const SCENE: Scene = { url: 'ws://a', port: 1, at: '', holder: 'nobody', again: (layer) => `check --layer ${layer}` };

describe('what a server gives to who asks for the state, and to who joins later', () => {
  it.each<[string, Answers, 'fail' | 'skip' | 'pass', RegExp, string[]]>([
    ['nothing', () => undefined, 'skip', /is not answered; .*who joins late has only what a host sends$/, []],
    ['null', () => null, 'skip', /answered with null: it keeps no state, .*only what a host sends$/, []],
    ['no items at all', () => ({}), 'fail', /empty state, .*a host that asks loses its canvas$/, ['empty-state']],
    ['an empty list', () => ({ items: [], users: ['a'], version: 7 }), 'fail', /loses its canvas$/, ['empty-state']],
    ['items by another name', () => ({ shapes: [{ id: 1 }] }), 'skip', /in a form that is not known here$/, []],
    ['one item too few', ([a]) => ({ items: [item(a)] }), 'fail', /it lacks an item that was added$/, ['wrong-state']],
    ['what was removed', (all) => ({ items: all.slice(0, 3).map(item) }), 'fail', /that was removed$/, ['wrong-state']],
    ['an older item', ([a, , c]) => ({ items: [item(a), item(c)] }), 'fail', /before it was moved$/, ['wrong-state']],
    ['what is there', right, 'pass', /brings the whole state|gets what is there/, []],
    [
      'items by their ids',
      ([a, , c, , moved]) => ({ items: { [a!.item_id]: a!.data, [c!.item_id]: moved!.data } }),
      'pass',
      /brings the whole state|gets what is there/,
      [],
    ],
  ])('%s', async (_, answers, standing, says, causes) => {
    for (const step of [sync, lateJoin]) {
      const found = await step(await contextOf(answers));
      expect(found).toMatchObject({ standing, says: expect.stringMatching(says) });
      expect(diagnose(found.facts!, SCENE).map(({ cause }) => cause)).toEqual(causes);
    }
  });

  it('an empty one for the host alone', async () => {
    const found = await sync(await contextOf((commands, asker) => (asker === 0 ? { items: [] } : right(commands))));
    expect(found).toMatchObject({
      standing: 'fail',
      says: expect.stringMatching(/^a host that asks .* loses its canvas$/),
    });
    const late = await lateJoin(await contextOf(right, found.facts));
    expect(late).toMatchObject({ standing: 'pass', facts: {} });
  });

  it('null for who joins later alone', async () => {
    const context = await contextOf((commands, asker) => (asker === 2 ? null : right(commands)));
    expect(await lateJoin(context)).toMatchObject({ standing: 'skip', says: expect.stringContaining('null') });
  });
});
