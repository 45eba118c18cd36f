import {
  closeCodeBreach,
  CONTINUES_NOTHING,
  FRAGMENTED_CONTROL,
  HALF_A_CODE,
  LONG_CONTROL,
  MASKED_BY_SERVER,
  MESSAGE_WITHIN,
  RESERVED_BIT,
  tooLong,
  tooManyFragments,
  unknownOpcode,
  type Breach,
} from '../core/breaches.ts';
import { MAX_FRAGMENTS } from '../core/frames.ts';

/** What each error of the `ws` library's reader says of the frames; the number that its message ends with tells more. */
const BREACHES: Readonly<Record<string, (number: number, longest: number) => Breach>> = {
  WS_ERR_UNEXPECTED_RSV_1: () => RESERVED_BIT,
  WS_ERR_UNEXPECTED_RSV_2_3: () => RESERVED_BIT,
  WS_ERR_INVALID_OPCODE: (opcode) =>
    opcode === 0 ? CONTINUES_NOTHING : opcode <= 2 ? MESSAGE_WITHIN : unknownOpcode(opcode),
  WS_ERR_EXPECTED_FIN: () => FRAGMENTED_CONTROL,
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: (length) => (length === 1 ? HALF_A_CODE : LONG_CONTROL),
  WS_ERR_UNEXPECTED_MASK: () => MASKED_BY_SERVER,
  WS_ERR_INVALID_CLOSE_CODE: closeCodeBreach,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: (_, longest) => tooLong(longest),
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: (_, longest) => tooLong(longest),
  WS_ERR_TOO_MANY_BUFFERED_PARTS: () => tooManyFragments(MAX_FRAGMENTS),
};

/**
 * What an error of the library's reader is called here, where it is one.
 * @param longest bytes that a message may have
 */
export function breachInError(
  { code, message }: { code?: string; message: string },
  longest: number,
): Breach | undefined {
  return BREACHES[code ?? '']?.(Number(/\d+$/.exec(message)?.[0]), longest);
}
