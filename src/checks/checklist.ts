/**
 * The lines of the guide's success checklist, troubleshooting and next steps, in the order in which one works through
 * them. Each is answered by a step at least.
 */
export const CHECKLIST = [
  'The server is running',
  'The URL is right',
  'No other server holds the port',
  'No firewall is in the way',
  'The client connects',
  'The minimal echo server works with the client',
  'Messages are sent and received',
  'Automatic pings are off',
  'Compression is off',
  'The connection closes cleanly',
  'The Qt client stays connected to the echo server',
  'The Qt client stays connected',
  'The Qt client sends and receives',
  'The server accepts the client',
  'connection:ack is received',
  'Several users see each other',
  'ping is answered with pong',
  'Messages are broadcast to the others',
  'Sessions are kept apart',
  'The state is synchronised',
  'A late joiner sees the items',
  'A wrong URL is recognised',
  'The server shuts down gracefully',
  'The port is released',
  'The server can be restarted at once',
  'The connection stays alive for 15 s and longer',
  'At least two messages are exchanged',
  'Heartbeats are answered',
  'Several instances share a session',
  'Add, move and remove are synchronised',
  'The state is right after reconnecting',
  'No unexpected disconnect',
  'The real client works with the server',
  'Next: five users and more at a time',
  'Next: test under load',
] as const;

export type ChecklistLine = (typeof CHECKLIST)[number];
