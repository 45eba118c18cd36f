import { parentPort } from 'node:worker_threads';
import { WebSocketServer } from 'ws';

/** The thread that the calibration talks with: sends back whatever it gets, and says first where it listens. */
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
server.on('listening', () => parentPort!.postMessage((server.address() as { port: number }).port));
