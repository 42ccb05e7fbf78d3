import {
  archiveLimit,
  bitsOf,
  emptyArchiveRows,
  scaleOf,
  type ArchiveRows,
  type ModelConfig,
  type ModelState,
  type Packed,
  type ReadingEngine,
} from '../../engine';
import type { NoteLog } from './noteLog';
import { packState, unpackState, type PackedState } from './packedState';
import { Misfit, Sections, writeSections, type Elements } from './sections';

/** A decoded value, or why the bytes are unusable. */
export type Decoded<T> = T | { reason: string };

/** Notes of some tokens of a document, per note layer. */
export type NoteRecord = readonly ArchiveRows[];

/** Encodes and decodes states and notes of one model. Never throws for bad bytes: what cannot be used counts as absent. */
export class StateCodec {
  constructor(private readonly engine: Pick<ReadingEngine, 'config' | 'modelId'>) {}

  /** Encodes a state without its notes, which are added to the log. */
  encode(state: ModelState, log: NoteLog): { bytes: Buffer; packed: PackedState } {
    const packed = packState(this.engine.config, state, log);
    const sections: [string, Elements][] = [];
    const numbers = (name: string, all: readonly Packed[]): void => {
      for (const [i, { bytes, scales }] of all.entries()) {
        sections.push([`${name}.${i}`, bytes], [`${name}.${i}.scales`, scales]);
      }
    };
    numbers('conv', packed.conv);
    numbers('ssm', packed.ssm);
    numbers('shift', packed.shift);
    for (const [j, rows] of packed.recent.entries()) sections.push(...rowSections(`recent.${j}`, rows));
    for (const [j, positions] of packed.pools.entries()) sections.push([`pool.${j}`, positions]);
    for (const [j, positions] of packed.archives.entries()) sections.push([`archive.${j}`, positions]);
    return { bytes: writeSections('MMST', this.engine.modelId, state.position, sections), packed };
  }

  /** Decodes a state. @param tokens of the document */
  decode(bytes: Buffer, tokens: Uint32Array): Decoded<PackedState> {
    return this.read('MMST', bytes, (sections) => this.packedIn(sections, tokens));
  }

  /** The packed state, once its notes are in the log. */
  unpack(packed: PackedState, log: NoteLog): ModelState | { reason: string } {
    for (const lists of [packed.pools, packed.archives]) {
      for (const [layer, positions] of lists.entries()) {
        for (const position of positions)
          if (!log.has(layer, position)) return { reason: 'some of its notes are gone' };
      }
    }
    return unpackState(this.engine.config, packed, log);
  }

  /** @param position of the first token after those of the notes */
  encodeNotes(record: NoteRecord, position: number): Buffer {
    const sections = record.flatMap((rows, layer) => [
      [`${layer}.positions`, rows.positions] as const,
      ...rowSections(`${layer}`, rows),
    ]);
    return writeSections('MMNL', this.engine.modelId, position, sections);
  }

  decodeNotes(bytes: Buffer, tokens: Uint32Array): Decoded<NoteRecord> {
    const { config } = this.engine;
    return this.read('MMNL', bytes, (sections) =>
      config.noteLayers.map((_, layer) => {
        const positions = sections.copy(`${layer}.positions`, new Uint32Array(sections.lengthOf(`${layer}.positions`)));
        return rowsIn(config, sections, `${layer}`, positions, tokens);
      }),
    );
  }

  private read<T>(magic: 'MMST' | 'MMNL', bytes: Buffer, take: (sections: Sections) => T): Decoded<T> {
    const sections = Sections.read(bytes, magic, this.engine.modelId);
    if (!(sections instanceof Sections)) return sections;
    try {
      return take(sections);
    } catch (error) {
      if (error instanceof Misfit) return { reason: error.message };
      throw error;
    }
  }

  private packedIn(sections: Sections, tokens: Uint32Array): PackedState {
    const { config } = this.engine;
    const { layers, noteLayers, headCount, stateSize, headDim, convKernel, convChannels, noteWidth, noteHeadDim } =
      config;
    const { position } = sections;
    const numbers = (name: string, count: number, length: number, group: number): Packed[] =>
      Array.from({ length: count }, (_, i) => ({
        bytes: sections.copy(`${name}.${i}`, new Int8Array(length)),
        scales: sections.copy(`${name}.${i}.scales`, new Uint16Array(length / group)),
      }));
    /** Room is made for as many as it says. */
    const positions = (name: string, most: number): Uint32Array[] =>
      noteLayers.map((_, j) => {
        const length = sections.lengthOf(`${name}.${j}`);
        if (length > most) throw new Misfit(`its ${name} does not match this model`);
        return sections.copy(`${name}.${j}`, new Uint32Array(length));
      });
    return {
      position,
      conv: numbers('conv', layers, (convKernel - 1) * convChannels, convChannels),
      ssm: numbers('ssm', layers, headCount * stateSize * headDim, headDim),
      shift: numbers('shift', noteLayers.length, noteWidth, noteHeadDim),
      recent: noteLayers.map((_, j) => {
        const count = sections.lengthOf(`recent.${j}.scores`);
        if (count !== 0 && count !== config.blockSize) throw new Misfit('its recent rows do not match this model');
        const places = Uint32Array.from({ length: count }, (_, slot) => position - count + slot);
        return rowsIn(config, sections, `recent.${j}`, places, tokens);
      }),
      pools: positions('pool', config.poolSize),
      archives: positions('archive', archiveLimit(config)),
    };
  }
}

/** Rows as stored: their tokens are taken from the text. */
function rowSections(name: string, rows: ArchiveRows): [string, Elements][] {
  return [
    [`${name}.scores`, rows.scores],
    [`${name}.key`, rows.key],
    [`${name}.key.scales`, bitsOf(rows.keyScale)],
    [`${name}.value`, rows.value],
    [`${name}.value.scales`, bitsOf(rows.valueScale)],
  ];
}

function rowsIn(
  config: ModelConfig,
  sections: Sections,
  name: string,
  positions: Uint32Array,
  tokens: Uint32Array,
): ArchiveRows {
  const rows = { ...emptyArchiveRows(config, positions.length), used: positions.length };
  rows.positions.set(positions);
  rows.tokens.set(positions.map((position) => tokens[position] ?? 0));
  sections.copy(`${name}.scores`, rows.scores);
  for (const part of ['key', 'value'] as const) {
    sections.copy(`${name}.${part}`, rows[part]);
    const scales = rows[`${part}Scale`];
    const bits = sections.copy(`${name}.${part}.scales`, new Uint16Array(scales.length));
    for (const [i, one] of bits.entries()) scales[i] = scaleOf(one);
  }
  return rows;
}
