import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';

/**
 * The thread in which a file of the user's is loaded for the first time: it tells what the file exports by default, and
 * is then ended with all that the file has begun.
 */
export interface LoadingOrder {
  url: string;
  /** What is wanted of the default export; absent: the whole of it. */
  field?: string;
}

/** How the loading ended. */
export type Loading =
  | { kind: 'loaded'; exported: boolean; value: unknown }
  | { kind: 'threw'; message: string }
  /** What it exports cannot be handed over: there are functions in it. */
  | { kind: 'not-data' };

async function load({ url, field }: LoadingOrder): Promise<Loading> {
  try {
    const { default: all } = (await import(url)) as { default?: Record<string, unknown> | null };
    // What is rejected and never handled is thrown after this turn.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return { kind: 'loaded', exported: all !== undefined, value: field === undefined ? all : all?.[field] };
  } catch (error) {
    return { kind: 'threw', message: messageOf(error) };
  }
}

const loading = await load(workerData as LoadingOrder);
// Once this is written, so is all that the file printed.
await new Promise<void>((resolve) => {
  process.stdout.write('', () => resolve());
});
try {
  parentPort!.postMessage(loading);
} catch {
  parentPort!.postMessage({ kind: 'not-data' } satisfies Loading);
}
