import type { JsonObject } from '../src/core/json.ts';
import { Document, type Item } from '../src/protocol/document.ts';
import type { Clock } from './clock.ts';
import { Copies } from './copies.ts';
import { frameOf, type Frame } from './frames.ts';
import { Refusal, type Command } from './input.ts';
import * as messages from './messages.ts';
import { Roster, type Member } from './roster.ts';
import type { Sabotage } from './sabotage.ts';
import type { Telemetry } from './telemetry.ts';

/** Where a session's messages for one user go. */
export interface Receiver {
  /** Queues a frame. Never ends the connection before it returns: a broadcast is under way. */
  send(frame: Frame): void;
}

/** What a session needs of the server around it. */
export interface Surroundings {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly maxItems: number;
  readonly sabotage?: Sabotage | undefined;
  /** A user of another session, for the fault that leaks. */
  stranger(session: Session): Receiver | undefined;
}

/** One session: who is in it, who is its host, in which order things happened, and what they add up to. */
export class Session {
  readonly id: string;
  readonly document = new Document();
  readonly #roster = new Roster();
  readonly #around: Surroundings;
  /** Where copies of commands can meet faults. */
  readonly #copies: Copies | undefined;
  /** The items before the last change, for the fault that sends them. */
  #before: readonly Item[] | undefined;
  /** Wall clock of the last change, s. */
  #changedAt: number;
  /** The state as a frame, as long as no further change was taken. */
  #state: { version: number; frame: Frame } | undefined;

  constructor(id: string, around: Surroundings) {
    this.id = id;
    this.#around = around;
    this.#changedAt = around.clock.wall();
    const { sabotage, clock, telemetry } = around;
    if (sabotage?.deliveries) {
      this.#copies = new Copies({ sabotage, clock, telemetry, stranger: () => around.stranger(this) });
    }
  }

  /** How many users are present. */
  get size(): number {
    return this.#roster.size;
  }

  get members(): readonly Member[] {
    return this.#roster.members;
  }

  member(userId: string): Member | undefined {
    return this.#roster.member(userId);
  }

  isHost(member: Member): boolean {
    return this.#roster.host === member;
  }

  /** Lets a user in: the acknowledgement, the state (P10), and word to the others, unless a place is taken over (P6). */
  join(userId: string, receiver: Receiver): Member {
    const { clock, telemetry, sabotage } = this.#around;
    const wall = clock.wall();
    let member = this.#roster.member(userId);
    if (member) {
      this.#copies?.forget(member);
      member.receiver = receiver;
    } else {
      member = this.#roster.add(userId, receiver, wall);
      const joined = messages.presence('user:joined', userId, wall);
      telemetry.sent['user:joined'] += this.#toOthers(joined, member);
      if (sabotage) telemetry.sent['user:joined'] += this.#again(joined, member, sabotage);
    }
    const host = this.isHost(member);
    const { version } = this.document;
    const ghost = sabotage?.happens('ghost') ? this.#roster.goneJson() : undefined;
    if (ghost !== undefined) sabotage!.count('ghost');
    const users = this.#roster.usersJson() + (ghost === undefined ? '' : `,${ghost}`);
    const isHost = host || sabotage?.commits('two-hosts') === true;
    telemetry.sent['connection:ack']++;
    receiver.send(messages.connectionAck(this.id, userId, isHost, users, version, wall));
    if (!host || version > 0) this.sendState(member);
    return member;
  }

  /** Somebody left. Who is host now is told so (P13). */
  leave(member: Member): void {
    const { clock, telemetry, sabotage } = this.#around;
    const wasHost = this.isHost(member);
    this.#roster.remove(member, sabotage?.asked('ghost') !== undefined);
    this.#copies?.forget(member);
    this.#copies?.releaseAll(member);
    if (this.size === 0 || !sabotage?.commits('silent-leave')) {
      telemetry.sent['user:left'] += this.#toOthers(messages.presence('user:left', member.userId, clock.wall()));
    }
    const { host } = this.#roster;
    if (wasHost && host) {
      telemetry.sent['session:host']++;
      host.receiver.send(messages.sessionHost(host.userId));
    }
  }

  /** Sends the whole state; to the host of a session that nobody has written to yet, null (P11). */
  sendState(member: Member): void {
    const { document } = this;
    this.#copies?.release(member);
    this.#around.telemetry.sent['sync:full_state']++;
    if (document.version === 0 && this.isHost(member)) {
      member.receiver.send(messages.fullState(undefined, 0, this.#changedAt));
      return;
    }
    if (this.#state?.version !== document.version) {
      const frame = messages.fullState(document.itemsJson(), document.version, this.#changedAt);
      this.#state = { version: document.version, frame };
    }
    member.receiver.send(this.#falsified() ?? this.#state.frame);
  }

  /** The state with a fault in it; nothing where there is none. */
  #falsified(): Frame | undefined {
    const { sabotage } = this.#around;
    if (!sabotage?.states) return undefined;
    const { document } = this;
    let items: readonly Item[] | undefined;
    if (sabotage.happens('stale-snapshot') && this.#before && JSON.stringify(this.#before) !== document.itemsJson()) {
      items = this.#before;
      sabotage.count('stale-snapshot');
    }
    const missing = sabotage.happens('forget') ? sabotage.pick('forget', items ?? document.items()) : undefined;
    if (missing) {
      items = (items ?? document.items()).filter((item) => item !== missing);
      sabotage.count('forget');
    }
    if ((items ?? document.items()).length > 0 && sabotage.commits('empty-state')) items = [];
    return items && messages.fullState(JSON.stringify(items), document.version, this.#changedAt);
  }

  /** Takes a command (P9) and passes it on with all its fields (P8). */
  command(sender: Member, message: JsonObject, command: Command): Refusal | undefined {
    const { document } = this;
    const { maxItems, telemetry } = this.#around;
    if (command.action === 'add_item' && document.size >= maxItems && !document.has(command.item_id)) {
      return new Refusal('too_many_items', `A session has ${maxItems} items at most.`);
    }
    this.#remember();
    this.#misnumber();
    document.apply(command.action, command.item_type, command.item_id, command.data);
    this.#changed();
    message['user_id'] = sender.userId;
    message['version'] = document.version;
    const frame = frameOf(JSON.stringify(message));
    if (this.#copies) {
      this.#copies.deliver(frame, sender, this.members);
      this.#copies.release(sender);
    } else {
      const copies = this.#toOthers(frame, sender);
      telemetry.sent.command += copies;
      telemetry.deliveries += copies;
    }
    telemetry.sent['command:ack']++;
    sender.receiver.send(messages.commandAck(command.item_id, document.version, command.data['token']));
    return undefined;
  }

  /** Between two commands: leaves a version out, or gives the next command the version of the last one. */
  #misnumber(): void {
    const { document } = this;
    const { sabotage } = this.#around;
    if (!sabotage || document.version === 0) return;
    if (sabotage.commits('skip-version')) document.version++;
    if (!sabotage.commits('repeat-version')) return;
    document.version--;
    this.#state = undefined;
  }

  /** Passes a cursor on; it is kept nowhere. */
  cursor(sender: Member, message: JsonObject): void {
    message['user_id'] = sender.userId;
    this.#around.telemetry.sent.cursor += this.#toOthers(frameOf(JSON.stringify(message), true), sender);
  }

  /** Takes the host's whole state as one change of the session (P12). */
  replaceState(sender: Member, message: JsonObject, items: readonly Item[]): Refusal | undefined {
    const { maxItems, telemetry } = this.#around;
    if (items.length > maxItems) return new Refusal('too_many_items', `A session has ${maxItems} items at most.`);
    this.#copies?.releaseAll();
    this.#remember();
    this.document.replace(items);
    this.#changed();
    const { version } = this.document;
    message['user_id'] = sender.userId;
    message['version'] = version;
    message['state'] = { ...(message['state'] as JsonObject), version };
    telemetry.sent['sync:full_state'] += this.#toOthers(frameOf(JSON.stringify(message)), sender);
    return undefined;
  }

  /**
   * The host's state for one user: that user gets the server's own where there is one, and the host's where there is
   * none; no change of the session (P12). A user who has left in the meantime is nobody's mistake.
   */
  answerFor(host: Member, message: JsonObject, targetUser: string): void {
    const { telemetry } = this.#around;
    const target = this.#roster.member(targetUser);
    if (!target) {
      telemetry.dropped++;
    } else if (this.document.version > 0) {
      this.sendState(target);
    } else {
      message['user_id'] = host.userId;
      telemetry.sent['sync:full_state']++;
      target.receiver.send(frameOf(JSON.stringify(message)));
    }
  }

  /** Says once more what others were told of a member, to some of them. @returns to how many */
  #again(joined: Frame, member: Member, sabotage: Sabotage): number {
    const told = this.members.filter((other) => other !== member && sabotage.commits('repeat-joined'));
    for (const { receiver } of told) receiver.send(joined);
    return told.length;
  }

  #remember(): void {
    if (this.#around.sabotage?.states) this.#before = this.document.items();
  }

  #changed(): void {
    this.#changedAt = this.#around.clock.wall();
  }

  /** @returns how many got it */
  #toOthers(frame: Frame, sender?: Member): number {
    let copies = 0;
    for (const member of this.#roster.members) {
      if (member === sender) continue;
      member.receiver.send(frame);
      copies++;
    }
    return copies;
  }
}
