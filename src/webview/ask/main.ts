import type { AskEntry, AskScope, AskSentence, AskViewMessage, AskViewState, ShownCitation } from '../../protocol';
import { button, make } from '../elements';

interface Host {
  postMessage(message: AskViewMessage): void;
  getState(): { draft?: string } | undefined;
  setState(state: { draft?: string }): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const answers = document.getElementById('answers')!;
const form = document.getElementById('form') as HTMLFormElement;
const scopes: AskScope['kind'][] = ['file', 'openFiles', 'workspace'];

const question = make('textarea', { id: 'question', rows: 2 });
const scope = make('select', { id: 'scope' });
const submit = make('button', { id: 'submit', type: 'submit' });
const cancel = button({ id: 'cancel', className: 'secondary' }, () => host.postMessage({ type: 'cancel' }));
const scopeLabel = make('label', { htmlFor: 'scope' });
let state: AskViewState | undefined;

form.append(question, make('div', { className: 'row' }, scopeLabel, scope, cancel, submit));
question.value = host.getState()?.draft ?? '';
question.addEventListener('input', () => host.setState({ draft: question.value }));
question.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === 'Escape') {
    host.postMessage({ type: 'cancel' });
  }
});
scope.addEventListener('change', () => host.postMessage({ type: 'scope', scope: chosenScope() }));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text === '' || state?.canAsk !== true) return;
  host.postMessage({ type: 'ask', question: text, scope: chosenScope() });
  question.value = '';
  host.setState({ draft: '' });
});

window.addEventListener('message', ({ data }: MessageEvent<AskViewState>) => {
  const isNew = (state?.entries.length ?? 0) < data.entries.length;
  state = data;
  showForm(data);
  showAnswers(data);
  if (isNew) answers.lastElementChild?.scrollIntoView({ block: 'start' });
});
host.postMessage({ type: 'ready' });

function chosenScope(): AskScope['kind'] {
  return scopes.find((name) => name === scope.value) ?? 'file';
}

function showForm({ labels, scope: chosen, canAsk, entries }: AskViewState): void {
  question.placeholder = labels.placeholder;
  question.ariaLabel = labels.placeholder;
  scopeLabel.textContent = labels.scope;
  scope.replaceChildren(
    ...scopes.map((name) => make('option', { value: name, textContent: labels[name], selected: name === chosen })),
  );
  submit.textContent = labels.ask;
  submit.disabled = !canAsk;
  cancel.textContent = labels.cancel;
  cancel.hidden = !entries.some((entry) => entry.state === 'asking');
}

function showAnswers({ entries, labels }: AskViewState): void {
  if (entries.length === 0) {
    answers.replaceChildren(make('p', { className: 'empty', textContent: labels.empty }));
    return;
  }
  answers.replaceChildren(...entries.map(showEntry));
}

function showEntry(entry: AskEntry): HTMLElement {
  const { labels } = state!;
  const article = make('article', { className: entry.state }, make('h2', { textContent: entry.question }));
  article.dataset['state'] = entry.state;
  if (entry.state === 'asking') article.ariaBusy = 'true';
  if (entry.state === 'unsure') article.append(make('p', { className: 'text', textContent: labels.unsure }));
  for (const sentence of entry.sentences ?? []) article.append(showSentence(sentence, entry));
  // Answers stored by earlier versions have only the model's words.
  if (entry.sentences === undefined && entry.text !== undefined) {
    article.append(make('p', { className: 'text', textContent: entry.text }));
  }
  if (entry.state === 'not-found') article.append(make('p', { className: 'text', textContent: labels.notFound }));
  if (entry.citations.length > 0) article.append(make('ol', {}, ...entry.citations.map(showCitation)));
  const where = labels[entry.scope];
  article.append(make('p', { className: 'note', textContent: `${where} · ${entry.note}` }));
  if (entry.citations.length > 0) {
    const copy = make('button', { type: 'button', className: 'secondary', textContent: labels.copy });
    copy.addEventListener('click', () => host.postMessage({ type: 'copy', id: entry.id }));
    article.append(copy);
  }
  if (entry.id === state!.attendedBy) {
    const look = { className: 'secondary attended', textContent: labels.showAttended };
    article.append(button(look, () => host.postMessage({ type: 'attended' })));
  }
  return article;
}

/** A sentence, with a button that opens the place it was copied from. */
function showSentence({ text, kind, citation }: AskSentence, { citations }: AskEntry): HTMLElement {
  const content = make(kind === 'prose' ? 'span' : 'code', { textContent: text });
  const paragraph = make('p', { className: 'text' }, content);
  const cited = citations[citation];
  if (cited !== undefined) {
    const look = { className: 'source', textContent: `${citation + 1}`, title: cited.label, ariaLabel: cited.label };
    paragraph.append(
      ' ',
      button(look, () => openPlace(cited)),
    );
  }
  return paragraph;
}

function openPlace({ uri, line, endLine }: ShownCitation): void {
  host.postMessage({ type: 'open', uri, line, endLine });
}

function showCitation(citation: ShownCitation): HTMLElement {
  const { labels } = state!;
  const { foundBy } = citation;
  const both = foundBy.length > 1;
  const why = both ? labels.byBoth : foundBy[0] === 'notes' ? labels.byNotes : labels.byWords;
  const look = { className: 'citation', textContent: citation.label, title: why };
  const opener = button(look, () => openPlace(citation));
  return make('li', {}, opener, make('pre', { textContent: citation.text, tabIndex: 0 }));
}
