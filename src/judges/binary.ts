import { binaryWords } from '../protocol/binary.ts';
import type { Measured } from '../result/measured.ts';
import { counted } from './words.ts';

/**
 * Says how many messages of these types came as binary, behind what is said of those that did not come; nothing where
 * none did. A type that could not be read is undefined.
 */
export function binaryNote({ errors }: Measured, ...types: (string | undefined)[]): string {
  const said = new Set(types.map(binaryWords));
  const count = errors.reduce((sum, one) => sum + (one.kind === 'binary' && said.has(one.message) ? one.count : 0), 0);
  if (count === 0) return '';
  return `; ${counted(count, `${types[0] ?? ''} message`.trim())} came as binary, of which a text client reads nothing`;
}
