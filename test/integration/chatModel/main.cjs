const vscode = require('vscode');

/** What the model was told, and what it says; `fails` makes it refuse. */
const told = [];
const model = { told, fails: false };

const provider = {
  provideLanguageModelChatInformation: () => [
    {
      id: 'parrot',
      name: 'Parrot',
      family: 'parrot',
      version: '1',
      maxInputTokens: 8000,
      maxOutputTokens: 1000,
      capabilities: { toolCalling: true },
    },
  ],
  provideLanguageModelChatResponse: (_model, messages, _options, progress) => {
    told.push(messages.flatMap(({ content }) => content.map(({ value }) => value)).join('\n'));
    if (model.fails) return Promise.reject(vscode.LanguageModelError.Blocked('I will not.'));
    progress.report(new vscode.LanguageModelTextPart('It is defined there [1].'));
    return Promise.resolve();
  },
  provideTokenCount: (_model, text) => Promise.resolve(String(text).length),
};

exports.activate = (context) => {
  context.subscriptions.push(vscode.lm.registerLanguageModelChatProvider('memmamba-tests', provider));
  return model;
};
