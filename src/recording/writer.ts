import { closeSync, openSync, writeSync } from 'node:fs';
import { messageOf, ToolError } from '../core/errors.ts';
import type { RecordedEvent, RecordingEnd, RecordingHeader } from './recording.ts';

/** Takes a recording down, line by line. */
export interface RecordingWriter {
  write(event: RecordedEvent): void;
  end(end: RecordingEnd): void;
}

/**
 * Begins a recording in a new file. Each line is handed to the system at once and whole: what was seen until then can
 * be read after this process was killed.
 * @param failed told once where a line cannot be written, as on a full disk; nothing more is written then
 * @throws ToolError (104) where the file exists, or cannot be made
 */
export function openRecording(path: string, header: RecordingHeader, failed: (why: string) => void): RecordingWriter {
  let file: number | undefined;
  try {
    file = openSync(path, 'ax');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new ToolError(`--record ${path} exists already, and is not overwritten.`, { hint: 'Name a new file.' });
    }
    throw new ToolError(`--record ${path} cannot be written: ${messageOf(error)}.`, { cause: error });
  }
  const line = (value: object): void => {
    if (file === undefined) return;
    try {
      writeSync(file, `${JSON.stringify(value)}\n`);
    } catch (error) {
      closeSync(file);
      file = undefined;
      failed(messageOf(error));
    }
  };
  line(header);
  return {
    write: line,
    end(end) {
      line(end);
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
