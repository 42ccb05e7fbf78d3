import { homedir } from 'node:os';
import { join } from 'node:path';
import { fetchMissing, folderOf, type Pinned } from '../ask/fetch';

/** A real project that no test uses and no training file comes from. */
export interface Project extends Pinned {
  /** Name of its questions, and of its results. */
  title: string;
  /** Folder inside the fetched package. */
  root: string;
}

const projects: readonly Project[] = [
  { title: 'buildbot', registry: 'pypi', name: 'buildbot', version: '4.3.0', root: '.' },
  {
    title: 'go-ethereum',
    registry: 'go',
    name: 'github.com/ethereum/go-ethereum',
    version: 'v1.15.11',
    root: 'source',
  },
];

/** Outside of the repository, whose ignore rules would apply to it. */
const cache = join(homedir(), '.cache', 'memmamba-bench');

/** The projects with their folders; missing ones are fetched. @param titles of the wanted ones; default: all */
export function fetchProjects(titles: readonly string[] | undefined): (Project & { folder: string })[] {
  const wanted = projects.filter(({ title }) => titles?.includes(title) ?? true);
  return fetchMissing(wanted, cache).map((one) => ({ ...one, folder: join(folderOf(one, cache), one.root) }));
}
