import { curveTable, fidelityCurve, fidelitySummary, fill, type ChartLabels } from '../../common/charts';
import type { FidelityState, MemoryViewLabels } from '../../protocol';
import { button, make } from '../elements';
import { keep, keptState, send } from './host';

/** How much of the file survives: measured on request, since it takes seconds. */
export class FidelitySection {
  readonly element = make('details', { id: 'fidelity' });
  private readonly button = button({ id: 'measure' }, () =>
    send({ type: this.state.kind === 'measuring' ? 'cancelMeasure' : 'measure' }),
  );
  private readonly status = make('p', { className: 'note', role: 'status' });
  private readonly bar = make('progress', { hidden: true });
  private result = make('div', {});
  private state: FidelityState = { kind: 'none' };

  constructor(
    private readonly labels: MemoryViewLabels,
    private readonly chartLabels: ChartLabels,
  ) {
    this.element.open = keptState().isFidelityOpen;
    this.element.addEventListener('toggle', () => keep({ isFidelityOpen: this.element.open }));
    this.bar.ariaLabel = labels.fidelity;
    this.element.append(
      make('summary', { textContent: labels.fidelity }),
      make('p', { className: 'note', textContent: labels.fidelityHelp }),
      make('div', { className: 'tools' }, this.button, this.bar),
      this.status,
      this.result,
    );
  }

  show(state: FidelityState, canMeasure: boolean): void {
    const { labels, chartLabels } = this;
    const wasMeasured = this.state.kind === 'measured' ? this.state.report : undefined;
    this.state = state;
    this.button.textContent = state.kind === 'measuring' ? labels.cancel : labels.measure;
    this.button.disabled = !canMeasure && state.kind !== 'measuring';
    this.bar.hidden = state.kind !== 'measuring';
    if (state.kind === 'measuring') {
      this.bar.max = Math.max(1, state.total);
      this.bar.value = state.done;
      this.status.textContent = fill(labels.measuring, state.done, state.total);
    } else {
      this.status.textContent = state.kind === 'failed' ? state.message : '';
    }
    this.status.hidden = this.status.textContent === '';
    if (state.kind !== 'measured') this.showResult();
    else if (state.report !== wasMeasured) {
      const options = { labels: chartLabels };
      const { report } = state;
      const numbers = make('summary', { textContent: labels.numbers });
      this.showResult(
        fidelityCurve(report.curve, options),
        fidelitySummary(report, options),
        make('details', {}, numbers, curveTable(report.curve, options)),
      );
    }
  }

  private showResult(...children: Parameters<typeof make>[2][]): void {
    const result = make('div', {}, ...children);
    this.result.replaceWith(result);
    this.result = result;
  }
}
