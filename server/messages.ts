import { frameOf, type Frame } from './frames.ts';

/** The messages the server says of its own accord (docs/protocol.md, Messages). Written by hand: they are many and small. */

/** Wall clock in s, to the millisecond. */
const time = (wall: number): string => wall.toFixed(3);

/** One entry of the ack's `users`. */
export const userJson = (userId: string, connectedAt: number): string =>
  `{"user_id":${JSON.stringify(userId)},"connected_at":${time(connectedAt)}}`;

export const connectionAck = (
  sessionId: string,
  userId: string,
  isHost: boolean,
  users: string,
  version: number,
  wall: number,
): Frame =>
  frameOf(
    `{"type":"connection:ack","session_id":${JSON.stringify(sessionId)},"user_id":${JSON.stringify(userId)},"is_host":${isHost},"version":${version},"timestamp":${time(wall)},"users":[${users}]}`,
  );

export const presence = (type: 'user:joined' | 'user:left', userId: string, wall: number): Frame =>
  frameOf(`{"type":"${type}","user_id":${JSON.stringify(userId)},"timestamp":${time(wall)}}`);

export const sessionHost = (userId: string): Frame =>
  frameOf(`{"type":"session:host","user_id":${JSON.stringify(userId)}}`);

export const pong = (wall: number): Frame => frameOf(`{"type":"pong","timestamp":${time(wall)}}`);

/** @param token what came in `data.token`, given back as it was */
export const commandAck = (itemId: string, version: number, token: unknown): Frame =>
  frameOf(
    token === undefined
      ? `{"type":"command:ack","item_id":"${itemId}","version":${version}}`
      : `{"type":"command:ack","item_id":"${itemId}","version":${version},"token":${JSON.stringify(token)}}`,
  );

/** A whole state; `undefined` items make it null (P11). The version stands before the items: it is found at once. */
export const fullState = (items: string | undefined, version: number, wall: number): Frame =>
  frameOf(
    `{"type":"sync:full_state","from_server":true,"conflict_resolution":"host_wins","state":${
      items === undefined ? 'null' : `{"version":${version},"timestamp":${time(wall)},"items":${items}}`
    }}`,
  );

export const error = (code: string, message: string): Frame =>
  frameOf(`{"type":"error","code":"${code}","message":${JSON.stringify(message)}}`);

/** A command that nobody sent: a new item, with no version, as it was never taken. */
export const invented = (itemId: string, userId: string, wall: number): Frame =>
  frameOf(
    `{"type":"command","command":{"action":"add_item","item_type":"lens","item_id":"${itemId}","data":{"item_uuid":"${itemId}","_type":"component","x_mm":0,"y_mm":0,"angle_deg":0}},"user_id":"${userId}","timestamp":${time(wall)}}`,
  );
