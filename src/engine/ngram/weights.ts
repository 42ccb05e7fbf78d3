import type { JsonReader } from '../json';
import { maxMatchLength } from './tokenIndex';

/** File in the model folder that holds them; optional. */
export const ngramFile = 'lookup.json';

/** Weights for matches of one length. */
export interface LengthWeights {
  /** Maximum match length for these weights. */
  readonly upTo: number;
  /** Added to the logit of what followed the longest match, plus this much per unit of the natural log of its share. */
  readonly longest: number;
  readonly longestShare: number;
  /** The same for what followed only shorter matches. */
  readonly shorter: number;
  readonly shorterShare: number;
}

/**
 * How much n-gram matches in the text count against the model's own logits: a log-linear model with few weights, fitted once per
 * trained model (`npm run bench -- lookup --write`), since a better model needs less help.
 */
export interface TextWeights {
  /** The model's logits are multiplied by this, */
  readonly scale: number;
  /** and by this in addition in proportion to its certainty: text matches must not outvote what the model remembers. */
  readonly certain: number;
  /** Added to the logit of every token that occurs in the text. */
  readonly occurs: number;
  /** Ascending; the last is for {@link maxMatchLength}. */
  readonly lengths: readonly LengthWeights[];
}

/** All weights, fitted together for a text with other files; a text without other files uses the ones above. */
export interface WorkspaceWeights extends TextWeights {
  /** For matches in other files that are longer than any in the text itself. */
  readonly beyond: readonly LengthWeights[];
  /** For all other matches in other files. */
  readonly within: readonly LengthWeights[];
}

export interface NgramWeights extends TextWeights {
  /** Undefined where nothing was fitted with other files: then these do not count. */
  readonly workspace?: WorkspaceWeights;
}

const columns = ['longest', 'longestShare', 'shorter', 'shorterShare'] as const;

/** Undefined for models without such a file. @throws UserError `model-file-invalid` */
export function readNgramWeights(json: JsonReader | undefined): NgramWeights | undefined {
  if (json === undefined) return undefined;
  if (!json.keys().includes('workspace')) return readText(json);
  const workspace = json.child('workspace');
  return {
    ...readText(json),
    workspace: {
      ...readText(workspace),
      beyond: readLengths(workspace.child('beyond')),
      within: readLengths(workspace.child('within')),
    },
  };
}

function readText(json: JsonReader): TextWeights {
  return {
    scale: json.number('scale'),
    certain: json.number('certain'),
    occurs: json.number('occurs'),
    lengths: readLengths(json.child('lengths')),
  };
}

/** A table of weights by length, one column per kind. @throws UserError `model-file-invalid` */
function readLengths(json: JsonReader): LengthWeights[] {
  const upTo = json.numbers('upTo');
  const [longest, longestShare, shorter, shorterShare] = columns.map((name) => json.numbers(name)) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const isAscending = upTo.every((length, i) => length > (upTo[i - 1] ?? 0));
  const isWhole = [longest, longestShare, shorter, shorterShare].every(({ length }) => length === upTo.length);
  if (!isAscending || upTo.at(-1) !== maxMatchLength || !isWhole) {
    throw json.wrong('upTo', `ascending up to ${maxMatchLength}, with one weight of each kind for each length`);
  }
  return upTo.map((length, i) => ({
    upTo: length,
    longest: longest[i]!,
    longestShare: longestShare[i]!,
    shorter: shorter[i]!,
    shorterShare: shorterShare[i]!,
  }));
}
