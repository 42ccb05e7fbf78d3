import type { JsonReader } from '../json';
import { maxMatchLength } from './tokenIndex';

/** The file of a model folder that holds them; it may be absent. */
export const ngramFile = 'lookup.json';

/** How a match of one length counts. */
export interface LengthWeights {
  /** Most tokens in common that these weights are for. */
  readonly upTo: number;
  /** Added to the logit of what followed the longest match, and for each unit of the natural log of its share. */
  readonly longest: number;
  readonly longestShare: number;
  /** The same for what followed shorter matches only. */
  readonly shorter: number;
  readonly shorterShare: number;
}

/**
 * How much what followed elsewhere in the text counts beside the model's own opinion: a log-linear model with few weights, fitted
 * once per trained model (`npm run bench -- lookup --write`), since a better model needs less help.
 */
export interface TextWeights {
  /** The model's logits are multiplied by this, */
  readonly scale: number;
  /** and by so much more as it is certain: what it recalls shall not be outvoted by what merely stands in the text. */
  readonly certain: number;
  /** Added to the logit of every token that occurs in the text. */
  readonly occurs: number;
  /** Ascending; the last is for {@link maxMatchLength}. */
  readonly lengths: readonly LengthWeights[];
}

/** All of them anew for a text among others, fitted together: a text that stands alone is completed as if there were no such thing. */
export interface WorkspaceWeights extends TextWeights {
  /** For what followed in other files after more tokens than anywhere in the text itself, which then knows nothing better. */
  readonly beyond: readonly LengthWeights[];
  /** For the rest of what followed in other files: the text itself has as much to say. */
  readonly within: readonly LengthWeights[];
}

export interface NgramWeights extends TextWeights {
  /** Undefined where nothing was fitted with other files: then these do not count. */
  readonly workspace?: WorkspaceWeights;
}

const columns = ['longest', 'longestShare', 'shorter', 'shorterShare'] as const;

/** Undefined for models beside which there are none. @throws UserError `model-file-invalid` */
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

/** A table of weights by length, a column for each kind. @throws UserError `model-file-invalid` */
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
