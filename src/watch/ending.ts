import { formatDuration } from '../core/units.ts';
import { closeCodeMeaning } from '../protocol/closing.ts';
import { refusalWords } from '../protocol/refusals.ts';
import type { From } from '../recording/recording.ts';

/** How a relayed connection ended. */
export interface Ending {
  /** Who ended it first; `watch` where this tool did, as it was stopped. */
  by: From | 'watch';
  /** Close code; 1006 without a close frame, 0 where there was no WebSocket yet. */
  code: number;
  reason: string;
  /** What of its close frame nobody may say. */
  breach?: string;
  /** What the system, or HTTP, said. */
  error?: string;
  /** The same in a person's words, where more is known of it. */
  says?: string;
  /** Whether the other side answered the close frame. */
  isAnswered: boolean;
}

/** The last message of one side. */
export interface LastWord {
  words: string;
  at: number;
}

const CLOSERS: Record<Ending['by'], string> = {
  client: 'the application',
  server: 'the server',
  watch: 'this relay, as it is stopped,',
};

/** Who closed, with which code, after which message, and what that means. */
export function endingWords(ending: Ending, last: { client?: LastWord; server?: LastWord }, at: number): string {
  const { by, code, reason, breach, error, says, isAnswered } = ending;
  const closer = CLOSERS[by];
  if (code === 0) {
    return by === 'server'
      ? `no WebSocket: the server ${error === undefined ? 'ended the connection instead of an answer' : `said ${says ?? refusalWords(error)}`}`
      : `no WebSocket: ${closer} went before the server had answered`;
  }
  const isCut = code === 1006 && breach === undefined;
  const what = isCut
    ? `${closer} cut the connection without a close frame${error === undefined ? '' : ` (${error})`}`
    : `${closer} closed with ${code}${reason === '' ? '' : ` “${reason}”`}`;
  const meaning = breach ?? closeCodeMeaning(code, by === 'server').replace(/^no close frame: /, '');
  const unanswered = !isCut && !isAnswered && by !== 'watch' ? '; its close frame was not answered' : '';
  return `${what}: ${meaning}${unanswered}. ${lastWords(last, at)}`;
}

function lastWords({ client, server }: { client?: LastWord; server?: LastWord }, at: number): string {
  const one = (speaker: string, word: LastWord | undefined): string =>
    word === undefined
      ? `${speaker} had said nothing`
      : `${speaker} had last said “${word.words}”, ${formatDuration(Math.max(0, at - word.at))} before`;
  return `${one('The application', client)}; ${one('the server', server)}.`;
}
