import assert from 'node:assert/strict';
import { eventually } from '../eventually';
import { ask, inside, status, untilFresh } from '../memmamba';

/** The server is a separate process and may die. */
export function server(): void {
  suite('the language server', () => {
    test('says what it runs on', async () => {
      const { engine, store, processId, phase } = await status();
      assert.notEqual(processId, process.pid);
      assert.notEqual(phase.kind, 'failed');
      assert.ok(engine && engine.threads >= 1 && engine.attempts.length >= 1, JSON.stringify(engine));
      assert.equal(store?.mode, 'disk');
    });

    test('comes back after being killed and remembers', async () => {
      const before = await status();
      process.kill(before.processId, 'SIGKILL');
      const after = await eventually('a new server answers', async () => {
        const now = await status();
        return now.processId !== before.processId && now.phase.kind !== 'starting' ? now : undefined;
      });
      assert.notEqual(after.phase.kind, 'failed');
      const state = await untilFresh(inside('first', 'help.js'));
      assert.ok(state.restoredTokens > state.tokens / 2, `read again after the restart: ${JSON.stringify(state)}`);
      assert.ok((await ask('padWidth', { kind: 'file', uri: inside('first', 'help.js').toString() })).found);
    });
  });
}
