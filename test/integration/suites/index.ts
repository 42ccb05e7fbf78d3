import { branches } from './branches';
import { chat } from './chat';
import { manyFiles } from './manyFiles';
import { memory } from './memory';
import { reading } from './reading';
import { server } from './server';

/** In this order: the last one leaves a lot to read. */
export const suites = [reading, memory, chat, branches, server, manyFiles];
