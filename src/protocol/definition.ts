import { RequestMessage } from './message';

export interface FarDefinitionParams {
  uri: string;
  /** The identifier under the mouse pointer. */
  name: string;
  /** 0-based position of the identifier. */
  line: number;
  character: number;
}

/** The only definition of a name in its file. Lines are 1-based. */
export interface FarDefinition {
  line: number;
  /** The line itself, without indentation. */
  text: string;
  /** Tokens between the definition and the identifier; negative when the definition comes later. */
  tokensAgo: number;
}

/**
 * The definition of a name, if it is far away in the same file. Null otherwise, and when the file's current text has not been read.
 */
export const FarDefinitionRequest = new RequestMessage<FarDefinitionParams, FarDefinition | null>(
  'memmamba/farDefinition',
);
