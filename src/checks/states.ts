import { itemIdOf } from '../protocol/document.ts';
import { itemsOfState } from '../protocol/snapshot.ts';
import type { StateAnswer } from './facts.ts';
import { failed, passed, skipped, type CheckContext, type Finding } from './step.ts';
import { join, newItem, together, type User } from './user.ts';

/** What a server gives of a session's state to who asks for it, and to who joins later. */

type Message = Record<string, unknown>;

/** What a session of two users has come to. */
interface Scenery {
  /** An item that was added, one that was added and removed, and one that was added and moved. */
  added: string;
  removed: string;
  moved: string;
}

const FROM_X = 10;
const TO_X = 90;

/** Makes changes that both users have seen; undefined where they do not come through, which another step tells. */
async function furnish(one: User, other: User): Promise<Scenery | undefined> {
  const items = [newItem(), newItem(), newItem(FROM_X)] as const;
  for (const { id, data } of items) one.change('add_item', id, data);
  const [added, removed, moved] = items;
  one.change('remove_item', removed.id);
  one.change('move_item', moved.id, { ...moved.data, x_mm: TO_X });
  if (!(await other.saw('move_item', moved.id))) return undefined;
  await one.upToNow();
  return { added: added.id, removed: removed.id, moved: moved.id };
}

const isState = ({ type }: Message): boolean =>
  type === 'sync:full_state' || type === 'sync:state' || type === 'sync:update';

/** What a state is, of all that a server can answer. */
function answerOf(message: Message | undefined, { added, removed, moved }: Scenery): StateAnswer {
  if (message === undefined) return { is: 'none' };
  const { state } = message;
  if (typeof state !== 'object' || state === null) return { is: 'null' };
  const list = itemsOfState(state);
  if (list === undefined) return { is: 'unknown' };
  if (list.length === 0) return { is: 'empty' };
  const items = new Map(list.map((item) => [itemIdOf(item), item]));
  const shown = JSON.stringify(message).slice(0, 400);
  const wrong = (how: string): StateAnswer => ({ is: 'wrong', how, shown });
  if (!items.has(added) || !items.has(moved)) return wrong('it lacks an item that was added');
  if (items.has(removed)) return wrong('it holds an item that was removed');
  if (items.get(moved)!['x_mm'] === FROM_X) return wrong('it shows an item where it was before it was moved');
  return { is: 'right' };
}

/** Asks for the state, and waits for what comes. @param from messages before it do not count */
async function ask(user: User, context: CheckContext, from = user.messages().length): Promise<Message | undefined> {
  user.wire.send({ type: 'sync:request', user_id: user.id });
  const answer = (): Message | undefined => user.messages().slice(from).findLast(isState);
  await user.wire.until(() => answer() !== undefined, context.wait_ms);
  await user.upToNow();
  const states = user.messages().slice(from).filter(isState);
  // A client leaves its canvas as it is where it gets null, and shows the last state otherwise.
  return states.findLast(({ state }) => typeof state === 'object' && state !== null) ?? states.at(-1);
}

const NOT_THERE: Finding = skipped('not run: changes do not reach the other user');

/** What came of asking, in words. @param who it is that was given the state, and what it does there */
function told(answer: StateAnswer, who: string, right: string): Finding {
  const facts = { state: answer };
  switch (answer.is) {
    case 'none':
      return skipped(
        'not claimed: sync:request is not answered; it is a mere relay, and who joins late has only what a host sends',
        facts,
      );
    case 'null':
      return skipped(
        'not claimed: sync:request is answered with null: it keeps no state, and who joins late has only what a host sends',
        facts,
      );
    case 'unknown':
      return skipped('not claimed: its state keeps its items in a form that is not known here', facts);
    case 'empty':
      return failed(`${who} is given an empty state, though items are there: a host that asks loses its canvas`, facts);
    case 'wrong':
      return failed(`${who} is given a wrong state: ${answer.how}`, facts, [answer.shown!]);
    case 'right':
      return passed(right, facts);
  }
}

/** Who is in asks: the one who is no host, and where that is answered, the host too. */
export const sync = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    const scenery = await furnish(one, other);
    if (!scenery) return NOT_THERE;
    const answer = answerOf(await ask(other, context), scenery);
    const found = told(answer, 'who asks (sync:request)', 'sync:request brings the whole state');
    if (answer.is !== 'right') return found;
    const hosts = answerOf(await ask(one, context), scenery);
    return hosts.is === 'empty' || hosts.is === 'wrong' ? told(hosts, 'a host that asks (sync:request)', '') : found;
  });

/** Who joins later asks for the state as the applications do, whether or not one comes unasked. */
export const lateJoin = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    const scenery = await furnish(one, other);
    if (!scenery) return NOT_THERE;
    const third = await join(context, one.session, context.fresh('c'));
    try {
      const answer = answerOf(await ask(third, context, 0), scenery);
      const found = told(answer, 'who joins later', 'who joins later gets what is there');
      const isTold = context.facts.state?.is === 'empty' || context.facts.state?.is === 'wrong';
      return isTold ? { ...found, facts: {} } : found;
    } finally {
      third.wire.cut();
    }
  });
