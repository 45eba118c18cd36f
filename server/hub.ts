import type { Clock } from './clock.ts';
import { Connection, type Peer } from './connection.ts';
import { Delays } from './delays.ts';
import type { Limits } from './limits.ts';
import { silent, type Log } from './log.ts';
import type { Sabotage } from './sabotage.ts';
import { Service } from './service.ts';
import type { Member } from './roster.ts';
import { Session, type Receiver, type Surroundings } from './session.ts';
import type { Telemetry } from './telemetry.ts';

/** What a {@link Hub} works with. */
export interface HubOptions {
  limits: Limits;
  clock: Clock;
  telemetry: Telemetry;
  sabotage?: Sabotage | undefined;
  log?: Log | undefined;
}

/** Why somebody is not let in: the close, and the name under which it is counted. */
interface Refused {
  code: number;
  reason: string;
  why: string;
}

/** What a right address looks like (P1, P2); a close reason has 123 bytes at most. */
const PATH_HINT = 'wrong path: connect to /ws/{session_id}/{user_id}, ids of 1 to 128 characters';
const FULL = 'full, try again later';
const full = (why: string): Refused => ({ code: 4013, reason: FULL, why });
const MAX_ID_LENGTH = 128;
/** How often the fault that closes connections does, ms. */
const CLOSE_EVERY = 1000;

/**
 * The session logic of the server, free of sockets: who is where, and what each message means. A test runs it in
 * virtual time over peers in memory.
 */
export class Hub implements Surroundings {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly sabotage: Sabotage | undefined;
  /** Where messages to clients go out late, and those from clients wait: by a fault. */
  readonly delays: Delays | undefined;
  readonly service: Service | undefined;
  readonly log: Log;
  /** Whether every message is logged. */
  readonly debug: boolean;
  readonly #sessions = new Map<string, Session>();
  /** Cancels the end of a session's grace time (P13). */
  readonly #graces = new Map<Session, () => void>();
  readonly #connections = new Set<Connection>();
  /** Cancels what is done now and then. */
  readonly #cancel: (() => void)[] = [];
  #stopped = false;

  constructor(options: HubOptions) {
    this.limits = options.limits;
    this.clock = options.clock;
    this.telemetry = options.telemetry;
    this.sabotage = options.sabotage;
    this.delays = Delays.of(this.sabotage, this.clock);
    this.service = Service.of(this.sabotage, this.clock);
    this.log = options.log ?? silent;
    this.debug = this.log.isLevelEnabled('debug');
    const idle = this.limits.idleTimeout;
    if (idle > 0) this.#every(idle / 4, idle / 4, () => this.#closeIdle());
    const closing = this.sabotage?.asked('close');
    if (closing) this.#every(Math.max(closing.onset, CLOSE_EVERY), CLOSE_EVERY, () => this.#closeOne(closing.value));
  }

  get maxItems(): number {
    return this.limits.maxItems;
  }

  /** How many connections, and sessions in use or in their grace time, there are. */
  get connections(): number {
    return this.#connections.size;
  }
  get sessions(): number {
    return this.#sessions.size;
  }

  /**
   * Lets a client in that has just finished its handshake, or closes it with what is wrong.
   * @param path the request's target: path and, maybe, query
   */
  accept(path: string, peer: Peer): Connection {
    const connection = new Connection(this, peer);
    const refused = this.#admit(path, connection);
    if (refused) {
      this.telemetry.refused(refused.why);
      this.log.info(
        { path: path.replace(/\?.*/s, ''), code: refused.code, reason: refused.reason },
        'refused a client',
      );
      connection.shut(refused.code, refused.reason);
    }
    return connection;
  }

  #admit(path: string, connection: Connection): Refused | undefined {
    if (this.#stopped) return { code: 1001, reason: 'server going away', why: 'stopping' };
    const refuse = this.sabotage?.active('refuse');
    if (refuse && refuse.value >= 1000) {
      this.sabotage!.count('refuse');
      return { code: refuse.value, reason: 'refused on purpose', why: 'fault' };
    }
    const ids = idsOf(path);
    if (!ids) return { code: 1008, reason: PATH_HINT, why: 'path' };
    const { limits } = this;
    let session = this.#sessions.get(ids.session);
    const older = session?.member(ids.user)?.receiver as Connection | undefined;
    // Whoever takes over its own place needs no more room.
    if (!older) {
      if (this.#connections.size >= limits.maxConnections) return full('connections');
      if (session && session.size >= limits.maxUsersPerSession) return full('users');
      if (!session && this.#sessions.size >= limits.maxSessions) return full('sessions');
    }
    if (!session) {
      session = new Session(ids.session, this);
      this.#sessions.set(ids.session, session);
    }
    this.#graces.get(session)?.();
    this.#graces.delete(session);
    older?.shut(4001, 'replaced by a newer connection');
    this.#connections.add(connection);
    this.telemetry.connections++;
    connection.joined(session, ids.user);
    this.log.info({ ...connection.who, users: session.size, ...(older && { replaced: true }) }, 'joined');
    return undefined;
  }

  /** A member left its session; the last one leaves it to its grace time. */
  leave(session: Session, member: Member): void {
    session.leave(member);
    if (session.size > 0) return;
    const release = (): void => {
      this.#graces.delete(session);
      this.#sessions.delete(session.id);
      this.log.debug({ session: session.id }, 'session released');
    };
    if (this.limits.grace === 0) release();
    else this.#graces.set(session, this.clock.after(this.limits.grace, release));
  }

  /** A connection is closed or closing. */
  forget(connection: Connection): void {
    this.#connections.delete(connection);
  }

  stranger(session: Session): Receiver | undefined {
    const others: Session[] = [];
    for (const other of this.#sessions.values()) if (other !== session && other.size > 0) others.push(other);
    const other = this.sabotage?.pick('leak', others);
    return other && this.sabotage?.pick('leak', other.members)?.receiver;
  }

  /** Closes everybody with 1001 (P5). Nobody is told that the others left (P12). */
  stop(): void {
    this.#stopped = true;
    for (const cancel of [...this.#cancel, ...this.#graces.values()]) cancel();
    for (const connection of this.#connections) connection.shut(1001, 'server going away');
    this.#sessions.clear();
    this.#graces.clear();
  }

  #every(first: number, period: number, task: () => void): void {
    const at = this.#cancel.push(() => {}) - 1;
    const again = (): void => {
      this.#cancel[at] = this.clock.after(period, again);
      task();
    };
    this.#cancel[at] = this.clock.after(first, again);
  }

  #closeIdle(): void {
    const { idleTimeout } = this.limits;
    const latest = this.clock.now() - idleTimeout;
    for (const connection of this.#connections) {
      if (connection.lastHeard <= latest) connection.close(1008, `nothing came for ${idleTimeout / 1000} s`);
    }
  }

  #closeOne(code: number): void {
    const connection = this.sabotage!.pick('close', [...this.#connections]);
    if (!connection) return;
    this.sabotage!.count('close');
    connection.close(code, 'closed on purpose');
  }
}

/** The ids in an address (P1); nothing where it is not one. */
function idsOf(path: string): { session: string; user: string } | undefined {
  const [, session, user] = /^\/ws\/([^/?#]+)\/([^/?#]+)(?:\?.*)?$/s.exec(path) ?? [];
  const ids = { session: decoded(session), user: decoded(user) };
  return ids.session === undefined || ids.user === undefined ? undefined : (ids as { session: string; user: string });
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  let id: string;
  try {
    id = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  const length = id.length <= MAX_ID_LENGTH ? id.length : [...id].length;
  return length > MAX_ID_LENGTH || /[/\p{Cc}]/u.test(id) ? undefined : id;
}
