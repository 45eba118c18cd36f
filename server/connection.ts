import type { Frame } from './frames.ts';
import type { JsonObject } from '../src/core/json.ts';
import type { Hub } from './hub.ts';
import { checkCommand, checkCursor, checkState, parseMessage, Refusal } from './input.ts';
import * as messages from './messages.ts';
import type { Member } from './roster.ts';
import type { Receiver, Session } from './session.ts';

/** The other end of a connection, as the server sees it: a socket, or something in memory. */
export interface Peer extends Receiver {
  /** Sends what waits, then begins the close handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection without a close frame. */
  cut(): void;
}

/** More refused messages than this in {@link BAD_WINDOW} ms close the connection (P14). */
const BAD_LIMIT = 100;
const BAD_WINDOW = 10_000;
const RATE_WINDOW = 1000;

/** What a refused message was, for `error`: made once. */
const UNKNOWN_TYPES =
  'type is one of ping, command, cursor, sync:request, sync:full_state, sync:update, sync:state, not this one.';

/**
 * One client. It is a member of its session from {@link Hub.accept} until it is gone, is closed or is replaced;
 * after that whatever still comes from it is ignored.
 */
export class Connection implements Receiver {
  readonly #hub: Hub;
  readonly #peer: Peer;
  /** Where it is a member; nothing once it is not, or never was. */
  #place: { session: Session; member: Member } | undefined;
  /** The close code this server began with. */
  #code: number | undefined;
  #counted = false;
  /** When something last came, on the hub's clock. */
  lastHeard: number;
  #windowEnd = 0;
  #inWindow = 0;
  /** When each of the last refused messages came: a ring. */
  #bad: number[] = [];
  #badNext = 0;

  constructor(hub: Hub, peer: Peer) {
    this.#hub = hub;
    this.#peer = peer;
    this.lastHeard = hub.clock.now();
  }

  /** Who and where, for a log. */
  get who(): { session?: string; user?: string } {
    return this.#place ? { session: this.#place.session.id, user: this.#place.member.userId } : {};
  }

  /** Takes its place in a session. */
  joined(session: Session, userId: string): void {
    this.#place = { session, member: session.join(userId, this) };
  }

  send(frame: Frame): void {
    if (this.#hub.debug) this.#hub.log.debug({ ...this.who, to: frame.payload.toString() }, 'sent');
    const { delays } = this.#hub;
    if (delays) delays.send(this.#peer, frame);
    else this.#peer.send(frame);
  }

  /** Something came that is no message: a protocol ping. */
  heard(): void {
    this.lastHeard = this.#hub.clock.now();
  }

  /** A whole message came. */
  receive(data: Uint8Array, isBinary: boolean): void {
    const { service } = this.#hub;
    if (service) service.serve(() => this.#receive(data, isBinary));
    else this.#receive(data, isBinary);
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    const place = this.#place;
    if (!place) return;
    const { telemetry, clock, limits } = this.#hub;
    const now = (this.lastHeard = clock.now());
    telemetry.bytesReceived += data.length;
    if (isBinary) {
      telemetry.received.other++;
      this.close(1003, 'messages are text');
      return;
    }
    const text = (Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)).toString();
    if (this.#hub.debug) this.#hub.log.debug({ ...this.who, from: text }, 'received');
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + RATE_WINDOW;
      this.#inWindow = 0;
    }
    const refusal =
      ++this.#inWindow > limits.maxRate
        ? new Refusal('too_many_messages', `A connection sends ${limits.maxRate} messages a second at most.`)
        : this.#take(text, place.session, place.member);
    if (refusal) this.#refuse(refusal, now);
  }

  #take(text: string, session: Session, member: Member): Refusal | undefined {
    const { telemetry, sabotage, clock } = this.#hub;
    const message = parseMessage(text);
    if (message instanceof Refusal) {
      telemetry.received.other++;
      return message;
    }
    switch (message['type']) {
      case 'command': {
        telemetry.received.command++;
        const command = checkCommand(message);
        return command instanceof Refusal ? command : session.command(member, message, command);
      }
      case 'cursor': {
        telemetry.received.cursor++;
        const refusal = checkCursor(message);
        if (!refusal) session.cursor(member, message);
        return refusal;
      }
      case 'ping':
        telemetry.received.ping++;
        if (sabotage?.happens('mute-heartbeat')) {
          sabotage.count('mute-heartbeat');
        } else {
          telemetry.sent.pong++;
          this.send(messages.pong(clock.wall()));
        }
        return undefined;
      case 'sync:request':
        telemetry.received['sync:request']++;
        session.sendState(member);
        return undefined;
      case 'sync:full_state':
      case 'sync:update':
      case 'sync:state':
        telemetry.received['sync:full_state']++;
        return this.#takeState(message, session, member);
      default:
        telemetry.received.other++;
        return new Refusal('unknown_type', UNKNOWN_TYPES);
    }
  }

  #takeState(message: JsonObject, session: Session, member: Member): Refusal | undefined {
    if (!session.isHost(member)) return new Refusal('not_host', 'Only the host of a session sends its state.');
    const items = checkState(message);
    if (items instanceof Refusal) return items;
    const target = message['target_user'];
    if (typeof target === 'string') {
      session.answerFor(member, message, target);
      return undefined;
    }
    if (target !== undefined && target !== null) return new Refusal('bad_field', 'target_user is a user id.');
    return session.replaceState(member, message, items);
  }

  #refuse(refusal: Refusal, now: number): void {
    const { telemetry, log } = this.#hub;
    telemetry.dropped++;
    telemetry.refused(refusal.code);
    telemetry.sent.error++;
    log.debug({ ...this.who, code: refusal.code }, 'message refused');
    this.send(messages.error(refusal.code, refusal.message));
    const oldest = this.#bad[this.#badNext];
    this.#bad[this.#badNext] = now;
    this.#badNext = (this.#badNext + 1) % BAD_LIMIT;
    if (oldest !== undefined && now - oldest < BAD_WINDOW) {
      this.close(1008, `more than ${BAD_LIMIT} bad messages in ${BAD_WINDOW / 1000} s`);
    }
  }

  /** The peer did not read what was queued for it (P15). */
  tooSlow(): void {
    this.close(4008, 'too slow');
  }

  /** Ends it from this side: the session hears of it at once, nobody waits for the peer. 1006 cuts it. */
  close(code: number, reason: string): void {
    if (this.#code !== undefined || this.#counted) return;
    this.#hub.log.info({ ...this.who, code, reason }, 'closing a connection');
    this.#leave();
    this.shut(code, reason);
  }

  /** As {@link close}, when its place is not given up but taken over (P6), or everybody leaves (P5). */
  shut(code: number, reason: string): void {
    if (this.#code !== undefined || this.#counted) return;
    this.#code = code;
    this.#place = undefined;
    this.#hub.forget(this);
    if (code !== 1006) this.#hub.delays?.flush(this.#peer);
    if (code === 1006) this.#peer.cut();
    else this.#peer.close(code, reason);
  }

  /**
   * The peer will send no more.
   * @param code the close code, once it is known; 1006 where no close frame came
   */
  gone(code?: number): void {
    const { service } = this.#hub;
    if (service) service.inTurn(() => this.#gone(code));
    else this.#gone(code);
  }

  #gone(code?: number): void {
    if (this.#place) this.#hub.log.info({ ...this.who, ...(code !== undefined && { code }) }, 'left');
    this.#leave();
    this.#hub.forget(this);
    if (code === undefined || this.#counted) return;
    this.#counted = true;
    this.#hub.telemetry.disconnected(this.#code ?? code);
  }

  #leave(): void {
    const place = this.#place;
    this.#place = undefined;
    if (place) this.#hub.leave(place.session, place.member);
  }
}
