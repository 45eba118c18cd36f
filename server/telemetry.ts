/** The message types that are counted by name; every other one counts as `other`. */
const COUNTED_TYPES = [
  'command',
  'command:ack',
  'cursor',
  'ping',
  'pong',
  'connection:ack',
  'user:joined',
  'user:left',
  'session:host',
  'sync:request',
  'sync:full_state',
  'error',
  'other',
] as const;
type CountedType = (typeof COUNTED_TYPES)[number];
export type TypeCounts = Record<CountedType, number>;

const zeroes = (): TypeCounts => Object.fromEntries(COUNTED_TYPES.map((type) => [type, 0])) as TypeCounts;

/** What the server counts: plain numbers, read when somebody asks. */
export class Telemetry {
  /** Connections that were let in, ever. */
  connections = 0;
  /** Connections that were refused, by why. */
  readonly refusals: Record<string, number> = {};
  /** Messages taken from and queued to clients. */
  readonly received = zeroes();
  readonly sent = zeroes();
  bytesReceived = 0;
  bytesSent = 0;
  /** Copies of commands queued to their receivers. */
  deliveries = 0;
  /** Messages that were refused (P14) or that nobody was left to take. */
  dropped = 0;
  /** Cursors that a client who did not read never got (P15). */
  cursorsDropped = 0;
  /** Ended connections by close code; 1006 where no close frame came. */
  readonly disconnects: Record<number, number> = {};

  refused(why: string): void {
    this.refusals[why] = (this.refusals[why] ?? 0) + 1;
  }

  disconnected(code: number): void {
    this.disconnects[code] = (this.disconnects[code] ?? 0) + 1;
  }
}
