import { inUrl } from '../engine/addresses.ts';
import { portFor, startServer, type StartedServer } from '../engine/started.ts';

/** A server that was started for this check. */
export interface RunningServer extends Omit<StartedServer, 'pid' | 'address'> {
  port: number;
  /** Where it listens. */
  url: string;
  /** Starts it again on the same port. @throws ToolError where it does not listen */
  restart(): Promise<void>;
}

/**
 * Starts a server by a command, `{port}` filled in with a free port.
 * @param called what the user calls the command
 * @param given where it is; one without `{port}` names the port that it always takes; absent: wherever it listens here
 * @throws ToolError (104) where that port is taken, where it ends at once or never listens
 */
export async function launch(
  command: string,
  stop: AbortSignal,
  called: string,
  given?: string,
): Promise<RunningServer> {
  const port = await portFor(command, given === undefined ? [] : [given]);
  const fill = (text: string): string => text.replaceAll('{port}', String(port));
  const url = given === undefined ? undefined : fill(given);
  const lines: string[] = [];
  const start = (): Promise<StartedServer> => startServer({ command: fill(command), port, url, called, stop });
  let running = await start();
  return {
    port,
    url: url ?? `ws://${inUrl(running.address)}:${port}`,
    lastLines: () => [...lines, ...running.lastLines()],
    interrupt: (within_ms) => running.interrupt(within_ms),
    async restart() {
      await running.stop();
      // What it said before it was ended is evidence as well.
      lines.push(...running.lastLines());
      running = await start();
    },
    stop: () => running.stop(),
    leave: () => running.leave(),
  };
}
