import type { Scenario } from '../scenario.ts';

/** Answers of ten sizes through a thin pipe: here size does say what takes the time, and nothing has failed. */
export const scenario: Scenario = {
  name: 'growing-rag',
  about: 'ten documents of growing size at 10 MB/s',
  parameters: {
    scenario: 'rag',
    rag_chunks: 10,
    rag_chunk_size_kb: 100,
    rag_growth: 1,
    rag_mb_per_s: 10,
    delay_ms: 5,
  },
  expects: [],
  roots: {},
  insights: [{ kind: 'payload', found: true }],
};
