import { closeCodeMeaning } from './closing.ts';

/** A close code, for somebody who has nothing else in hand. */
export interface CloseCode {
  code: number;
  meaning: string;
  /** What a log of Qt says. */
  qt: string;
  /** What mostly is behind it, and what to do. */
  cause: string;
}

const ROWS: readonly [code: number, qt: string, cause: string][] = [
  [
    1000,
    '1000 CloseCodeNormal',
    'In mid-run: the code behind the server returned, or raised and was caught, as on a message that it could not read. Qt shows 1000 for a cut connection too.',
  ],
  [1001, '1001 CloseCodeGoingAway', 'The server was stopped (Ctrl+C), or restarts.'],
  [
    1002,
    '1002 CloseCodeProtocolError',
    'A frame that the other side may not send. In Qt also 1012 and 1013, which it does not know: the server may restart or be full.',
  ],
  [1003, '1003 CloseCodeDatatypeNotSupported', 'A binary message, where text alone is taken.'],
  [
    1006,
    '1000 CloseCodeNormal',
    'No close frame came: the server crashed or was killed, or the network was cut. Read the end of its log.',
  ],
  [1007, '1007 CloseCodeWrongDatatype', 'Text that is not UTF-8.'],
  [
    1008,
    '1008 CloseCodePolicyViolated',
    'The path is wrong (/ws/SESSION/USER), or the server does not want this user.',
  ],
  [1009, '1009 CloseCodeTooMuchData', 'A message over the limit, here 1 MiB: websockets takes max_size=….'],
  [1010, '1010 CloseCodeMissingExtension', 'The client wanted an extension that the server has not.'],
  [
    1011,
    '1011 CloseCodeBadOperation',
    'The server’s handler raised: its output has the exception, often handler(websocket, path) under websockets 14 and later. Or no pong came within its limit. Easily read as 1008.',
  ],
  [1012, '1002 CloseCodeProtocolError', 'The server restarts.'],
  [1013, '1002 CloseCodeProtocolError', 'The server is full.'],
  [1015, 'no close: errorOccurred', 'TLS failed: loadtest check --layer reach says why.'],
  [4001, '4001', 'The same user connected once more: two applications with one user id.'],
  [4008, '4008', 'The client does not read fast enough: its event loop is busy, or its network slow.'],
  [4013, '4013', 'The server is full: its limits are options.'],
];

/** All that servers of this kind send, with what Qt makes of them. */
export const CLOSE_CODES: readonly CloseCode[] = ROWS.map(([code, qt, cause]) => ({
  code,
  meaning: closeCodeMeaning(code),
  qt,
  cause,
}));
