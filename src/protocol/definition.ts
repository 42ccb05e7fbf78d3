import { RequestMessage } from './message';

export interface FarDefinitionParams {
  uri: string;
  /** The identifier under the mouse. */
  name: string;
  /** 0-based, where it stands. */
  line: number;
  character: number;
}

/** The only definition of a name in its file. Lines are 1-based. */
export interface FarDefinition {
  line: number;
  /** The line itself, without indentation. */
  text: string;
  /** Tokens between the definition and the place that was asked about; negative when the definition comes later. */
  tokensAgo: number;
}

/** Asks where a name is defined, if that is far away in the same file. Null otherwise, and when the file is not read as it is now. */
export const FarDefinitionRequest = new RequestMessage<FarDefinitionParams, FarDefinition | null>(
  'memmamba/farDefinition',
);
