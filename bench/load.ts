/** What is put on a server, whoever does it: everybody edits at an even rate, and nothing else is sent. */
export interface Load {
  /** In each session. */
  users: number;
  sessions: number;
  /** Changes a second and user. */
  rate: number;
  /** Changes that a user makes at once, `rate` being the mean all the same: frames come several to a read. */
  burst?: 4;
}

/** Bytes of a command as our users send it: all sides move the same. */
export const SIZE = 470;
/** Before what counts, ms: programs and the machine are warm by then. */
export const WARMUP_MS = 3000;

export const totalOf = ({ users, sessions }: Load): number => users * sessions;
/** 49,000 deliveries a second, by however many users in sessions of fifty. */
export const fortyNine = (total: number): Load => ({ users: 50, sessions: total / 50, rate: 1000 / total });

export const nameOf = ({ users, sessions, rate }: Load): string =>
  `${sessions} × ${users} users, ${Number(rate.toPrecision(2))} changes/s each`;

/** What one program said and took under a load. Trends in ms, CPU in µs a delivery, memory in bytes. */
export interface Seen {
  cpu: number;
  p50: number;
  p99: number;
  p999: number;
  /** Send lateness: sent − due. */
  lag_p99: number;
  rss: number;
  /** Joins a second, of the time in which all joined. */
  connects: number;
}
