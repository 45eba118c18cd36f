import { describe, expect, it, vi } from 'vitest';
import { causes, failures, lookAt, relayCommand, standings, withWebsockets } from './testing/servers.ts';

// Checks wait in vain for what a server lacks, and several are carried out at once.
vi.setConfig({ testTimeout: 60_000 });

const { python, why } = withWebsockets();

describe.skipIf(why !== '').concurrent(`a server on websockets${why}`, () => {
  it('that is right passes, with what it lacks not claimed, and nothing found', async () => {
    const result = await lookAt({ start: relayCommand(python), layer: 'workflow' });
    expect(failures(result)).toEqual([]);
    expect(standings(result)).toEqual({ reach: 'pass', protocol: 'pass', server: 'pass', workflow: 'pass' });
    expect(causes(result)).toEqual([]);
    expect(result.check!.facts['server_header']).toMatch(/websockets\/\d+/);
  });

  it.each<[string, string, string[], string, string | RegExp]>([
    ['compresses', 'compression', ['--compression'], 'pass', 'not offered, it does not'],
    [
      'has a handler of before websockets 14',
      'handler-raises',
      ['--old-handler'],
      'fail',
      'Nothing we changed made a difference',
    ],
    ['closes with 1000 on what is not JSON', 'closes-on-not-json', ['--close-on-junk'], 'fail', 'lived on JSON'],
    ['has no session isolation', 'leaks-sessions', ['--no-isolation'], 'fail', /got (command|user:)/],
    [
      'waits for its slowest reader',
      'waits-for-slow-reader',
      ['--wait-for-slowest'],
      'fail',
      'as soon as all three read',
    ],
    ['acknowledges nobody', 'acknowledges-nobody', ['--no-ack'], 'fail', 'although it answers ping'],
    ['forgets the heartbeat', 'forgets-heartbeat', ['--no-heartbeat'], 'fail', 'nor to a ping without user_id'],
    ['leaves the port busy after Ctrl+C', 'port-left-busy', ['--linger'], 'fail', /still (belonged to process|there)/],
  ])('that %s is named for that: %s', async (_, cause, switches, outcome, reason) => {
    const result = await lookAt({ start: relayCommand(python, ...switches) });
    expect({ causes: causes(result), outcome: result.outcome, failures: failures(result) }).toMatchObject({
      causes: [cause],
      outcome,
    });
    expect(result.check!.diagnosis[0]!.why).toMatch(reason);
  });

  it('that pings by itself and wants a pong soon is named for that, and fails nobody', async () => {
    const start = relayCommand(python, '--ping-interval 0.5 --ping-timeout 1');
    const result = await lookAt({ start, layer: 'workflow' });
    const { outcome, check: found } = result;
    expect({ causes: causes(result), outcome }).toEqual({ causes: ['pings-with-short-timeout'], outcome: 'pass' });
    expect(found!.diagnosis[0]).toMatchObject({ kind: 'note', why: expect.stringContaining('answered pings stayed') });
  });

  it('that pings more rarely than layer 1 looks is told all the same', async () => {
    const start = relayCommand(python, '--ping-interval 1.5 --ping-timeout 20');
    const result = await lookAt({ start, layer: 'workflow' });
    expect({ causes: causes(result), outcome: result.outcome }).toEqual({ causes: ['pings'], outcome: 'pass' });
  });

  it('that raises is quoted: its own last words stand first in what to do', async () => {
    const result = await lookAt({ start: relayCommand(python, '--old-handler') });
    const [found] = result.check!.diagnosis;
    expect(found!.do[0]).toMatch(/the server's own output says: TypeError: .*path/);
    expect(found!.likely).toMatch(/websockets 14 and later pass only the first argument, .* websockets \d+/);
    expect(found!.do.at(-1)).toMatch(/^npx loadtest check --start '.*relay\.py.* --layer server$/);
  });
});
