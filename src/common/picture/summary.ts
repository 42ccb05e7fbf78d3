import { isMeasured, type FidelityMetricName, type FidelityReport, type FidelityWorth } from '../fidelity';
import { value } from './curve';
import { el, type MarkupElement } from './markup';
import { englishWords, fill, type PictureWords } from './words';

/** Every metric with its definition, its figures or why there are none, and what it is worth. */
export function fidelitySummary(
  report: FidelityReport,
  { words = englishWords }: { readonly words?: PictureWords } = {},
): MarkupElement {
  const horizontal = (['representational', 'functional'] as const).map((name) => {
    const figure = report[name];
    if (!isMeasured(figure)) return metric(name, [words.gap[figure.absent]], undefined, words);
    const digits = name === 'functional' ? 4 : 3;
    const against = fill(words.against[name], figure.withMemory.toFixed(digits), figure.withNothing.toFixed(digits));
    return metric(
      name,
      [`${value(figure.score)}, ${words.samples}: ${figure.score.count}`, against],
      report.worth[name],
      words,
    );
  });
  const { vertical } = report;
  const lines = isMeasured(vertical)
    ? vertical.pairs.map(({ from, to, cka, probe }) => {
        const alike = fill(words.cka, from, to, cka.toFixed(3));
        if (!isMeasured(probe)) return `${alike}; ${words.gap[probe.absent]}`;
        const share = `${(100 * probe.share).toFixed(0)} %`;
        return `${alike}; ${fill(words.information, share, probe.bits.toFixed(1), probe.explained.toFixed(2))}`;
      })
    : [words.gap[vertical.absent]];
  return el('div', { class: 'mm-metrics' }, ...horizontal, metric('vertical', lines, report.worth.vertical, words));
}

function metric(
  name: FidelityMetricName,
  lines: readonly string[],
  worth: FidelityWorth | undefined,
  words: PictureWords,
): MarkupElement {
  return el(
    'div',
    { class: 'mm-metric' },
    el('strong', {}, words.metric[name]),
    el('p', { class: 'mm-definition' }, words.definition[name]),
    ...lines.map((line) => el('p', {}, line)),
    el('p', { class: worth?.predicts === false ? 'mm-worthless' : 'mm-worth' }, worthInWords(worth, words)),
  );
}

/** What a metric is worth, in words. */
export function worthInWords(worth: FidelityWorth | undefined, words: PictureWords = englishWords): string {
  if (worth === undefined) return words.worthUnknown;
  const { rho, low, high, cases, predicts } = worth;
  return fill(
    predicts ? words.predicts : words.doesNotPredict,
    rho.toFixed(2),
    low.toFixed(2),
    high.toFixed(2),
    String(cases),
  );
}
