import {
  agentIds,
  budgetServerId,
  budgetToolName,
  budgetToolText,
  type CommandId,
  commands,
  dashboardPanelId,
  limitNames,
  repositorySettings,
  settings,
  sidebarMenu,
  sidebarViewId,
  taskItemMenu,
  taskKeys,
  tasksMenu,
  tasksViewId,
  tasksWelcome,
  viewContainerId,
  walkthrough,
  walkthroughId,
} from './manifest.ts';
import type { CommandSpec, MenuSpec, SettingSpec, SettingType, StepCompletion } from './manifestTypes.ts';
import {
  taskTrialMenu,
  trialCommands,
  trialItemMenu,
  trialsMenu,
  trialsViewId,
  trialsWelcome,
} from './trialManifest.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
type JsonObject = { readonly [key: string]: Json | undefined };

const restrictedText =
  'In an untrusted workspace Outlay shows its books but connects no terminal. Its settings are read from your user settings only; a workspace can do no more than lower its own limits.';

const price: JsonObject = { type: 'number', minimum: 0 };

const limits: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    limitNames.map((name) => [name, name === 'usd' ? price : { type: 'integer', minimum: 0 }]),
  ),
};

/** JSON schema of each kind of setting. */
const schemas: Readonly<Record<SettingType, JsonObject>> = {
  boolean: { type: 'boolean' },
  agents: { type: 'array', items: { type: 'string', enum: agentIds }, uniqueItems: true },
  urls: { type: 'object', additionalProperties: { type: 'string' } },
  prices: {
    type: 'array',
    items: {
      type: 'object',
      required: ['match'],
      additionalProperties: false,
      properties: {
        match: { type: 'string', description: 'A model, or provider/model, in which * stands for anything.' },
        inputUsdPerMtok: price,
        outputUsdPerMtok: price,
        cacheReadUsdPerMtok: price,
        cacheWrite5mUsdPerMtok: price,
        cacheWrite1hUsdPerMtok: price,
        webSearchUsdPerThousand: price,
        multiplier: { type: 'number', minimum: 0, description: 'Multiplies every rate that results.' },
        from: { type: 'string', description: 'The day from which the price holds, like 2026-12-31.' },
      },
    },
  },
  days: { type: 'integer', minimum: 0, maximum: 36500 },
  limits,
  folderLimits: {
    type: 'object',
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      properties: { daily: limits, monthly: limits },
    },
  },
  budgetMode: { type: 'string', enum: ['steady', 'strict', 'warn'] },
  timeZone: { type: 'string' },
  usdPerHour: price,
  observe: { type: 'string', enum: ['ask', 'on', 'off'] },
  extensionIds: { type: 'array', items: { type: 'string' }, uniqueItems: true },
};

function configuration(): JsonObject {
  const properties: Record<string, Json> = {};
  for (const [key, spec] of Object.entries<SettingSpec>(settings)) properties[key] = property(spec, 'machine');
  for (const [key, spec] of Object.entries<SettingSpec>(repositorySettings)) {
    properties[key] = property(spec, 'resource');
  }
  return { title: 'Outlay', properties };
}

function property(spec: SettingSpec, scope: 'machine' | 'resource'): JsonObject {
  return {
    ...schemas[spec.type],
    default: spec.default as Json,
    scope,
    markdownDescription: spec.description,
  };
}

function commandList(): readonly Json[] {
  return Object.entries<CommandSpec>({ ...commands, ...trialCommands }).map(
    ([command, { title, icon, enablement }]) => ({
      command,
      title,
      category: 'Outlay',
      ...(icon === undefined ? {} : { icon }),
      ...(enablement === undefined ? {} : { enablement }),
    }),
  );
}

function menus(): JsonObject {
  const palette = Object.entries<CommandSpec>({ ...commands, ...trialCommands }).filter(
    ([, spec]) => spec.when !== undefined,
  );
  return {
    commandPalette: palette.map(([command, { when }]) => ({ command, when })),
    'view/title': [
      ...inView(sidebarViewId, sidebarMenu),
      ...inView(tasksViewId, tasksMenu),
      ...inView(trialsViewId, trialsMenu),
    ],
    'view/item/context': [
      ...inView(tasksViewId, [...taskItemMenu, ...taskTrialMenu]),
      ...inView(trialsViewId, trialItemMenu),
    ],
  };
}

function inView(view: string, items: readonly MenuSpec<string>[]): readonly Json[] {
  return items.map(({ command, group, when }) => ({
    command,
    when: when === undefined ? `view == ${view}` : `view == ${view} && ${when}`,
    group,
  }));
}

function walkthroughs(): readonly Json[] {
  const steps = walkthrough.map(({ id, title, description, altText, completion }) => ({
    id,
    title,
    description,
    media: { svg: `media/walkthrough/${id}.svg`, altText },
    completionEvents: [completionEvent(completion)],
  }));
  const description = 'Connect your first coding agent and see what it really costs.';
  return [{ id: walkthroughId, title: 'Get Started with Outlay', description, steps }];
}

function completionEvent(completion: StepCompletion<CommandId>): string {
  if ('command' in completion) return `onCommand:${completion.command}`;
  return 'view' in completion ? `onView:${completion.view}` : `onContext:${completion.context}`;
}

/** The parts of package.json that are written from the manifest table. `engines.node` and all other keys are kept by hand. */
export function generatedParts(): JsonObject {
  return {
    displayName: 'Outlay',
    publisher: 'outlay',
    icon: 'media/icon.png',
    galleryBanner: { color: '#1b2430', theme: 'dark' },
    categories: ['AI', 'Visualization', 'Other'],
    keywords: ['cost', 'tokens', 'claude', 'codex', 'gemini'],
    extensionKind: ['workspace'],
    main: './dist/extension.js',
    bin: { outlay: 'dist/cli.js' },
    // A panel that was open is brought back without waiting for the start to be over.
    activationEvents: ['onStartupFinished', `onWebviewPanel:${dashboardPanelId}`],
    capabilities: {
      untrustedWorkspaces: {
        supported: 'limited',
        description: restrictedText,
        restrictedConfigurations: Object.keys(settings),
      },
      virtualWorkspaces: false,
    },
    contributes: {
      configuration: configuration(),
      // The gateway is for agents on the machine that it runs on: an editor with a remote machine must not forward its port.
      configurationDefaults: { 'remote.portsAttributes': { '.*dist/meter\\.js.*': { onAutoForward: 'ignore' } } },
      commands: commandList(),
      menus: menus(),
      // The command asks its view which line has the focus.
      keybindings: taskKeys.map(({ command, key, mac, when }) => ({
        command,
        key,
        ...(mac === undefined ? {} : { mac }),
        when,
        args: 'selection',
      })),
      walkthroughs: walkthroughs(),
      languageModelTools: [
        {
          name: budgetToolName,
          displayName: 'Outlay budget',
          toolReferenceName: 'outlayBudget',
          canBeReferencedInPrompt: true,
          icon: '$(dashboard)',
          userDescription: budgetToolText,
          modelDescription: `${budgetToolText} Read-only; takes no input. Use it before long or expensive work.`,
          inputSchema: { type: 'object', properties: {} },
        },
      ],
      mcpServerDefinitionProviders: [{ id: budgetServerId, label: 'Outlay budget' }],
      viewsContainers: {
        activitybar: [{ id: viewContainerId, title: 'Outlay', icon: 'media/outlay.svg' }],
      },
      views: {
        [viewContainerId]: [
          { type: 'webview', id: sidebarViewId, name: 'Now', icon: 'media/outlay.svg', contextualTitle: 'Outlay' },
          { id: tasksViewId, name: 'Tasks', icon: 'media/outlay.svg', contextualTitle: 'Outlay' },
          {
            id: trialsViewId,
            name: 'Trials',
            icon: 'media/outlay.svg',
            contextualTitle: 'Outlay',
            visibility: 'collapsed',
          },
        ],
      },
      viewsWelcome: [
        { view: tasksViewId, contents: tasksWelcome },
        { view: trialsViewId, contents: trialsWelcome },
      ],
    },
  };
}

/** The order that readers of a manifest expect. */
const keyOrder = [
  'name',
  'displayName',
  'description',
  'version',
  'publisher',
  'license',
  'private',
  'type',
  'icon',
  'galleryBanner',
  'categories',
  'keywords',
  'engines',
  'extensionKind',
  'main',
  'bin',
  'files',
  'activationEvents',
  'capabilities',
  'contributes',
  'scripts',
  'devDependencies',
];

/** package.json with its generated parts replaced and its keys in a fixed order; keys that are not known keep theirs, last. */
export function withGeneratedParts(current: JsonObject): JsonObject {
  const engines = { ...(current['engines'] as JsonObject | undefined), vscode: '^1.123.0' };
  const merged: JsonObject = { ...current, ...generatedParts(), engines };
  const rank = (key: string): number => (keyOrder.includes(key) ? keyOrder.indexOf(key) : keyOrder.length);
  return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => rank(a) - rank(b)));
}

/** The text of package.json after generation. */
export function generatePackageJson(currentText: string): string {
  return `${JSON.stringify(withGeneratedParts(JSON.parse(currentText) as JsonObject), null, 2)}\n`;
}
