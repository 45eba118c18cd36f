/**
 * A recording: a conversation between applications and their server, as NDJSON. Its first line is the header, then one
 * line an event, in the order in which they were seen, and a last line that says that it is whole.
 */

export const RECORDING_SCHEMA = 'collab-loadtest/recording/v1';

export interface RecordingHeader {
  schema: typeof RECORDING_SCHEMA;
  /** ISO 8601 UTC of the recording's zero. */
  started_at: string;
  /** Version of this tool. */
  tool: string;
  /** The server's address, without query and credentials. */
  target: string;
}

export type From = 'client' | 'server';

/** One event. `at_ms` is since the recording's zero; `connection` counts from 1. */
export type RecordedEvent =
  | {
      at_ms: number;
      connection: number;
      kind: 'open';
      /** Path of the request, without its query. */
      path: string;
      /** By rule P1; absent where the path is another. */
      session?: string;
      user?: string;
    }
  | {
      at_ms: number;
      connection: number;
      from: From;
      kind: 'text' | 'binary' | 'ping' | 'pong';
      text?: string;
      /** What is no text. */
      base64?: string;
      /** Length of the whole message, where it was too long to be kept, or could not be decompressed. */
      bytes?: number;
    }
  | { at_ms: number; connection: number; from: From; kind: 'close'; code: number; reason: string }
  | { at_ms: number; connection: number; kind: 'breach'; from: From; rule: string; says: string }
  | { at_ms: number; connection: number; kind: 'end'; by: From | 'watch'; code: number; says: string };

export interface RecordingEnd {
  end: { at_ms: number; connections: number; messages: number };
}
