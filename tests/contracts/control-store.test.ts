// Runs the ControlStore contract on every adapter: the embedded database, and the fake that control's own tests rely on.

import { createMemoryStore } from '../../server/src/control/memory-store.fixture.ts';
import { openPgliteStore } from '../../server/src/stores/database/index.ts';
import { controlStoreContract } from './control-store.contract.ts';

const unexpected = (error: Error): never => {
  throw error;
};

controlStoreContract('memory', async () => createMemoryStore());
controlStoreContract('PGlite in a thread', () => openPgliteStore({ onFatal: unexpected, onRestart: unexpected }));
