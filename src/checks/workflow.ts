import { formatDuration } from '../core/units.ts';
import { heldAgainstSilence } from './idle.ts';
import { pingFinding } from './probes.ts';
import { python, qtCodeWords, startQt, START_MS, type QtEvent } from './qt-client.ts';
import { failed, passed, skipped, type CheckContext, type Finding, type Step } from './step.ts';
import { closing } from './subject.ts';
import { join, newItem, thrownOut, type User } from './user.ts';

/** Layer 4: the guide's integration test. */

const BEATS = 3;

/** Several instances in one session, which stay, ping, and exchange changes; a real Qt client among them. */
async function stays(context: CheckContext): Promise<Finding> {
  const session = context.fresh('s');
  const users: User[] = [];
  const guest = await qtGuest(context, session);
  try {
    for (const name of ['a', 'b', 'c']) users.push(await join(context, session, context.fresh(name)));
    const began = performance.now();
    const due = context.for_ms / BEATS;
    const gone = (where: string): Finding | undefined =>
      users.map((user) => thrownOut(user, where)).find((finding) => finding !== undefined) ?? guest?.gone();
    const heldAgainst = (ended: Finding): Promise<Finding> | Finding => {
      const closed = users.map(({ wire }) => wire.closed).find((one) => one !== undefined && one.by !== 'us');
      return closed ? heldAgainstSilence(context, ended, closed) : ended;
    };
    for (let round = 1; round <= BEATS; round++) {
      const item = newItem(round);
      const sender = users[round % users.length]!;
      sender.change('add_item', item.id, item.data);
      const others = users.filter((user) => user !== sender);
      const seen = await Promise.all([
        ...others.map(async (user) => (await user.saw('add_item', item.id)) !== undefined),
        ...(guest ? [guest.saw(item.id)] : []),
      ]);
      const pongs = await Promise.all(users.map((user) => user.upToNow()));
      const ended = gone(`in change ${round}`);
      if (ended) return heldAgainst(ended);
      if (seen.includes(false)) return failed(`change ${round} did not reach everybody in the session`);
      if (pongs.includes(false)) return failed(`heartbeat ${round} was not answered`, { heartbeat: 'forgotten' });
      const left = round * due - (performance.now() - began);
      await users[0]!.wire.until(() => users.some(({ wire }) => wire.closed !== undefined), left);
    }
    const ended = gone('while it was idle');
    if (ended) return heldAgainst(ended);
    const time = formatDuration(performance.now() - began);
    const who = guest ? '3 users and a real Qt client' : '3 users';
    return passed(
      `${who} stayed ${time} in one session: ${BEATS} changes each seen by all, ${BEATS * 3} heartbeats answered`,
    );
  } finally {
    for (const { wire } of users) wire.cut();
    await guest?.end();
  }
}

interface Guest {
  saw(item: string): Promise<boolean>;
  gone(): Finding | undefined;
  end(): Promise<void>;
}

/** A real Qt client in a session, where there is one, and layer 2 has not found that it cannot stay. */
async function qtGuest(context: CheckContext, session: string): Promise<Guest | undefined> {
  const here = context.facts.qt?.stayed === false ? undefined : await python();
  if (!here) return undefined;
  const client = startQt(here, context.address(session, context.fresh('qt')), context);
  const acknowledged = ({ text }: QtEvent): boolean => text?.includes('connection:ack') ?? false;
  if (!(await client.until(acknowledged, context.wait_ms + START_MS))) {
    await client.end();
    return undefined;
  }
  return {
    saw: async (item) =>
      (await client.until(({ text }) => text?.includes(item) ?? false, context.wait_ms)) !== undefined,
    gone: () => {
      const closed = client.events.find(({ event }) => event === 'closed');
      if (!closed) return undefined;
      return failed(`the Qt client was thrown out: ${qtCodeWords(closed.code!, closed.name!)}`, {}, client.log());
    },
    end: () => client.end(),
  };
}

async function edits(context: CheckContext): Promise<Finding> {
  const session = context.fresh('s');
  const one = await join(context, session, context.fresh('a'));
  const other = await join(context, session, context.fresh('b'));
  try {
    const item = newItem();
    const moved = { ...item.data, x_mm: 123.5, y_mm: -7.25 };
    const steps = [
      ['add_item', item.data],
      ['move_item', moved],
      ['remove_item', {}],
    ] as const;
    for (const [action, data] of steps) {
      one.change(action, item.id, data);
      const seen = await other.saw(action, item.id);
      if (!seen) return failed(`${action} does not reach the other user`);
      const arrived = (seen['command'] as { data?: Record<string, unknown> }).data ?? {};
      const wrong = Object.entries(data).find(([key, value]) => arrived[key] !== value);
      if (wrong) {
        const [key, was] = wrong;
        const altered = `${key} was ${JSON.stringify(was)}, and is ${JSON.stringify(arrived[key])}`;
        return failed(`${action} arrives altered: ${altered}`, { altered: `${action}: ${altered}` });
      }
    }
    return passed('add, move and remove arrive as they were sent');
  } finally {
    one.wire.cut();
    other.wire.cut();
  }
}

async function reconnects(context: CheckContext): Promise<Finding> {
  const session = context.fresh('s');
  const stayer = await join(context, session, context.fresh('a'));
  const id = context.fresh('b');
  const before = await join(context, session, id);
  try {
    const item = newItem();
    before.change('add_item', item.id, item.data);
    await stayer.saw('add_item', item.id);
    before.wire.cut();
    const away = newItem();
    stayer.change('add_item', away.id, away.data);
    await stayer.upToNow();
    const again = await join(context, session, id);
    again.wire.send({ type: 'sync:request', user_id: id });
    const state = await again.next('sync:full_state', (message) => {
      const text = JSON.stringify(message['state'] ?? null);
      return text.includes(item.id) && text.includes(away.id);
    });
    const later = newItem();
    stayer.change('add_item', later.id, later.data);
    const goesOn = await again.saw('add_item', later.id);
    again.wire.cut();
    if (!goesOn) return failed('after coming back a user gets no further changes');
    if (state) return passed('who comes back gets the state, with what was added meanwhile');
    return skipped('who comes back works on; not claimed: the server keeps no state to give');
  } finally {
    stayer.wire.cut();
    before.wire.cut();
  }
}

async function leaves(context: CheckContext): Promise<Finding> {
  const user = await join(context, context.fresh('s'), context.fresh('u'));
  await user.upToNow();
  const closed = await user.wire.close(context.wait_ms);
  if (!closed) return failed('our close frame is not answered');
  return closed.code === 1000
    ? passed('leaving ends with 1000')
    : failed(`leaving ends with ${closing(closed)}, not 1000`);
}

/** A real Qt client and a simulated user in one session. */
async function withQt(context: CheckContext): Promise<Finding> {
  const here = await python();
  if (!here) return skipped('not claimed: no Python with PyQt6 here (see Qt)');
  // Nothing rests on Qt.
  if (context.facts.qt?.stayed === false) return skipped('not tried: Qt does not stay (see Qt)');
  const session = context.fresh('s');
  const user = await join(context, session, context.fresh('a'));
  const client = startQt(here, context.address(session, context.fresh('qt')), context);
  try {
    const acknowledged = await client.until(
      ({ text }) => text?.includes('connection:ack') ?? false,
      context.wait_ms + START_MS,
    );
    if (!acknowledged) return failed('the Qt client is not acknowledged', {}, client.log());
    const ours = newItem();
    user.change('add_item', ours.id, ours.data);
    const seen = await client.until(({ text }) => text?.includes(ours.id) ?? false, context.wait_ms);
    const theirs = newItem();
    const command = { action: 'add_item', item_type: 'lens', item_id: theirs.id, data: theirs.data };
    client.send(JSON.stringify({ type: 'command', command, user_id: 'check-qt' }));
    const answered = await user.saw('add_item', theirs.id);
    if (!seen) return failed('the Qt client does not see the other user’s item', {}, client.log());
    if (!answered) return failed('the other user does not see the Qt client’s item', {}, client.log());
    return passed(`a real Qt client (${here.qt}) and a simulated user see each other’s items`);
  } finally {
    user.wire.cut();
    await client.end();
  }
}

/** Layer 1 watched for a moment; meanwhile the two connections have been there for a while. */
const pings = ({ lookout }: CheckContext): Promise<Finding> => Promise.resolve(pingFinding(lookout.look()));

const step = (id: string, title: string, run: Step['run']): Step => ({
  id: `workflow.${id}`,
  layer: 'workflow',
  title,
  run,
});

export const workflow: readonly Step[] = [
  step('stays', 'Several users stay in one session, exchange messages, and are answered', stays),
  step('edits', 'Adding, moving and removing items is synchronised', edits),
  step('reconnect', 'Who comes back has everything', reconnects),
  step('leaves', 'Leaving is a clean close', leaves),
  step('qt', 'A real Qt client and a simulated user see each other’s items', withQt),
  step('pings', 'No pings all the while, or ones that harm nobody', pings),
];
