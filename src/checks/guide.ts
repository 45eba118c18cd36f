/** A line of the Collaboration Server Testing Guide, word for word, and what answers it here. */
export interface GuideLine {
  /** Where it stands in the guide. */
  part: string;
  line: string;
  /** Ids of the steps of a check that answer it. */
  steps: readonly string[];
  /** What else does, as Markdown. */
  also?: string;
}

const lines = (part: string, rows: readonly [line: string, steps: string, also?: string][]): GuideLine[] =>
  rows.map(([line, steps, also]) => ({
    part,
    line,
    steps: steps === '' ? [] : steps.split(' '),
    ...(also !== undefined && { also }),
  }));

const QUOTED = '`--start` quotes what the server prints';

/** Every line of the guide that claims something or asks for something, in its own order. */
export const GUIDE: readonly GuideLine[] = [
  ...lines('Layer 1: features', [
    ['Proper cleanup (Ctrl+C releases port)', 'server.shutdown'],
    ['No automatic ping/pong', 'protocol.pings workflow.pings'],
    ['Simple echo handler', 'protocol.control', '`loadtest echo`'],
    ['Signal handling for graceful shutdown', 'server.shutdown'],
  ]),
  ...lines('Layer 2: success criteria', [
    ['Connection establishes', 'qt.control qt.target'],
    ['Connection stays alive', 'qt.control qt.target'],
    ['Messages are exchanged', 'qt.control qt.target'],
    ['No unexpected disconnects', 'qt.control qt.target'],
  ]),
  ...lines('Layer 3: features', [
    ['Session management (multiple sessions)', 'server.join server.isolation'],
    ['Multi-user support (multiple users per session)', 'server.presence server.changes'],
    ['Application-level heartbeat', 'server.heartbeat'],
    ['Proper cleanup on Ctrl+C', 'server.shutdown'],
    ['Graceful shutdown', 'server.shutdown'],
    ['Port release', 'server.shutdown'],
    ['Signal handling', 'server.shutdown'],
  ]),
  ...lines('Layer 4: success criteria', [
    ['Connection stays alive for 15+ seconds', 'workflow.stays', '`--for 15s` is the default'],
    ['At least 2 messages received', 'workflow.stays'],
    ['No unexpected disconnections', 'workflow.stays'],
    ['Proper cleanup', 'workflow.leaves'],
  ]),
  ...lines('Troubleshooting: Test 1', [
    ["Qt client can't connect or disconnects immediately", 'qt.control qt.target'],
    ['Check if `websockets` library is installed', '', QUOTED],
    ['Check if port 8765 is available', 'reach.port'],
    ['Try running with `--debug` flag', '', '`loadtest serve --debug`, or `loadtest watch` before a server of yours'],
    ['Firewall blocking port 8765', 'reach.port', '[what to do](#troubleshooting)'],
    ['Another process using port 8765', 'reach.port', '[what to do](#troubleshooting)'],
    ['Incompatible websockets library version', 'server.join', 'the diagnosis of 1011 names it'],
  ]),
  ...lines('Troubleshooting: Test 2', [
    ['Test client disconnects during the test', 'workflow.stays'],
    ['Look for error messages', '', QUOTED],
    [
      'Check close code (should not be 1008)',
      'server.join workflow.stays',
      '[what a code means](#only-a-close-code-in-hand)',
    ],
    ['Verify no exceptions in server', '', QUOTED],
    ['Note the close code', 'server.join workflow.stays'],
    ['Check if any messages were received', 'workflow.stays'],
    ['Look at timing of disconnect', 'workflow.stays', '`loadtest watch` shows each message with its time'],
  ]),
  ...lines('Troubleshooting: Optiverse', [
    [
      'Optiverse client disconnects immediately',
      '',
      '[connecting the real application](#connecting-the-real-application)',
    ],
    ['Server not running', 'reach.port'],
    [
      'Wrong URL: Should be `ws://localhost:8765` (not `http://`)',
      'reach.resolve reach.upgrade server.path',
      '`http://` is refused',
    ],
    ['Port blocked: Check firewall', 'reach.port'],
    [
      'Old server running: Kill old `collaboration_server.py` process',
      'reach.port server.shutdown',
      '[what to do](#troubleshooting)',
    ],
  ]),
  ...lines('Key settings: server', [
    ['ping_interval=None', 'protocol.pings workflow.pings'],
    ['ping_timeout=None', 'protocol.pings workflow.pings'],
    ['close_timeout=10', 'protocol.close'],
    ['compression=None', 'protocol.handshake protocol.compression'],
    ['max_size=2**20', 'protocol.text protocol.oversize'],
  ]),
  ...lines('Key settings: client', [
    ['self.heartbeat_timer.setInterval(30000)', 'server.heartbeat', '`loadtest --heartbeat 30s` is the default'],
    [
      'Application sends `{"type": "ping"}`, server responds `{"type": "pong", "timestamp": "..."}`',
      'server.heartbeat',
    ],
  ]),
  ...lines('Success checklist', [
    ['Minimal server + Qt client: Connection stays alive', 'qt.control'],
    ['Collaboration server + test client: Test passes', 'workflow.stays'],
    [
      'Optiverse + collaboration server: Connection stable for 30+ seconds',
      'qt.target workflow.qt',
      '`--for 30s`; [the real application](#connecting-the-real-application)',
    ],
    ['Optiverse + collaboration server: Heartbeat messages work', 'server.heartbeat workflow.stays'],
    ['Multiple Optiverse instances can connect to same session', 'workflow.stays workflow.qt'],
    ['Server cleanup works (Ctrl+C releases port)', 'server.shutdown'],
    ['Can restart server immediately after stopping', 'server.restart'],
  ]),
  ...lines('Next steps', [
    ['Verify connection stability (15+ seconds)', 'workflow.stays'],
    ['Test multi-user collaboration', 'server.presence server.changes workflow.stays'],
    ['Test item synchronization (add/move/remove)', 'workflow.edits'],
    ['Test state synchronization', 'server.sync server.late-join'],
    ['Test reconnection after disconnect', 'workflow.reconnect'],
    ['Load test (5+ users)', 'load.small', '`loadtest --users 5 --sessions 1`'],
  ]),
  ...lines('Contact', [
    ['Which test failed (1, 2, 3, or 4)', '', 'the page and `result.json`: layer and step'],
    ['Complete output from both server and client', '', `the page: each step’s evidence; ${QUOTED}`],
    ['Close code and reason if connection failed', '', 'the page'],
    ['Operating system and Python version', '', 'the page and `result.json`'],
    ['`websockets` library version', '', 'the page: the `Server:` header that the library sends'],
  ]),
];
