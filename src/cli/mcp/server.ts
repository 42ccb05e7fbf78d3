import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { version, visibleLine } from '../../common';
import type { Answer, Citation } from '../../server';
import { outlineOf } from './outline';
import type { FolderMemory } from './folderMemory';

const place = {
  file: z.string().describe('path relative to the folder'),
  line: z.number().describe('1-based line that matters most'),
  startLine: z.number(),
  endLine: z.number(),
  symbol: z.string().optional().describe('what is defined there'),
  text: z.string().describe('the lines from startLine to endLine'),
};

const scope = {
  question: z.string().min(1).describe('what to search for, in words or with exact identifiers'),
  files: z.array(z.string()).optional().describe('search only these files (paths relative to the folder)'),
};

const readOnly = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

/** The Model Context Protocol server of a folder, not connected yet. */
export function memoryServer(memory: FolderMemory): McpServer {
  const server = new McpServer(
    { name: 'memmamba', version },
    {
      instructions:
        'MemMamba reads all text files in one folder completely, on this machine. Use recall to find the places that answer a ' +
        'question, ask for a short answer copied from them, outline_memory to list what was read and what a file defines. ' +
        'Every answer cites file and line.',
    },
  );
  server.registerTool(
    'recall',
    {
      title: 'Recall places',
      description:
        'Finds the places (whole functions, types, groups of lines) that answer a question, best first, with file, lines and text. Returns none when memory holds nothing about it.',
      inputSchema: {
        ...scope,
        limit: z.number().int().min(1).max(20).optional().describe('maximum number of places (default: 5)'),
      },
      outputSchema: { found: z.boolean(), probability: z.number(), places: z.array(z.object(place)) },
      annotations: readOnly,
    },
    async ({ question, files, limit }, { signal }) => {
      const keys = await keysOf(memory, files);
      const answer = await memory.ask(question, { keys, maxCitations: limit ?? 5, withModel: false, signal });
      const places = placesOf(memory, answer);
      return {
        structuredContent: { found: answer.found, probability: answer.probability, places },
        content: [{ type: 'text', text: placesText(answer, places) }],
      };
    },
  );
  server.registerTool(
    'ask',
    {
      title: 'Ask memory',
      description:
        'Answers a question in a few sentences, each copied from a cited place (a value, a signature, the first sentence of documentation) or written by the model where it is sure. Says so when memory holds no answer.',
      inputSchema: scope,
      outputSchema: {
        found: z.boolean(),
        probability: z.number(),
        sentences: z.array(
          z.object({
            text: z.string(),
            kind: z.enum(['code', 'prose', 'model']),
            place: z.number().describe('index in places'),
          }),
        ),
        places: z.array(z.object(place)),
      },
      annotations: readOnly,
    },
    async ({ question, files }, { signal }) => {
      const keys = await keysOf(memory, files);
      const answer = await memory.ask(question, { keys, maxCitations: 3, withModel: true, signal });
      const places = placesOf(memory, answer);
      const sentences = answer.sentences.map(({ text, kind, citation }) => ({ text, kind, place: citation }));
      const spoken = sentences.map(
        ({ text, place: at }) => `${text} [${visibleLine(places[at]!.file)}:${places[at]!.line}]`,
      );
      return {
        structuredContent: { found: answer.found, probability: answer.probability, sentences, places },
        content: [{ type: 'text', text: [...spoken, placesText(answer, places)].join('\n\n') }],
      };
    },
  );
  server.registerTool(
    'outline_memory',
    {
      title: 'Outline memory',
      description:
        'Without a file: which files are in memory, the reading progress of each, and what is skipped and why. With a file: what it defines, with lines.',
      inputSchema: { file: z.string().optional().describe('path relative to the folder') },
      annotations: readOnly,
    },
    async ({ file }) => {
      await memory.refresh();
      return {
        content: [{ type: 'text', text: outlineOf(memory, file === undefined ? undefined : keyOf(memory, file)) }],
      };
    },
  );
  return server;
}

async function keysOf(memory: FolderMemory, files: string[] | undefined): Promise<string[] | undefined> {
  // No answer may cite a text that no longer exists.
  await memory.refresh();
  return files?.map((file) => keyOf(memory, file));
}

/** @throws Error with a message for the calling model */
function keyOf(memory: FolderMemory, file: string): string {
  const key = memory.keyOf(file);
  if (key === undefined)
    throw new Error(`${file} is not in memory. outline_memory lists the files that are, and why others are not.`);
  return key;
}

type Place = Omit<Citation, 'label' | 'foundBy' | 'score' | 'symbol'> & { file: string; symbol?: string };

function placesOf(memory: FolderMemory, { citations }: Answer): Place[] {
  return citations.map(({ label, line, startLine, endLine, text, symbol }) => ({
    file: memory.pathOf(label),
    line,
    startLine,
    endLine,
    ...(symbol !== undefined && { symbol }),
    text,
  }));
}

function placesText({ found }: Answer, places: readonly Place[]): string {
  if (!found) return 'Not found in memory.';
  return places
    .map(({ file, line, startLine, endLine, symbol, text }) => {
      const name = symbol === undefined ? '' : ` (${symbol})`;
      return `${visibleLine(`${file}:${line}${name}`)}, lines ${startLine}-${endLine}\n${text}`;
    })
    .join('\n\n');
}
