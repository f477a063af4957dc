import { Words } from '#schemas/avro/words.ts';
import { Part, position } from '#schemas/avro/writer.ts';
import type { WrittenLists } from '#schemas/write-summary.ts';
import type { CriticalPath } from './critical-path.ts';
import { writeGraph } from './graph.ts';
import { writePath } from './path-segments.ts';
import { writeShares } from './shares.ts';
import { ROLES, type WritableView } from './view.ts';

/** How long the lists may get; without them as long as a summary takes. */
export interface ListBounds {
  readonly pieces?: number | undefined;
  readonly nodes?: number | undefined;
  readonly shares?: number | undefined;
}

/** The lists of a trace's summary as bytes, each time written over those of the trace before. */
export class TraceLists implements WrittenLists {
  graphEnd = 0;
  readonly #part = new Part();
  readonly #words = new Words(ROLES);

  get bytes(): Buffer {
    return this.#part.bytes;
  }

  get length(): number {
    return this.#part.length;
  }

  write(view: WritableView, path: CriticalPath, bounds: ListBounds = {}): void {
    const words = this.#words;
    words.begin(view.strings);
    this.#part.write(() => {
      writePath(view, path, words, bounds.pieces);
      writeGraph(view, path, words, bounds.nodes);
      this.graphEnd = position();
      writeShares(view, path, words, bounds.shares);
    });
  }
}
