// The public face of stores/database.

export { openPgliteStore, type PgliteStoreOptions } from './pglite-store.ts';
