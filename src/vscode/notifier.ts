import { type LogOutputChannel, type Memento, window } from 'vscode';

const SILENCED_KEY = 'silencedNotices';

/** Tells the user one sentence at a time: each one once a session, and never again where the user said so. All of them are in the log. */
export class Notifier {
  readonly #log: LogOutputChannel;
  readonly #memory: Memento;
  readonly #told = new Set<string>();

  constructor(log: LogOutputChannel, memory: Memento) {
    this.#log = log;
    this.#memory = memory;
  }

  /** @param id stable name of the kind of notice, by which it can be silenced. */
  async warn(id: string, sentence: string): Promise<void> {
    const key = `${id} ${sentence}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#log.warn(sentence);
    if (this.#silenced().includes(id)) return;
    const showLog = 'Show Log';
    const silence = "Don't Show Again";
    const answer = await window.showWarningMessage(sentence, showLog, silence);
    if (answer === showLog) this.#log.show();
    if (answer === silence) await this.#memory.update(SILENCED_KEY, [...this.#silenced(), id]);
  }

  /** Why nothing came of what the user has just asked for: said each time, and never silenced, or the command would seem to do nothing. */
  async refuse(sentence: string): Promise<void> {
    this.#log.warn(sentence);
    const showLog = 'Show Log';
    if ((await window.showWarningMessage(sentence, showLog)) === showLog) this.#log.show();
  }

  #silenced(): readonly string[] {
    return this.#memory.get<readonly string[]>(SILENCED_KEY, []);
  }
}
