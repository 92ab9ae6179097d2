// The fake is held to the same contract as the database, so that what control's tests rely on is true of both.

import { controlStoreContract } from '../../../tests/contracts/control-store.contract.ts';
import { createMemoryStore } from './memory-store.fixture.ts';

controlStoreContract('memory', async () => createMemoryStore());
