import { apiOver } from '#sinks/api/testing.ts';
import { startDatabase } from '#sinks/testing.ts';
import { fuzzApi } from '../seeds/api.ts';
import type { Target } from '../target.ts';

export const target: Target = {
  name: 'api-engine',
  about:
    'the same over a real embedded engine with every table: what the API lets through, the engine understands',
  heavy: true,
  async start() {
    const database = await startDatabase();
    const started = await fuzzApi(await apiOver(database), new Set([503]));
    return {
      ...started,
      async stop() {
        await started.stop?.();
        await database.stop();
      },
    };
  },
};
