import assert from 'node:assert/strict';
import {
  CancellationTokenSource,
  LanguageModelChatMessage,
  LanguageModelTextPart,
  lm,
  type ChatRequest,
  type ChatResponseStream,
  type Location,
  type MarkdownString,
} from 'vscode';
import type { ChatOutcome } from '../../../src/client/chat';
import { client, inside, untilFresh } from '../memmamba';

/** The memory in the editor's own chat, with no account, no network and no chat model but ours. */
export function chat(): void {
  suite('chat', () => {
    suiteSetup(async () => {
      await untilFresh(inside('first', 'help.js'));
    });

    test('the tool memmamba_recall answers whoever calls it', async () => {
      const tool = lm.tools.find(({ name }) => name === 'memmamba_recall');
      assert.ok(tool, 'the editor does not know the tool');
      const { token } = new CancellationTokenSource();
      const input = { question: 'Where is padWidth defined?', maxResults: 2 };
      const result = await lm.invokeTool('memmamba_recall', { input, toolInvocationToken: undefined }, token);
      const text = result.content.map((part) => (part instanceof LanguageModelTextPart ? part.value : '')).join('');
      assert.match(text, /help\.js:\d+/);
      assert.match(text, /padWidth\(/);
      const absent = { question: 'Where is the zorkmid frobnicator configured?' };
      const nothing = await lm.invokeTool('memmamba_recall', { input: absent, toolInvocationToken: undefined }, token);
      assert.match((nothing.content[0] as LanguageModelTextPart).value, /^Not found in memory/);
    });

    test('a chat model of our own looks things up, so that chat works with no other', async () => {
      const [model] = await lm.selectChatModels({ vendor: 'memmamba' });
      assert.ok(model, 'the editor does not list the model');
      const response = await model.sendRequest([LanguageModelChatMessage.User('Where is padWidth defined?')]);
      let text = '';
      for await (const part of response.text) text += part;
      assert.match(text, /help\.js:\d+/);
    });

    test('@memmamba answers with places', async () => {
      // The editor hands a participant its requests only through its own chat view, which wants an account first when it is
      // offline; so the request is made here, and what the participant streams is collected.
      const streamed: string[] = [];
      const places: string[] = [];
      const stream = {
        markdown: (text: string | MarkdownString) => void streamed.push(typeof text === 'string' ? text : text.value),
        anchor: (place: Location) => void places.push(`${place.uri.path}:${place.range.start.line + 1}`),
        reference: () => undefined,
        progress: () => undefined,
      } as unknown as ChatResponseStream;
      const [model] = await lm.selectChatModels({ vendor: 'memmamba' });
      const ask = async (prompt: string): Promise<ChatOutcome> => {
        const request = {
          prompt,
          command: undefined,
          references: [],
          toolReferences: [],
          model,
        } as unknown as ChatRequest;
        return (await client()).chat.answer(request, stream, new CancellationTokenSource().token);
      };
      const outcome = await ask('Where is padWidth defined?');
      assert.equal(outcome.metadata.found, true);
      assert.match(outcome.metadata.citations[0] ?? '', /help\.js:\d+$/);
      assert.equal(outcome.metadata.sharedWith, undefined);
      assert.match(places[0] ?? '', /help\.js:\d+$/);
      assert.match(streamed.join(''), /padWidth\([^]*\[1\]/);

      const absent = await ask('Where is the zorkmid frobnicator configured?');
      assert.deepEqual(absent.metadata, { found: false, citations: [] });
    });
  });
}
