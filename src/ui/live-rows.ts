import type { ListrTaskWrapper } from 'listr2';

// biome-ignore lint/suspicious/noExplicitAny: the wrapper's renderer types add nothing here
export type Row = ListrTaskWrapper<void, any, any>;

/** How a row ends; `text` is appended to its title, replaces it when skipped, or explains the failure below it. */
export interface Ending {
  readonly how: 'done' | 'skipped' | 'failed';
  readonly text?: string;
}

/** The rows of the tree by key, each with its ending: an event may come before listr2 has started the row. */
export class LiveRows {
  #endings = new Map<string, PromiseWithResolvers<Ending>>();
  #drawn = new Map<string, Row>();
  #over: Ending | undefined;

  /** Ends a row; a row that has ended stays as it is. */
  end(key: string, ending: Ending): void {
    this.#ending(key).resolve(ending);
  }

  /** Ends every row, those too that listr2 has yet to start. */
  endAll(ending: Ending): void {
    this.#over = ending;
    for (const each of this.#endings.values()) each.resolve(ending);
  }

  /** Shows a line below the row while it is not ended. */
  say(key: string, text: string): void {
    const row = this.#drawn.get(key);
    if (row !== undefined) row.output = text;
  }

  retitle(key: string, suffix: string): void {
    const row = this.#drawn.get(key);
    if (row !== undefined) row.title = `${row.title}: ${suffix}`;
  }

  register(key: string, row: Row): void {
    this.#drawn.set(key, row);
  }

  /**
   * Resolves when the row is ended.
   * @throws Error when it ended as failed: how listr2 is told
   */
  async wait(key: string, row: Row): Promise<void> {
    this.register(key, row);
    const { how, text } = await this.#ending(key).promise;
    if (how === 'failed') throw new Error(text ?? 'failed');
    if (how === 'skipped') row.skip(text);
    else if (text !== undefined) row.title = `${row.title}: ${text}`;
  }

  /**
   * Keeps a parent row open until it is ended.
   * @throws Error without a message when it failed: what failed in it has its own row
   */
  async hold(key: string): Promise<void> {
    const { how, text } = await this.#ending(key).promise;
    const parent = this.#drawn.get(key);
    if (how === 'skipped') parent?.skip(text === undefined ? parent.title : `${parent.title}: ${text}`);
    if (how === 'failed') throw new Error('');
  }

  #ending(key: string): PromiseWithResolvers<Ending> {
    const known = this.#endings.get(key);
    if (known !== undefined) return known;
    const made = Promise.withResolvers<Ending>();
    if (this.#over !== undefined) made.resolve(this.#over);
    this.#endings.set(key, made);
    return made;
  }
}
