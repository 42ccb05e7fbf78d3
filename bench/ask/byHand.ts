/**
 * Questions written and checked by hand about files of held-out packages. The right lines are those that match `answer`; text is
 * matched rather than line numbers, so that it is clear what counts as the answer.
 */
export interface HandQuestion {
  /** Name of the package and end of the path. */
  file: readonly [string, string];
  question: string;
  answer: RegExp;
}

const hls = ['hls.js', 'dist/hls.js'] as const;
const jira = ['jira', 'jira/client.py'] as const;
const click = ['click', 'click/core.py'] as const;
const style = ['pycodestyle', 'pycodestyle.py'] as const;

export const handQuestions: readonly HandQuestion[] = [
  { file: hls, question: 'what is the default maximum buffer length?', answer: /^\s+maxBufferLength: 30,/ },
  { file: hls, question: 'how many times is a nudge retried?', answer: /^\s+nudgeMaxRetry: 3,/ },
  {
    file: hls,
    question: 'default bandwidth estimate of the adaptive bitrate controller',
    answer: /^\s+abrEwmaDefaultEstimate: 5e5,/,
  },
  { file: hls, question: 'is low latency mode on by default?', answer: /^\s+lowLatencyMode: true,/ },
  { file: hls, question: 'how many times is appending retried after an error?', answer: /^\s+appendErrorMaxRetry: 3,/ },
  { file: hls, question: 'how large may a hole in the buffer be?', answer: /^\s+maxBufferHole: 0\.1,/ },
  {
    file: hls,
    question: 'how many segments behind the live edge does playback start?',
    answer: /^\s+liveSyncDurationCount: 3,/,
  },
  { file: hls, question: 'what does maxStarvationDelay default to?', answer: /^\s+maxStarvationDelay: 4,/ },
  { file: hls, question: 'tolerance when a fragment is looked up', answer: /^\s+maxFragLookUpTolerance: 0\.25,/ },
  {
    file: jira,
    question: 'how many retries does the client make by default?',
    answer: /max_retries: int = 3,|max_retries \(int\)/,
  },
  { file: jira, question: 'where are the default options of the client?', answer: /^\s+DEFAULT_OPTIONS = \{/ },
  { file: jira, question: 'where is the base url of the REST API declared?', answer: /^\s+JIRA_BASE_URL = / },
  { file: jira, question: 'who adds an attachment to an issue?', answer: /def add_attachment\(/ },
  { file: jira, question: 'how do I move an issue to another status?', answer: /def transition_issue\(/ },
  { file: click, question: 'where is the invoke of a command implemented?', answer: /^\s+def invoke\(self, ctx/ },
  {
    file: click,
    question: 'which method formats the usage line?',
    answer: /^\s+def (format_usage|collect_usage_pieces|get_usage)\(/,
  },
  {
    file: click,
    question: 'how is the value of a parameter taken from the environment?',
    answer: /^\s+def (resolve_envvar_value|value_from_envvar)\(/,
  },
  { file: style, question: 'what is the maximum line length?', answer: /^MAX_LINE_LENGTH = 79/ },
  { file: style, question: 'which checks are ignored by default?', answer: /^DEFAULT_IGNORE = / },
  { file: style, question: 'how many spaces is an indent?', answer: /^INDENT_SIZE = 4/ },
  { file: style, question: 'which folders are excluded by default?', answer: /^DEFAULT_EXCLUDE = / },
  { file: style, question: 'what checks trailing whitespace?', answer: /^def trailing_whitespace\(/ },
];
