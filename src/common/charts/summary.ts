import { isMeasured, type FidelityMetricName, type FidelityReport, type FidelityWorth } from '../fidelity';
import { value } from './curve';
import { el, type MarkupElement } from './markup';
import { englishLabels, fill, type ChartLabels } from './labels';

/** Every metric with its definition, its figures or why there are none, and how well it predicts recall. */
export function fidelitySummary(
  report: FidelityReport,
  { labels = englishLabels }: { readonly labels?: ChartLabels } = {},
): MarkupElement {
  const horizontal = (['representational', 'functional'] as const).map((name) => {
    const figure = report[name];
    if (!isMeasured(figure)) return metric(name, [labels.gap[figure.absent]], undefined, labels);
    const digits = name === 'functional' ? 4 : 3;
    const against = fill(labels.against[name], figure.withMemory.toFixed(digits), figure.withNothing.toFixed(digits));
    return metric(
      name,
      [`${value(figure.score)}, ${labels.samples}: ${figure.score.count}`, against],
      report.worth[name],
      labels,
    );
  });
  const { vertical } = report;
  const lines = isMeasured(vertical)
    ? vertical.pairs.map(({ from, to, cka, probe }) => {
        const alike = fill(labels.cka, from, to, cka.toFixed(3));
        if (!isMeasured(probe)) return `${alike}; ${labels.gap[probe.absent]}`;
        const share = `${(100 * probe.share).toFixed(0)} %`;
        return `${alike}; ${fill(labels.information, share, probe.bits.toFixed(1), probe.explained.toFixed(2))}`;
      })
    : [labels.gap[vertical.absent]];
  return el('div', { class: 'mm-metrics' }, ...horizontal, metric('vertical', lines, report.worth.vertical, labels));
}

function metric(
  name: FidelityMetricName,
  lines: readonly string[],
  worth: FidelityWorth | undefined,
  labels: ChartLabels,
): MarkupElement {
  return el(
    'div',
    { class: 'mm-metric' },
    el('strong', {}, labels.metric[name]),
    el('p', { class: 'mm-definition' }, labels.definition[name]),
    ...lines.map((line) => el('p', {}, line)),
    el('p', { class: worth?.predicts === false ? 'mm-worthless' : 'mm-worth' }, worthInWords(worth, labels)),
  );
}

/** How well a metric predicts recall, as text. */
export function worthInWords(worth: FidelityWorth | undefined, labels: ChartLabels = englishLabels): string {
  if (worth === undefined) return labels.worthUnknown;
  const { rho, low, high, cases, predicts } = worth;
  return fill(
    predicts ? labels.predicts : labels.doesNotPredict,
    rho.toFixed(2),
    low.toFixed(2),
    high.toFixed(2),
    String(cases),
  );
}
