import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import {
  CancellationTokenSource,
  ConfigurationTarget,
  LanguageModelChatMessage,
  LanguageModelTextPart,
  commands,
  extensions,
  lm,
  window,
  workspace,
} from 'vscode';
import type { ChatOutcome } from '../../../src/client/chat';
import { client, inside, untilFresh } from '../memmamba';

/** MemMamba in the editor's chat, with no account, no network and no chat model except ours. */
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
      assert.match((nothing.content[0] as LanguageModelTextPart).value, /^Not found \(files searched by words: \d+/);
    });

    test('a chat model of our own looks things up, so that chat works with no other', async () => {
      const [model] = await lm.selectChatModels({ vendor: 'memmamba' });
      assert.ok(model, 'the editor does not list the model');
      const response = await model.sendRequest([LanguageModelChatMessage.User('Where is padWidth defined?')]);
      let text = '';
      for await (const part of response.text) text += part;
      assert.match(text, /help\.js\\?:\d+/);
    });

    test('@memmamba answers through the chat of the editor', async () => {
      const found = await asked('@memmamba Where is padWidth defined?');
      assert.equal(found?.metadata.found, true);
      assert.match(found.metadata.citations[0] ?? '', /help\.js:\d+$/);
      assert.equal(found.metadata.sharedWith, undefined);

      const absent = await asked('@memmamba /workspace Where is the zorkmid frobnicator configured?');
      assert.deepEqual(absent?.metadata, { found: false, citations: [] });
    });

    test('its command looks in the file in front only', async () => {
      await window.showTextDocument(inside('first', 'error.js'));
      const question = 'Where is padWidth defined?';
      const focused = await asked(`@memmamba /file ${question}`);
      assert.deepEqual(focused?.metadata, { found: false, citations: [], wider: question });

      await commands.executeCommand('workbench.action.closeAllEditors');
      const nowhere = await asked(`@memmamba /file ${question}`);
      assert.match(nowhere?.errorDetails?.message ?? '', /^No file is open\./);
    });

    test('a chat model of the user gets the cited places, and only when a setting allows it', async () => {
      const parrot = await extensions.getExtension<Parrot>('memmamba-tests.chat-model')?.activate();
      assert.ok(parrot, 'the extension with the chat model is not there');
      const modelSelector = { vendor: 'memmamba-tests' };
      const question = '@memmamba Where is padWidth defined?';
      const setting = workspace.getConfiguration('memmamba');

      const kept = await asked(question, { modelSelector });
      assert.equal(kept?.metadata.found, true);
      assert.equal(kept.metadata.sharedWith, undefined);
      assert.deepEqual(parrot.told, []);

      await setting.update('ask.useChatModel', true, ConfigurationTarget.Global);
      try {
        const shared = await asked(question, { modelSelector });
        assert.equal(shared?.metadata.sharedWith, 'parrot');
        assert.equal(parrot.told.length, 1);
        assert.match(
          parrot.told.join(),
          /\[1\] .*help\.js:\d+-\d+\n```js\n[^]*padWidth\([^]*Question: Where is padWidth defined\?$/,
        );

        parrot.fails = true;
        const refused = await asked(question, { modelSelector });
        assert.deepEqual({ ...refused?.metadata, citations: [] }, { found: true, citations: [] });
      } finally {
        await setting.update('ask.useChatModel', undefined, ConfigurationTarget.Global);
      }
      await asked('@memmamba padWidth', { modelSelector: { vendor: 'memmamba' } });
    });

    test('what fails is said in the chat, and the next question is answered', async () => {
      const { server } = await client();
      await server.stop();
      const failed = await asked('@memmamba Where is padWidth defined?').finally(() => server.start());
      assert.equal(failed?.errorDetails?.message, 'The server is not running.');
      await untilFresh(inside('first', 'help.js'));
      assert.equal((await asked('@memmamba Where is padWidth defined?'))?.metadata.found, true);
    });

    test('a question that is cancelled ends at once, without an answer and without an error', async () => {
      const running = asked('@memmamba Where is padWidth defined?');
      const isRunning = (): Promise<boolean> => Promise.race([running.then(() => false), setTimeout(5, true)]);
      // The command does nothing until the request is under way.
      while (await isRunning()) await commands.executeCommand('workbench.action.chat.cancel');
      // An answer would have brought its metadata, a failure its message.
      assert.deepEqual(await running, {});
    });
  });
}

/** The model of the extension in `chatModel/`. */
interface Parrot {
  told: string[];
  fails: boolean;
}

/** Sends a message in the editor's chat view and waits for the complete answer. */
async function asked(query: string, options: object = {}): Promise<ChatOutcome | undefined> {
  return commands.executeCommand('workbench.action.chat.open', { ...options, query, blockOnResponse: true });
}
