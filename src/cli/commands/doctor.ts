import { ExitCode, UserError, formatBytes, plural, version } from '../../common';
import { loadManifest, type Engine } from '../../engine';
import { secretPatterns, type StoreStats } from '../../memory';
import type { Command } from '../command';
import type { Options } from '../options';
import type { Terminal } from '../terminal';
import { modelFolder, openEngine, openStore } from '../workbench';

interface Finding {
  ok: boolean;
  what: string;
  detail: string;
}

/** `memmamba doctor`: checks everything that reading needs. */
export const doctor: Command = {
  name: 'doctor',
  usage: 'doctor',
  summary: 'check the model, where it runs, its self-test and the store',
  options: {},
  async run(options, terminal) {
    const findings: Finding[] = [
      {
        ok: true,
        what: 'program',
        detail: `memmamba ${version}, node ${process.versions.node}, ${process.platform} ${process.arch}`,
      },
    ];
    const model = await checkModel(options, terminal, findings);
    const store = await checkStore(options, terminal, findings, model);
    findings.push({ ok: true, what: 'never read', detail: secretPatterns.filter((p) => !p.startsWith('!')).join(' ') });
    const exitCode = model === undefined ? ExitCode.model : store.persistent ? ExitCode.ok : ExitCode.store;
    return {
      json: { ok: exitCode === ExitCode.ok, version, model, store, secretPatterns, findings, exitCode },
      text: findings
        .map(({ ok, what, detail }) => `${ok ? 'ok      ' : 'PROBLEM '}${what.padEnd(12)}${detail}`)
        .join('\n'),
      exitCode,
    };
  },
};

/** Loads the model as reading would, which verifies the files and runs the self-test. */
async function checkModel(
  options: Options,
  terminal: Terminal,
  findings: Finding[],
): Promise<Record<string, unknown> | undefined> {
  const started = performance.now();
  let engine: Engine;
  let folder: string | undefined;
  try {
    folder = modelFolder(options, terminal);
    engine = await openEngine(options, terminal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    findings.push({ ok: false, what: 'model', detail: [error.message, error.hint].filter(Boolean).join(' ') });
    return undefined;
  }
  const manifest = await loadManifest(folder);
  const { config, report, modelId } = engine;
  await engine.dispose();
  const chosen = report.attempts.find(({ ok }) => ok)?.reason ?? 'self-test passed';
  findings.push(
    {
      ok: true,
      what: 'model',
      detail: `${manifest.name} (${modelId.slice(0, 12)}) in ${folder}, every file as its manifest says`,
    },
    {
      ok: true,
      what: 'provider',
      detail: `${report.provider}, ${plural(report.threads, 'thread')}, ${chosen}, loaded in ${Math.round(performance.now() - started)} ms`,
    },
    ...report.attempts
      .filter(({ ok }) => !ok)
      .map(({ provider, reason }) => ({ ok: true, what: 'not used', detail: `${provider}: ${reason}` })),
  );
  return { folder, name: manifest.name, modelId, config, report };
}

async function checkStore(
  options: Options,
  terminal: Terminal,
  findings: Finding[],
  model: Record<string, unknown> | undefined,
): Promise<StoreStats & { persistent: boolean; warnings: string[] }> {
  const store = await openStore(options, terminal);
  try {
    const stats = store.stats();
    findings.push({
      ok: store.isPersistent,
      what: 'store',
      detail:
        `${plural(stats.states, 'state')} of ${plural(stats.documents, 'document')}, ${formatBytes(stats.bytes)} of ` +
        `${formatBytes(stats.quotaBytes)} in ${stats.folder}` +
        (store.isPersistent ? '' : ` (${store.warnings.join('; ')})`),
    });
    for (const { modelId, states, bytes } of stats.models) {
      if (model === undefined || modelId === model['modelId']) continue;
      findings.push({
        ok: true,
        what: 'other model',
        detail: `${plural(states, 'state')} (${formatBytes(bytes)}) of model ${modelId.slice(0, 12)}: unused, they make room when the quota is reached`,
      });
    }
    return { ...stats, persistent: store.isPersistent, warnings: store.warnings };
  } finally {
    await store.close();
  }
}
