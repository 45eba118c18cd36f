/**
 * What is said of a message that came as binary.
 * @param type what it would have been as text, where that can be read
 */
export const binaryWords = (type: string | undefined): string =>
  `${type ?? 'a message'} came as a binary message, of which a text client reads nothing`;
