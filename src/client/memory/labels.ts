import * as vscode from 'vscode';
import { englishLabels, type ChartLabels } from '../../common/charts';
import type { MemoryViewLabels } from '../../protocol';

/** Words of the panel. */
export function memoryLabels(): MemoryViewLabels {
  const { t } = vscode.l10n;
  return {
    noFile: t('No file is open.'),
    notRead: t('Nothing of this file is in memory yet.'),
    readOf: t('Read {0} of {1} tokens'),
    earlier: t('shown: memory before the last edit'),
    pin: t('Pin'),
    unpin: t('Unpin'),
    facts: t('Figures'),
    tokens: t('Tokens'),
    restored: t('{0} restored'),
    lines: t('Lines'),
    bytes: t('Text'),
    state: t('State'),
    checkpoints: t('Checkpoints'),
    notes: t('Notes kept'),
    notesOf: t('{1} of {2} in layer {0}'),
    evicted: t('Evicted'),
    counted: t('Recalls'),
    map: t('Map of the file'),
    mapHelp: t('Arrow keys go from note to note, Enter opens one, + and - zoom, 0 shows the whole file.'),
    mapPlace: t('{0} · line {1} · kept by layer {2}'),
    zoomIn: t('Zoom In'),
    zoomOut: t('Zoom Out'),
    zoomReset: t('Whole File'),
    layer: t('Layer'),
    allLayers: t('All Layers'),
    sort: t('Order'),
    order: t('By {0}'),
    lists: t('Lists of notes'),
    tabNotes: t('Notes'),
    tabEvicted: t('Evicted'),
    tabAttended: t('Recalled'),
    tabChanges: t('Changes'),
    columnToken: t('Token'),
    columnLine: t('Line'),
    columnLayer: t('Layer'),
    columnSlot: t('Slot'),
    columnScore: t('Score'),
    columnAge: t('Age'),
    columnAttended: t('Recalled'),
    columnUntil: t('Kept until'),
    columnWeight: t('Weight'),
    columnPeak: t('At most'),
    columnChange: t('Change'),
    added: t('added'),
    dropped: t('dropped'),
    rescored: t('rescored'),
    changesSummary: t('{0} added, {1} dropped, {2} rescored.'),
    fileName: t('file name'),
    emptyNotes: t('No notes: the newest tokens, which are all still seen, are the whole file.'),
    emptyEvicted: t('Nothing was evicted: there is room for every candidate.'),
    unknownEvicted: t(
      '{0} candidates have no place. Which ones is not known: states along the file are not at hand (yet).',
    ),
    knownEvicted: t('{0} candidates have no place; listed: {1} that held one, as seen every {2} tokens.'),
    emptyAttended: t('Choose what is shown: the notes that the last completion or the last answer looked at.'),
    emptyChanges: t('Remember the notes, edit the file, and see here what the edit changed.'),
    noChanges: t('The notes are the same.'),
    remember: t('Remember Now'),
    forgetBaseline: t('Stop Comparing'),
    comparedWith: t('Compared with {0}:'),
    attendedByCompletion: t('Last Completion'),
    attendedByAnswer: t('Last Answer'),
    closeAttended: t('Close'),
    completionAttended: t('Completion in line {0}: {1}'),
    answerAttended: t('Answer to: {0}'),
    attendedReads: t('{0}: attention of {1} tokens, layer by layer'),
    readOwn: t('{0}'),
    readCross: t('{0}, read by {1}'),
    shareNotes: t('notes'),
    shareRecent: t('recent'),
    shareOwn: t('itself'),
    shareNothing: t('nothing'),
    fidelity: t('Fidelity against distance'),
    fidelityHelp: t('How much of the file its memory gives back. Measuring takes some seconds.'),
    measure: t('Measure'),
    cancel: t('Cancel'),
    measuring: t('Measuring: {0} of {1}'),
    numbers: t('As numbers'),
    exportJson: t('Export JSON…'),
    exportSvg: t('Export SVG…'),
  };
}

/** Words of the drawings that panel and command line share. */
export function chartLabels(): ChartLabels {
  return translated(englishLabels);
}

/** The same table with every text translated. */
function translated<T extends object>(table: T): T {
  return Object.fromEntries(
    Object.entries(table).map(([key, value]) => [
      key,
      typeof value === 'string' ? vscode.l10n.t(value) : translated(value as object),
    ]),
  ) as T;
}
