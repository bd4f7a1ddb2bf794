import { join } from 'node:path';
import {
  type ExtensionContext,
  LanguageModelTextPart,
  LanguageModelToolResult,
  lm,
  McpStdioServerDefinition,
} from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import { budgetServerId, budgetToolName } from '../../manifest/manifest.ts';
import { budgetReportText } from '../../protocol/budgetReport.ts';
import type { TasksSnapshot } from '../../protocol/tasks.ts';
import type { WindowSession } from '../windowSession.ts';

export interface BudgetToolParts {
  readonly tasks: () => TasksSnapshot;
  readonly workspaceId: () => string;
  readonly dataDir: string;
  /** Path of `dist/budgetServer.js`. */
  readonly serverScript: string;
  readonly version: string;
}

/** Lets agents read what is left of their budget: as a tool of VS Code's own, and as a server for agents that speak MCP. Nothing can be changed. */
export function registerBudgetTool({
  tasks,
  workspaceId,
  dataDir,
  serverScript,
  version,
}: BudgetToolParts): Disposable {
  const registrations = new DisposableList();
  registrations.push(
    lm.registerTool(budgetToolName, {
      invoke: () => new LanguageModelToolResult([new LanguageModelTextPart(budgetReportText(tasks(), workspaceId()))]),
      prepareInvocation: () => ({ invocationMessage: 'Reading the budget' }),
    }),
  );
  registrations.push(
    lm.registerMcpServerDefinitionProvider(budgetServerId, {
      provideMcpServerDefinitions: () => {
        const args = [serverScript, '--data-dir', dataDir, '--workspace', workspaceId(), '--version', version];
        // On the desktop the editor's own program is Node only when it is told so.
        return [
          new McpStdioServerDefinition('Outlay budget', process.execPath, args, { ELECTRON_RUN_AS_NODE: '1' }, version),
        ];
      },
    }),
  );
  return registrations;
}

export function budgetToolParts(context: ExtensionContext, session: WindowSession): BudgetToolParts {
  return {
    tasks: () => session.tasks(),
    workspaceId: () => session.workspaceId,
    dataDir: session.dataDir,
    serverScript: context.asAbsolutePath(join('dist', 'budgetServer.js')),
    version: String((context.extension.packageJSON as { version?: unknown }).version ?? '0.0.0'),
  };
}
