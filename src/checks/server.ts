import { joins } from './joining.ts';
import { slowReader } from './slow-reader.ts';
import { failed, onceMore, passed, skipped, type CheckContext, type Finding, type Step } from './step.ts';
import { lateJoin, sync } from './states.ts';
import { restart, shutdown } from './stopping.ts';
import { closing } from './subject.ts';
import { join, newItem, thrownOut, together } from './user.ts';
import type { Closed } from './wire.ts';
import { open } from './open.ts';

/** Layer 3: what a collaboration server does. What is marked ext in the protocol is claimed only where it is there. */

const presence = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    const about = (message: Record<string, unknown>): boolean => message['user_id'] === other.id;
    if (!(await one.next('user:joined', about)))
      return failed('the other user is not told of a joiner (user:joined)', { untold: 'user:joined' });
    await other.leave();
    if (!(await one.next('user:left', about)))
      return failed('the other user is not told of a leaver (user:left)', { untold: 'user:left' });
    return passed('user:joined and user:left reach the others');
  });

const vanishing = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    other.wire.cut();
    const left = await one.next('user:left', ({ user_id }) => user_id === other.id);
    return left
      ? passed('a user who vanishes is noticed, and the others are told')
      : failed('nobody is told of a user who vanished');
  });

async function heartbeat(context: CheckContext): Promise<Finding> {
  const user = await join(context, context.fresh('s'), context.fresh('u'));
  const answered = await user.upToNow();
  const gone = thrownOut(user, 'on a ping');
  user.wire.cut();
  if (answered) return passed('ping is answered with pong', { heartbeat: 'answered' });
  return gone ?? forgotten(context);
}

/** Pings in other words: perhaps it wants one of them. */
const PINGS: readonly [change: string, ...messages: object[]][] = [
  ['without user_id', { type: 'ping' }],
  ['with a timestamp', { type: 'ping', timestamp: Date.now() / 1000 }],
  ['after sync:request', { type: 'sync:request' }, { type: 'ping' }],
];

async function forgotten(context: CheckContext): Promise<Finding> {
  const tried = await Promise.all(
    PINGS.map(async ([change, ...messages]) => {
      const user = await join(context, context.fresh('s'), context.fresh('u'));
      for (const message of messages) user.wire.send(message);
      const answered = (await user.next('pong')) !== undefined;
      user.wire.cut();
      return { change, answered };
    }),
  );
  const found = tried.find(({ answered }) => answered);
  return failed(
    'ping is not answered with pong',
    { heartbeat: 'forgotten', ...(found && { heartbeat_if: found.change }) },
    onceMore(tried.map(({ change, answered }) => [change, answered ? 'answered' : 'no pong'])),
  );
}

const changes = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    const item = newItem();
    one.change('add_item', item.id, item.data);
    const seen = await other.saw('add_item', item.id);
    if (!seen) {
      const gone = thrownOut(one, 'on a command') ?? thrownOut(other, 'on a command of another user');
      return gone ?? failed('a change does not reach the other user of the session', { relayed: false });
    }
    await one.upToNow();
    if (one.messages().some(({ type }) => type === 'command'))
      return failed('a change comes back to who made it', { echoed: true });
    const extras = {
      versions: typeof seen['version'] === 'number',
      acks: one.messages().some(({ type }) => type === 'command:ack'),
    };
    const says = `a change reaches the other user, once, and not its sender${extras.versions ? '' : '; not claimed: it gives changes no version'}`;
    return passed(says, { relayed: true, extras });
  });

async function isolation(context: CheckContext): Promise<Finding> {
  const outsider = await join(context, context.fresh('s'), context.fresh('u'));
  try {
    return await together(context, async (one, other) => {
      const item = newItem();
      one.change('add_item', item.id, item.data);
      await other.saw('add_item', item.id);
      await outsider.upToNow();
      const strange = outsider.messages().find((message) => {
        return message['type'] === 'command' || [one.id, other.id].includes(String(message['user_id']));
      });
      if (!strange) return passed('a session hears nothing of another');
      const leaked = String(strange['type']);
      return failed(`a user in another session got ${leaked} of this one`, { leaked }, [
        `session ${one.session}, user ${one.id}, sent; session ${outsider.session} got ${JSON.stringify(strange).slice(0, 160)}`,
      ]);
    });
  } finally {
    outsider.wire.cut();
  }
}

const host = (context: CheckContext): Promise<Finding> =>
  together(context, async (one, other) => {
    if (!('is_host' in other.ack)) return skipped('not claimed: connection:ack names no host');
    if (other.ack['is_host'] === true) return failed('the second user of a session is its host too');
    await one.leave();
    const told = await other.next('session:host');
    if (told) return passed('the first is host; when it leaves, the next is told');
    return passed('the first is host; not claimed: nobody is told when it leaves');
  });

async function wrongPath(context: CheckContext): Promise<Finding> {
  const template = context.target.urls[0]!;
  if (template.includes('{session}')) return skipped('not claimed: the address is a template of yours');
  const url = new URL(context.address('x', 'y'));
  url.pathname = '/nowhere/at/all/of/this';
  let wire;
  try {
    wire = await open(url.href, context);
  } catch {
    return skipped('not claimed: it refuses a wrong path before the handshake, where Qt sees no code');
  }
  const closed = await wire.ended(context.wait_ms);
  wire.cut();
  if (closed?.code === 1008) return passed(`a wrong path is closed with 1008, "${closed.reason}"`);
  if (!closed) return skipped('not claimed: it takes any path');
  return failed(`a wrong path is closed with ${closing(closed)}, not 1008`);
}

/** What no connection should end by, from what is no JSON at all to what only few servers know. */
const ODDITIES: readonly [name: string, text: string][] = [
  ['JSON that is no object', '[1]'],
  ['JSON without a type', '{"a":1}'],
  ['a type that it does not know', '{"type":"no-such-type"}'],
];

async function badInput(context: CheckContext): Promise<Finding> {
  const outcome = async (text: string): Promise<{ closed: Closed | undefined; told: boolean }> => {
    const user = await join(context, context.fresh('s'), context.fresh('u'));
    user.wire.send(text);
    await user.upToNow();
    const { closed } = user.wire;
    user.wire.cut();
    return { closed, told: user.messages().some(({ type }) => type === 'error') };
  };
  const { closed, told } = await outcome('this is no JSON');
  if (!closed) {
    return passed(`a message that is not JSON ends no connection${told ? ', and is answered with an error' : ''}`);
  }
  const tried = await Promise.all(
    ODDITIES.map(async ([name, text]) => ({ name, closed: (await outcome(text)).closed?.code })),
  );
  const also = tried.filter((one) => one.closed !== undefined).map(({ name }) => name);
  const lives_on = tried.filter((one) => one.closed === undefined).map(({ name }) => name);
  const { code, reason } = closed;
  return failed(
    `a message that is not JSON ends the connection: ${closing(closed)}`,
    { not_json: { code, reason, also, lives_on } },
    onceMore(tried.map((one) => [one.name, one.closed === undefined ? 'it stays' : String(one.closed)])),
  );
}

const step = (id: string, title: string, run: Step['run']): Step => ({
  id: `server.${id}`,
  layer: 'server',
  title,
  run: (context) =>
    id !== 'join' && context.facts.join?.outcome !== 'acknowledged' ? Promise.resolve(notTried) : run(context),
});

const notTried: Finding = skipped('not run: nobody is let in');

export const server: readonly Step[] = [
  step('join', 'A user is acknowledged', joins),
  step('presence', 'The others are told who comes and goes', presence),
  step('vanishing', 'A user who vanishes is noticed', vanishing),
  step('heartbeat', 'The heartbeat is answered', heartbeat),
  step('changes', 'A change reaches the others of the session', changes),
  step('isolation', 'A session hears nothing of another', isolation),
  step('sync', 'The whole state can be asked for', sync),
  step('late-join', 'Who joins later gets what is there', lateJoin),
  step('host', 'The first in a session is its host', host),
  step('path', 'A wrong path is told by 1008', wrongPath),
  step('bad-input', 'A bad message ends no connection', badInput),
  step('slow-reader', 'Nobody waits for a user who does not read', slowReader),
  step('shutdown', 'Ctrl+C ends it, and frees the port', shutdown),
  step('restart', 'It starts again at once on the same port', restart),
];
