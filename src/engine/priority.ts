import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Niceness at which a thread has a tenth of what others have, where all want one core. */
const BEHIND = 10;

/**
 * Has threads of this process stand back where all want one core, or they would take 3 ms at a time from what is timed:
 * those that collect garbage and compile behind the one that calls, or all of them behind other processes. Threads and
 * processes that it begins later are as before, but for those of a thread that stands back itself.
 *
 * Linux alone knows threads by number; elsewhere a process stands back as a whole or not at all.
 */
export function standBack(which: 'helpers' | 'all'): void {
  try {
    if (process.platform !== 'linux') {
      if (which === 'all') setPriority(BEHIND);
      return;
    }
    for (const thread of readdirSync('/proc/self/task').map(Number)) {
      if (which === 'all' || thread !== process.pid) setPriority(thread, BEHIND);
    }
  } catch {
    // A thread has just ended, or this may not be asked for here: then all stay as they are.
  }
}
