import { randomUUID } from 'node:crypto';
import { TEXT } from '../core/frames.ts';
import { formatDuration } from '../core/units.ts';
import { failed, type CheckContext, type Finding } from './step.ts';
import { closing } from './subject.ts';
import { open } from './open.ts';
import { jsonOf, type Wire } from './wire.ts';

type Message = Record<string, unknown>;

/** One user of a session, over a connection of which everything is seen. */
export class User {
  readonly wire: Wire;
  readonly session: string;
  readonly id: string;
  readonly #wait_ms: number;

  constructor(wire: Wire, session: string, id: string, wait_ms: number) {
    this.wire = wire;
    this.session = session;
    this.id = id;
    this.#wait_ms = wait_ms;
  }

  /** All messages so far, as JSON. */
  messages(): Message[] {
    return this.wire.received.flatMap((one): Message[] => {
      const message = one.opcode === TEXT ? jsonOf(one) : undefined;
      return message ? [message] : [];
    });
  }

  /** The first message of a type from the `from`-th on for which something holds. */
  async next(type: string, holds: (message: Message) => boolean = () => true, from = 0): Promise<Message | undefined> {
    const find = (): Message | undefined =>
      this.messages()
        .slice(from)
        .find((one) => one['type'] === type && holds(one));
    await this.wire.until(() => find() !== undefined, this.#wait_ms);
    return find();
  }

  /** Sends a change. */
  change(action: string, item: string, data: object = {}): void {
    const command = { action, item_type: 'lens', item_id: item, data };
    this.wire.send({ type: 'command', command, user_id: this.id, timestamp: Date.now() / 1000 });
  }

  /** A change of an item, as this user got it. */
  saw(action: string, item: string): Promise<Message | undefined> {
    return this.next('command', ({ command }) => {
      const { action: done, item_id } = (command ?? {}) as Message;
      return done === action && item_id === item;
    });
  }

  ping(): void {
    this.wire.send({ type: 'ping', user_id: this.id });
  }

  /** Once the server has answered a ping, everything it had to say before has come. */
  async upToNow(): Promise<boolean> {
    const from = this.messages().length;
    this.ping();
    return (await this.next('pong', undefined, from)) !== undefined;
  }

  leave(): Promise<unknown> {
    return this.wire.close(this.#wait_ms);
  }
}

/** An item as the Optiverse client adds it (rule P7). */
export function newItem(x_mm = 10): { id: string; data: Message } {
  const id = randomUUID();
  return { id, data: { item_uuid: id, x_mm, y_mm: 20, angle_deg: 45, _type: 'component', name: 'Lens f=50' } };
}

/** Why nobody was let in. */
export class NotJoined extends Error {
  readonly wire: Wire;

  constructor(wire: Wire) {
    super('no connection:ack');
    this.wire = wire;
  }
}

/** Connects as a user and waits for `connection:ack`. @throws NotJoined where none comes */
export async function join(
  context: CheckContext,
  session: string,
  id: string,
  headers: Record<string, string> = {},
): Promise<User & { ack: Message }> {
  const wire = await open(context.address(session, id), { ...context, headers });
  const user = new User(wire, session, id, context.wait_ms);
  const ack = await user.next('connection:ack');
  if (ack) return Object.assign(user, { ack });
  throw new NotJoined(wire);
}

/** What is to be said where the server ended a user's connection; nothing where it is still there, or we ended it. */
export function thrownOut({ wire }: User, where: string): Finding | undefined {
  const { closed } = wire;
  if (!closed || closed.by === 'us') return undefined;
  const { code, reason, after_ms } = closed;
  return failed(`the server threw a user out after ${formatDuration(after_ms)}, ${where}: ${closing(closed)}`, {
    unexpected_close: { code, reason, after_ms, where },
  });
}

/** Two users in one session; both gone afterwards, however it ends. */
export async function together<T>(
  context: CheckContext,
  what: (one: User, other: User & { ack: Record<string, unknown> }) => Promise<T>,
): Promise<T> {
  const session = context.fresh('s');
  const one = await join(context, session, context.fresh('a'));
  let other: Awaited<ReturnType<typeof join>> | undefined;
  try {
    other = await join(context, session, context.fresh('b'));
    return await what(one, other);
  } finally {
    one.wire.cut();
    other?.wire.cut();
  }
}
