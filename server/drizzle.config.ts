// For `npx drizzle-kit generate` in server/: writes the next SQL migration from the schema. Needs no database.

import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/stores/database/schema.ts',
  out: './src/stores/database/drizzle',
});
