/**
 * Where a user is in its life.
 *
 *     IDLE ── due ──> CONNECTING ── open ──> OPEN ── ack ──> JOINED ── leave ──> CLOSING ──> AWAY ── due ──> CONNECTING
 *                         │                   │                 │                   └── run over ──> GONE
 *                         └ refused, timed out, thrown out, cut ┼──> WAITING ── back-off ──> CONNECTING
 *                                                               └─ stop ──> STOPPED ── ended ──> GONE
 */
export const IDLE = 0;
export const CONNECTING = 1;
export const OPEN = 2;
export const JOINED = 3;
export const CLOSING = 4;
export const AWAY = 5;
export const WAITING = 6;
export const GONE = 7;
export const STOPPED = 8;
