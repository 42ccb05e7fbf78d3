import { describe, expect, it } from 'vitest';
import { notebookText } from '../../../../src/memory/source/notebook';

const read = (text: string): string => Buffer.from(notebookText(Buffer.from(text))).toString();

const notebook = {
  cells: [
    { cell_type: 'markdown', source: ['# Fit\n', '\n', 'A line of "text".'] },
    {
      cell_type: 'code',
      outputs: [{ data: { 'image/png': 'iVBORw0KGgo=', 'text/plain': ['<Figure size 640x480>'] } }],
      source: ['import numpy as np\n', 'slope = np.polyfit(x, y, 1)'],
    },
    { cell_type: 'code', outputs: [{ text: ['12\n'] }], source: 'print(slope)' },
  ],
  metadata: { kernelspec: { name: 'python3' } },
};

describe('the text of a notebook', () => {
  it('is that of its cells, each line where it is in the file', () => {
    const file = JSON.stringify(notebook, null, 1);
    const lines = read(file).split('\n');
    expect(lines.filter((line) => line !== '')).toEqual([
      '# Fit',
      'A line of "text".',
      'import numpy as np',
      'slope = np.polyfit(x, y, 1)',
      'print(slope)',
    ]);
    const places = file.split('\n');
    expect(lines).toHaveLength(places.length);
    for (const [i, line] of lines.entries()) expect(JSON.stringify(places[i])).toContain(line.slice(0, 6));
  });

  it('is that of its cells, too, where all of it is one line', () => {
    const text = read(JSON.stringify(notebook));
    expect(text).toContain('slope = np.polyfit(x, y, 1)');
    expect(text).not.toMatch(/iVBOR|Figure|kernelspec/);
  });

  it.each(['', 'no json', '{"cells": 1}', '[]', 'null'])(
    'is the file as it is when that is no notebook: %j',
    (text) => {
      expect(read(text)).toBe(text);
    },
  );
});
