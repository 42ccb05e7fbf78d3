import type { Engine } from '../../src/engine';
import { FileMemory, type MemoryStore } from '../../src/memory';
import { completeAt } from '../../src/server/complete';
import type { FarDocument } from './cases';

/** The model's own greedy line, with nothing but what it has read. */
export class ModelAlone {
  private readonly memory: FileMemory;

  constructor(
    private readonly engine: Engine,
    store: MemoryStore,
  ) {
    this.memory = new FileMemory(engine, store);
  }

  async complete({ name }: FarDocument, prefix: string, suffix: string): Promise<string> {
    const bytes = Buffer.from(prefix + suffix, 'utf8');
    const document = { label: name, basename: name, bytes };
    const options = { usesNgrams: false, lines: 1 };
    const { text } = await completeAt(this.engine, this.memory, document, Buffer.byteLength(prefix), options);
    return text;
  }
}
