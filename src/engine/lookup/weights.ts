import type { JsonReader } from '../json';
import { longestMatch } from './tokenIndex';

/** The file of a model folder that holds them; it may be absent. */
export const lookupFile = 'lookup.json';

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
export interface LookupWeights {
  /** The model's logits are multiplied by this, */
  readonly scale: number;
  /** and by so much more as it is certain: what it recalls shall not be outvoted by what merely stands in the text. */
  readonly certain: number;
  /** Added to the logit of every token that occurs in the text. */
  readonly occurs: number;
  /** Ascending; the last is for {@link longestMatch}. */
  readonly lengths: readonly LengthWeights[];
}

/** Undefined for models beside which there are none. @throws UserError `model-file-invalid` */
export function readLookupWeights(json: JsonReader | undefined): LookupWeights | undefined {
  if (json === undefined) return undefined;
  const columns = json.child('lengths');
  const column = (name: string): number[] => columns.numbers(name);
  const upTo = column('upTo');
  const rest = ['longest', 'longestShare', 'shorter', 'shorterShare'] as const;
  const values = Object.fromEntries(rest.map((name) => [name, column(name)])) as Record<
    (typeof rest)[number],
    number[]
  >;
  const isAscending = upTo.every((length, i) => length > (upTo[i - 1] ?? 0));
  if (!isAscending || upTo.at(-1) !== longestMatch || rest.some((name) => values[name].length !== upTo.length)) {
    throw columns.wrong('upTo', `ascending up to ${longestMatch}, with one weight of each kind for each length`);
  }
  return {
    scale: json.number('scale'),
    certain: json.number('certain'),
    occurs: json.number('occurs'),
    lengths: upTo.map((length, i) => ({
      upTo: length,
      longest: values.longest[i]!,
      longestShare: values.longestShare[i]!,
      shorter: values.shorter[i]!,
      shorterShare: values.shorterShare[i]!,
    })),
  };
}
