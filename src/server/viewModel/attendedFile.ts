import { TokenOffsets, type ReadingEngine, type MemoryRead } from '../../engine';
import type { AttendedFile, ReadShares } from '../../protocol';
import type { AttendedDocument } from '../attendedNotes';
import { noteColumns } from './columns';

/** What was attended to in one file, with the locations of the notes in the text as it was then. */
export function attendedFile({ source, reads }: AttendedDocument, engine: ReadingEngine): AttendedFile {
  const { tokenizer, config } = engine;
  const { headerTokens } = source;
  const text = source.tokens.subarray(headerTokens);
  const bytes = tokenizer.decode(text);
  const places = { headerTokens, bytes, offsets: new TokenOffsets(tokenizer, text, bytes) };
  const all = reads.reads().map((read) => within(read, source.tokens.length));
  const notes = all.flatMap((one, read) => one.notes.map((note) => ({ ...note, read })));
  const shown = notes.map(({ noteLayer: layer, slot, position, score }) => ({ layer, slot, position, score }));
  return {
    uri: source.uri,
    name: source.name,
    tokens: reads.tokens,
    layers: [...config.noteLayers],
    reads: all.map(toShares),
    notes: {
      ...noteColumns(shown, places),
      read: notes.map(({ read }) => read),
      weight: notes.map(({ weight }) => weight),
      peak: notes.map(({ peak }) => peak),
    },
  };
}

/**
 * A read restricted to the first tokens. What a decoder read after them (the suffix, the line being typed) may leave notes as well,
 * which have no location in that text: they count as recent.
 */
function within(read: MemoryRead, tokens: number): MemoryRead {
  const notes = read.notes.filter(({ position }) => position < tokens);
  if (notes.length === read.notes.length) return read;
  const others = read.notes.filter(({ position }) => position >= tokens);
  return { ...read, notes, recent: others.reduce((sum, { weight }) => sum + weight, read.recent) };
}

function toShares({ layer, kind, nothing, recent, own, notes }: MemoryRead): ReadShares {
  return { layer, kind, nothing, notes: notes.reduce((sum, { weight }) => sum + weight, 0), recent, own };
}
