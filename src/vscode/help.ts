import { commands, Uri } from 'vscode';
import { walkthroughId } from '../manifest/manifest.ts';

const extensionId = 'outlay.outlay';

export async function openWalkthrough(): Promise<void> {
  await commands.executeCommand('workbench.action.openWalkthrough', `${extensionId}#${walkthroughId}`, false);
}

/** Shows SECURITY.md as it was packed with this version. */
export async function openSecurity(extensionUri: Uri): Promise<void> {
  await commands.executeCommand('markdown.showPreview', Uri.joinPath(extensionUri, 'SECURITY.md'));
}
