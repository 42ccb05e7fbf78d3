import { branches } from './branches';
import { manyFiles } from './manyFiles';
import { reading } from './reading';
import { server } from './server';

/** In this order: the last one leaves much to read behind. */
export const suites = [reading, branches, server, manyFiles];
