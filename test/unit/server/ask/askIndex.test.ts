import { describe, expect, it } from 'vitest';
import { askIndex, SpanIndex, type Answer, type AskModel } from '../../../../src/server/ask';

const source = `// How often a request is tried again.
const MAX_RETRIES = 7;

/**
 * Sends a request. Tries again when the network fails.
 */
export async function sendRequest(
  url: string,
  tries = MAX_RETRIES,
): Promise<Response> {
  return fetchAgain(url, tries);
}

function main(): void {
  sendRequest('here');
}
`;

async function answer(question: string, model?: AskModel): Promise<Answer & { told: string[] }> {
  const index = new SpanIndex();
  await index.set('src/a.ts', 'a.ts', Buffer.from(source));
  const told: string[] = [];
  const result = await askIndex(index, index.list(), question, model, {
    report: (step) => {
      if (step.kind === 'citations') told.push(`citations ${step.citations.length}`);
      else told.push(step.kind === 'sentence' ? `sentence ${step.sentence.kind}` : `recall ${step.label}`);
    },
  });
  return { ...result, told };
}

const saying =
  (text: string, meanLogProb: number, line: number): AskModel =>
  () =>
    Promise.resolve({ lines: [{ line, weight: 1 }], answer: { text, meanLogProb } });

describe('askIndex', () => {
  it('copies a value from the line that holds it', async () => {
    const { found, citations, sentences, probability } = await answer('What is the value of MAX_RETRIES?');
    expect(found).toBe(true);
    expect(probability).toBeGreaterThan(0.5);
    expect(citations[0]).toMatchObject({ label: 'src/a.ts', line: 2, symbol: 'MAX_RETRIES' });
    expect(sentences[0]).toEqual({ text: 'const MAX_RETRIES = 7;', kind: 'code', citation: 0 });
  });

  it('copies a signature and the first sentence of its documentation', async () => {
    const { citations, sentences } = await answer('Where is sendRequest defined?');
    expect(citations[0]).toMatchObject({ line: 7, startLine: 4, endLine: 12, symbol: 'sendRequest' });
    expect(sentences).toEqual([
      {
        text: 'export async function sendRequest(\nurl: string,\ntries = MAX_RETRIES,\n): Promise<Response>',
        kind: 'code',
        citation: 0,
      },
      { text: 'Sends a request.', kind: 'prose', citation: 0 },
    ]);
  });

  it('cites the line of a use when uses are asked for', async () => {
    const { citations, sentences } = await answer('Who calls sendRequest?');
    expect(citations[0]).toMatchObject({ line: 15, symbol: 'main' });
    expect(sentences[0]).toMatchObject({ text: "sendRequest('here');", citation: 0 });
  });

  it('gives every sentence a citation whose text holds it', async () => {
    for (const question of [
      'MAX_RETRIES',
      'who uses MAX_RETRIES',
      'where is the request sent',
      'how often tried again',
    ]) {
      const { sentences, citations } = await answer(question);
      for (const { text, citation } of sentences) {
        const squeezed = (value: string): string => value.replace(/[\s*/]+/g, ' ').trim();
        expect(squeezed(citations[citation]!.text)).toContain(squeezed(text));
      }
    }
  });

  it.each(['What is MIN_RETRIES?', 'Where is the zorkmid frobnicator configured?', 'who calls receiveRequest?'])(
    'says that memory holds no answer to "%s"',
    async (question) => {
      const { found, citations, sentences } = await answer(question);
      expect({ found, citations, sentences }).toEqual({ found: false, citations: [], sentences: [] });
    },
  );

  it('tells places first and what is copied next, before the model is asked', async () => {
    const { told } = await answer('What is MAX_RETRIES?', saying('7', -0.01, 1));
    expect(told.map((one) => one.replace(/ \d+$/, ''))).toEqual(['citations', 'sentence code', 'recall src/a.ts']);
  });

  it("shows the model's words only when it is sure and they stand in a cited place", async () => {
    const sure = await answer('What does sendRequest do?', saying('fetchAgain(url, tries)', -0.05, 10));
    expect(sure.text).toBe('fetchAgain(url, tries)');
    expect(sure.citations[0]!.foundBy).toEqual(['words', 'notes']);
    expect(sure.sentences.at(-1)).toEqual({ text: 'fetchAgain(url, tries)', kind: 'model', citation: 0 });
    expect((await answer('What does sendRequest do?', saying('fetchAgain(url, tries)', -2, 10))).text).toBeUndefined();
    expect((await answer('What does sendRequest do?', saying('something else', -0.05, 10))).text).toBeUndefined();
  });

  it('ends when it is cancelled', async () => {
    const index = new SpanIndex();
    await index.set('a.ts', 'a.ts', Buffer.from(source));
    const signal = AbortSignal.abort();
    await expect(askIndex(index, index.list(), 'What is MAX_RETRIES?', undefined, { signal })).rejects.toThrow(
      /abort/i,
    );
  });
});
