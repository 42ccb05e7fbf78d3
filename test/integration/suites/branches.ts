import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { eventually } from '../eventually';
import { ask, folder, inside, untilFresh } from '../memmamba';

function checkout(branch: string): void {
  execFileSync('git', ['checkout', '--quiet', branch], { cwd: folder('second').fsPath });
}

const knowsWalrus = async (): Promise<boolean> => {
  const { found, citations } = await ask('onlyOnTheOtherBranch', {
    kind: 'file',
    uri: inside('second', 'branch.ts').toString(),
  });
  return found && citations.some(({ text }) => text.includes('walrus'));
};

/** Two branches share what they have in common. */
export function branches(): void {
  suite('switching branches', () => {
    teardown(() => checkout('main'));

    test('memory follows the branch, and coming back reads nothing again', async () => {
      const file = inside('second', 'branch.ts');
      const before = await untilFresh(file);
      assert.equal(await knowsWalrus(), false);

      checkout('other');
      await eventually('the other branch is known', async () => ((await knowsWalrus()) ? true : undefined));
      const other = await untilFresh(file);
      assert.ok(other.tokens > before.tokens);
      assert.ok(other.restoredTokens > 0, 'the common beginning was read again');

      checkout('main');
      await eventually('the first branch is back', async () => ((await knowsWalrus()) ? undefined : true));
      const back = await untilFresh(file);
      assert.equal(back.tokens, before.tokens);
      assert.ok(back.restoredTokens > back.tokens / 2, JSON.stringify(back));
    });
  });
}
