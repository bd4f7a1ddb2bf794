import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { commands, extensions } from 'vscode';
import { commands as manifestCommands } from '../../../src/manifest/manifest.ts';
import { trialCommands } from '../../../src/manifest/trialManifest.ts';
import { activatedOutlay } from './outlay.ts';

describe('activation', () => {
  it('connects to a meter and shows its first snapshot', async () => {
    const outlay = await activatedOutlay();
    const { meter, snapshot } = outlay.state();
    assert.equal(meter, 'running');
    assert.equal(snapshot?.meter.version, extensions.getExtension('outlay.outlay')?.packageJSON.version);
  });

  it('registers exactly the commands of the manifest', async () => {
    await activatedOutlay();
    const ours = (await commands.getCommands(true)).filter((id) => /^outlay\.(?!(?:now|tasks|trials)\b)/.test(id));
    assert.deepEqual(
      ours.filter((id) => !id.endsWith('.resetViewContainerLocation')).sort(),
      Object.keys({ ...manifestCommands, ...trialCommands }).sort(),
    );
  });

  it('shows one figure in the status bar', async () => {
    const outlay = await activatedOutlay();
    assert.match(outlay.statusBarText(), /^(DEMO )?Today (-|[≈≥]?\$[\d.,]+)/);
  });
});
