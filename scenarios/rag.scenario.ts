import type { Scenario } from './scenario.ts';

/** Five documents of one size: whatever takes the time, the size does not say. */
export const scenario: Scenario = {
  name: 'rag',
  about: 'five documents of 2 KB are fetched',
  parameters: { scenario: 'rag', rag_chunks: 5, rag_chunk_size_kb: 2 },
  expects: [],
  roots: {},
  insights: [{ kind: 'payload', found: false }],
};
