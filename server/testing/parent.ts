/** A parent that starts a server, tells its own parent where it is, and can be killed: what happens to the server? */
import { startProcess } from './process.ts';

const { ready } = await startProcess({ quiet: true });
process.send!(ready);
