/** The longest message of a server's, bytes: a tool must accept more than a server may, as a relay may grow one (P4). */
export const MAX_INBOUND = 64 * 1024 * 1024;
/** What all connections of a process together may keep of messages that are not finished, bytes. */
export const MAX_UNFINISHED = 512 * 1024 * 1024;
