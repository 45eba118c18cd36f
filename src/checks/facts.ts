import type { Breach } from '../core/breaches.ts';
import type { PortHolder } from '../engine/port-holder.ts';

/** What a server turned out to speak. `silent`: it lets us in and says nothing. */
export type Kind = 'collaboration' | 'echo' | 'engine.io' | 'yjs' | 'silent' | 'unknown';

/** How an attempt with one thing changed ended: `acknowledged`, `1011`, `no connection:ack within 3 s`. */
export interface Variation {
  change: string;
  outcome: string;
  /** What it rules out where the outcome is the same: `the path`. */
  rules_out: string;
  /** Whether it ended as the attempt without a change. */
  same: boolean;
}

/** What came of asking for the state of a session with items in it; of a wrong one, how it is wrong, and its beginning. */
export interface StateAnswer {
  is: 'none' | 'null' | 'empty' | 'wrong' | 'unknown' | 'right';
  how?: string;
  shown?: string;
}

/** The opening handshake once more, with one thing changed; `get`: a plain HTTP request in its place. */
export interface Retry {
  change: string;
  way: 'tls' | 'plain' | 'path' | 'origin' | 'subprotocol' | 'get';
  path?: string;
  outcome: string;
  /** Where HTTP was answered. */
  status?: number;
}

/** What the steps learnt, as values: all that the diagnosis goes by. What no step could see is absent. */
export interface Facts {
  addresses?: { address: string; outcome: 'open' | 'refused' | 'filtered' | 'failed'; ms: number; error?: string }[];
  unresolved?: string;
  port_holder?: PortHolder;
  /** That a proxy is set in the environment, where no address could be reached. */
  proxy?: string;
  tls?: {
    expired_since?: string;
    not_before?: string;
    /** What the system said, and what that means. */
    error?: string;
    meaning?: string;
    hint?: string;
    /** Whom the certificate is for. */
    names?: string;
    valid_to?: string;
    /** What came of the handshake with the certificate taken as it is. */
    otherwise?: string;
  };
  /** What the port said to the opening handshake. `alert`: TLS ended it, after its own handshake had passed. */
  upgrade?: {
    said: 'upgrade' | 'http' | 'nothing' | 'closed' | 'other' | 'alert';
    status?: number;
    /** What came, as it may be shown; what it means, and what to do. */
    text?: string;
    meaning?: string;
    hint?: string;
  };
  /** Where the handshake was refused: what came of it with one thing changed. */
  retries?: Retry[];
  /** The `Server:` header, where there is one. */
  server_header?: string;
  /** What it sent that no server may send. */
  breach?: Breach;
  /** The types of messages that came as binary, of which a text client reads nothing. */
  binary?: string[];
  kind?: Kind;
  first_message?: string;
  /** The handshake passed, and the server closed before it sent or was sent anything. */
  closed_at_once?: { code: number; reason: string; after_ms: number };
  unasked_extension?: string;
  /** It compresses where a client offers it. */
  compresses_if_offered?: boolean;
  /** Protocol pings of the server's own. */
  pings?: {
    count: number;
    watched_ms: number;
    every_ms?: number;
    closes_without_pong?: { code: number; after_ms: number };
  };
  /** Connections that were left alone ended so, whether they answered pings or not. */
  closes_silent?: { code: number; after_ms: number };
  /** The largest text message that was answered, bytes; 0 where none was. */
  largest_text?: number;
  /** The smallest that was not, and how the connection ended, where it did. */
  refused_text?: { bytes: number; code?: number; reason?: string };
  join?: { outcome: 'acknowledged' | 'silent' | 'closed' | 'other'; code?: number; reason?: string; after_ms?: number };
  variations?: Variation[];
  heartbeat?: 'answered' | 'forgotten';
  /** What a ping must be like to be answered, where one was after all. */
  heartbeat_if?: string;
  /** How it ended a connection that sent what is not JSON; what else it ends one on, and what it does not. */
  not_json?: { code: number; reason: string; also: string[]; lives_on: string[] };
  leaked?: string;
  stalled_by_slow_reader?: { after_bytes: number };
  relayed?: boolean;
  /** A change came back to who made it. */
  echoed?: boolean;
  /** What became of a change on its way: `x_mm was 10, and is 20`. */
  altered?: string;
  /** The notice that the others did not get. */
  untold?: 'user:joined' | 'user:left';
  /** Whether it has the parts that are marked ext. */
  extras?: { versions: boolean; acks: boolean };
  state?: StateAnswer;
  shutdown?: { ended: boolean; port_free: boolean; after_ms: number; code?: number; holder?: string };
  restart?: { listens: boolean; last_line?: string };
  qt?: { version?: string; python?: string; code?: number; name?: string; stayed?: boolean; ours_stayed?: boolean };
  /** Connections were ended after so long a silence, and one that pinged as often as `kept_by_ms` was not. */
  idle_limit?: { quiet_ms: number; kept_by_ms: number };
  unexpected_close?: { code: number; reason: string; after_ms: number; where: string };
}
